"""Prints a certificate of rights: one PDF in one language, its fonts inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from babel.numbers import format_decimal

from ecard.locale import BABEL, sentence, written_day
from ecard.printing import HEADING_POINTS, TITLE_POINTS, Paper
from ecard.registry.port import Balance, Benefit, Contribution
from ecard.rights.policy import Gap

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
    paper = Paper(sentence("certificate.title", language), sheet.issued_at, language)
    for heading, lines in _parts(sheet, language):
        paper.write(heading, HEADING_POINTS if lines else TITLE_POINTS)
        for line in lines:
            paper.write(line)
        paper.gap()
    return paper.printed()


@dataclass(frozen=True, slots=True)
class _Words:
    """How words, days and amounts are written in one language."""

    language: str

    def say(self, code: str, **words: object) -> str:
        return sentence(f"certificate.{code}", self.language, **words)

    def day(self, at: date) -> str:
        return written_day(at, self.language)

    def kind(self, of: Contribution | Balance | Benefit | Gap) -> str:
        return self.say(f"kind.{of.kind}")

    def money(self, cents: int) -> str:
        return format_decimal(cents / CENTS, "#,##0.00", BABEL[self.language])


def _parts(sheet: Sheet, language: str) -> list[tuple[str, list[str]]]:
    """Headings, and the lines below each; the title has none."""
    to = _Words(language)
    born = to.say("born", day=to.day(sheet.birth_date))
    until = to.say("issued", day=to.day(sheet.issued_on), until=to.day(sheet.good_until))
    return [
        (to.say("title"), []),
        (sheet.name, [to.say("number", number=sheet.number), born]),
        *((to.say(name), lines or [to.say("none")]) for name, lines in _tables(sheet, to)),
        (
            to.say("check", mark=sheet.code),
            [until, to.say("where", address=sheet.check_address)],
        ),
    ]


def _tables(sheet: Sheet, to: _Words) -> Iterator[tuple[str, list[str]]]:
    yield (
        "contributions",
        [
            to.say("contribution", year=one.year, kind=to.kind(one), months=len(one.months))
            + f" {to.money(one.cents)}"
            for one in sheet.contributions
        ],
    )
    yield (
        "gaps",
        [
            to.say("gap", kind=to.kind(one), months=one.months)
            + f" {one.first:%Y-%m} – {one.last:%Y-%m}"
            for one in sheet.gaps
        ],
    )
    yield (
        "balances",
        [f"{to.kind(one)}: {to.money(one.cents)} ({to.day(one.as_of)})" for one in sheet.balances],
    )
    yield (
        "benefits",
        [
            to.say("benefit", kind=to.kind(one), since=to.day(one.since), cents=to.money(one.cents))
            for one in sheet.benefits
        ],
    )
