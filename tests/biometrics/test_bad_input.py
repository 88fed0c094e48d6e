"""Whatever is sent: a named error or a reason, never a crash, a match, or a silent default."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from biometrics import networks
from biometrics.calibration import OperatingPoint
from biometrics.comparison import is_nearest_to_claimed, zone_of
from biometrics.engines import Engine
from biometrics.errors import (
    BiometricsError,
    ImageTooLarge,
    ModelAltered,
    ModelMissing,
    NotComparable,
    UndecodableImage,
)
from biometrics.types import Outcome, RgbImage, UnusableReason
from biometrics.verifier import FaceVerifier, VerifierSettings
from tests.biometrics.pictures import (
    admiral,
    astronaut,
    capture,
    jpeg,
    load,
    package_file,
    pixels,
    png,
)

ADULT_AGE = 40
SMALL = (240, 320)


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def raw_png(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    """A PNG as its headers say, whatever is behind them."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def sixteen_bits(picture: Image.Image, colour: int) -> bytes:
    deep = np.asarray(picture).astype(">u2") * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    return raw_png(picture.width, picture.height, 16, colour, rows)


def animated(kind: str) -> bytes:
    out = BytesIO()
    astronaut().save(out, kind, save_all=True, append_images=[admiral()])
    return out.getvalue()


def without_height() -> bytes:
    content = bytearray(jpeg(astronaut()))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 7] = b"\0\0"
    return bytes(content)


def drawing() -> Image.Image:
    face = Image.new("RGB", (480, 640), (200, 200, 190))
    pen = ImageDraw.Draw(face)
    pen.ellipse((90, 120, 390, 520), outline="black", width=6)
    for left in (160, 270):
        pen.ellipse((left, 250, left + 50, 290), fill="black")
    pen.arc((170, 330, 310, 450), 20, 160, fill="black", width=6)
    return face.resize(SMALL)


def twenty_faces() -> Image.Image:
    crowd = Image.new("RGB", (625, 660), (90, 90, 90))
    for place in range(20):
        face = (astronaut() if place % 2 else admiral()).resize((120, 160))
        crowd.paste(face, (2 + 125 * (place % 5), 2 + 165 * (place // 5)))
    return crowd


def far_away() -> Image.Image:
    """A face 12 px wide."""
    scene = Image.new("RGB", SMALL, (120, 120, 120))
    scene.paste(astronaut().resize((28, 38)), (100, 150))
    return scene


def cat() -> Image.Image:
    return load(package_file("skimage", "data", "chelsea.png")).resize(SMALL)


UNSOUND = {
    "empty": lambda: b"",
    "truncated": lambda: jpeg(astronaut())[:-3000],
    "animated GIF": lambda: animated("GIF"),
    "animated PNG": lambda: animated("PNG"),
    "no columns": lambda: raw_png(0, 50, 8, 2, b""),
    "no rows": lambda: raw_png(50, 0, 8, 2, b""),
    "a JPEG without height": without_height,
    "said to be enormous": lambda: raw_png(30_000, 30_000, 8, 0, b"\0"),
}


@pytest.mark.parametrize("make", UNSOUND.values(), ids=UNSOUND)
def test_what_is_no_sound_picture_is_named_and_judges_nobody(
    verifier: FaceVerifier, make: Callable[[], bytes]
):
    content = make()
    for judge in (
        verifier.check_reference,
        verifier.find_portrait,
        lambda bad: verifier.verify(capture(astronaut()), bad, age=ADULT_AGE),
        lambda bad: verifier.verify([bad, *capture(astronaut())], jpeg(astronaut()), age=ADULT_AGE),
        lambda bad: verifier.compare_photos(jpeg(astronaut()), bad, age=ADULT_AGE),
    ):
        with pytest.raises(UndecodableImage):
            judge(content)


def test_an_enormous_file_is_named_as_such(verifier):
    with pytest.raises(ImageTooLarge):
        verifier.check_reference(jpeg(astronaut()) + bytes(11_000_000))


ODD = {
    "16-bit colours": lambda: sixteen_bits(astronaut(), 2),
    "16-bit grey": lambda: sixteen_bits(astronaut().convert("L"), 0),
    "CMYK": lambda: jpeg(astronaut().convert("CMYK")),
    "grey": lambda: jpeg(astronaut().convert("L")),
    "transparent": lambda: png(astronaut().convert("RGBA")),
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_but_sound_photos_are_the_same_person_and_nobody_else(verifier, make):
    content = make()
    assert verifier.check_reference(content).usable
    same = verifier.compare_photos(content, jpeg(astronaut()), age=ADULT_AGE)
    other = verifier.compare_photos(content, jpeg(admiral()), age=ADULT_AGE)
    assert same.accepted
    assert other.outcome is Outcome.NO_MATCH


FACELESS = {
    "nothing": lambda: Image.new("RGB", SMALL, (120, 120, 120)),
    "a face of 12 px": far_away,
    "a drawing": drawing,
    "a cat": cat,
    "one pixel": lambda: Image.new("RGB", (1, 1)),
    "noise": lambda: Image.fromarray(
        np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    ),
}


@pytest.mark.parametrize("make", FACELESS.values(), ids=FACELESS)
def test_a_photo_without_a_face_that_can_be_judged_says_why(verifier, make):
    answer = verifier.check_reference(jpeg(make()))
    assert not answer.usable
    assert answer.reason in set(UnusableReason)
    assert answer.eye_distance_px is None


@pytest.mark.parametrize("make", [far_away, drawing, cat])
def test_a_capture_without_a_face_is_unusable_and_nobody(verifier, make):
    picture = make()
    frames = [jpeg(picture, quality=quality) for quality in (80, 85, 90)]
    answer = verifier.verify(frames, jpeg(astronaut()), age=ADULT_AGE)
    assert answer.outcome in {Outcome.UNUSABLE, Outcome.PRESENTATION_ATTACK}
    assert answer.zone is None
    assert not answer.accepted


def test_twenty_faces_are_nobodys_photo_and_nobodys_capture(verifier):
    crowd = twenty_faces()
    assert not verifier.check_reference(jpeg(crowd)).usable
    frames = [jpeg(crowd, quality=quality) for quality in (80, 85, 90)]
    answer = verifier.verify(frames, jpeg(astronaut()), age=ADULT_AGE)
    assert answer.outcome is Outcome.UNUSABLE
    close = crowd.crop((0, 0, 250, 330))  # four of them, large
    assert verifier.check_reference(jpeg(close)).reason is UnusableReason.SEVERAL_FACES


class SaysNan:
    """An engine whose network has gone wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, member: str) -> object:
        return getattr(self._engine, member)

    def embed(self, chips: RgbImage) -> np.ndarray:
        return np.full((len(chips), self._engine.embedding_size), np.nan, np.float32)


def test_an_engine_that_says_nan_is_an_error_of_ours_and_no_answer(resnet):
    broken = FaceVerifier(cast("Engine", SaysNan(resnet)), VerifierSettings())
    with pytest.raises(NotComparable):
        broken.verify(capture(astronaut()), jpeg(astronaut()), age=ADULT_AGE)
    with pytest.raises(NotComparable):
        broken.compare_photos(jpeg(astronaut()), jpeg(astronaut()), age=ADULT_AGE)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_no_number_is_ever_near(bad):
    point = OperatingPoint("test", 0.3, 0.5)
    with pytest.raises(NotComparable):
        zone_of(bad, point)
    for claimed, household, margin in ((bad, [0.5], 0.1), (0.1, [bad], 0.1), (0.1, [0.5], bad)):
        with pytest.raises(NotComparable):
            is_nearest_to_claimed(claimed, household, margin)
    assert issubclass(NotComparable, BiometricsError)


def test_a_missing_short_or_altered_weight_file_is_named(tmp_path):
    content = networks.read_weights(networks.LANDMARKS)
    with pytest.raises(ModelMissing):
        networks.weights_path(replace(networks.LANDMARKS, name="absent.dat"))
    for name, bad in (("short", content[:-1]), ("altered", b"\x07" + content[1:]), ("none", b"")):
        path = tmp_path / name
        path.write_bytes(bad)
        with pytest.raises(ModelAltered):
            networks.read_weights(networks.LANDMARKS, path)


def test_pixels_of_the_test_portraits_are_sound():
    """The other tests change these: what is refused there is refused for the change."""
    assert pixels(astronaut()).shape == (427, 320, 3)
