"""What was read from a document, as frozen facts. Nothing here computes anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class DocumentFormat(StrEnum):
    """The layout that was recognised."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"


class FieldName(StrEnum):
    """One word for one thing, whatever paper it stands on."""

    DOCUMENT_CODE = "document_code"
    ISSUER = "issuer"
    DOCUMENT_NUMBER = "document_number"
    SURNAME = "surname"
    GIVEN_NAMES = "given_names"
    NATIONALITY = "nationality"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    EXPIRY_DATE = "expiry_date"
    OPTIONAL_1 = "optional_1"
    OPTIONAL_2 = "optional_2"


@dataclass(frozen=True, slots=True)
class Field:
    """One value as read.

    `value`: dates as YYYY-MM-DD, sex as female, male or unspecified, names with single spaces.
    `raw`: the characters that it was made from.
    `confidence`: 0 to 1, how sure the recogniser is of the least sure character.
    `covered`: a check digit stands for this field. `confirmed`: it agrees, and no other likely
    reading of the characters would make it agree as well.
    """

    name: FieldName
    value: str = field(repr=False)
    raw: str = field(repr=False)
    confidence: float
    covered: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One check digit. `agrees`: with what was read; `sure`: by one reading only."""

    name: str
    agrees: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Zone:
    """A machine readable zone. `lines` are as long as the format says. `truncated`: the name
    fills its line, so there may be more of it. `confidence`: of the least sure line."""

    format: DocumentFormat
    lines: tuple[str, ...] = field(repr=False)
    fields: tuple[Field, ...]
    checks: tuple[Check, ...]
    truncated: bool
    confidence: float

    @property
    def sound(self) -> bool:
        """Every check digit agrees by one reading only."""
        return all(check.agrees and check.sure for check in self.checks)
