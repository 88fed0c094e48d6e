"""Prints plain lines as a PDF, in any of the three languages, its fonts inside."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from functools import cache
from pathlib import Path

FONT_PACKAGE, FONT_FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
FAMILY = "text"
LINE_MM, TITLE_POINTS, HEADING_POINTS, TEXT_POINTS = 6, 16, 12, 10
PDF = "application/pdf"


class Paper:
    """Lines from top to bottom, over as many pages as they need. The same lines, title, time and
    language give the same bytes."""

    def __init__(self, title: str, at: datetime, language: str) -> None:
        from fpdf import FPDF  # a third of a second, for those only who print

        self._pdf = FPDF()
        self._pdf.set_creation_date(at)
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self._pdf.add_font(FAMILY, "", _font())
        self._pdf.add_page()

    def write(self, text: str, points: int = TEXT_POINTS) -> None:
        """A line, broken where it is too long."""
        self._pdf.set_font(FAMILY, size=points)
        self._pdf.multi_cell(0, LINE_MM, text, new_x="LMARGIN", new_y="NEXT", align="L")

    def gap(self) -> None:
        """Half a line of nothing."""
        self._pdf.ln(LINE_MM / 2)

    def printed(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())


@cache
def _font() -> Path:
    found = importlib.util.find_spec(FONT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(FONT_PACKAGE)
    return Path(found.submodule_search_locations[0]) / FONT_FILE
