"""What a person at a desk sees of a kept page: reduced, with words across it that say who looks.

Drawn on pixels that we rebuilt ourselves, so no untrusted byte is decoded here. The words repeat
all over the picture, dark and light, so that a cut or a screenshot carries some of them. They do
not stop a camera before the screen; they name the desk that it stood at.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

SEEN_SIDE_PX = 2_000
"""Enough for the small print of an identity card, less than what is kept."""
QUALITY = 85
ANGLE = 30.0
OPACITY = 56
"""Of 255: letters and faces below stay readable."""
LINES_ACROSS = 28
"""The height of the words is the picture's longer side divided by this."""
LEAST_TEXT_PX = 10


def watermarked(page: bytes, words: str) -> bytes:
    """A JPEG of at most 2,000 pixels a side of a page of ours (JPEG), with the words all over it.

    `words`: ASCII; who looks, at what, when. A page that our own encoder did not write raises
    OSError.
    """
    image = Image.open(io.BytesIO(page), formats=["JPEG"])
    image.draft("RGB", (SEEN_SIDE_PX, SEEN_SIDE_PX))
    seen = image.convert("RGB")
    seen.thumbnail((SEEN_SIDE_PX, SEEN_SIDE_PX), Image.Resampling.BICUBIC, reducing_gap=2.0)
    mark = _tile(words, max(LEAST_TEXT_PX, max(seen.size) // LINES_ACROSS))
    for shade, shift in (((255, 255, 255), 0), ((0, 0, 0), 2)):
        for x, y in _places(seen.size, mark.size):
            seen.paste(shade, (x + shift, y + shift), mark)
    out = io.BytesIO()
    seen.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _tile(words: str, height: int) -> Image.Image:
    """The words once, slanted, as a mask of faint letters."""
    font = ImageFont.load_default(height)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(words))
    tile = Image.new("L", (right - left + height, bottom - top + height))
    ImageDraw.Draw(tile).text((height // 2 - left, height // 2 - top), words, OPACITY, font)
    return tile.rotate(ANGLE, Image.Resampling.BICUBIC, expand=True)


def _places(size: tuple[int, int], tile: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Corners of tiles: lines half a tile apart, each other one shifted, to beyond every edge."""
    step_x, step_y = max(1, tile[0] * 2 // 3), max(1, tile[1] // 2)
    for line, y in enumerate(range(-tile[1] // 2, size[1], step_y)):
        for x in range(-tile[0] // 2 - (line % 2) * step_x // 2, size[0], step_x):
            yield x, y
