"""`clean --dir DIR --out DIR`: sound pictures through the intake: taken, the right way up, with
nothing of what phones write beside the pixels.

Files of DIR that another decoder in this process opens too, and drawn pictures of a telephone's 12
megapixels, one for each orientation tag from none (0) to 8, with a place, a profile and comments.
Writes report.json: {"pictures", "taken", "upright", "bare", "not_sound": what is wrong with which}.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pi_heif import register_heif_opener
from PIL import Image, ImageCms, ImageDraw, ImageOps

from uploads.errors import UploadRefused
from uploads.evaluation import unhurried
from uploads.evaluation.bare import bytes_besides_picture
from uploads.sandbox import Sandbox
from uploads.sanitising import clean_picture
from uploads.types import PictureLimits

SIZE = (4032, 3024)
"""A telephone's picture of 12 megapixels."""
LOOK = (24, 24)
DIFFERENT = 12.0
"""Mean difference (of 255) of two small looks from which on the pictures are not the same: a turned
one differs by 40 and more, another encoder's by 1 or 2."""
ORIENTATION, MAKE, PLACE = 0x0112, 0x010F, 0x8825
MARK = "kept-by-nobody"
"""What stands in the metadata of drawn pictures."""
SUFFIXES = {".jpg", ".jpeg", ".png", ".heic", ".heif"}


@dataclass(frozen=True, slots=True)
class Clean:
    """A sound picture as it is sent, and how it looks the right way up."""

    name: str
    content: bytes
    look: NDArray[np.float32]


def drawn(orientation: int, seed: int) -> Clean:
    """A picture of 12 megapixels with that tag; no two of its edges look alike."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 200, (24, 32, 3), np.uint8))
    upright = coarse.resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(upright)
    draw.rectangle((0, 0, SIZE[0], SIZE[1] // 4), fill=(250, 250, 250))
    draw.rectangle((0, 0, SIZE[0] // 4, SIZE[1]), fill=(10, 10, 10))
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    exif[MAKE] = MARK
    exif.get_ifd(PLACE).update({1: "N", 2: (40.0, 25.0, 0.0)})
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _laid(upright, orientation).save(
        out, "JPEG", quality=90, exif=exif, icc_profile=profile, comment=MARK
    )
    return Clean(f"drawn-{orientation}-{seed}", out.getvalue() + MARK.encode(), look(upright))


def _laid(upright: Image.Image, orientation: int) -> Image.Image:
    """As a camera that was held otherwise stores it: what the tag says to undo."""
    ways = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(ways[orientation]) if orientation in ways else upright


def found(folder: Path) -> Iterator[Clean]:
    """The pictures below a folder that open here and are no larger than what is taken."""
    register_heif_opener()
    limits = PictureLimits()
    for path in sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES):
        content = path.read_bytes()
        try:
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "HEIF")) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGB")
        except (OSError, ValueError, SyntaxError):
            continue  # not sound: another bench's matter
        if len(content) <= limits.max_bytes and upright.width * upright.height <= limits.max_pixels:
            yield Clean(path.relative_to(folder).as_posix(), content, look(upright))


def look(picture: Image.Image) -> NDArray[np.float32]:
    """Small, without colour."""
    return np.asarray(picture.convert("L").resize(LOOK, Image.Resampling.BOX), np.float32)


def judged(sandbox: Sandbox, picture: Clean) -> str:
    """ "" where all is as it should be, else what is wrong: a code, not_upright or not_bare."""
    try:
        page = clean_picture(picture.content, sandbox).pages[0]
    except UploadRefused as refusal:
        return refusal.code
    with Image.open(io.BytesIO(page), formats=("JPEG",)) as taken:
        apart = float(np.abs(look(taken) - picture.look).mean())
    if apart >= DIFFERENT:
        return "not_upright"
    return "not_bare" if bytes_besides_picture(page) or MARK.encode() in page else ""


def report(sandbox: Sandbox, pictures: Iterable[Clean]) -> dict[str, Any]:
    """The counts, with the keys that the module's head explains."""
    wrong = {picture.name: judged(sandbox, picture) for picture in pictures}
    said = list(wrong.values())
    refused = sum(one not in {"", "not_upright", "not_bare"} for one in said)
    return {
        "pictures": len(said),
        "taken": len(said) - refused,
        "upright": len(said) - refused - said.count("not_upright"),
        "bare": len(said) - refused - said.count("not_bare"),
        "not_sound": {name: one for name, one in wrong.items() if one},
    }


def all_pictures(folder: Path | None, drawings: int) -> Iterator[Clean]:
    """`drawings` of each orientation, then what is found."""
    for orientation in range(9):
        for number in range(drawings):
            yield drawn(orientation, number)
    if folder is not None:
        yield from found(folder)


def main(arguments: Sequence[str]) -> int:
    """`clean --out DIR [--dir DIR]`: prints the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m uploads.evaluation clean", description=__doc__.partition("\n\n")[0]
    )
    parser.add_argument("--dir", type=Path, help="sound pictures; without it only drawn ones")
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    parser.add_argument("--drawings", type=int, default=1, help="of each orientation (default: 1)")
    given = parser.parse_args(arguments)
    told = report(unhurried.sandbox(), all_pictures(given.dir, given.drawings))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "report.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(told)
    return 0
