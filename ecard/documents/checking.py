"""What documents say, against what was declared, against each other and the calendar. Pure.

Accepted, for a person, or refused for a reason that the family can do something about; a refusal
is never the last word, for whoever asks for a person gets one. What differs from what was typed is
named; the registry is not asked here (`evidence.py` does), and what differs from it is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from ecard.documents.written_names import Likeness, compare
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
    """What the holder typed. `birth_date` and `sex` where the number itself says them."""

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

    def value(self, name: FieldName) -> str | None:
        """The value that may be relied on; None where there is none."""
        found = self.field(name)
        return found.value if found is not None and _reliable(found) else None

    @property
    def born(self) -> str | None:
        """The birth date that may be relied on."""
        return self.value(FieldName.BIRTH_DATE)

    def field(self, name: FieldName) -> Field | None:
        """The field, however sure."""
        return next((one for one in self.fields if one.name is name), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: which field of which kind of document, and how."""

    kind: str
    field: str
    how: str
    """differs, nearly, expired, contradicted, unread or not_this_document."""


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
_NEEDED = ("name", "birth_date", "expiry_date")
"""Each must be read from at least one document before a machine accepts."""


def check(
    declared: Declared, shown: Sequence[Shown], today: date, *, days_after_expiry: int
) -> Checked:
    """Judge the documents about one person."""
    read = [one for one in shown if one.kind in _IDENTITY]
    findings = [*_against_declared(declared, read), *_against_each_other(read)]
    findings += _against_calendar(read, today - timedelta(days=days_after_expiry))
    findings += _as_pictures(read)
    named = {(one.field, one.how) for one in findings}
    missing = [name for name in _needed(declared) if not any(_says(one, name) for one in read)]
    findings += [
        Finding("", name, "unread") for name in missing if not any(name == f for f, _ in named)
    ]
    return Checked(_result(findings), tuple(dict.fromkeys(findings)))


def _result(findings: Sequence[Finding]) -> Result:
    if any(one.how in REFUSING for one in findings):
        return Result.REFUSED
    return Result.PERSON if findings else Result.ACCEPTED


def _needed(declared: Declared) -> tuple[str, ...]:
    return (*_NEEDED, "number") if declared.number_format == "cn.ric" else _NEEDED


def _says(one: Shown, name: str) -> bool:
    if name == "name":
        return bool(one.value(FieldName.NAME) or one.value(FieldName.SURNAME))
    if name == "number":
        return _personal_number(one, "cn.ric") is not None
    return one.value(FieldName(name)) is not None


def _reliable(field: Field) -> bool:
    sure = field.status is Status.CONFIRMED or field.confidence >= LEAST_SURE
    return bool(field.value) and field.status in (Status.CONFIRMED, Status.READ) and sure


# ---- against what was typed ----------------------------------------------------------------------


def _against_declared(declared: Declared, shown: Iterable[Shown]) -> Iterator[Finding]:
    for one in shown:
        likeness = _name(declared.name, one)
        if likeness in (Likeness.NEARLY, Likeness.OTHER):
            how = "nearly" if likeness is Likeness.NEARLY else "differs"
            yield Finding(one.kind, "name", how)
        number = _personal_number(one, declared.number_format)
        if number is not None and number != declared.number:
            yield Finding(one.kind, "number", "differs")
        yield from _particulars(declared, one)


def _particulars(declared: Declared, one: Shown) -> Iterator[Finding]:
    born, sex = one.value(FieldName.BIRTH_DATE), one.value(FieldName.SEX)
    if declared.birth_date and born and born != declared.birth_date.isoformat():
        yield Finding(one.kind, "birth_date", "differs")
    if declared.sex and sex in ("female", "male") and sex != declared.sex:
        yield Finding(one.kind, "sex", "differs")


def _name(declared: str, one: Shown) -> Likeness | None:
    whole = one.value(FieldName.NAME)
    if whole:
        return compare(declared, whole, "")
    surname, given = one.value(FieldName.SURNAME), one.value(FieldName.GIVEN_NAMES)
    return compare(declared, surname, given or "", cut_off=one.cut_off) if surname else None


def _personal_number(one: Shown, number_format: str) -> str | None:
    """The number of the same kind as the declared one; a Spanish affiliation number stands on no
    identity document."""
    return one.value(FieldName.PERSONAL_NUMBER) if number_format == "cn.ric" else None


def says_another_day(shown: Iterable[Shown], born: date) -> bool:
    """Whether a document says another birth date than the registry's. What only the registry knows
    is no finding, for findings are named: the reviewer alone is told that something differs."""
    return any(one.born not in (None, born.isoformat()) for one in shown)


# ---- each other, the calendar, the picture -------------------------------------------------------


def _against_each_other(shown: Sequence[Shown]) -> Iterator[Finding]:
    """Front and back are of one person: what both say must be one."""
    for name in (FieldName.PERSONAL_NUMBER, FieldName.BIRTH_DATE, FieldName.EXPIRY_DATE):
        said = {one.value(name) for one in shown} - {None}
        if len(said) > 1:
            yield Finding(shown[-1].kind, name.value, "contradicted")
    names = [one for one in shown if one.value(FieldName.SURNAME)]
    for first, second in pairwise(names):
        both = f"{first.value(FieldName.SURNAME)} {first.value(FieldName.GIVEN_NAMES) or ''}"
        if _name(both, second) is not Likeness.SAME:
            yield Finding(second.kind, "name", "contradicted")


def _against_calendar(shown: Iterable[Shown], oldest: date) -> Iterator[Finding]:
    for one in shown:
        expiry = one.value(FieldName.EXPIRY_DATE)
        if expiry is not None and date.fromisoformat(expiry) < oldest:
            yield Finding(one.kind, "expiry_date", "expired")


def _as_pictures(shown: Iterable[Shown]) -> Iterator[Finding]:
    for one in shown:
        if one.format is None:
            yield Finding(one.kind, "document", "unread")
        elif one.format not in _IDENTITY[one.kind]:
            yield Finding(one.kind, "document", "not_this_document")
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
