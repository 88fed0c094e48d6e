"""Plays the phone, and the person or the attacker before it, that answers a drawn challenge.

**A simulation, and only that**: it shows whether the judgement reacts as geometry and light say it
must, and by how much under noise. It says nothing about materials, masks, people or cameras that
it does not contain, and its rates are never mixed with those of real recordings.

Everything is drawn from one seed: the same seed gives the same frames. `DEVELOPMENT_SEEDS` were
used while limits were set, `KEPT_SEEDS` for the final run (from the first on) and for gates (from
the thousandth on). Odd seeds below 20001 are neither: three runs on them, two of 100 sessions of
each kind and one of 150, were looked at and led to changes (one faint move in four may be missed; a
video has to be ruled out more clearly; whom the frames show is judged anew), so they show nothing
any more. Exchanged prints, a tinted recording and bright sun came after those runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics import images
from biometrics.challenge import Challenge, Light, Move, frame_times
from biometrics.evaluation.heads import EYES_M, Person, sheet
from biometrics.evaluation.scene import (
    SCREEN_AREA_M2,
    Camera,
    Floats,
    Place,
    developed,
    floats,
    put,
)
from biometrics.images import ImageLimits
from biometrics.types import RgbImage

DEVELOPMENT_SEEDS = range(0, 100_000, 2)
KEPT_SEEDS = range(20_001, 100_000, 2)

WIDTH, HEIGHT = 240, 320
FRAMES = 28


class Species(StrEnum):
    """What is before the camera."""

    LIVE = "live"
    PRINT_FLAT = "print_flat"
    PRINT_BENT = "print_bent"
    SCREEN_STILL = "screen_still"
    SCREEN_VIDEO = "screen_video"
    """A recording of the person that makes the very moves that were drawn."""
    PRINT_SWAPPED = "print_swapped"
    """Three flat prints, looking ahead, left and right: one is taken away for another."""
    SCREEN_VIDEO_TINTED = "screen_video_tinted"
    """The same recording by somebody who sees the colours and lays them over it."""
    LIVE_IN_SUN = "live_in_sun"
    """The person in bright daylight: the screen's light cannot be seen."""

    @property
    def is_attack(self) -> bool:
        """Whether nobody stands before the camera."""
        return self not in {Species.LIVE, Species.LIVE_IN_SUN}


@dataclass(frozen=True, slots=True)
class Take:
    """One simulated answer: frames as JPEG, when each was taken, what the screen showed then."""

    frames: tuple[bytes, ...]
    at_ms: tuple[int, ...]
    shown: tuple[Light, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a session is like. Drawn by `conditions_of`; the ranges there are the simulation's
    parameters, chosen from data sheets and by judgement, not fitted to anybody's recordings."""

    room_lux: float
    room_tint: tuple[float, float, float]
    screen_nits: float
    focal: float
    noise: float
    blur_px: float
    jpeg_quality: int
    exposure_ms: float
    """Time in which the exposure follows."""
    balance: float
    """How far white balance undoes a tint; 0 to 1."""
    rest: float
    """Distance between the eyes in widths of the picture: the page shows an oval to fill."""
    near: float
    far: float
    turn: float
    """Radians, to either side."""
    reaction_ms: float
    tremor: float
    """Metres and, times ten, radians."""
    display_lag_ms: float
    backdrop_m: float


def conditions_of(chance: np.random.Generator) -> Conditions:
    """A session's conditions: an ordinary phone in an ordinary room, day or evening."""
    uniform = chance.uniform
    return Conditions(
        room_lux=float(np.exp(uniform(np.log(40), np.log(400)))),
        room_tint=(float(uniform(0.9, 1.15)), 1.0, float(uniform(0.8, 1.1))),
        screen_nits=float(uniform(300, 600)),
        focal=float(uniform(0.72, 0.95)),
        noise=float(uniform(0.01, 0.035)),
        blur_px=float(uniform(0.3, 0.8)),
        jpeg_quality=int(chance.integers(70, 93)),
        exposure_ms=float(uniform(300, 1000)),
        balance=float(uniform(0.0, 0.4)),
        rest=float(uniform(0.15, 0.19)),
        near=float(uniform(0.26, 0.31)),
        far=float(uniform(0.1, 0.125)),
        turn=float(np.radians(uniform(20, 35))),
        reaction_ms=float(uniform(100, 350)),
        tremor=float(np.exp(uniform(np.log(0.0006), np.log(0.004)))),
        display_lag_ms=float(uniform(20, 110)),
        backdrop_m=float(uniform(1.2, 3.0)),
    )


def play(
    challenge: Challenge,
    person: Person,
    species: Species,
    seed: int,
    *,
    at_ms: Sequence[int] | None = None,
    acted: Challenge | None = None,
) -> Take:
    """The frames that a phone would send. `at_ms`: when they are taken, if not as proposed;
    `acted`: what is really performed, where that is another challenge than the one the phone shows
    (a replay of an older session)."""
    session = _Session(challenge, acted or challenge, person, species, seed)
    return session.take(at_ms or frame_times(challenge, FRAMES))


class _Session:
    """One recording, frame by frame: exposure and balance follow what was seen before."""

    def __init__(
        self, shown: Challenge, acted: Challenge, person: Person, species: Species, seed: int
    ) -> None:
        self.chance = np.random.default_rng([seed, list(Species).index(species)])
        self.at = conditions_of(self.chance)
        if species is Species.LIVE_IN_SUN:
            sun_lux = float(np.exp(self.chance.uniform(*np.log(SUN_LUX))))
            self.at = replace(self.at, room_lux=sun_lux)
        self.shown, self.acted, self.person, self.species = shown, acted, person, species
        self.camera = Camera(WIDTH, HEIGHT, self.at.focal * HEIGHT)
        self.backdrop = _backdrop(self.chance)
        self.sway = self.chance.uniform(0, 2 * np.pi, (6, 3))
        self.gain = floats([0, 0, 0])
        self.prop = _Prop.of(species, person, self.chance)
        self.moire = _Moire.of(self.chance)
        self.prints: dict[int, Floats] = {}
        size = (HEIGHT + 60, WIDTH + 60, 3)
        self.grain = self.chance.standard_normal(size, np.float32)

    def take(self, times: Sequence[int]) -> Take:
        jitter = self.chance.integers(-12, 13, len(times))
        frames, at_ms, last = [], [], 0
        for planned, shift in zip(times, jitter, strict=True):
            moment = max(0, int(planned + shift))
            frames.append(self._frame(moment, moment - last))
            at_ms.append(moment)
            last = moment
        shown = tuple(self.shown.light_at(moment) for moment in at_ms)
        return Take(tuple(frames), tuple(at_ms), shown)

    def _frame(self, at_ms: float, since_ms: float) -> bytes:
        room = self.at.room_lux * floats(self.at.room_tint)
        lamp = self._lamp(at_ms)
        canvas = self._backdrop_at(at_ms, room, lamp)
        if not self.species.is_attack:
            self._draw_person(canvas, self._pose(at_ms), room, lamp)
        else:
            self._draw_prop(canvas, at_ms, room, lamp)
        self._adapt(canvas, since_ms)
        top, left = self.chance.integers(0, 60, 2)
        grain = self.grain[top : top + HEIGHT, left : left + WIDTH]
        picture = developed(canvas, self.gain, self.at.blur_px, self.at.noise, grain)
        options = [cv2.IMWRITE_JPEG_QUALITY, self.at.jpeg_quality]
        _, jpeg = cv2.imencode(".jpg", picture[..., ::-1], options)
        return jpeg.tobytes()

    def _lamp(self, at_ms: float) -> Floats:
        """Lux at one metre, red, green, blue; between colours the screen shows a dim page."""
        light = self.shown.light_at(at_ms - self.at.display_lag_ms)
        return _COLOUR[light] * floats(self.at.screen_nits * SCREEN_AREA_M2)

    def _sway(self, at_ms: float, axis: int) -> float:
        """Slow unsteadiness, of size about 1."""
        seconds = at_ms / 1000
        phases = self.sway[axis]
        return float(
            sum(
                np.sin(2 * np.pi * f * seconds + p)
                for f, p in zip((0.4, 1.1, 4.3), phases, strict=True)
            )
            / 1.7
        )

    def _pose(self, at_ms: float) -> Place:
        """Where the person's head is."""
        distance, yaw = _distance(self.at.rest, self.at), 0.0
        for slot in self.acted.slots:
            begins = slot.begins_ms + self.at.reaction_ms
            share = (at_ms - begins) / (slot.ends_ms - begins)
            if not 0 < share < 1:
                continue
            reach = float(np.sin(np.pi * share) ** 1.5)
            if slot.move in {Move.CLOSER, Move.BACK}:
                end = self.at.near if slot.move is Move.CLOSER else self.at.far
                distance += reach * (_distance(end, self.at) - distance)
            yaw += _TURNS.get(slot.move, 0.0) * reach * self.at.turn
        shake = self.at.tremor
        return Place(
            x=shake * 2 * self._sway(at_ms, 0),
            y=0.035 * distance + shake * 2 * self._sway(at_ms, 1),
            distance=distance + shake * self._sway(at_ms, 2),
            yaw=yaw + 10 * shake * self._sway(at_ms, 3),
            pitch=10 * shake * self._sway(at_ms, 4),
            roll=5 * shake * self._sway(at_ms, 5),
        )

    def _draw_person(self, canvas: Floats, pose: Place, room: Floats, lamp: Floats) -> None:
        still = Place(pose.x * 0.8, pose.y, pose.distance, yaw=0.25 * pose.yaw)
        put(canvas, self.person.bust, still, self.camera, room, lamp)
        put(canvas, self.person.head, pose, self.camera, room, lamp)

    def _draw_prop(self, canvas: Floats, at_ms: float, room: Floats, lamp: Floats) -> None:
        prop, paint = self.prop, self.prop.paint
        if self.species in _VIDEOS:
            paint = self._recorded(self._pose(at_ms), at_ms)
        if self.species is Species.SCREEN_VIDEO_TINTED:
            paint = paint * self._tint(at_ms)
        if self.species is Species.PRINT_SWAPPED:
            paint = self._print_at(at_ms)
        if prop.emits:
            paint = prop.colours(paint)
        surface = sheet(
            paint,
            prop.width_m,
            prop.bend_m,
            emits=prop.brightness * _SCREEN_LUX if prop.emits else 0.0,
            reflects=prop.reflects,
        )
        place = self._prop_place(at_ms)
        put(canvas, surface, place, self.camera, room * (not prop.emits), lamp)
        if prop.emits:
            canvas *= self.moire.at(place.distance)
            canvas += prop.glare_at() * lamp / SCREEN_AREA_M2 * np.pi

    def _prop_place(self, at_ms: float) -> Place:
        """The sheet or screen, moved so as to answer what is asked for; a video moves by itself."""
        pose = self._pose(at_ms)
        scale = self.prop.scale
        if self.species is Species.PRINT_SWAPPED:
            return Place(pose.x, pose.y * scale, pose.distance * scale, pitch=pose.pitch)
        if self.species in _VIDEOS:
            shake = self.at.tremor * 2
            return Place(
                shake * self._sway(at_ms, 0), shake * self._sway(at_ms, 1), self.prop.video_m
            )
        return Place(pose.x, pose.y * scale, pose.distance * scale, pose.yaw, pose.pitch, pose.roll)

    def _recorded(self, pose: Place, at_ms: float) -> Floats:
        """A frame of the recording that the screen plays: the person, filmed in plain light."""
        room = floats([100, 100, 95])
        canvas = self._backdrop_at(at_ms, room, np.zeros(3, np.float32))
        self._draw_person(canvas, pose, room, np.full(3, 3, np.float32))
        return np.asarray(np.clip(canvas / 140, 0, 1), np.float32)

    def _tint(self, at_ms: float) -> Floats:
        """What the attacker's machine lays over the recording: the colour that it saw a moment
        ago."""
        light = self.shown.light_at(at_ms - self.at.display_lag_ms - self.prop.tint_lag_ms)
        share = self.prop.tint_share * (light is not Light.NONE)
        return floats(1 - share + share * _COLOUR[light])

    def _print_at(self, at_ms: float) -> Floats:
        """The print that looks where the head would look now."""
        yaw = self._pose(at_ms).yaw
        side = round(yaw / self.at.turn) if abs(yaw) > 0.5 * self.at.turn else 0
        if side not in self.prints:
            pose = Place(0, 0, _distance(_PRINT_SHARE, self.at), yaw=side * self.at.turn)
            self.prints[side] = self._recorded(pose, 0)
        return self.prints[side]

    def _backdrop_at(self, at_ms: float, room: Floats, lamp: Floats) -> Floats:
        shift = [1.5 * self._sway(at_ms, axis) * self.at.tremor / 0.002 for axis in (0, 1)]
        matrix = floats([[1, 0, shift[0] - 20], [0, 1, shift[1] - 20]])
        seen = cv2.warpAffine(self.backdrop, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        light = room * 0.8 + lamp / self.at.backdrop_m**2
        return np.asarray(seen * light, np.float32)

    def _adapt(self, canvas: Floats, since_ms: float) -> None:
        """Exposure for the middle of the picture; white balance a part of the way to grey."""
        middle = canvas[HEIGHT // 5 : -HEIGHT // 5, WIDTH // 5 : -WIDTH // 5].mean(axis=(0, 1))
        exposure = 0.26 / max(float(middle.mean()), 1e-3)
        balance = (middle.mean() / np.maximum(middle, 1e-3)) ** self.at.balance
        wanted = floats(exposure * balance)
        share = 1.0 if not self.gain.any() else 1 - np.exp(-since_ms / self.at.exposure_ms)
        self.gain = floats(self.gain + share * (wanted - self.gain))


_SCREEN_LUX = 300 * np.pi
"""A white screen of 300 nits looks like white paper in that much light."""
SUN_LUX = (10_000, 100_000)
"""Shade on a bright day, and sun."""
_VIDEOS = {Species.SCREEN_VIDEO, Species.SCREEN_VIDEO_TINTED}
_PRINT_SHARE = 0.26
"""Distance between the eyes on a print that is exchanged, in widths of it."""
_TURNS = {Move.LEFT: 1.0, Move.RIGHT: -1.0}
"""The person's own left is on the right in the picture."""
_COLOUR = {
    Light.NONE: floats([0.25, 0.25, 0.25]),
    Light.RED: floats([1, 0.03, 0.03]),
    Light.GREEN: floats([0.05, 1, 0.08]),
    Light.BLUE: floats([0.03, 0.08, 1]),
}
"""A screen's colours as they reach the camera's three kinds of pixels."""


def _distance(share: float, at: Conditions) -> float:
    """Metres at which the eyes are that share of the picture's width apart."""
    return at.focal * HEIGHT * EYES_M / (share * WIDTH)


@dataclass(frozen=True, slots=True)
class _Prop:
    """What an attacker holds before the camera."""

    paint: Floats
    width_m: float
    bend_m: float | None
    emits: bool
    reflects: float
    scale: float
    """Its face's size, life-size being 1: held as much nearer, it fills the picture alike."""
    video_m: float
    brightness: float
    tint: Floats
    glare: tuple[float, float, float]
    """The phone's own screen in the glass: share of its light, and where (parts of the picture)."""
    tint_share: float = 0.0
    """How strongly a colour that the attacker sees is laid over the recording."""
    tint_lag_ms: float = 0.0

    @classmethod
    def of(cls, species: Species, person: Person, chance: np.random.Generator) -> "_Prop":
        screen = species in {Species.SCREEN_STILL, *_VIDEOS}
        tinted = species is Species.SCREEN_VIDEO_TINTED
        scale = float(chance.uniform(0.75, 1.1))
        video_m = float(chance.uniform(0.16, 0.3))
        width_m = 4.2 * EYES_M * scale
        if species is Species.PRINT_SWAPPED:
            width_m = EYES_M / _PRINT_SHARE * scale
        if species in _VIDEOS:
            width_m = video_m * float(chance.uniform(0.95, 1.3))
        bend = float(chance.uniform(0.1, 0.35)) if species is Species.PRINT_BENT else None
        tint = floats([chance.uniform(0.85, 1), chance.uniform(0.9, 1), 1])
        return cls(
            paint=_printed(person.picture, chance),
            width_m=width_m,
            bend_m=bend,
            emits=screen,
            reflects=float(chance.uniform(0.01, 0.06)) if screen else 1.0,
            scale=scale,
            video_m=video_m,
            brightness=float(chance.uniform(0.25, 1.0)),
            tint=tint,
            glare=(
                float(chance.uniform(0, 0.02)),
                float(chance.uniform(0, 1)),
                float(chance.uniform(0, 1)),
            ),
            tint_share=float(chance.uniform(0.1, 0.4)) if tinted else 0.0,
            tint_lag_ms=float(chance.uniform(30, 120)) if tinted else 0.0,
        )

    def glare_at(self) -> Floats:
        """Height × width × 1: a soft patch a third as large as the picture."""
        share, x, y = self.glare
        across = np.exp(-(((np.arange(WIDTH) / WIDTH - x) / 0.2) ** 2))
        down = np.exp(-(((np.arange(HEIGHT) / HEIGHT - y) / 0.2) ** 2))
        return floats(share * down[:, None, None] * across[None, :, None])

    def colours(self, paint: Floats) -> Floats:
        """As the screen shows them: tinted, with light leaking through black."""
        return np.asarray(0.02 + 0.95 * paint * self.tint, np.float32)


def _printed(picture: Floats, chance: np.random.Generator) -> Floats:
    """The picture on paper: less contrast, paler colours, grain, a margin of white paper."""
    grey = picture.mean(axis=2, keepdims=True)
    pale = float(chance.uniform(0.75, 0.95))
    inked = 0.04 + 0.8 * (grey + pale * (picture - grey))
    inked = inked * (1 + 0.03 * chance.standard_normal((*picture.shape[:2], 1), np.float32))
    margin = int(chance.integers(0, 30))
    white = cv2.copyMakeBorder(
        inked, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(0.85, 0.85, 0.85)
    )
    return np.asarray(np.clip(white, 0, 1), np.float32)


@dataclass(frozen=True, slots=True)
class _Moire:
    """Waves that the screen's pixels leave on the sensor's; their pitch follows the distance."""

    strength: float
    pitch_px: float
    angle: float

    @classmethod
    def of(cls, chance: np.random.Generator) -> "_Moire":
        return cls(
            float(chance.uniform(0, 0.05)),
            float(chance.uniform(2.5, 7)),
            float(chance.uniform(0, np.pi)),
        )

    def at(self, distance: float) -> Floats:
        """Height × width × 3 of factors about 1."""
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        pitch = self.pitch_px * distance / 0.3
        along = (x * math.cos(self.angle) + y * math.sin(self.angle)) * (2 * math.pi / pitch)
        waves = np.dstack([np.sin(along), np.sin(along + 2.1), np.sin(along + 4.2)])
        return np.asarray(1 + self.strength * waves, np.float32)


def _backdrop(chance: np.random.Generator) -> NDArray[np.float32]:
    """A wall with a few things on it: no two alike."""
    size = (HEIGHT + 40, WIDTH + 40)
    wall = np.ones((*size, 3), np.float32) * chance.uniform(0.1, 0.7, 3).astype(np.float32)
    for _ in range(int(chance.integers(3, 12))):
        x, y = int(chance.integers(0, size[1])), int(chance.integers(0, size[0]))
        w, h = int(chance.integers(10, 160)), int(chance.integers(10, 200))
        colour = tuple(float(c) for c in chance.uniform(0.05, 0.8, 3))
        cv2.rectangle(wall, (x, y), (x + w, y + h), colour, -1)
    rough = cv2.resize(chance.standard_normal((40, 30)).astype(np.float32), size[::-1])
    return np.asarray(cv2.GaussianBlur(wall * (1 + 0.06 * rough[..., None]), (0, 0), 1.5))


def decoded(take: Take) -> Sequence[RgbImage]:
    """The frames as pixels."""
    return [images.decode(jpeg, images.FRAME_FORMATS, ImageLimits()) for jpeg in take.frames]
