"""The program that reads what is printed on a page. Started by path, never imported.

It gets one rebuilt page, confined as `uploads/child.py` says (memory, processor time, no network,
no file), and answers with lines of text, barcodes and measures of the picture; it decides nothing.
The networks are those of the package rapidocr, read from its folder and run here without its code.
It ends with its one page, so no page is there when the next one comes.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import zxingcpp

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

SIDE_PX = 960
"""Longer side of the page as text is looked for; the characters are cut from the page itself."""
PAGE_SIDE_PX = 3000
"""A longer page is reduced to this; A4 at 250 dpi."""
FEW_LINES = 8
QUARTERS_FROM_PX = 1800
QUARTER = 0.55
"""A card on a large sheet: where few lines were found, each quarter (with some overlap) is looked
at by itself, which takes more time but no more memory."""
TEXT_SHARE = 0.3
"""Of the detector's map, from where on a pixel belongs to text; this and the next two are the
network's own settings."""
BOX_SHARE = 0.5
GROWTH = 1.6
LEAST_HEIGHT_PX = 5
LINES_MOST = 90
LINE_HEIGHT_PX = 48
"""What the recogniser takes."""
LINE_WIDTHS_PX = (96, 2400)
STEP_PX = 8
ORIENTATION_LINES = 5
"""Read both ways up to see which way is up."""
MACHINE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
"""The characters of machine readable zones."""
DRAWN_LIKE_FILLER = "<＜‹〈«《くヘへハ∧ΛΛ"
"""What the recogniser, which knows all scripts, takes the filler for."""
MACHINE_LEAST = 20
"""Characters from which on a line may belong to such a zone."""
MACHINE_SHARE = 0.75
"""Of the characters as read freely that must be of that kind."""
SHORT_OF = 1.06
"""Times its length that a line of a zone falls short of another one to be read again: two to three
characters."""
ZONE_LINES_APART = 6.0
"""Heights between the beginnings of the first and the last line of a zone, at most."""
ALTERNATIVES = 4
ALTERNATIVE_LEAST = 0.002

MEASURED_SIDE_PX = 800
WASHED_OUT = 250
"""Of 255 in each colour."""
SHARPNESS_LINES = 12
OUT_OF_BOUNDS = (MemoryError, onnxruntime.capi.onnxruntime_pybind11_state.Fail)
"""What the libraries raise where memory ends; others of theirs say so by a code or in words."""
NO_MEMORY = "bad_alloc"
"""In the words of ONNX Runtime's other errors."""
FAILED = "reading_failed"
"""Said of a page on which this program failed: `pages.py` knows it."""

Matrix = Any


def load_confinement() -> types.ModuleType:
    """The neighbour that gives rights up."""
    path = Path(__file__).resolve().parent.parent / "child.py"
    spec = importlib.util.spec_from_file_location("confinement", path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["confinement"] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


# ---- networks ------------------------------------------------------------------------------------


class Networks:
    """Where text is, and what it says; one thread, for none may be started later."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        found = importlib.util.find_spec("rapidocr")
        if found is None or not found.submodule_search_locations:
            raise FileNotFoundError("rapidocr")
        folder = Path(found.submodule_search_locations[0]) / "models"
        self._detector = _session(folder / DETECTOR)
        self._recogniser = _session(folder / RECOGNISER)
        meta = self._recogniser.get_modelmeta().custom_metadata_map
        self.characters = ["", *meta["character"].splitlines(), " "]
        self._machine = _machine_classes(self.characters)

    def text_map(self, image: Matrix) -> Matrix:
        """How much each pixel belongs to text; sides are multiples of 32."""
        return self._detector.run(None, {"x": _scaled(image)})[0][0, 0]

    def steps(self, line: Matrix) -> Matrix:
        """Probabilities of all characters at each step of STEP_PX along a line."""
        return self._recogniser.run(None, {"x": _scaled(line)})[0][0]

    def machine_steps(self, steps: Matrix) -> Matrix:
        """The same of MACHINE alone, the blank last; what is drawn alike counts together."""
        blank = steps[:, :1]
        return np.hstack([*(steps[:, c].sum(1, keepdims=True) for c in self._machine), blank])


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _scaled(image: Matrix) -> Matrix:
    """To -1…1, colour planes first; sides of a line may be any, its height LINE_HEIGHT_PX."""
    return (image.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]


def _machine_classes(characters: list[str]) -> list[list[int]]:
    alike = {one: one + one.lower() for one in MACHINE} | {"<": DRAWN_LIKE_FILLER}
    at = {character: number for number, character in enumerate(characters)}
    return [[at[one] for one in sorted(set(alike[m])) if one in at] for m in MACHINE]


# ---- where text is -------------------------------------------------------------------------------


def find_lines(networks: Networks, page: Matrix) -> list[Matrix]:
    """Four corners of each line of text, in pixels of the page."""
    found = _lines_of(networks, page)
    if len(found) >= FEW_LINES or min(page.shape[:2]) < QUARTERS_FROM_PX:
        return found
    height, width = (round(side * QUARTER) for side in page.shape[:2])
    closer: list[Matrix] = []
    for top in (0, page.shape[0] - height):
        for left in (0, page.shape[1] - width):
            part = page[top : top + height, left : left + width]
            lines = [box + np.array((left, top)) for box in _lines_of(networks, part)]
            closer += [line for line in lines if not _known(line, closer)]
    return closer if len(closer) > len(found) else found


def _known(line: Matrix, lines: list[Matrix]) -> bool:
    """Whether the line's middle lies in one that was found before."""
    middle = tuple(map(float, line.mean(0)))
    return any(cv2.pointPolygonTest(one.astype(np.float32), middle, False) > 0 for one in lines)


def _lines_of(networks: Networks, page: Matrix) -> list[Matrix]:
    scale = SIDE_PX / max(page.shape[:2])
    size = [max(32, round(length * scale / 32) * 32) for length in page.shape[1::-1]]
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    text = networks.text_map(small)
    mask = cv2.dilate((text > TEXT_SHARE).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
    ratio = np.array(page.shape[1::-1]) / np.array(size)
    boxes = [box for one in contours if (box := _box(text, one)) is not None]
    return [box * ratio for box in sorted(boxes, key=_area)[-LINES_MOST:]]


def _box(text: Matrix, contour: Matrix) -> Matrix | None:
    """The contour's rectangle grown to the whole letters; None where it is not text."""
    centre, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < 3 or _mean_inside(text, contour) < BOX_SHARE:
        return None
    more = 2 * width * height * GROWTH / (2 * (width + height))
    if min(width, height) + more < LEAST_HEIGHT_PX:
        return None
    return cv2.boxPoints((centre, (width + more, height + more), angle))


def _mean_inside(text: Matrix, contour: Matrix) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [contour - (left, top)], 1)
    return float(cv2.mean(text[top : top + height, left : left + width], mask)[0])


def _area(box: Matrix) -> float:
    return float(np.prod(_sides(box)))


def _sides(box: Matrix) -> tuple[float, float]:
    return float(np.linalg.norm(box[1] - box[0])), float(np.linalg.norm(box[2] - box[1]))


def ordered(box: Matrix) -> Matrix:
    """Corners from top left clockwise, of a line that runs from left to right."""
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    left, right = (pair[np.argsort(pair[:, 1])] for pair in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def turn_boxes(boxes: list[Matrix], degrees: int, size: tuple[int, int]) -> list[Matrix]:
    """Boxes of a page of `size` (height, width) once it is turned clockwise."""
    height, width = size
    ways: dict[int, Callable[[Matrix], Matrix]] = {
        0: lambda box: box,
        90: lambda box: np.stack([height - box[:, 1], box[:, 0]], 1),
        180: lambda box: np.array([width, height]) - box,
        270: lambda box: np.stack([box[:, 1], width - box[:, 0]], 1),
    }
    way = ways[degrees]
    return [way(box) for box in boxes]


def lies_on_its_side(boxes: list[Matrix]) -> bool:
    """Whether most of what is printed runs from top to bottom."""
    spans = [np.ptp(box, axis=0) for box in boxes]
    tall = sum(float(y) for x, y in spans if y > 2 * x)
    return tall > sum(float(x) for x, y in spans if x > 2 * y)


# ---- what it says --------------------------------------------------------------------------------


def cut(page: Matrix, box: Matrix) -> Matrix:
    """The line, straightened, LINE_HEIGHT_PX high."""
    corners = ordered(box)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    across, down = float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))
    width = math.ceil(LINE_HEIGHT_PX * across / max(down, 1.0))
    width = int(min(max(width, LINE_WIDTHS_PX[0] // 2), LINE_WIDTHS_PX[1]))
    goal = np.array([[0, 0], [width, 0], [width, LINE_HEIGHT_PX], [0, LINE_HEIGHT_PX]], np.float32)
    way = cv2.getPerspectiveTransform(corners, goal)
    shrinks = down > 2 * LINE_HEIGHT_PX
    source, way = _halved(page, corners, way) if shrinks else (page, way)
    size = (width, LINE_HEIGHT_PX)
    return cv2.warpPerspective(
        source, way, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _halved(page: Matrix, corners: Matrix, way: Matrix) -> tuple[Matrix, Matrix]:
    """A large line is shrunk in two steps: one alone would skip pixels."""
    left, top = np.maximum(corners.min(0).astype(int) - 4, 0)
    right, bottom = corners.max(0).astype(int) + 4
    part = page[top:bottom, left:right]
    small = cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    back = np.array([[2, 0, left], [0, 2, top], [0, 0, 1]], np.float64)
    return small, way @ back


def free_text(networks: Networks, steps: Matrix) -> tuple[str, float]:
    """What the line says and how sure that is (0 to 1)."""
    best = steps.argmax(1)
    first = np.r_[True, best[1:] != best[:-1]] & (best != 0)
    text = "".join(networks.characters[number] for number in best[first])
    sure = float(steps.max(1)[first].mean()) if first.any() else 0.0
    return text, sure


def machine_marks(networks: Networks, steps: Matrix) -> list[tuple[float, dict[str, float]]]:
    """Characters of a machine readable line: where each stands (0 to 1 along the line) and what
    it may be, with probabilities."""
    known = networks.machine_steps(steps)
    known /= np.maximum(known.sum(1, keepdims=True), 1e-9)
    best, blank = known.argmax(1), len(MACHINE)
    marks = []
    start = 0
    for at in range(1, len(best) + 1):
        if at < len(best) and best[at] == best[start]:
            continue
        if best[start] != blank:
            marks.append(_mark(known[start:at, :blank], (start + at) / 2 / len(best)))
        start = at
    return marks


def _mark(run: Matrix, place: float) -> tuple[float, dict[str, float]]:
    shares = run.sum(0) / run.sum()
    likely = [int(one) for one in np.argsort(-shares)[:ALTERNATIVES]]
    kept = {MACHINE[one]: float(shares[one]) for one in likely if shares[one] > ALTERNATIVE_LEAST}
    return round(place, 4), {one: round(share, 4) for one, share in kept.items()}


def may_be_machine_readable(text: str) -> bool:
    """Long, and nearly all of the zone's characters."""
    close = "".join(text.split())
    fitting = sum(one in MACHINE or one in DRAWN_LIKE_FILLER for one in close)
    return len(close) >= MACHINE_LEAST and fitting >= MACHINE_SHARE * len(close)


def read_line(networks: Networks, page: Matrix, box: Matrix) -> dict[str, Any]:
    """One line as it goes into the answer; its corners as parts of the page's sides."""
    steps = networks.steps(cut(page, box))
    text, sure = free_text(networks, steps)
    sides = np.array(page.shape[1::-1])
    line: dict[str, Any] = {
        "corners": (ordered(box) / sides).round(4).tolist(),
        "text": text,
        "confidence": round(sure, 3),
    }
    if may_be_machine_readable(text):
        line["marks"] = machine_marks(networks, steps)
    return line


def to_the_end(networks: Networks, page: Matrix, boxes: list[Matrix]) -> list[dict[str, Any]]:
    """All lines. The fillers at the end of a zone's line are often not seen as text: a line that
    begins as another one of the zone and ends before it is read once more, as far as that one."""
    found = [(ordered(box), read_line(networks, page, box)) for box in boxes]
    machine = [box for box, line in found if "marks" in line]
    for box, line in [one for one in found if "marks" in one[1]]:
        longest = max((one for one in machine if _of_one_zone(box, one)), key=_length, default=box)
        if _length(longest) < SHORT_OF * _length(box):
            continue
        whole = _lengthened(box, _length(longest) / _length(box))
        again = read_line(networks, page, whole)
        if len(again.get("marks", ())) > len(line["marks"]):
            found = [one for one in found if not _known(one[0], [whole])]
            found.append((whole, again))
    return [line for _, line in found]


def _of_one_zone(one: Matrix, other: Matrix) -> bool:
    """Whether both lines begin under each other, as lines of one zone do."""
    height = max(float(np.linalg.norm(box[3] - box[0])) for box in (one, other))
    aside, down = np.abs(one[[0, 3]].mean(0) - other[[0, 3]].mean(0))
    return bool(aside < height and down < ZONE_LINES_APART * height)


def _length(line: Matrix) -> float:
    return float(np.linalg.norm(line[1] - line[0]))


def _lengthened(line: Matrix, times: float) -> Matrix:
    left = line[[0, 0, 3, 3]]
    return np.where([[False], [True], [True], [False]], left + (line - left) * times, line)


# ---- the page ------------------------------------------------------------------------------------


def read_page(networks: Networks, page: Matrix) -> dict[str, Any]:
    """Lines, barcodes and measures of a page, the right way up; `turned`: clockwise, degrees."""
    boxes = find_lines(networks, page)
    turned = 90 if lies_on_its_side(boxes) else 0
    upright, boxes = _turned(page, boxes, turned)
    if _upside_down(networks, upright, boxes):
        turned += 180
        upright, boxes = _turned(upright, boxes, 180)
    lines = to_the_end(networks, upright, boxes)
    return {
        "turned": turned,
        "width": upright.shape[1],
        "height": upright.shape[0],
        "lines": [line for line in lines if line["text"]],
        "barcodes": barcodes(page),
        "measures": measures(upright, boxes),
    }


def _turned(page: Matrix, boxes: list[Matrix], degrees: int) -> tuple[Matrix, list[Matrix]]:
    turned = np.ascontiguousarray(np.rot90(page, -degrees // 90))
    return turned, turn_boxes(boxes, degrees, page.shape[:2])


def _upside_down(networks: Networks, page: Matrix, boxes: list[Matrix]) -> bool:
    longest = sorted(boxes, key=lambda box: np.ptp(box[:, 0]))[-ORIENTATION_LINES:]
    cuts = [cut(page, box) for box in longest]
    ways = [
        sum(free_text(networks, networks.steps(one))[1] for one in each)
        for each in (cuts, [np.ascontiguousarray(one[::-1, ::-1]) for one in cuts])
    ]
    return bool(ways[1] > ways[0])


def barcodes(page: Matrix) -> list[dict[str, str]]:
    """PDF417, QR and Data Matrix with their text; any that the library knows by itself."""
    kinds = zxingcpp.BarcodeFormat
    wanted: Any = (kinds.PDF417, kinds.QRCode, kinds.DataMatrix)  # its types know no tuple
    found = zxingcpp.read_barcodes(page, formats=wanted)
    return [{"kind": one.format.name, "text": one.text} for one in found if one.valid]


def within(page: Matrix, side: int, interpolation: int) -> Matrix:
    """The page with no side longer than `side` pixels, and none shorter than one."""
    scale = min(1.0, side / max(page.shape[:2]))
    size = [max(1, round(length * scale)) for length in page.shape[1::-1]]
    return cv2.resize(page, size, interpolation=interpolation)


def measures(page: Matrix, boxes: list[Matrix]) -> dict[str, float]:
    """Numbers of which `hints.py` makes advice: see there what they mean."""
    small = within(page, MEASURED_SIDE_PX, cv2.INTER_LINEAR)
    colour = np.ptp(small.astype(np.int16), axis=2)
    border = np.array(page.shape[1::-1]) - 1
    touching = [box for box in boxes if (box.min(0) < 1).any() or (box.max(0) > border).any()]
    return {
        "colour": float(np.percentile(colour, 95)),
        "bright": _largest_bright_spot(small),
        "median": float(np.median(small)),
        "sharpness": _sharpness(page, boxes),
        "touching": float(len(touching)),
    }


def _largest_bright_spot(page: Matrix) -> float:
    """Part of the page that the largest area without any drawing in it takes."""
    washed = (page.min(axis=2) >= WASHED_OUT).astype(np.uint8)
    washed = cv2.morphologyEx(washed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(washed)
    largest = stats[1:, cv2.CC_STAT_AREA].max() if count > 1 else 0
    return float(largest) / washed.size


def _sharpness(page: Matrix, boxes: list[Matrix]) -> float:
    """How steep the edges of letters are, LINE_HEIGHT_PX high, to their contrast: the median of
    the longest lines; 0 without a line."""
    found = []
    for box in sorted(boxes, key=_area)[-SHARPNESS_LINES:]:
        grey = cv2.cvtColor(cut(page, box), cv2.COLOR_BGR2GRAY).astype(np.float32)
        dark, light = np.percentile(grey, (5, 95))
        steps = np.abs(np.diff(grey, axis=1))
        found.append(float(np.percentile(steps, 98) / max(float(light - dark), 1.0)))
    return float(np.median(found)) if found else 0.0


def a_page() -> Matrix:
    """A small page with a word on it."""
    page = np.full((96, 320, 3), 235, np.uint8)
    cv2.putText(page, "READY", (60, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (30, 30, 30), 3)
    return page


class NoPage(ValueError):
    """What came is no picture."""


def work(networks: Networks, content: bytes) -> bytes:
    """The answer to one page as JSON."""
    page = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if page is None:
        raise NoPage("not a picture that was rebuilt here")
    page = within(page, PAGE_SIDE_PX, cv2.INTER_AREA)
    return json.dumps(read_page(networks, page), ensure_ascii=False).encode()


def main() -> None:
    """Load, confine, say ready, read, answer."""
    confinement = load_confinement()
    job = json.loads(sys.argv[1])
    networks = Networks()
    read_page(networks, a_page())  # what is imported late must be there before the rights are gone
    confinement.load_report()
    granted = confinement.confine(job["memory_bytes"], job["cpu_seconds"], threads=False)
    confinement.require_isolation(granted, job)
    os.write(1, confinement.READY)
    if job["kind"] == "report":
        confinement.answer({**granted, **confinement.report(b"", job)[0]}, [])
    with os.fdopen(0, "rb", closefd=False) as source:
        content = source.read()
    try:
        answer = work(networks, content)
    except Exception as error:  # boundary: whatever it is, this page is over and has a name
        confinement.answer({**granted, "code": code_of(error), "sizes": []}, [])
    confinement.answer({**granted, "sizes": [len(answer)]}, [answer])


def code_of(error: Exception) -> str:
    """A limit, a page that was none, or a failure of this program."""
    no_memory = isinstance(error, cv2.error) and getattr(error, "code", 0) == cv2.Error.StsNoMem
    if no_memory or NO_MEMORY in str(error) or isinstance(error, OUT_OF_BOUNDS):
        return "processing_limit"
    return "picture_unreadable" if isinstance(error, NoPage) else FAILED


if __name__ == "__main__":
    main()
