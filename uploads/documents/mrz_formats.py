"""Where each field stands in a machine readable zone: ICAO Doc 9303, parts 4 (TD3), 5 (TD1),
6 (TD2) and 7 (visas), eighth edition. Positions count from 0; an end is exclusive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from uploads.documents.types import DocumentFormat, FieldName

FILLER = "<"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALPHABET = DIGITS + LETTERS + FILLER

_LETTER, _DIGIT, _ANY = LETTERS + FILLER, DIGITS + FILLER, ALPHABET
_SEX = "MFX" + FILLER
_SECOND = "".join(one for one in LETTERS if one not in "OQ") + "12" + FILLER
"""The second character of the document code: a letter at the issuer's choice (the USA also take 1
and 2); O and Q are not known to be used, and would be taken for the D of an identity card."""

Place = tuple[int, int, int]
"""Line, start, end."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A field and what may stand in it. `check`: line and position of its own check digit."""

    name: FieldName
    place: Place
    allowed: str = _ANY
    check: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One format. `first`: what the first character may be; `composite`: where the check digit
    over several fields stands, and over what."""

    format: DocumentFormat
    lines: int
    length: int
    first: str
    slots: tuple[Slot, ...]
    composite: tuple[tuple[int, int], tuple[Place, ...]] | None
    long_number: Place | None = None
    """Where a document number of more than nine characters goes on."""
    names: Place = (0, 5, 44)

    def allowed(self, line: int) -> list[str]:
        """What may stand at each position of a line."""
        at = [_ANY] * self.length
        for slot in self.slots:
            if slot.place[0] == line:
                at[slot.place[1] : slot.place[2]] = [slot.allowed] * (slot.place[2] - slot.place[1])
            if slot.check and slot.check[0] == line:
                at[slot.check[1]] = _DIGIT
        if self.names[0] == line:
            at[self.names[1] : self.names[2]] = [_LETTER] * (self.names[2] - self.names[1])
        if self.composite and self.composite[0][0] == line:
            at[self.composite[0][1]] = DIGITS
        if line == 0:
            at[:2] = [self.first, _SECOND]
        return at


def _two_lines(optional_end: int, own_digit: tuple[int, int] | None = None) -> tuple[Slot, ...]:
    """What all formats of two lines share; the optional data of a passport has a check digit."""
    return (
        Slot(FieldName.DOCUMENT_CODE, (0, 0, 2), _ANY),
        Slot(FieldName.ISSUER, (0, 2, 5), _LETTER),
        Slot(FieldName.DOCUMENT_NUMBER, (1, 0, 9), _ANY, (1, 9)),
        Slot(FieldName.NATIONALITY, (1, 10, 13), _LETTER),
        Slot(FieldName.BIRTH_DATE, (1, 13, 19), _DIGIT, (1, 19)),
        Slot(FieldName.SEX, (1, 20, 21), _SEX),
        Slot(FieldName.EXPIRY_DATE, (1, 21, 27), _DIGIT, (1, 27)),
        Slot(FieldName.OPTIONAL_1, (1, 28, optional_end), _ANY, own_digit),
    )


_TD1 = Layout(
    DocumentFormat.TD1,
    3,
    30,
    "ACI",
    (
        Slot(FieldName.DOCUMENT_CODE, (0, 0, 2), _ANY),
        Slot(FieldName.ISSUER, (0, 2, 5), _LETTER),
        Slot(FieldName.DOCUMENT_NUMBER, (0, 5, 14), _ANY, (0, 14)),
        Slot(FieldName.OPTIONAL_1, (0, 15, 30)),
        Slot(FieldName.BIRTH_DATE, (1, 0, 6), _DIGIT, (1, 6)),
        Slot(FieldName.SEX, (1, 7, 8), _SEX),
        Slot(FieldName.EXPIRY_DATE, (1, 8, 14), _DIGIT, (1, 14)),
        Slot(FieldName.NATIONALITY, (1, 15, 18), _LETTER),
        Slot(FieldName.OPTIONAL_2, (1, 18, 29)),
    ),
    ((1, 29), ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29))),
    (0, 15, 30),
    (2, 0, 30),
)
_TD2 = Layout(
    DocumentFormat.TD2,
    2,
    36,
    "ACI",
    _two_lines(35),
    ((1, 35), ((1, 0, 10), (1, 13, 20), (1, 21, 35))),
    (1, 28, 35),
    (0, 5, 36),
)
_TD3 = Layout(
    DocumentFormat.TD3,
    2,
    44,
    "P",
    _two_lines(42, (1, 42)),
    ((1, 43), ((1, 0, 10), (1, 13, 20), (1, 21, 43))),
)
_MRV_A = Layout(DocumentFormat.MRV_A, 2, 44, "V", _two_lines(44), None)
_MRV_B = Layout(DocumentFormat.MRV_B, 2, 36, "V", _two_lines(36), None, None, (0, 5, 36))

LAYOUTS: Mapping[DocumentFormat, Layout] = MappingProxyType(
    {layout.format: layout for layout in (_TD1, _TD2, _TD3, _MRV_A, _MRV_B)}
)

NUMBER_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "AUS": "LADDDDDDD",
        "CHN": "LADDDDDDD",
        "ESP": "LLLDDDDDD",
        "FIN": "LLDDDDDDD",
        "FRA": "DDLLDDDDD",
        "GBR": "ADDDDDDDD",
        "HUN": "LLDDDDDDD",
        "ITA": "LADDDDDLL",
        "JPN": "LLDDDDDDD",
        "POL": "LLDDDDDDD",
        "PRT": "LADDDDDDD",
        "TUR": "LDDLDDDDD",
        "USA": "ADDDDDDDD",
    }
)
"""Letters (L), digits (D) or either (A) in the document numbers of some issuers, as published with
their specimens. A hint between look-alikes, never a reason to refuse: series change."""
