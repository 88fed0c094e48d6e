"""FaceVerifier: the pipeline in reading order. Decode, detect, judge quality and liveness, embed,
compare; it stops at the first refusal.

Built once at start-up and shared by all threads: it keeps nothing of a call and answers the same
pictures with the same result. Pictures stay in memory; embeddings never leave this module.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from biometrics import detection, images, liveness, networks
from biometrics.alignment import face_chip
from biometrics.calibration import SAME_CAPTURE_WITHIN, OperatingPoint, operating_point_for
from biometrics.comparison import distance, furthest_stray, outcome_of, zone_of
from biometrics.detection import DetectionSettings, FaceDetector
from biometrics.embedding import Embedder, Embedding, mean_embedding
from biometrics.errors import ReferenceUnusable, UndecodableImage
from biometrics.images import ImageLimits
from biometrics.landmarks import LandmarkFinder
from biometrics.portraits import PortraitSettings, find_portrait
from biometrics.quality import (
    QualityLimits,
    first_failure,
    judge_face,
    light_failure,
    merit,
)
from biometrics.types import (
    Face,
    Outcome,
    Portrait,
    QualityFact,
    ReferenceCheck,
    RgbImage,
    UnusableReason,
    Verification,
)

_FRAME_QUALITY = QualityLimits(min_eye_distance_px=30, min_sharpness=0.012)
_PHOTO_QUALITY = QualityLimits(min_eye_distance_px=30, min_sharpness=0.008)
_REFERENCE_QUALITY = QualityLimits(min_eye_distance_px=20, min_contrast=20, min_visible_percent=75)


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """Every number that steers the pipeline. Quality limits are INTERIM (see quality.py)."""

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
    best_frames: int = 5
    """Of the usable frames, this many are compared."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture with the face that is meant, or the reason why it cannot be used."""

    reason: UnusableReason | None
    facts: tuple[QualityFact, ...] = ()
    face: Face | None = None
    chip: RgbImage | None = None


@dataclass(frozen=True, slots=True)
class _Usable:
    """A frame that passed: its index in the capture, its aligned face, and how well it shows it."""

    index: int
    chip: RgbImage
    facts: tuple[QualityFact, ...]
    merit: float


class FaceVerifier:
    """Judges captures and photos. Build it with `FaceVerifier.load()`."""

    def __init__(
        self, detector: FaceDetector, embedder: Embedder, settings: VerifierSettings
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._settings = settings
        self.engine = embedder.name

    @classmethod
    def load(cls, settings: VerifierSettings | None = None, *, threads: int = 1) -> "FaceVerifier":
        """Reads the installed weights (about a second). `threads` are ONNX Runtime's, per call.

        Raises `ModelMissing` or `ModelAltered`: call it at start-up, not at the first request.
        """
        settings = settings or VerifierSettings()
        landmarks = LandmarkFinder(networks.read_weights(networks.LANDMARKS))
        detector = networks.load_session(networks.DETECTOR, networks.detector_graph, threads)
        embedder = networks.load_session(networks.EMBEDDER, networks.embedder_graph, threads)
        found = FaceDetector(detector, landmarks, settings.detection)
        return cls(found, Embedder(embedder), settings)

    def verify(self, frames: Sequence[bytes], reference: bytes, *, age: int | None) -> Verification:
        """Is the person in these JPEG frames the one on the reference photo (JPEG or PNG)?

        `age` in years is that of the person on the reference; under 16, or unknown, nothing is
        accepted without review. Raises `UndecodableImage` (its `frame` is the index, None for the
        reference) and `ReferenceUnusable`; neither says anything about the person.
        """
        point = operating_point_for(age)
        pictures = self._decode_frames(frames)
        wanted = self._reference_embedding(reference)
        shown = liveness.judge_frames(pictures)
        if shown.is_attack:
            return self._answer(Outcome.PRESENTATION_ATTACK, point, (shown.fact,))
        looks = {index: self._look_at_frame(pictures[index]) for index in shown.distinct}
        usable = _usable_frames(looks)
        facts = (shown.fact, self._count_fact(len(usable)))
        if len(usable) < self._settings.min_usable_frames:
            return self._unusable(looks, pictures, point, facts)
        usable.sort(key=lambda frame: -frame.merit)
        embeddings = self._embedder.embed_each([frame.chip for frame in usable])
        best = embeddings[: self._settings.best_frames]
        if furthest_stray(best, embeddings) > SAME_CAPTURE_WITHIN:
            changed = UnusableReason.FACE_CHANGED
            return self._answer(Outcome.UNUSABLE, point, facts, reason=changed)
        answer = self._compare(mean_embedding(best), wanted, point, facts + usable[0].facts)
        return replace(answer, best_frame=usable[0].index)

    def compare_photos(self, one: bytes, other: bytes, *, age: int | None) -> Verification:
        """Do two photos (JPEG or PNG) show the same person? For a document's portrait against the
        registry's.

        `age` and errors as in `verify`; the outcome is `match` or `no_match`.
        """
        point = operating_point_for(age)
        embeddings = [self._reference_embedding(photo) for photo in (one, other)]
        return self._compare(embeddings[0], embeddings[1], point, ())

    def check_frames(self, frames: Sequence[bytes]) -> None:
        """Raises `UndecodableImage` where a frame is not a sound JPEG: to be asked before a try is
        reserved."""
        self._decode_frames(frames)

    def check_reference(self, photo: bytes) -> ReferenceCheck:
        """Can this photo (JPEG or PNG) serve as a reference? To be asked when it is uploaded.

        Raises `UndecodableImage`.
        """
        picture = self._decode_photo(photo)
        look = self._look(picture, self._settings.photo_quality)
        reason = look.reason
        if reason is UnusableReason.NO_FACE:
            reason = self._no_face_or_small(picture)
        distance_px = look.face.eye_distance_px if look.face else None
        return ReferenceCheck(reason is None, reason, distance_px, look.facts)

    def find_faces(self, image: RgbImage) -> list[Face]:
        """All faces of an upright picture, the largest first."""
        smallest_px = self._settings.smallest_face * min(image.shape[:2])
        return self._detector.find(image, smallest_px)

    def find_portrait(self, page: bytes | RgbImage) -> Portrait | None:
        """The largest face on a document's page (JPEG, PNG or pixels), whichever way the page lies.

        None where there is no face; a page without one takes a few seconds. Raises
        `UndecodableImage`.
        """
        if isinstance(page, bytes):
            page = images.decode(page, images.PHOTO_FORMATS, self._settings.images)
        return find_portrait(self._detector, page, self._settings.portraits)

    def _decode_frames(self, frames: Sequence[bytes]) -> list[RgbImage]:
        limits = self._settings.images
        pictures = []
        for index, frame in enumerate(frames):
            try:
                picture = images.decode(frame, images.FRAME_FORMATS, limits, limits.frame_side_px)
            except UndecodableImage as error:
                error.frame = index
                raise
            pictures.append(picture)
        return pictures

    def _decode_photo(self, photo: bytes) -> RgbImage:
        limits = self._settings.images
        return images.decode(photo, images.PHOTO_FORMATS, limits, limits.photo_side_px)

    def _reference_embedding(self, photo: bytes) -> Embedding:
        look = self._look(self._decode_photo(photo), self._settings.reference_quality)
        if look.reason is not None or look.chip is None:
            raise ReferenceUnusable(look.reason or UnusableReason.NO_FACE)
        return self._embedder.embed_each([look.chip])[0]

    def _look_at_frame(self, picture: RgbImage) -> _Look:
        return self._look(picture, self._settings.frame_quality)

    def _look(self, picture: RgbImage, limits: QualityLimits) -> _Look:
        faces = self.find_faces(picture)
        if not faces:
            return _Look(light_failure(picture) or UnusableReason.NO_FACE)
        face = detection.main_face(faces, picture)
        if detection.has_rival(faces, face, self._settings.detection):
            return _Look(UnusableReason.SEVERAL_FACES, face=face)
        chip = face_chip(picture, np.array(face.landmarks))
        facts = judge_face(picture, face, chip, limits)
        return _Look(first_failure(facts), facts, face, chip)

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
        """Names the commonest reason; where no frame failed there were just too few in the time."""
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
        small = self._detector.find(picture, smallest_px)
        return UnusableReason.TOO_SMALL if small else UnusableReason.NO_FACE

    def _compare(
        self,
        probe: Embedding,
        wanted: Embedding,
        point: OperatingPoint,
        facts: tuple[QualityFact, ...],
    ) -> Verification:
        measured = distance(probe, wanted)
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


def _usable_frames(looks: dict[int, _Look]) -> list[_Usable]:
    usable = []
    for index, look in looks.items():
        if look.reason is None and look.face is not None and look.chip is not None:
            usable.append(_Usable(index, look.chip, look.facts, merit(look.face, look.chip)))
    return usable
