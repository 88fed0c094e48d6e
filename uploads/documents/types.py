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
    CN_ID_FRONT = "cn_id_front"
    CN_ID_BACK = "cn_id_back"
    ES_DNI_FRONT = "es_dni_front"


class FieldName(StrEnum):
    """One word for one thing, whatever paper it stands on."""

    DOCUMENT_CODE = "document_code"
    ISSUER = "issuer"
    DOCUMENT_NUMBER = "document_number"
    PERSONAL_NUMBER = "personal_number"
    """The number of the person, where the paper carries one beside its own."""
    NAME = "name"
    """The whole name, where the paper does not part it."""
    SURNAME = "surname"
    GIVEN_NAMES = "given_names"
    NATIONALITY = "nationality"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    EXPIRY_DATE = "expiry_date"
    OPTIONAL_1 = "optional_1"
    OPTIONAL_2 = "optional_2"


class Status(StrEnum):
    """How far a value can be relied on."""

    CONFIRMED = "confirmed"
    """Its check digit agrees with what was read and with nothing else that is likely, and what no
    check digit tells apart is told otherwise: only digits may stand there, or it was read twice."""
    READ = "read"
    """No check digit stands for it."""
    DOUBTFUL = "doubtful"
    """Its check digit agrees, but after a repair, or as well with a reading that nothing rules
    out."""
    UNREAD = "unread"
    """Its check digit says otherwise: the value is only what it looks like."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value as read.

    `value`: dates as YYYY-MM-DD, sex as female, male or unspecified, names with single spaces.
    `raw`: the characters that it was made from.
    `confidence`: 0 to 1, how sure the recogniser is of the least sure character.
    `status`: what a check digit says about it, where one stands for it.
    """

    name: FieldName
    value: str = field(repr=False)
    raw: str = field(repr=False)
    confidence: float
    status: Status = Status.READ

    @property
    def confirmed(self) -> bool:
        """By a check digit."""
        return self.status is Status.CONFIRMED


@dataclass(frozen=True, slots=True)
class Check:
    """One check digit. `agrees`: with what was read, or with a repair; `as_read`: without one, and
    with nothing else that is likely; `sure`: nor with what it cannot tell apart; `empty`: there is
    nothing to check, so that it agrees of itself and speaks for no zone."""

    name: str
    agrees: bool
    as_read: bool
    sure: bool
    empty: bool = False

    @property
    def speaks(self) -> bool:
        """Whether it agrees with something."""
        return self.agrees and not self.empty


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
    def agrees(self) -> bool:
        """Every check digit agrees with the zone as it was read."""
        return all(check.agrees and check.as_read for check in self.checks)

    @property
    def sound(self) -> bool:
        """Every check digit agrees, and with no other text that may stand there."""
        return all(check.agrees and check.sure for check in self.checks)
