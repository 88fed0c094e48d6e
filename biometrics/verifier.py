"""FaceVerifier: the pipeline in reading order. Decode, detect, judge quality and liveness, embed,
compare; it stops at the first refusal.

Built once at start-up and shared by all threads: it keeps nothing of a call and answers the same
pictures with the same result. Pictures stay in memory; embeddings never leave this module.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from biometrics import cohort, detection, images, liveness, memory
from biometrics.alignment import DLIB_150, align, quality_chip
from biometrics.calibration import CONTRAST_MARGINS, OperatingPoint, points_of, uncalibrated
from biometrics.challenge import Answer, Profile
from biometrics.comparison import (
    STRAYS_DOUBTED,
    Together,
    core_of,
    distance,
    distance_at_age,
    is_nearest_to_claimed,
    outcome_of,
    together,
    zone_of,
)
from biometrics.crops import CUTS, cuts
from biometrics.detection import DetectionSettings
from biometrics.embedding import Embedding, embed_each, mean_embedding, unit
from biometrics.engines import DEFAULT_ENGINE, Engine, load_engine
from biometrics.errors import (
    EngineUnknown,
    ImageTooLarge,
    NoNumber,
    ReferenceUnusable,
    UndecodableImage,
)
from biometrics.images import ImageLimits
from biometrics.minifasnet import MiniFasNet
from biometrics.portraits import PortraitSettings, find_portrait
from biometrics.quality import (
    QualityLimits,
    first_failure,
    judge_face,
    light_failure,
    merit,
    single_face,
)
from biometrics.sequence import (
    NEARLY_EXACT_BITS,
    SAME_PICTURE_BITS,
    count_known,
    fingerprint,
)
from biometrics.tracks import Seen
from biometrics.types import (
    OF_THE_LIMIT,
    Face,
    Life,
    Outcome,
    Portrait,
    QualityFact,
    ReferenceCheck,
    ReviewReason,
    RgbImage,
    UnusableReason,
    Verification,
    Zone,
)

__all__ = [
    "NEARLY_EXACT_BITS",
    "SAME_PICTURE_BITS",
    "FaceVerifier",
    "VerifierSettings",
    "count_known",
]

_LOG = logging.getLogger(__name__)

_FRAME_QUALITY = QualityLimits(min_eye_distance_px=30, min_sharpness=0.012)
_PHOTO_QUALITY = QualityLimits(min_eye_distance_px=30, min_sharpness=0.008)
_REFERENCE_QUALITY = QualityLimits(min_eye_distance_px=20, min_contrast=20, min_visible_percent=75)


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """Every number that steers the pipeline."""

    images: ImageLimits = field(default_factory=ImageLimits)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    portraits: PortraitSettings = field(default_factory=PortraitSettings)
    frame_quality: QualityLimits = _FRAME_QUALITY
    """For the frames of a capture."""
    photo_quality: QualityLimits = _PHOTO_QUALITY
    """For a reference photo when it is uploaded."""
    reference_quality: QualityLimits = _REFERENCE_QUALITY
    """For what is compared with: portraits on documents are small and soft. At 20 px between the
    eyes the share of false non-matches doubles, below it grows steeply."""
    smallest_face: float = 0.2
    """Width of the smallest face looked for, as a part of a picture's shorter side."""
    smallest_named_face: float = 0.07
    """Down to this size a face is told apart from no face at all."""
    min_usable_frames: int = 3
    best_frames: int = 4
    """Of the usable frames, this many are compared with the reference; whether they show one person
    is asked of all."""
    look_everywhere: int = 4
    """In every fourth frame faces are looked for in the whole picture, in the others only near the
    last frame's face: somebody who steps in beside it is seen a moment later."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture with the face that is meant, or the reason why it cannot be used."""

    reason: UnusableReason | None
    facts: tuple[QualityFact, ...] = ()
    face: Face | None = None
    chip: RgbImage | None = None
    """As the engine wants it."""
    merit: float = 0.0


@dataclass(frozen=True, slots=True)
class _Usable:
    """A frame that passed: its index in the capture, its aligned face, and how well it shows it."""

    index: int
    chip: RgbImage
    facts: tuple[QualityFact, ...]
    merit: float


@dataclass(frozen=True, slots=True)
class _Who:
    """Whom the frames show: the embedding of each frame with a face, whatever its quality, by its
    index; and the indices of those that look like somebody else."""

    embeddings: Mapping[int, Embedding]
    furthest: float
    strays: frozenset[int]

    @property
    def fact(self) -> QualityFact:
        return QualityFact("same_person", self.furthest, OF_THE_LIMIT, not self.strays)


_LOWER = (0.15, 0.3)
"""Where a frame looks like somebody else, its landmarks are tried so much lower (in distances
between the eyes): of 8 such frames of simulated sessions all had them on the eyebrows."""


_LENGTH_WITHIN = 1e-3
"""Of an embedding, from 1: far more than rounding, far less than moves a distance to a limit."""


class FaceVerifier:
    """Judges captures and photos. Build it with `FaceVerifier.load()`."""

    def __init__(
        self, engine: Engine, settings: VerifierSettings, pack: liveness.Pack | None = None
    ) -> None:
        self._pack = pack
        self._engine = engine
        self._settings = settings
        self.engine = engine.name
        self._means = cohort.load(engine.name, engine.weights)
        measured = points_of(engine.name, engine.weights)
        self.calibrated = measured is not None
        """False: no limits were ever measured for this engine, so every match waits for a person
        (and its operating point says so)."""
        if measured is None:
            _LOG.warning("no limits for engine %s: every match waits for a person", engine.name)
        self._points = measured or uncalibrated(engine.name)
        self._margin = CONTRAST_MARGINS.get(engine.name, 0.0)
        self._places = memory.Places(memory.cores() + 1)
        memory.few_pools()
        memory.give_back()  # what reading the weights took

    @classmethod
    def load(
        cls,
        settings: VerifierSettings | None = None,
        *,
        engine: str = DEFAULT_ENGINE,
        pack: str = "",
        models: Path | None = None,
        threads: int = 1,
    ) -> "FaceVerifier":
        """Reads the engine's weights (about a second). `pack`: an installed one against attacks, or
        none; `models`: the folder that model packs were installed into; `threads` are ONNX
        Runtime's, per call.

        Raises `EngineUnknown` (a pack's too), `ModelMissing`, `ModelAltered` or
        `NotCalibratedFor`: call it at start-up, not at the first request.
        """
        settings = settings or VerifierSettings()
        loaded = load_engine(engine, models=models, threads=threads, detection=settings.detection)
        return cls(loaded, settings, _load_pack(pack, models, threads))

    def verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        *,
        age: int | None,
        household: Sequence[bytes] = (),
        answer: Answer | None = None,
    ) -> Verification:
        """Is the person in these JPEG frames the one on the reference photo (JPEG or PNG)?

        `age` in years is that of the person on the reference. At an age without a supported false
        match rate (calibration.py), or unknown, nothing is accepted without review. `household`:
        reference photos of other members; who is not clearly nearer to the claimed one than to
        each of them waits for a person (`ReviewReason.CLOSE_RELATIVE`), and so does everybody
        where one of them cannot be compared (`HOUSEHOLD_UNREAD`). `answer`: the challenge that the
        frames answer, with a time for each of them; a match that is not shown to be live waits for
        a person then, and so does every match whose challenge left the light or the moves out.
        Raises `UndecodableImage` (its `frame` is the index, None for the reference) and
        `ReferenceUnusable`, neither of which says anything about the person, and `AgeUnknown`.
        """
        if answer is not None and not len(frames) == len(answer.at_ms) == len(answer.shown):
            raise ValueError(f"{len(frames)} frames, {len(answer.at_ms)} times")
        with self._places.one():
            return self._verify(frames, reference, age, household, answer)

    def _verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        age: int | None,
        household: Sequence[bytes],
        answered: Answer | None,
    ) -> Verification:
        point = self._points.at(age)
        pictures = self._decode_frames(frames)
        wanted = self._reference_chips(reference)
        shown = liveness.judge_frames(pictures)
        if shown.is_attack:
            still = self._answer(Outcome.PRESENTATION_ATTACK, point, (shown.fact,))
            return replace(still, life=Life.ATTACK)
        looks = self._look_at_frames(pictures, shown.distinct)
        who = self._identify(pictures, looks)
        live = self._judge_life(pictures, looks, who, answered)
        facts = (shown.fact, who.fact, *(live.facts if live else ()))
        live = self._as_far_as_seen(live, looks)
        if live is not None and live.verdict is Life.ATTACK:
            answer = self._answer(Outcome.PRESENTATION_ATTACK, point, facts)
        else:
            doubted = STRAYS_DOUBTED if answered else 0
            answer = self._match(pictures, looks, who, wanted, household, age, facts, doubted)
        return _with_life(answer, live)

    def _identify(self, pictures: Sequence[RgbImage], looks: dict[int, _Look]) -> _Who:
        """Embeds every frame with a face, good enough to be compared or not: whoever moves or
        throws the light back has to be the person that is compared."""
        chips = {index: look.chip for index, look in looks.items() if look.chip is not None}
        if len(chips) < self._settings.min_usable_frames:
            return _Who({}, 0.0, frozenset())
        found = dict(zip(chips, self._embedded([], list(chips.values())), strict=True))
        agree = self._together(found)
        if agree.strays:
            core, places = core_of(list(found.values())), list(found)
            for index in [places[stray] for stray in agree.strays]:
                self._look_twice(pictures[index], looks, index, core, found)
            agree = self._together(found)
        strays = frozenset(index for place, index in enumerate(found) if place in agree.strays)
        return _Who(found, agree.furthest, strays)

    def _together(self, found: Mapping[int, Embedding]) -> Together:
        return together(list(found.values()), self._points.same_capture_within)

    def _look_twice(
        self,
        picture: RgbImage,
        looks: dict[int, _Look],
        index: int,
        core: Embedding,
        found: dict[int, Embedding],
    ) -> None:
        """At a frame that looks like somebody else: its landmarks lower, and the face found anew;
        whichever comes nearest is what the frame shows."""
        face = looks[index].face
        if face is None:
            return
        faces = self._find_main(picture)
        others = [_lowered(face, share) for share in _LOWER]
        others += [detection.main_face(faces, picture)] if faces else []
        chips = [align(picture, other, self._engine.alignment) for other in others]
        tried = zip(others, chips, self._embedded([], chips), strict=True)
        nearest, chip, embedding = min(tried, key=lambda one: distance(core, one[2]))
        if distance(core, embedding) < distance(core, found[index]):
            looks[index] = replace(looks[index], face=nearest, chip=chip)
            found[index] = embedding

    def _match(
        self,
        pictures: Sequence[RgbImage],
        looks: dict[int, _Look],
        who: _Who,
        wanted: Sequence[RgbImage],
        household: Sequence[bytes],
        age: int | None,
        facts: tuple[QualityFact, ...],
        doubted: int,
    ) -> Verification:
        """Whose face it is, by the best of the frames; whether anybody lives is judged apart."""
        point, usable = self._points.at(age), _usable_frames(looks)
        strays = sum(frame.index in who.strays for frame in usable)
        usable = [frame for frame in usable if frame.index not in who.strays]
        facts = (*facts, self._count_fact(len(usable)))
        if strays > doubted:
            return self._answer(Outcome.UNUSABLE, point, facts, UnusableReason.FACE_CHANGED)
        if len(usable) < self._settings.min_usable_frames:
            return self._unusable(looks, pictures, point, facts)
        best = sorted(usable, key=lambda frame: -frame.merit)[: self._settings.best_frames]
        reference_side = mean_embedding(self._embedded(wanted))
        mirrored = self._embedded([], [np.ascontiguousarray(frame.chip[:, ::-1]) for frame in best])
        both = [
            unit(who.embeddings[frame.index] + other)
            for frame, other in zip(best, mirrored, strict=True)
        ]
        probe, shown_facts = mean_embedding(both), facts + best[0].facts
        answer = self._compare(probe, reference_side, age, point, shown_facts)
        answer = self._contrasted(answer, probe, household, age)
        return replace(answer, best_frame=best[0].index)

    def _judge_life(
        self,
        pictures: Sequence[RgbImage],
        looks: dict[int, _Look],
        who: _Who,
        answered: Answer | None,
    ) -> liveness.CaptureJudgement | None:
        """Only frames that are known to show the person that is compared count as evidence. Without
        the light or the moves nobody is shown to be live: there a pack's word on single pictures
        would have to rule a recording or a print out."""
        if answered is None:
            return None
        told = zip(answered.at_ms, answered.shown, pictures, strict=True)
        checked = {index: looks[index].face for index in who.embeddings if index not in who.strays}
        seen = [
            Seen(at_ms, picture, checked.get(index), shown)
            for index, (at_ms, shown, picture) in enumerate(told)
        ]
        judged = liveness.judge_capture(seen, answered.challenge, self._pack)
        doubtful = any(looks[index].reason is not UnusableReason.COVERED for index in who.strays)
        whole = answered.challenge.profile is Profile.STANDARD
        if judged.verdict is Life.LIVE and (doubtful or not whole):
            return replace(judged, verdict=Life.UNDECIDED)
        return judged

    def _as_far_as_seen(
        self, live: liveness.CaptureJudgement | None, looks: dict[int, _Look]
    ) -> liveness.CaptureJudgement | None:
        """Frames too blurred or dark to be compared are measured too, but call nobody an attacker:
        a smeared lens shows neither depth nor light."""
        seen = len(_usable_frames(looks)) >= self._settings.min_usable_frames
        if live is None or seen or live.forged or live.verdict is not Life.ATTACK:
            return live
        return replace(live, verdict=Life.UNDECIDED)

    def _contrasted(
        self, answer: Verification, probe: Embedding, household: Sequence[bytes], age: int | None
    ) -> Verification:
        """The answer once the household's other references are looked at. One that cannot be
        compared leaves it to a person: the relative on it might be the one before the camera."""
        claimed = answer.distance
        if not household or answer.outcome is not Outcome.MATCH or claimed is None:
            return answer
        others = [chips for photo in household if (chips := self._chips_of_other(photo))]
        fact = QualityFact("household", len(others), "photos", len(others) == len(household))
        answer = replace(answer, facts=(*answer.facts, fact))
        sides = [mean_embedding(self._embedded(chips)) for chips in others]
        away = [distance_at_age(probe, side, age, self._means) for side in sides]
        if not is_nearest_to_claimed(claimed, away, self._margin):
            return replace(answer, zone=Zone.REVIEW, review=ReviewReason.CLOSE_RELATIVE)
        if not fact.passed:
            return replace(answer, zone=Zone.REVIEW, review=ReviewReason.HOUSEHOLD_UNREAD)
        return answer

    def _embedded(
        self, chips: Sequence[RgbImage], plain: Sequence[RgbImage] = ()
    ) -> list[Embedding]:
        with np.errstate(invalid="ignore", divide="ignore"):
            embeddings = embed_each(self._engine, chips, plain)
        whole = len(embeddings) == len(chips) + len(plain)
        if not whole or not all(self._is_direction(embedding) for embedding in embeddings):
            raise NoNumber("the embedder did not answer one direction for each face")
        return embeddings

    def _is_direction(self, embedding: Embedding) -> bool:
        wanted = (self._engine.embedding_size,)
        # of NaN the comparison is false
        off = abs(float(np.linalg.norm(embedding)) - 1)
        return embedding.shape == wanted and off < _LENGTH_WITHIN

    def _chips_of_other(self, photo: bytes) -> list[RgbImage]:
        try:
            return self._reference_chips(photo)
        except (UndecodableImage, ReferenceUnusable):
            return []

    def compare_photos(self, one: bytes, other: bytes, *, age: int | None) -> Verification:
        """Do two photos (JPEG or PNG) show the same person? For a document's portrait against the
        registry's.

        `age` and errors as in `verify`; the outcome is `match` or `no_match`.
        """
        point = self._points.at(age)
        with self._places.one():
            chips = [chip for photo in (one, other) for chip in self._reference_chips(photo)]
            embeddings = self._embedded(chips)
        sides = mean_embedding(embeddings[:CUTS]), mean_embedding(embeddings[CUTS:])
        return self._compare(*sides, age, point, ())

    def check_frames(self, frames: Sequence[bytes]) -> tuple[bytes, ...]:
        """The frames' fingerprints (sequence.py), by which they are known again. Raises
        `UndecodableImage` where one is not a sound JPEG: to be asked before a try is reserved."""
        return tuple(fingerprint(picture) for picture in self._decode_frames(frames))

    def check_reference(self, photo: bytes) -> ReferenceCheck:
        """Can this photo (JPEG or PNG) serve as a reference? To be asked when it is uploaded.

        Raises `UndecodableImage`.
        """
        with self._places.one():
            picture = self._decode_photo(photo)
            look = self._look(picture, self._find_main(picture), self._settings.photo_quality)
            reason = look.reason
            if reason is UnusableReason.NO_FACE:
                reason = self._no_face_or_small(picture)
        distance_px = look.face.eye_distance_px if look.face else None
        return ReferenceCheck(reason is None, reason, distance_px, look.facts)

    def find_faces(self, image: RgbImage) -> list[Face]:
        """All faces of an upright picture, the largest first."""
        smallest_px = self._settings.smallest_face * min(image.shape[:2])
        return self._engine.find(image, smallest_px)

    def find_portrait(self, page: bytes | RgbImage) -> Portrait | None:
        """The largest face on a document's page (JPEG, PNG or pixels), whichever way the page lies.

        None where there is no face; a page without one takes a few seconds. Raises
        `UndecodableImage`, also for pixels of which there are none.
        """
        if isinstance(page, bytes):
            page = images.decode(page, images.PHOTO_FORMATS, self._settings.images)
        if not page.size:
            raise UndecodableImage("a page without a pixel")
        with self._places.one():
            return find_portrait(self._engine, page, self._settings.portraits)

    def _decode_frames(self, frames: Sequence[bytes]) -> list[RgbImage]:
        limits, left = self._settings.images, self._settings.images.frames_pixels
        for index, frame in enumerate(frames):
            with _naming(index):
                left -= images.pixels_of(frame, images.FRAME_FORMATS)
                if left < 0:
                    raise ImageTooLarge(f"more than {limits.frames_pixels} pixels in all frames")
        pictures = []
        for index, frame in enumerate(frames):
            with _naming(index):
                picture = images.decode(frame, images.FRAME_FORMATS, limits, limits.frame_side_px)
            pictures.append(images.shrink_short(picture, limits.frame_short_side_px))
        return pictures

    def _decode_photo(self, photo: bytes) -> RgbImage:
        limits = self._settings.images
        return images.decode(photo, images.PHOTO_FORMATS, limits, limits.photo_side_px)

    def _reference_chips(self, photo: bytes) -> list[RgbImage]:
        picture = self._decode_photo(photo)
        look = self._look(picture, self._find_main(picture), self._settings.reference_quality)
        if look.reason is not None or look.face is None:
            raise ReferenceUnusable(look.reason or UnusableReason.NO_FACE)
        return cuts(picture, look.face, self._engine.alignment)

    def _find_main(self, picture: RgbImage) -> list[Face]:
        smallest_px = self._settings.smallest_face * min(picture.shape[:2])
        return self._engine.find_main(picture, smallest_px)

    def _look_at_frames(
        self, pictures: Sequence[RgbImage], indices: Sequence[int]
    ) -> dict[int, _Look]:
        """Follows the face from frame to frame, and looks for it anew where it was lost. Where
        somebody else is seen, the frames since the last look at the whole picture are doubtful."""
        looks: dict[int, _Look] = {}
        doubtful: list[int] = []
        last: Face | None = None
        crowded = False
        for count, index in enumerate(indices):
            everywhere = crowded or count % self._settings.look_everywhere == 0
            looks[index] = self._look_again(pictures[index], last, everywhere)
            crowded = looks[index].reason is UnusableReason.SEVERAL_FACES
            if crowded:
                for earlier in doubtful:
                    looks[earlier] = self._look_again(pictures[earlier], last, everywhere=True)
            doubtful = [] if everywhere else [*doubtful, index]
            last = looks[index].face
        return looks

    def _look_again(self, picture: RgbImage, last: Face | None, everywhere: bool) -> _Look:
        faces = self._engine.follow(picture, last, everywhere=everywhere) if last else []
        faces = faces or self._find_main(picture)
        return self._look(picture, faces, self._settings.frame_quality)

    def _look(self, picture: RgbImage, faces: list[Face], limits: QualityLimits) -> _Look:
        if not faces:
            return _Look(light_failure(picture) or UnusableReason.NO_FACE)
        face = detection.main_face(faces, picture)
        rival = detection.has_rival(faces, face, self._settings.detection)
        single = single_face(faces, face, has_rival=rival)
        if rival:
            return _Look(UnusableReason.SEVERAL_FACES, (single,), face)
        chip = align(picture, face, self._engine.alignment)
        same = self._engine.alignment is DLIB_150
        judged = chip if same else quality_chip(picture, face)
        facts = (single, *judge_face(picture, face, judged, limits))
        return _Look(first_failure(facts), facts, face, chip, merit(face, judged))

    def _count_fact(self, usable: int) -> QualityFact:
        enough = usable >= self._settings.min_usable_frames
        return QualityFact("frames_usable", usable, "frames", enough)

    def _unusable(
        self,
        looks: dict[int, _Look],
        pictures: Sequence[RgbImage],
        point: OperatingPoint,
        facts: tuple[QualityFact, ...],
    ) -> Verification:
        """Names the commonest reason; where no frame failed there were just too few in the time,
        and where there is no frame there is no face."""
        if not pictures:
            return self._answer(Outcome.UNUSABLE, point, facts, reason=UnusableReason.NO_FACE)
        reasons = Counter(look.reason for look in looks.values() if look.reason)
        if not reasons:
            return self._answer(Outcome.UNUSABLE, point, facts, reason=UnusableReason.TIMED_OUT)
        reason = reasons.most_common(1)[0][0]
        index = next(index for index, look in looks.items() if look.reason is reason)
        if reason is UnusableReason.NO_FACE:
            reason = self._no_face_or_small(pictures[index])
        return self._answer(Outcome.UNUSABLE, point, facts + looks[index].facts, reason=reason)

    def _no_face_or_small(self, picture: RgbImage) -> UnusableReason:
        """Looks again for a face too small to be used. Slow, so asked for one frame only."""
        smallest_px = self._settings.smallest_named_face * min(picture.shape[:2])
        small = self._engine.find(picture, smallest_px)
        if not small:
            return UnusableReason.NO_FACE
        face = detection.main_face(small, picture)
        rival = detection.has_rival(small, face, self._settings.detection)
        return UnusableReason.SEVERAL_FACES if rival else UnusableReason.TOO_SMALL

    def _compare(
        self,
        probe: Embedding,
        wanted: Embedding,
        age: int | None,
        point: OperatingPoint,
        facts: tuple[QualityFact, ...],
    ) -> Verification:
        measured = distance_at_age(probe, wanted, age, self._means)
        zone = zone_of(measured, point)
        answer = self._answer(outcome_of(zone), point, facts)
        return replace(answer, zone=zone, distance=measured)

    def _answer(
        self,
        outcome: Outcome,
        point: OperatingPoint,
        facts: tuple[QualityFact, ...],
        reason: UnusableReason | None = None,
    ) -> Verification:
        return Verification(outcome, reason, None, None, self.engine, point.id, facts)


@contextmanager
def _naming(index: int) -> Iterator[None]:
    """Which frame it is that could not be decoded."""
    try:
        yield
    except UndecodableImage as error:
        error.frame = index
        raise


def _with_life(answer: Verification, live: liveness.CaptureJudgement | None) -> Verification:
    """A match that is not shown to be live waits for a person."""
    if live is None:
        return answer
    answer = replace(answer, life=live.verdict)
    if live.verdict is Life.LIVE or answer.outcome is not Outcome.MATCH:
        return answer
    reason = answer.review or ReviewReason.LIVENESS_UNDECIDED
    return replace(answer, zone=Zone.REVIEW, review=reason)


def _load_pack(name: str, models: Path | None, threads: int) -> liveness.Pack | None:
    if not name:
        return None
    if name != MiniFasNet.name:
        raise EngineUnknown(f"no pack against attacks {name!r}; there is {MiniFasNet.name}")
    return MiniFasNet(models, threads)


def _lowered(face: Face, share: float) -> Face:
    down = share * face.eye_distance_px
    return replace(face, landmarks=tuple((x, y + down) for x, y in face.landmarks))


def _usable_frames(looks: dict[int, _Look]) -> list[_Usable]:
    usable = []
    for index, look in looks.items():
        if look.reason is None and look.face is not None and look.chip is not None:
            usable.append(_Usable(index, look.chip, look.facts, look.merit))
    return usable
