"""A page as it was read: lines of text, barcodes and measures, from a confined process."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.Image import Transpose

from uploads.errors import ProcessingLimit, ReadingFault
from uploads.sandbox import Sandbox
from uploads.types import MIB, SandboxLimits, SandboxReport

_PROGRAM = Path(__file__).with_name("page_reader.py")
READING_FAILED = "reading_failed"
_ANSWER_BYTES = 2 * MIB
PAGE_QUALITY = 95
"""Of a page that is turned: one more compression that no face should suffer from."""

READING_LIMITS = SandboxLimits(
    picture_memory_bytes=900 * 10**6,
    cpu_seconds=30,
    wall_seconds=60.0,
    children=1,
    wait_seconds=20.0,
)
"""For reading one page: two to four seconds on one core of 2024. Of the address space the largest
pages need some 870 MB, of which 500 MB are in memory at the most."""

Mark = tuple[float, Mapping[str, float]]
"""Where a character stands along its line (0 to 1), and what it may be."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `corners`: top left, then clockwise, as parts of the page's width and
    height. `marks`: of a line that may be machine readable, else empty."""

    corners: tuple[Point, Point, Point, Point]
    text: str = field(repr=False)
    confidence: float
    marks: tuple[Mark, ...] = field(default=(), repr=False)

    @property
    def left(self) -> float:
        """Of the page's width."""
        return (self.corners[0][0] + self.corners[3][0]) / 2

    @property
    def right(self) -> float:
        """Of the page's width."""
        return (self.corners[1][0] + self.corners[2][0]) / 2

    @property
    def middle(self) -> float:
        """Of the page's height."""
        return sum(y for _, y in self.corners) / 4

    @property
    def height(self) -> float:
        """Of the page's height."""
        one, two, three, four = (y for _, y in self.corners)
        return (four - one + three - two) / 2


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode's kind and text."""

    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageText:
    """What is printed on a page, the right way up. `turned`: degrees clockwise that the page as
    uploaded has to be turned; `width`, `height`: pixels once turned."""

    turned: int
    width: int
    height: int
    lines: tuple[Line, ...]
    barcodes: tuple[Barcode, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)


def level(page: PageText) -> tuple[Line, ...]:
    """The lines as they would stand if the page lay straight: turned by what most of them lean."""
    aspect = page.width / page.height
    slopes = sorted((_lean(line, aspect), line.right - line.left) for line in page.lines)
    half, passed = sum(length for _, length in slopes) / 2, 0.0
    for slope, length in slopes:
        passed += length
        if passed >= half:
            return tuple(_turned(line, -math.atan(slope), aspect) for line in page.lines)
    return page.lines


def _lean(line: Line, aspect: float) -> float:
    """How much the line falls for its length, in pixels."""
    (left, top), (right, end), *_ = line.corners
    return (end - top) / max(right - left, 1e-6) / aspect


def _turned(line: Line, angle: float, aspect: float) -> Line:
    sine, cosine = math.sin(angle), math.cos(angle)
    one, two, three, four = (
        (x * cosine - y * sine / aspect, x * aspect * sine + y * cosine) for x, y in line.corners
    )
    return replace(line, corners=(one, two, three, four))


def turned_page(page: bytes, degrees: int) -> bytes:
    """A rebuilt page (JPEG) turned clockwise by 0, 90, 180 or 270 degrees."""
    if degrees % 360 == 0:
        return page
    ways = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}
    out = io.BytesIO()
    with Image.open(io.BytesIO(page), formats=("JPEG",)) as picture:
        picture.transpose(ways[degrees % 360]).save(out, "JPEG", quality=PAGE_QUALITY)
    return out.getvalue()


class PageReader:
    """Reads pages, each in a process of its own. Safe to share between threads."""

    def __init__(self, limits: SandboxLimits = READING_LIMITS, *, isolated: bool = True) -> None:
        """`isolated`: as of Sandbox."""
        self._sandbox = Sandbox(limits, program=_PROGRAM, isolated=isolated)

    def report(self) -> SandboxReport:
        """What confines the process that reads; SandboxFault where it could do what it must not."""
        return self._sandbox.report()

    def read(self, page: bytes) -> PageText:
        """A rebuilt page (JPEG). Raises ProcessingLimit, PictureUnreadable, ReadingFault,
        SandboxBusy, SandboxFault."""
        answer = self._sandbox.run({"kind": "page"}, page, _ANSWER_BYTES)
        if answer.facts.get("code") == READING_FAILED:
            raise ReadingFault
        try:
            return _page(json.loads(answer.parts[0]))
        except (LookupError, ValueError, TypeError) as broken:
            raise ProcessingLimit from broken


def _page(said: Mapping[str, Any]) -> PageText:
    return PageText(
        turned=int(said["turned"]),
        width=int(said["width"]),
        height=int(said["height"]),
        lines=tuple(_line(one) for one in said["lines"]),
        barcodes=tuple(Barcode(str(one["kind"]), str(one["text"])) for one in said["barcodes"]),
        measures={str(name): float(value) for name, value in said["measures"].items()},
    )


def _line(said: Mapping[str, Any]) -> Line:
    one, two, three, four = ((float(x), float(y)) for x, y in said["corners"])
    marks = tuple(
        (float(place), {str(letter): float(share) for letter, share in options.items()})
        for place, options in said.get("marks", ())
    )
    return Line((one, two, three, four), str(said["text"]), float(said["confidence"]), marks)
