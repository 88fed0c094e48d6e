"""Specimen documents and captures for demonstrations and tests: drawn here, labelled as specimens.

Nothing in this file imitates a real document's design or security features.
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

CARD = (1200, 760)
PAGE = (1240, 1754)
PORTRAIT = (380, 480)
FRAME = (480, 640)
INK, PAPER, RULE = "#1c2a3a", "#f5f1e6", "#9aa7b4"
JPEG_QUALITY = 90
STEPS = 12
"""Frames after which the small movements of ``frames_of`` begin again."""


def public_portraits() -> tuple[Path, Path]:
    """The two public-domain portraits that the scikit-image and matplotlib wheels carry."""
    return (
        _folder_of("skimage") / "data" / "astronaut.png",
        _folder_of("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg",
    )


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])


def open_photo(path: Path) -> Image.Image:
    """A photo, turned upright, as RGB."""
    with Image.open(path, formats=("JPEG", "PNG")) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def jpeg(picture: Image.Image, quality: int = JPEG_QUALITY) -> bytes:
    """The picture as JPEG bytes."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def identity_card_front(portrait: Image.Image, lines: list[str]) -> bytes:
    """The front of a specimen identity card with a portrait and some printed lines."""
    card = Image.new("RGB", CARD, PAPER)
    draw = ImageDraw.Draw(card)
    _frame(draw, CARD, "SPECIMEN IDENTITY CARD")
    card.paste(ImageOps.fit(portrait, PORTRAIT, centering=(0.5, 0.35)), (70, 180))
    _write(draw, lines, (510, 200))
    return jpeg(card)


def identity_card_back(lines: list[str]) -> bytes:
    """The back of a specimen identity card."""
    card = Image.new("RGB", CARD, PAPER)
    draw = ImageDraw.Draw(card)
    _frame(draw, CARD, "SPECIMEN IDENTITY CARD - BACK")
    _write(draw, lines, (70, 200))
    return jpeg(card)


def paper(title: str, lines: list[str]) -> bytes:
    """A specimen page: a birth certificate, a register page, an order."""
    page = Image.new("RGB", PAGE, PAPER)
    draw = ImageDraw.Draw(page)
    _frame(draw, PAGE, f"SPECIMEN {title.upper()}")
    _write(draw, lines, (120, 260))
    return jpeg(page)


def _frame(draw: ImageDraw.ImageDraw, size: tuple[int, int], title: str) -> None:
    draw.rectangle((20, 20, size[0] - 20, size[1] - 20), outline=RULE, width=6)
    draw.text((70, 70), title, fill=INK, font=ImageFont.load_default(48))


def _write(draw: ImageDraw.ImageDraw, lines: list[str], at: tuple[int, int]) -> None:
    for number, line in enumerate(lines):
        draw.text((at[0], at[1] + 70 * number), line, fill=INK, font=ImageFont.load_default(34))


def face_photo(picture: Image.Image) -> bytes:
    """A photo as a parent would upload it: at least 800 px high, with room around the face."""
    return jpeg(_roomy(picture, 800))


def frames_of(picture: Image.Image, count: int = 8) -> list[bytes]:
    """A capture made of one photo: small movements and light changes, as a hand-held phone has.

    Every frame is the same still picture: as an answer to a challenge it is an attack.
    """
    base = _roomy(picture, FRAME[1] + 80)
    return [jpeg(_one_frame(base, step)) for step in range(count)]


def _one_frame(base: Image.Image, step: int) -> Image.Image:
    turn = (step % STEPS) - STEPS // 2
    moved = base.rotate(turn * 0.4, resample=Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    moved = ImageEnhance.Brightness(moved).enhance(1 + turn * 0.01)
    left = (moved.width - FRAME[0]) // 2 + turn * 2
    top = (moved.height - FRAME[1]) // 2 + (step % 3) * 3
    return moved.crop((left, top, left + FRAME[0], top + FRAME[1]))


def blurred(frames: list[bytes], radius: float = 7) -> list[bytes]:
    """The same frames out of focus."""
    return [
        jpeg(Image.open(io.BytesIO(frame)).filter(ImageFilter.GaussianBlur(radius)))
        for frame in frames
    ]


def _roomy(picture: Image.Image, height: int) -> Image.Image:
    """Scaled to a height, at least as wide as a frame needs, on a plain ground."""
    scale = height / picture.height
    resized = picture.convert("RGB").resize((max(1, round(picture.width * scale)), height))
    ground = np.full((height, max(resized.width, FRAME[0] + 80), 3), 128, dtype=np.uint8)
    canvas = Image.fromarray(ground)
    canvas.paste(resized, ((canvas.width - resized.width) // 2, 0))
    return canvas
