"""Prints a certificate of rights: one PDF in one language, its fonts inside."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal
from fpdf import FPDF

from ecard.locale import sentence
from ecard.registry.port import Balance, Benefit, Contribution
from ecard.rights.policy import Gap

BABEL = {"en": "en_GB", "es": "es", "zh-Hans": "zh_Hans_CN"}
FONT_PACKAGE, FONT_FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
FAMILY = "certificate"
LINE_MM, TITLE_POINTS, HEADING_POINTS, TEXT_POINTS = 6, 16, 12, 10
CENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What stands on a certificate."""

    name: str
    number: str
    birth_date: date
    contributions: tuple[Contribution, ...]
    gaps: tuple[Gap, ...]
    balances: tuple[Balance, ...]
    benefits: tuple[Benefit, ...]
    code: str
    check_address: str
    issued_on: date
    issued_at: datetime
    good_until: date


def printed(sheet: Sheet, language: str) -> bytes:
    """The certificate as PDF; with the same sheet and language the same bytes."""
    pdf = FPDF()
    pdf.set_creation_date(sheet.issued_at)
    pdf.set_title(sentence("certificate.title", language))
    pdf.set_lang(language)
    pdf.add_font(FAMILY, "", _font())
    pdf.add_page()
    for heading, lines in _parts(sheet, language):
        _write(pdf, heading, HEADING_POINTS if lines else TITLE_POINTS)
        for line in lines:
            _write(pdf, line, TEXT_POINTS)
        pdf.ln(LINE_MM / 2)
    return bytes(pdf.output())


def _write(pdf: FPDF, text: str, points: int) -> None:
    pdf.set_font(FAMILY, size=points)
    pdf.multi_cell(0, LINE_MM, text, new_x="LMARGIN", new_y="NEXT", align="L")


@cache
def _font() -> Path:
    found = importlib.util.find_spec(FONT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(FONT_PACKAGE)
    return Path(found.submodule_search_locations[0]) / FONT_FILE


def _parts(sheet: Sheet, language: str) -> list[tuple[str, list[str]]]:
    def say(code: str, **words: object) -> str:
        return sentence(f"certificate.{code}", language, **words)

    def day(at: date) -> str:
        return format_date(at, "long", BABEL[language])

    def kind(of: Contribution | Balance | Benefit | Gap) -> str:
        return say(f"kind.{of.kind}")

    def money(cents: int) -> str:
        return format_decimal(cents / CENTS, "#,##0.00", BABEL[language])

    none = [say("none")]
    paid_in = [
        say("contribution", year=one.year, kind=kind(one), months=len(one.months))
        + f" {money(one.cents)}"
        for one in sheet.contributions
    ]
    missing = [
        say("gap", kind=kind(one), months=one.months) + f" {one.first:%Y-%m} – {one.last:%Y-%m}"
        for one in sheet.gaps
    ]
    held = [f"{kind(one)}: {money(one.cents)} ({day(one.as_of)})" for one in sheet.balances]
    drawn = [
        say("benefit", kind=kind(one), since=day(one.since), cents=money(one.cents))
        for one in sheet.benefits
    ]
    return [
        (say("title"), []),
        (sheet.name, [say("number", number=sheet.number), say("born", day=day(sheet.birth_date))]),
        (say("contributions"), paid_in or none),
        (say("gaps"), missing or none),
        (say("balances"), held or none),
        (say("benefits"), drawn or none),
        (
            say("check", mark=sheet.code),
            [
                say("issued", day=day(sheet.issued_on), until=day(sheet.good_until)),
                say("where", address=sheet.check_address),
            ],
        ),
    ]
