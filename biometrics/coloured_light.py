"""Does the face answer the colours that the screen shows?

Skin and paper throw the screen's light back, a screen drowns it in its own. Measured are the
colours (not the brightness: exposure follows it) of cheeks, forehead and nose and of what lies
around the head, in logarithms, through the time of the colours: how strongly they follow, after
which delay, whether any other sequence of colours would explain them better, and whether the
background, which is further away, follows less. What a colour owes to
the head's distance and turn is taken out first, as is a drift. The face less its background is
asked too: what the camera's white balance or a tint over the whole picture does, both do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biometrics.challenge import Challenge, Light, sequences
from biometrics.tracks import Seen, Track, eyes_of
from biometrics.types import Face

Floats = NDArray[np.float64]

_GAMMA = 2.2
_LEAST = 0.004
"""Linear light below which a colour says nothing."""
LAGS_MS = (0, 50, 100, 150)
"""Delays tried between what the client says it showed and what the camera saw: a screen's refresh
and a camera's exposure, at the simulation's slowest 100 ms."""
_LEAST_STRENGTH = 1e-3
_AROUND_MS = 700
"""Frames this long before and after the colours are counted in: the page is grey then."""

REGIONS = {
    "cheek_left": (-0.55, 0.55, 0.22),
    "cheek_right": (0.55, 0.55, 0.22),
    "forehead": (0.0, -0.45, 0.25),
    "nose": (0.0, 0.4, 0.13),
}
"""Middle (x, y from the middle of the eyes) and half width, in distances between the eyes."""

_EXPECTED = {
    Light.NONE: (0.0, 0.0),
    Light.RED: (1.0, 0.0),
    Light.GREEN: (-1.0, -1.0),
    Light.BLUE: (0.0, 1.0),
}
"""Change of log red/green and log blue/green."""


@dataclass(frozen=True, slots=True)
class Response:
    """`strength`: by how much (logarithm) the face's colours follow; `agreement`: their
    correlation with what was shown, -1 to 1; `own`: the same of the face less its background;
    `background`: the strength around the head (both None where it is out of the picture);
    `margin`: how much larger the drawn colours' correlation is (with the face less its background,
    where that is seen) than that of whichever others at the same times come nearest, -2 to 2;
    `nose`: the nose's strength over the cheeks', 1 being alike; `evenness`: the weakest region's
    over the strongest's, -1 to 1 (what glass mirrors is a patch); `lag_ms`: the delay found."""

    strength: float
    agreement: float
    own: float | None
    background: float | None
    margin: float
    nose: float
    evenness: float
    lag_ms: int


def response(track: Track, challenge: Challenge) -> Response | None:
    """None where no colours were shown, or one of them was seen in no frame: that could be any."""
    if not challenge.flashes:
        return None
    begins, ends = challenge.flashes[0].begins_ms, challenge.flashes[-1].ends_ms
    places = track.within(begins - _AROUND_MS, ends + _AROUND_MS).tolist()
    seen = [track.frames[track.with_face[place]] for place in places]
    times = np.array([item.at_ms for item in seen])
    if not _all_seen(challenge, times):
        return None
    colours = {name: _colours(seen, name) for name in REGIONS}
    face = np.mean(list(colours.values()), axis=0)
    causes = np.stack([np.ones(len(seen)), times, track.sizes[places], track.turns[places]], axis=1)
    rest = _rest(causes)
    fits = [(_fit(face, _shown(challenge, times - lag), rest), lag) for lag in LAGS_MS]
    (strength, agreement), lag = max(fits, key=lambda fit: fit[0][1])
    shown = _shown(challenge, times - lag)
    of = {name: _fit(values, shown, rest)[0] for name, values in colours.items()}
    around = _colours(seen, "background")
    apart = np.isfinite(around).all(axis=1)
    behind = own = None
    margin = _margin(face, challenge, times - lag, rest)
    if _all_seen(challenge, times[apart]):
        rest, bare = _rest(causes[apart]), (face - around)[apart]
        behind, _ = _fit(around[apart], shown[apart], rest)
        _, own = _fit(bare, shown[apart], rest)
        margin = _margin(bare, challenge, times[apart] - lag, rest)
    cheeks = (of["cheek_left"] + of["cheek_right"]) / 2
    nose = of["nose"] / cheeks if abs(cheeks) > 1e-3 else 0.0
    parts = [of[name] for name in REGIONS]
    evenness = min(parts) / max(parts) if max(parts) > _LEAST_STRENGTH else 0.0
    return Response(
        strength=strength,
        agreement=agreement,
        own=own,
        background=behind,
        margin=margin,
        nose=float(np.clip(nose, -3, 3)),
        evenness=float(np.clip(evenness, -1, 1)),
        lag_ms=lag,
    )


def _all_seen(challenge: Challenge, times: Floats) -> bool:
    """Whether each of the colours was shown at one of these times."""
    seen = {challenge.flash_at(at) for at in times}
    return seen >= set(range(len(challenge.flashes)))


def _shown(challenge: Challenge, times: Floats) -> Floats:
    """n × 2: what the colours shown at these times are expected to change."""
    return np.array([_EXPECTED[challenge.light_at(at)] for at in times])


def _margin(values: Floats, challenge: Challenge, times: Floats, rest: Floats) -> float:
    """How much better the drawn colours correlate than the best of all others."""
    drawn = tuple(flash.light for flash in challenge.flashes)
    which = [challenge.flash_at(at) for at in times]

    def correlation(lights: Sequence[Light]) -> float:
        shown = [_EXPECTED[Light.NONE if one is None else lights[one]] for one in which]
        return _fit(values, np.array(shown), rest)[1]

    others = (lights for lights in sequences(len(drawn)) if lights != drawn)
    return correlation(drawn) - max(map(correlation, others))


def _rest(causes: Floats) -> Floats:
    """n × n: what takes out of a column of n values all that n × k causes explain."""
    scaled = causes / np.maximum(np.abs(causes).max(axis=0), 1e-9)
    return np.asarray(np.eye(len(causes)) - scaled @ np.linalg.pinv(scaled))


def _fit(values: Floats, wanted: Floats, rest: Floats) -> tuple[float, float]:
    """Strength and correlation of colours (n × 2) with the expected ones (n × 2), after what other
    causes explain is taken out of both."""
    values, wanted = rest @ values, rest @ wanted
    energy, power = float((wanted**2).sum()), float((values**2).sum())
    product = float((values * wanted).sum())
    if energy <= 0 or power <= 0:
        return 0.0, 0.0
    return product / energy, product / float(np.sqrt(energy * power))


def _colours(seen: Sequence[Seen], region: str) -> Floats:
    """n × 2: log red/green and log blue/green of the region in each frame."""
    means = np.array([_mean(item, region) for item in seen])  # NaN: not in the picture
    logs = np.log(np.maximum(means, _LEAST))
    return np.asarray(logs[:, [0, 2]] - logs[:, 1:2])


def _mean(seen: Seen, region: str) -> Floats:
    if seen.face is None:
        raise ValueError("a frame without a face")
    pixels = _around(seen, seen.face) if region == "background" else _patch(seen, seen.face, region)
    if pixels.size == 0:
        return np.full(3, np.nan) if region == "background" else np.zeros(3)
    linear = (pixels.reshape(-1, 3) / 255.0) ** _GAMMA
    return np.asarray(linear.mean(axis=0))


def _patch(seen: Seen, face: Face, region: str) -> NDArray[np.uint8]:
    x, y, half = REGIONS[region]
    left, right = eyes_of(face)
    across = right - left
    down = np.array([-across[1], across[0]])
    middle = (left + right) / 2 + x * across + y * down
    reach = max(1.0, half * face.eye_distance_px)
    return _inside(seen, middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)


def _around(seen: Seen, face: Face) -> NDArray[np.uint8]:
    """Both strips beside the head, above the shoulders, whatever of them is in the picture."""
    left, right = eyes_of(face)
    middle, unit = (left + right) / 2, face.eye_distance_px
    top, bottom = middle[1] - 2 * unit, middle[1] + unit
    beside = [
        _inside(seen, -1, top, middle[0] - 1.8 * unit, bottom),
        _inside(seen, middle[0] + 1.8 * unit, top, seen.image.shape[1], bottom),
    ]
    return np.concatenate([part.reshape(-1, 3) for part in beside])


def _inside(seen: Seen, left: float, top: float, right: float, bottom: float) -> NDArray[np.uint8]:
    height, width = seen.image.shape[:2]
    rows = slice(int(np.clip(top, 0, height)), int(np.clip(bottom, 0, height)))
    columns = slice(int(np.clip(left, 0, width)), int(np.clip(right, 0, width)))
    return seen.image[rows, columns]
