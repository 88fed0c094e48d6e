"""Whatever is sent: a named error or a reason, never a crash, a match, or a silent default."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from biometrics import networks
from biometrics.engines import Engine
from biometrics.errors import (
    AgeUnknown,
    ImageTooLarge,
    ModelAltered,
    ModelMissing,
    NoNumber,
    ReferenceUnusable,
    UndecodableImage,
)
from biometrics.networks import WeightsFile, read_weights, weights_path
from biometrics.types import Outcome, UnusableReason
from tests.biometrics.pictures import FRAME_SIZE, capture, jpeg, pixels, png

ADULT_AGE = 40
GREY = (120, 120, 120)


def with_sides(width: int, height: int) -> bytes:
    """A PNG whose head says so many pixels, whatever it holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00" * 64)
    parts = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def animated(picture: Image.Image) -> bytes:
    return png(picture, save_all=True, append_images=[picture.rotate(90)])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda picture: jpeg(picture)[:700], id="truncated"),
        pytest.param(animated, id="animated"),
        pytest.param(lambda _: with_sides(0, 10), id="zero wide"),
        pytest.param(lambda _: with_sides(10, 0), id="zero high"),
        pytest.param(lambda _: b"GIF89a" + bytes(40), id="another format"),
    ],
)
def test_what_is_no_sound_picture_is_named_and_judges_nobody(verifier, astronaut, content):
    bad = content(astronaut)
    with pytest.raises(UndecodableImage):
        verifier.verify(capture(astronaut), bad, age=ADULT_AGE)
    with pytest.raises(UndecodableImage):
        verifier.verify([*capture(astronaut), bad], jpeg(astronaut), age=ADULT_AGE)
    with pytest.raises(UndecodableImage):
        verifier.check_reference(bad)


@pytest.mark.parametrize("sides", [(1, 1), (1, 90), (90, 1), (6, 60), (7, 7)])
@pytest.mark.parametrize("grey", [0, 255])
def test_a_picture_of_a_few_pixels_across_has_no_face(verifier, resnet, sides, grey):
    thin = Image.new("RGB", sides, (grey, 120, 120))
    assert not verifier.check_reference(jpeg(thin)).usable
    assert verifier.find_portrait(png(thin)) is None
    assert resnet.find_as_dlib(pixels(thin)) == []


@pytest.mark.parametrize("sides", [(9000, 10), (10, 9000), (6000, 6000), (2**31 - 1, 2**31 - 1)])
def test_an_enormous_picture_is_refused_before_it_is_decoded(verifier, sides):
    with pytest.raises(UndecodableImage) as refused:
        verifier.check_reference(with_sides(*sides))
    assert isinstance(refused.value, ImageTooLarge) or sides[0] == 2**31 - 1


def test_frames_that_are_enormous_together_are_refused_before_any_is_decoded(verifier):
    with pytest.raises(ImageTooLarge) as refused:
        verifier.check_frames([jpeg(Image.new("L", (5000, 4900)))] * 5)
    assert refused.value.frame == 4


def sixteen_bit(picture: Image.Image) -> bytes:
    grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    return png(Image.fromarray(grey))


@pytest.mark.gate
@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(sixteen_bit, id="16 bits"),
        pytest.param(lambda picture: jpeg(picture.convert("CMYK")), id="CMYK"),
        pytest.param(lambda picture: jpeg(picture.convert("L")), id="grey"),
        pytest.param(lambda picture: png(picture.convert("RGBA")), id="with transparency"),
    ],
)
def test_the_same_face_in_another_colour_model_is_the_same_person(
    verifier, astronaut, admiral, photo
):
    own = verifier.compare_photos(photo(astronaut), jpeg(astronaut), age=ADULT_AGE)
    other = verifier.compare_photos(photo(admiral), jpeg(astronaut), age=ADULT_AGE)
    assert own.outcome is Outcome.MATCH
    assert other.outcome is Outcome.NO_MATCH


def cat() -> Image.Image:
    """The photograph of a cat that a package carries."""
    from skimage import data

    photograph: np.ndarray = data.cat()  # type: ignore[no-untyped-call]
    return Image.fromarray(photograph)


def drawing() -> Image.Image:
    """A face as a child draws one."""
    paper = Image.new("RGB", FRAME_SIZE, "white")
    pen = ImageDraw.Draw(paper)
    pen.ellipse((90, 170, 390, 470), outline="black", width=6)
    for x in (180, 300):
        pen.ellipse((x - 18, 262, x + 18, 298), fill="black")
    pen.line((240, 310, 240, 360), fill="black", width=6)
    pen.arc((170, 330, 310, 430), 20, 160, fill="black", width=6)
    return paper


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(cat, marks=pytest.mark.gate),
        drawing,
        pytest.param(lambda: Image.new("RGB", FRAME_SIZE, GREY), marks=pytest.mark.gate),
    ],
)
def test_where_there_is_no_face_of_a_person_there_is_no_match(verifier, astronaut, scene):
    picture = scene()
    answer = verifier.verify(capture(picture), jpeg(astronaut), age=ADULT_AGE)
    assert answer.outcome in {Outcome.UNUSABLE, Outcome.NO_MATCH}
    assert answer.outcome is Outcome.UNUSABLE or answer.distance is not None
    if not verifier.find_faces(pixels(picture)):
        assert answer.reason is UnusableReason.NO_FACE
        with pytest.raises(ReferenceUnusable):
            verifier.verify(capture(astronaut), jpeg(picture), age=ADULT_AGE)


@pytest.mark.gate
def test_twenty_faces_are_too_many_however_small(verifier, astronaut):
    crowd = Image.new("RGB", (1000, 1000), GREY)
    for number in range(20):
        face = astronaut.resize((200, 250))
        crowd.paste(face, (200 * (number % 5), 250 * (number // 5)))
    answer = verifier.verify(capture(crowd), jpeg(astronaut), age=ADULT_AGE)
    assert answer.outcome is Outcome.UNUSABLE
    assert answer.reason is UnusableReason.SEVERAL_FACES


@pytest.mark.gate
def test_a_face_of_twelve_pixels_is_no_match(verifier, astronaut):
    far = Image.new("RGB", FRAME_SIZE, GREY)
    far.paste(astronaut.resize((30, 40)), (225, 300))
    answer = verifier.verify(capture(far), jpeg(astronaut), age=ADULT_AGE)
    assert answer.outcome is Outcome.UNUSABLE
    assert answer.reason in {UnusableReason.NO_FACE, UnusableReason.TOO_SMALL}
    with pytest.raises(ReferenceUnusable):
        verifier.compare_photos(jpeg(far), jpeg(astronaut), age=ADULT_AGE)


@pytest.mark.gate
def test_frames_of_different_people_are_a_changed_face(verifier, astronaut, admiral):
    mixed = [
        frame for pair in zip(capture(astronaut), capture(admiral), strict=True) for frame in pair
    ]
    answer = verifier.verify(mixed, jpeg(astronaut), age=ADULT_AGE)
    assert (answer.outcome, answer.reason) == (Outcome.UNUSABLE, UnusableReason.FACE_CHANGED)


class Dazed:
    """An engine whose network answers something else than it found."""

    def __init__(self, engine: Engine, answer: Callable[[np.ndarray], np.ndarray]) -> None:
        self._engine, self._answer = engine, answer

    def __getattr__(self, member: str) -> object:
        return getattr(self._engine, member)

    def embed(self, chips: np.ndarray) -> np.ndarray:
        return self._answer(self._engine.embed(chips))


@pytest.mark.gate
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda found: found * np.nan, id="no numbers"),
        pytest.param(lambda found: found * 0, id="no direction"),
        pytest.param(lambda found: found * 3, id="another length"),
        pytest.param(lambda found: np.concatenate([found, found], axis=1), id="another size"),
        pytest.param(lambda found: found[:1], id="too few"),
    ],
)
def test_what_is_no_direction_never_becomes_an_answer(resnet, astronaut, answer):
    from biometrics.verifier import FaceVerifier, VerifierSettings

    verifier = FaceVerifier(cast("Engine", Dazed(resnet, answer)), VerifierSettings())
    with pytest.raises(NoNumber):
        verifier.verify(capture(astronaut), jpeg(astronaut), age=ADULT_AGE)


@pytest.mark.parametrize("age", [-1, 201, 5.5, 30.0, np.nan, np.inf, True, "12"])
def test_an_age_that_nobody_has_is_refused(verifier, astronaut, age):
    with pytest.raises(AgeUnknown, match="whole years from 0 to 200"):
        verifier.verify(capture(astronaut), jpeg(astronaut), age=age)
    with pytest.raises(AgeUnknown):
        verifier.compare_photos(jpeg(astronaut), jpeg(astronaut), age=age)


@pytest.mark.parametrize("sides", [(0, 0), (0, 10), (10, 0)])
def test_a_page_without_pixels_is_named(verifier, sides):
    with pytest.raises(UndecodableImage):
        verifier.find_portrait(np.zeros((*sides, 3), np.uint8))


@pytest.mark.parametrize("weights", [networks.EMBEDDER, networks.DETECTOR, networks.LANDMARKS])
def test_weights_that_are_missing_short_or_altered_are_refused(tmp_path, weights):
    content = weights_path(weights).read_bytes()
    place = tmp_path / weights.name
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for bad in (content[:-1], changed, b""):
        place.write_bytes(bad)
        with pytest.raises(ModelAltered):
            read_weights(weights, place)
    with pytest.raises(ModelMissing):
        weights_path(WeightsFile("not-there.dat", weights.sha256))
    place.unlink()
    with pytest.raises(ModelMissing):
        read_weights(weights, place)


def test_a_picture_that_says_another_size_than_it_has_is_no_crash(verifier):
    out = BytesIO(with_sides(64, 64))
    with pytest.raises(UndecodableImage):
        verifier.check_reference(out.getvalue())
