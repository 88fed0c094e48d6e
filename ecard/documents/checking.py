"""What documents say, against what was declared, against each other and the calendar. Pure.

Accepted, for a person, or refused for a reason that the family can do something about; a refusal
is never the last word, for whoever asks for a person gets one. What differs from what was typed is
named (`check`); what differs from what the registry alone knows is found too (`differences`), and
its caller must not name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from ecard.documents.written_names import Likeness, begins, compare
from uploads.documents.types import DocumentFormat, Field, FieldName, Status

LEAST_SURE = 0.6
"""Below this a printed value is a guess: the recogniser is as often wrong."""


class Result(StrEnum):
    """What follows from a check."""

    ACCEPTED = "accepted"
    PERSON = "person"
    """A person has to look; nothing speaks against the documents."""
    REFUSED = "refused"
    """The family can do something; or ask for a person."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Of one person, what the holder typed, or what the registry knows. `birth_date` and `sex` of
    what was typed: where the number itself says them."""

    name: str
    number: str
    number_format: str
    birth_date: date | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What one document says. `kind`: what it was uploaded as; `cut_off`: its name may go
    on."""

    kind: str
    format: DocumentFormat | None
    fields: tuple[Field, ...]
    cut_off: bool = False
    lines: tuple[str, ...] = ()
    """Every line of a paper that no template is for."""
    barcodes: tuple[str, ...] = ()
    """Kinds of the barcodes on it."""
    several: bool = False
    """Whether another document, or the other side, is on the same page."""

    def value(self, name: FieldName) -> str | None:
        """The value that may be relied on; None where there is none."""
        found = self.field(name)
        return found.value if found is not None and _reliable(found) else None

    @property
    def has_zone(self) -> bool:
        """Whether it was read from a machine readable zone: its years have two digits."""
        return self.format in _ZONES

    def field(self, name: FieldName) -> Field | None:
        """The field, however sure."""
        return next((one for one in self.fields if one.name is name), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: which field of which kind of document, and how."""

    kind: str
    field: str
    how: str
    """differs, nearly, unsure, expired, contradicted, unread, several or not_this_document."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result, and everything that was found."""

    result: Result
    findings: tuple[Finding, ...]


REFUSING = {"differs", "nearly", "expired", "not_this_document"}
"""What the family can do something about."""
_IDENTITY = {
    "id_card_front": {DocumentFormat.CN_ID_FRONT, DocumentFormat.ES_DNI_FRONT},
    "id_card_back": {
        DocumentFormat.CN_ID_BACK,
        DocumentFormat.TD1,
        DocumentFormat.TD2,
    },
    "passport": {DocumentFormat.TD3},
}
"""Which formats a kind of document may turn out to be; other kinds are for a person."""
_ZONES = {
    DocumentFormat.TD1,
    DocumentFormat.TD2,
    DocumentFormat.TD3,
    DocumentFormat.MRV_A,
    DocumentFormat.MRV_B,
}
_ISSUERS = {
    DocumentFormat.CN_ID_FRONT: "CHN",
    DocumentFormat.CN_ID_BACK: "CHN",
    DocumentFormat.ES_DNI_FRONT: "ESP",
}
"""Whose card it is, where the layout says so."""
_NEEDED = ("name", "birth_date", "sex", "expiry_date")
"""Each must be read from at least one document before a machine accepts."""


def check(
    typed: Declared | None,
    shown: Sequence[Shown],
    today: date,
    *,
    number_format: str,
    days_after_expiry: int,
) -> Checked:
    """Judge the documents about one person; `typed`: None where nobody typed who that is."""
    read = [one for one in shown if one.kind in _IDENTITY]
    findings = [*differences(typed, read)] if typed else []
    findings += _against_each_other(read)
    findings += _against_calendar(read, today - timedelta(days=days_after_expiry))
    findings += _as_pictures(read)
    named = {one.field for one in findings}
    missing = [name for name in _needed(read, number_format) if not _is_said(read, name)]
    findings += [Finding("", name, "unread") for name in missing if name not in named]
    return Checked(_result(findings), tuple(dict.fromkeys(findings)))


def _result(findings: Sequence[Finding]) -> Result:
    if any(one.how in REFUSING for one in findings):
        return Result.REFUSED
    return Result.PERSON if findings else Result.ACCEPTED


def _needed(shown: Sequence[Shown], number_format: str) -> tuple[str, ...]:
    """The number only where a document carries it: it stands on no passport, and an affiliation
    number on no identity document."""
    carries = number_format == "cn.ric" and any(one.kind == "id_card_front" for one in shown)
    return (*_NEEDED, "number") if carries else _NEEDED


def _is_said(shown: Sequence[Shown], name: str) -> bool:
    if name == "number":
        return says_the_number(shown)
    names = (FieldName.NAME, FieldName.SURNAME) if name == "name" else (FieldName(name),)
    return any(one.value(field) for one in shown for field in names)


def says_the_number(shown: Iterable[Shown]) -> bool:
    """Whether a number of the kind that was declared could be read from a document."""
    return any(_personal_number(one) is not None for one in shown)


def _reliable(field: Field) -> bool:
    sure = field.status is Status.CONFIRMED or field.confidence >= LEAST_SURE
    return bool(field.value) and field.status in (Status.CONFIRMED, Status.READ) and sure


# ---- against what was typed, or what is known ----------------------------------------------------


def differences(of: Declared, shown: Sequence[Shown]) -> Iterator[Finding]:
    """Where documents say something else of the person. Only what the holder typed may be named."""
    yield from _names(of.name, shown)
    for one in shown:
        number = _personal_number(one) if of.number_format == "cn.ric" else None
        if number is not None and number != of.number:
            yield Finding(one.kind, "number", "differs")
        if of.birth_date and not _is_day(one, of.birth_date):
            yield Finding(one.kind, "birth_date", "differs")
        sex = one.value(FieldName.SEX)
        if of.sex and sex in ("female", "male") and sex != of.sex:
            yield Finding(one.kind, "sex", "differs")


_HOW = {Likeness.NEARLY: "nearly", Likeness.OTHER: "differs", Likeness.UNSURE: "unsure"}


def _names(declared: str, shown: Sequence[Shown]) -> Iterator[Finding]:
    """A name that was cut off is not held against one that another side gives whole."""
    found = [(one, _name(declared, one)) for one in shown]
    whole = any(likeness is Likeness.SAME and not one.cut_off for one, likeness in found)
    for one, likeness in found:
        goes_on = whole and one.cut_off and likeness is Likeness.UNSURE
        if likeness in _HOW and not goes_on:
            yield Finding(one.kind, "name", _HOW[likeness])


def _name(declared: str, one: Shown) -> Likeness | None:
    whole = one.value(FieldName.NAME)
    if whole:
        return compare(declared, whole, "")
    surname, given = one.value(FieldName.SURNAME), one.value(FieldName.GIVEN_NAMES)
    return compare(declared, surname, given or "", cut_off=one.cut_off) if surname else None


def _personal_number(one: Shown) -> str | None:
    """The number of a resident, from the card that carries it; other cards carry other numbers."""
    return one.value(FieldName.PERSONAL_NUMBER) if one.format in _CARRIES_NUMBER else None


_CARRIES_NUMBER = {DocumentFormat.CN_ID_FRONT}


def _is_day(one: Shown, born: date) -> bool:
    """Whether a document may say this birth date: in a zone a year has two digits, and somebody of
    a hundred and one reads as a child."""
    said, at = one.value(FieldName.BIRTH_DATE), 2 if one.has_zone else 0
    return said is None or said[at:] == born.isoformat()[at:]


# ---- each other, the calendar, the picture -------------------------------------------------------


def _against_each_other(shown: Sequence[Shown]) -> Iterator[Finding]:
    """All are of one person, and front and back are one card: what both say must be one."""
    for one, other in combinations(shown, 2):
        sides = {one.kind, other.kind} == {"id_card_front", "id_card_back"}
        for name in (*_OF_A_PERSON, *(_OF_A_CARD if sides else ())):
            if not _agree(_said(one, name), _said(other, name)):
                yield Finding(other.kind, _PUBLIC.get(name, name.value), "contradicted")
        if not _same_day(one, other):
            yield Finding(other.kind, "birth_date", "contradicted")
        if not _may_be_of_one(one, other) and not _may_be_of_one(other, one):
            yield Finding(other.kind, "name", "contradicted")
        if sides and _lacks_number(one, other):
            yield Finding("id_card_back", "number", "unread")


_OF_A_PERSON = (FieldName.SEX,)
_OF_A_CARD = (
    FieldName.PERSONAL_NUMBER,
    FieldName.DOCUMENT_NUMBER,
    FieldName.ISSUER,
    FieldName.NATIONALITY,
    FieldName.EXPIRY_DATE,
)


def _said(one: Shown, name: FieldName) -> str | None:
    if name is FieldName.ISSUER and one.format in _ISSUERS:
        return _ISSUERS[one.format]
    return one.value(name)


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _same_day(one: Shown, other: Shown) -> bool:
    at = 2 if one.has_zone or other.has_zone else 0
    said = [each.value(FieldName.BIRTH_DATE) for each in (one, other)]
    return _agree(*(day and day[at:] for day in said))


def _may_be_of_one(one: Shown, other: Shown) -> bool:
    """Whether the other's name may be this one's, as the other writes it or where it is cut off."""
    whole = one.value(FieldName.NAME)
    parted = f"{one.value(FieldName.GIVEN_NAMES) or ''} {one.value(FieldName.SURNAME) or ''}"
    name = whole or parted.strip()
    if not name or _name(name, other) in (None, Likeness.SAME):
        return True
    surname, given = other.value(FieldName.SURNAME) or "", other.value(FieldName.GIVEN_NAMES) or ""
    return other.cut_off and begins(name, surname, given)


def _lacks_number(one: Shown, other: Shown) -> bool:
    """A Spanish card bears its holder's number on both sides."""
    formats = {one.format, other.format}
    if formats != {DocumentFormat.ES_DNI_FRONT, DocumentFormat.TD1}:
        return False
    return any(each.value(FieldName.PERSONAL_NUMBER) is None for each in (one, other))


def _against_calendar(shown: Iterable[Shown], oldest: date) -> Iterator[Finding]:
    for one in shown:
        expiry = one.value(FieldName.EXPIRY_DATE)
        if expiry is not None and date.fromisoformat(expiry) < oldest:
            yield Finding(one.kind, "expiry_date", "expired")


def _was_read(shown: Shown, name: FieldName) -> bool:
    """Whether a field was read, for sure or so that another character is possible."""
    return any(
        field.name is name and field.value and field.status is not Status.UNREAD
        for field in shown.fields
    )


def _as_pictures(shown: Iterable[Shown]) -> Iterator[Finding]:
    for one in shown:
        if one.format is None:
            yield Finding(one.kind, "document", "unread")
        elif one.several:
            yield Finding(one.kind, "document", "several")  # which one counts, a person says
        elif one.format not in _IDENTITY[one.kind]:
            yield Finding(one.kind, "document", "not_this_document")
        elif one.has_zone and not _was_read(one, FieldName.DOCUMENT_NUMBER):
            yield Finding(one.kind, "document_number", "unsure")  # it could not be known again
        contradicted = [f for f in one.fields if f.status is Status.UNREAD and f.name in _CHECKED]
        for field in contradicted:
            yield Finding(one.kind, _PUBLIC.get(field.name, field.name.value), "contradicted")


_CHECKED = {
    FieldName.PERSONAL_NUMBER,
    FieldName.DOCUMENT_NUMBER,
    FieldName.BIRTH_DATE,
    FieldName.EXPIRY_DATE,
}
_PUBLIC: Mapping[FieldName, str] = {FieldName.PERSONAL_NUMBER: "number"}
