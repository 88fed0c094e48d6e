"""Whatever the bytes: an upright RGB picture, or UndecodableImage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from biometrics.errors import ImageTooLarge, UndecodableImage
from biometrics.images import FRAME_FORMATS, PHOTO_FORMATS, ImageLimits, decode
from tests.biometrics.pictures import astronaut, jpeg, png

LIMITS = ImageLimits()
SMALL = astronaut().resize((96, 128))
SOUND = jpeg(SMALL)


def decoded(content: bytes, limits: ImageLimits = LIMITS) -> np.ndarray:
    return decode(content, PHOTO_FORMATS, limits, reduce_to_px=1280)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"These are only words.", id="text"),
        pytest.param(SOUND[:-200], id="truncated JPEG"),
        pytest.param(png(SMALL)[:-200], id="truncated PNG"),
        pytest.param(SOUND[:20], id="only the beginning"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="EPS"),
        pytest.param(
            png(SMALL, save_all=True, append_images=[SMALL.rotate(90)]), id="animated PNG"
        ),
    ],
)
def test_what_is_not_a_sound_picture_is_refused(content: bytes):
    with pytest.raises(UndecodableImage):
        decoded(content)


def test_a_frame_must_be_a_jpeg():
    with pytest.raises(UndecodableImage):
        decode(png(SMALL), FRAME_FORMATS, LIMITS)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpegs_of_any_colour_model_become_rgb(mode: str):
    picture = decoded(jpeg(SMALL.convert(mode)))
    assert picture.shape == (128, 96, 3)
    assert abs(float(picture.mean()) - float(np.asarray(SMALL).mean())) < 15


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA"])
def test_pngs_of_any_colour_model_become_rgb(mode: str):
    assert decoded(png(SMALL.convert(mode))).shape == (128, 96, 3)


def test_a_picture_without_greys_is_named_and_compared_with_nobody():
    with pytest.raises(UndecodableImage, match="without greys"):
        decoded(png(SMALL.convert("1")))


def test_sixteen_bit_pngs_keep_their_greys():
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    picture = decoded(png(Image.fromarray(ramp)))
    assert picture[0, 0, 0] == 0
    assert int(picture[0, 32, 0]) == pytest.approx(128, abs=4)
    assert picture[0, 63, 0] == 255


def test_transparent_parts_become_white():
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert decoded(png(clear)).min() == 255


def test_a_picture_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoded(jpeg(SMALL, exif=exif)).shape == (96, 128, 3)


def test_large_pictures_are_reduced():
    assert max(decoded(jpeg(SMALL.resize((3000, 4000)))).shape) == 1280


def test_caps_hold_before_any_pixel_is_decoded():
    with pytest.raises(ImageTooLarge):
        decoded(SOUND, ImageLimits(max_bytes=len(SOUND) - 1))
    with pytest.raises(ImageTooLarge):
        decoded(SOUND, ImageLimits(max_pixels=96 * 128 - 1))
    with pytest.raises(ImageTooLarge):
        decoded(SOUND, ImageLimits(max_side_px=127))
    assert decoded(SOUND, ImageLimits(len(SOUND), 96 * 128, 128)).shape == (128, 96, 3)


@given(st.binary(max_size=60), st.integers(0, len(SOUND)), st.integers(0, 60))
def test_no_bytes_lead_to_anything_but_a_picture_or_a_refusal(noise, place, gone):
    content = SOUND[:place] + noise + SOUND[place + gone :]
    try:
        picture = decoded(content)
    except UndecodableImage:
        return
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3


def test_hostile_files_lead_to_a_picture_or_a_refusal(ecard_data):
    files = [path for path in (ecard_data / "hostile").rglob("*") if path.is_file()]
    refused = 0
    for path in files:
        try:
            decoded(path.read_bytes())
        except UndecodableImage:
            refused += 1
    assert len(files) > 500
    assert refused > 400
