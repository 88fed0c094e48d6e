"""The machine readable zone of travel documents: lines of characters to fields.

Written from ICAO Doc 9303, parts 3 to 7. A character that cannot stand where it was read (a letter
in a date) is replaced by what looks like it; then the check digits decide. Names have no check
digit: their fields are never confirmed. Nor is a field with a character that its check digit takes
for another one, unless the field is of digits alone, or the page says it a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from stdnum.es import dni, nie

from uploads.documents.check_digits import Options, Resolved, options_of, resolve, untold
from uploads.documents.dates import birth_date, expiry_date
from uploads.documents.mrz_formats import (
    ALPHABET,
    DIGITS,
    FILLER,
    LAYOUTS,
    LETTERS,
    NUMBER_PATTERNS,
    Layout,
    Place,
    Slot,
)
from uploads.documents.types import Check, Field, FieldName, Status, Zone

COMPOSITE = "composite"
_SEX = {"M": "male", "F": "female"}
_FREE = {FieldName.OPTIONAL_1, FieldName.OPTIONAL_2}
"""Fields that only the composite check digit covers, where they have none of their own."""

_UNUSUAL = 0.05
"""How likely a character is that the issuer does not use there: enough to choose between what was
read with doubt, not enough to change what was read well (residence permits have other numbers than
passports). Of 36 public specimens all zones are read as printed whatever it is between 0 and 1; up
to 0.05 every check digit of 30 agrees as read, of 29 at 0.1, of 27 at 1 (2026-11-27)."""
CONTRADICTED = 0.3
"""The most confidence of a field whose check digit says otherwise."""
_KINDS = {"L": LETTERS, "D": DIGITS, "A": LETTERS + DIGITS}

Lines = list[list[Options]]


def layout_of(lines: Sequence[str]) -> Layout | None:
    """The format by number of lines, length, and first letter; None where it is none of ours."""
    sizes = {len(line) for line in lines}
    fitting = [
        layout
        for layout in LAYOUTS.values()
        if layout.lines == len(lines) and sizes == {layout.length}
    ]
    exact = [layout for layout in fitting if lines[0][0] in layout.first]
    if len(exact) == 1 or len(fitting) == 1:
        return (exact or fitting)[0]
    return next((one for one in fitting if "V" not in one.first), None)


def parse_text(lines: Sequence[str], today: date, printed: Collection[str] = ()) -> Zone | None:
    """A zone from plain lines (of any source; blanks are dropped); None where they are no zone.
    `printed` as of `parse`."""
    clean = [re.sub(r"\s", "", line).upper() for line in lines]
    layout = layout_of(clean)
    if layout is None or any(set(line) - set(ALPHABET) for line in clean):
        return None
    options = [
        [options_of(one, allowed) for one, allowed in zip(line, layout.allowed(at), strict=True)]
        for at, line in enumerate(clean)
    ]
    return parse(layout, options, today, printed)


def parse(
    layout: Layout,
    options: Sequence[Sequence[Options]],
    today: date,
    printed: Collection[str] = (),
) -> Zone:
    """A zone from what each character may be, each with its probability.

    `options` must have the layout's lines and length. `printed`: words that stand elsewhere on the
    page, of which one may be the document's number.
    """
    work = _Work(layout, [list(line) for line in options], printed)
    work.expect_the_issuers_numbers()
    work.settle()
    fields = [field for slot in layout.slots for field in [_field(work, slot, today)] if field.raw]
    fields += _names(work)
    if not any(check.speaks for check in work.checks()):
        fields = [_unread(field) for field in fields]  # lines of that shape, and no more
    lines = tuple("".join(_likeliest(one) for one in line) for line in work.lines)
    truncated = not lines[layout.names[0]].endswith(FILLER)
    surest = min(_confidence(line) for line in options)
    return Zone(layout.format, lines, tuple(fields), work.checks(), truncated, surest)


@dataclass
class _Work:
    """A zone on its way: what is settled is narrowed to one option."""

    layout: Layout
    lines: Lines
    printed: Collection[str] = ()

    def __post_init__(self) -> None:
        self.found: dict[str, Resolved] = {}
        self.numbers: Place | None = None

    def expect_the_issuers_numbers(self) -> None:
        """Makes what the issuer does not use in its passports' numbers less likely."""
        if self.layout.first != "P":
            return
        pattern = NUMBER_PATTERNS.get(self.text(self._place(FieldName.ISSUER)), "")
        line, start, _ = self._place(FieldName.DOCUMENT_NUMBER)
        for at, kind in enumerate(pattern, start):
            self.lines[line][at] = _expected(self.lines[line][at], _KINDS[kind])

    def _place(self, name: FieldName) -> Place:
        return next(slot.place for slot in self.layout.slots if slot.name is name)

    def settle(self) -> None:
        """Fields with a check digit of their own, then the rest by the composite one."""
        for slot in self.layout.slots:
            if slot.check and not self._goes_on(slot):
                place = (slot.check[0], slot.check[1], slot.check[1] + 1)
                self.found[slot.name] = self._resolve([slot.place, place])
        if self.layout.composite:
            self._settle_composite(self.layout.composite)

    def _goes_on(self, slot: Slot) -> bool:
        """A long document number: a filler in place of the check digit, then the rest and the
        digit in the optional data."""
        more = self.layout.long_number
        if slot.name is not FieldName.DOCUMENT_NUMBER or slot.check is None or more is None:
            return False
        rest = self.text(more).split(FILLER)[0]
        if _likeliest(self.lines[slot.check[0]][slot.check[1]]) != FILLER or len(rest) < 2:
            return False
        self.numbers = (more[0], more[1], more[1] + len(rest))
        self.found[slot.name] = self._resolve([slot.place, self.numbers])
        return True

    def _resolve(self, places: Sequence[Place], keep: bool = True) -> Resolved:
        spots = [(line, at) for line, start, end in places for at in range(start, end)]
        resolved = resolve([self.lines[line][at] for line, at in spots])
        if keep and resolved.agrees:
            for (line, at), one in zip(spots, resolved.text, strict=True):
                self.lines[line][at] = {one: self.lines[line][at].get(one, 0.0)}
        return resolved

    def _settle_composite(self, composite: tuple[tuple[int, int], tuple[Place, ...]]) -> None:
        """What agrees with its own check digit stands; the rest is still open. Where a field does
        not agree, the composite digit cannot repair another one."""
        (line, at), places = composite
        all_agree = all(one.agrees for one in self.found.values())
        whole = self._resolve([*places, (line, at, at + 1)], keep=all_agree)
        if whole.repaired and not all_agree:
            whole = Resolved(whole.text, False, False, False)
        self.found[COMPOSITE] = whole

    def text(self, place: Place) -> str:
        line, start, end = place
        return "".join(_likeliest(one) for one in self.lines[line][start:end])

    def raw(self, slot: Slot) -> str:
        """The characters of a field, a long document number whole."""
        raw = self.text(slot.place)
        if slot.name is FieldName.DOCUMENT_NUMBER and self.numbers:
            raw += self.text(self.numbers)[:-1]
        if slot.name is FieldName.OPTIONAL_1 and self.numbers:
            raw = raw[self.numbers[2] - self.numbers[1] :]
        return raw

    def untold(self, slot: Slot) -> bool:
        """Whether the field may be another one that its check digit takes for this one."""
        only_digits = slot.allowed == DIGITS + FILLER  # no date is a digit short
        allowed = DIGITS if only_digits else slot.allowed
        return not self._is_said_twice(slot) and untold(self.raw(slot), allowed)

    def _is_said_twice(self, slot: Slot) -> bool:
        """A document number that is printed, too; a number with a check letter of its own."""
        value = self.raw(slot).replace(FILLER, "")
        if slot.name is FieldName.OPTIONAL_1:
            return is_spanish_number(self.text((0, 0, 5)), value)
        return slot.name is FieldName.DOCUMENT_NUMBER and value in self.printed

    def checks(self) -> tuple[Check, ...]:
        open_ones = {slot.name for slot in self.layout.slots if self.untold(slot)}
        covered = {slot.name for slot in self.layout.slots if slot.check or slot.name in _FREE}
        meant = {COMPOSITE: covered & open_ones}
        return tuple(
            Check(
                name,
                agrees=one.agrees,
                as_read=one.sure,
                sure=one.sure and not meant.get(name, {name} & open_ones),
                empty=not one.text[:-1].strip(FILLER),
            )
            for name, one in self.found.items()
        )


def is_spanish_number(start: str, value: str) -> bool:
    """Whether it is a person's number with its right check letter, on a card whose zone starts so:
    Spain has it in the optional data. The letter tells apart all that a zone's digit does not."""
    spanish = start.startswith("I") and start[2:5] == "ESP"
    return spanish and bool(dni.is_valid(value) or nie.is_valid(value))


def _expected(options: Options, kind: str) -> Options:
    weighted = {one: p * (1.0 if one in kind else _UNUSUAL) for one, p in options.items()}
    whole = sum(weighted.values())
    return {one: p / whole for one, p in weighted.items()} if whole else options


def _likeliest(options: Options) -> str:
    return max(options, key=lambda one: options[one])


def _confidence(options: Sequence[Options]) -> float:
    return min((max(one.values()) for one in options), default=0.0)


def _field(work: _Work, slot: Slot, today: date) -> Field:
    line, start, end = slot.place
    raw, confidence = work.raw(slot), _confidence(work.lines[line][start:end])
    found = work.found.get(slot.name)
    if found is None and slot.name in _FREE:
        found = work.found.get(COMPOSITE)
    value = _value(slot.name, raw, today, work.text(work.layout.slots[1].place).strip(FILLER))
    if found is not None and not found.agrees:
        confidence = min(confidence, CONTRADICTED)
    status = _status(found, bool(value), work.untold(slot))
    return Field(slot.name, value, raw.strip(FILLER), confidence, status)


def _unread(field: Field) -> Field:
    confidence = min(field.confidence, CONTRADICTED)
    return replace(field, status=Status.UNREAD, confidence=confidence)


def _status(found: Resolved | None, has_value: bool, is_untold: bool) -> Status:
    if found is None:
        return Status.READ
    if not found.agrees or not has_value:
        return Status.UNREAD
    return Status.CONFIRMED if found.sure and not is_untold else Status.DOUBTFUL


def _value(name: FieldName, raw: str, today: date, issuer: str) -> str:
    dates: dict[FieldName, Callable[[str], date | None]] = {
        FieldName.BIRTH_DATE: partial(birth_date, today=today),
        FieldName.EXPIRY_DATE: partial(expiry_date, today=today, issuer=issuer),
    }
    if name in dates:
        found = dates[name](raw)
        return found.isoformat() if found else ""
    if name is FieldName.SEX:
        return _SEX.get(raw, "unspecified")
    return raw.replace(FILLER, "")


def _names(work: _Work) -> list[Field]:
    """Surname and given names: two fillers between them, one between the words of each."""
    line, start, end = work.layout.names
    raw = work.text(work.layout.names)
    surname, _, given = raw.strip(FILLER).partition(FILLER * 2)
    confidence = _confidence(work.lines[line][start:end])
    both = [(FieldName.SURNAME, surname), (FieldName.GIVEN_NAMES, given)]
    fields = [
        Field(name, " ".join(part.split(FILLER)).strip(), part, confidence)
        for name, part in ((name, re.sub(r"<+", FILLER, part)) for name, part in both)
        if part
    ]
    return [_unread(one) if re.search("[0-9]", one.raw) else one for one in fields]
