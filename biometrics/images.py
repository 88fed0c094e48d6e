"""Picture bytes → upright RGB arrays, or `UndecodableImage`. Nothing else comes out of here,
whatever the bytes."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import Image, ImageOps

from biometrics.errors import ImageTooLarge, UndecodableImage
from biometrics.types import RgbImage

FRAME_FORMATS = ("JPEG",)
PHOTO_FORMATS = ("JPEG", "PNG")
"""Always given to Pillow: without it, a file named .jpg may be opened as PostScript."""

_WHAT_DECODERS_RAISE = (
    OSError,  # truncated or unknown
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    SyntaxError,
    EOFError,
    OverflowError,
    AttributeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,  # where the interpreter was told to raise them
)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Caps on one picture."""

    max_bytes: int = 10 * 2**20
    max_pixels: int = 25_000_000
    max_side_px: int = 8_000
    frames_pixels: int = 100_000_000
    """Of all frames of a capture together: a progressive JPEG of 25 megapixels takes a third of a
    second to decode and may have 150 kB, so forty would hold a place for 12 seconds."""
    frame_side_px: int = 1_280
    """Larger frames are decoded at a reduced size: a face needs no more."""
    frame_short_side_px: int = 480
    """Frames are made smaller to this: what life is judged by was measured on no larger ones."""
    photo_side_px: int = 1_600
    """The same for reference photos."""


def decode(
    content: bytes,
    formats: tuple[str, ...],
    limits: ImageLimits,
    reduce_to_px: int | None = None,
) -> RgbImage:
    """The upright picture, its longer side at most `reduce_to_px` where that is given.

    Raises `ImageTooLarge` past the caps (before any pixel is decoded), else `UndecodableImage`.
    """
    if len(content) > limits.max_bytes:
        raise ImageTooLarge(f"more than {limits.max_bytes} bytes")
    try:
        pixels = _decode(content, formats, limits, reduce_to_px)
    except _WHAT_DECODERS_RAISE as error:
        raise UndecodableImage(f"not a sound {' or '.join(formats)} picture") from error
    return shrink(pixels, reduce_to_px) if reduce_to_px else pixels


def pixels_of(content: bytes, formats: tuple[str, ...]) -> int:
    """Width times height, from the header alone. Raises `UndecodableImage`."""
    try:
        with Image.open(BytesIO(content), formats=formats) as picture:
            return picture.width * picture.height
    except _WHAT_DECODERS_RAISE as error:
        raise UndecodableImage(f"not a sound {' or '.join(formats)} picture") from error


def _decode(
    content: bytes, formats: tuple[str, ...], limits: ImageLimits, reduce_to_px: int | None
) -> RgbImage:
    with Image.open(BytesIO(content), formats=formats) as picture:
        _check_size(picture, limits)
        if picture.format == "PNG" and getattr(picture, "is_animated", False):
            raise UndecodableImage("an animated picture")
        if reduce_to_px:
            picture.draft("RGB", (reduce_to_px, reduce_to_px))
        ImageOps.exif_transpose(picture, in_place=True)
        return _as_rgb(picture)


def _check_size(picture: Image.Image, limits: ImageLimits) -> None:
    width, height = picture.size
    if max(width, height) > limits.max_side_px or width * height > limits.max_pixels:
        raise ImageTooLarge(f"{width} × {height} pixels")


def _as_rgb(picture: Image.Image) -> RgbImage:
    if picture.mode == "1":
        raise UndecodableImage("black and white without greys, by which no face is compared")
    if picture.mode.startswith("I"):
        # 16 bits a pixel: Pillow's own conversion would cut everything above 255 to white
        grey = (np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.dstack([grey] * 3)
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        see_through = picture.convert("RGBA")
        white = Image.new("RGBA", see_through.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, see_through)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def shrink(image: RgbImage, side_px: int) -> RgbImage:
    """The picture with its longer side at most `side_px`."""
    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def shrink_short(image: RgbImage, side_px: int) -> RgbImage:
    """The picture with its shorter side at most `side_px`."""
    height, width = image.shape[:2]
    return shrink(image, round(side_px * max(height, width) / min(height, width)))


def encode_jpeg(image: RgbImage, quality: int = 95) -> bytes:
    """JPEG bytes without colour subsampling or metadata."""
    out = BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()
