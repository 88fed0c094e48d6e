"""The port to the social-insurance core system: what we ask it, as plain values.

``ecard/registry/sql.py`` is the embedded implementation; an HTTP one comes with a later round.
Every method may raise RegistryUnavailable, which callers turn into a 503 that spends nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Protocol

CONTRIBUTION_KINDS = ("pension", "medical", "unemployment", "work_injury", "maternity")
BENEFIT_KINDS = ("old_age", "survivors", "disability", "work_injury")
"""Benefits whose payment asks for a proof of life."""


class RegistryUnavailable(Exception):
    """The core system does not answer; nothing may be decided from that."""


class CardHeld(Exception):
    """The person holds a card that is not cancelled."""


class CardMoved(Exception):
    """The card's state was changed by somebody else meanwhile."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How the registry reaches a person. Either may be missing."""

    phone: str | None = None
    email: str | None = None

    def apart_from(self, other: Contact) -> Contact:
        """What is left without the addresses of somebody else: what goes to a family's one
        telephone is read by whoever holds it."""
        theirs = {_bare(address) for address in (other.phone, other.email) if address}
        phone, email = (
            address if address and _bare(address) not in theirs else None
            for address in (self.phone, self.email)
        )
        return Contact(phone, email)


_OWN_DIGITS = 9
"""The end of a telephone number that no way of writing the country or a leading 0 changes."""


def _bare(address: str) -> str:
    """An address without what people write in it for their eyes: +34, 0034 or none is one phone."""
    if "@" in address:
        return address.casefold().strip()
    return "".join(mark for mark in address if mark.isdigit())[-_OWN_DIGITS:]


@dataclass(frozen=True, slots=True)
class RegistryCard:
    """An e-card as the registry knows it."""

    number: str
    person_ref: str
    state: str
    """normal, suspended, lost or cancelled."""
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class RegistryPerson:
    """A person as the registry knows them."""

    ref: str
    number: str
    """Social security number."""
    name: str
    birth_date: date
    sex: str
    """female or male."""
    region_code: str
    died_on: date | None
    contact: Contact
    language: str
    """en, es or zh-Hans: for messages."""
    card: RegistryCard | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What was paid in for a person in one year, for one kind of insurance."""

    year: int
    kind: str
    """One of CONTRIBUTION_KINDS."""
    months: tuple[int, ...]
    """The months paid for, 1 to 12, in order."""
    cents: int
    """Paid in that year, by everybody, in hundredths of the region's currency."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on a person's own account of one kind of insurance."""

    kind: str
    cents: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit that a person draws."""

    ref: str
    kind: str
    """One of BENEFIT_KINDS."""
    since: date
    until: date | None
    cents: int
    """A month."""
    paid: bool = True
    """Whether it is paid at present, as the registry was last told."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What the registry is told when a benefit's payment changes."""

    benefit_ref: str
    paid: bool
    from_day: date
    """First day of the new state."""
    reason: str
    """The state by the rules of proof of life: certified, stopped, held, closed, died…"""
    owed: tuple[tuple[date, date], ...] = ()
    """First and last day of what was not paid and is owed, in all."""


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is owed for a person, for one kind of insurance."""

    kind: str
    """One of CONTRIBUTION_KINDS."""
    cents: int


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What the registry is told when a transfer to another region is over."""

    ref: str
    """Name of the transfer: telling the same one again changes nothing."""
    person_ref: str
    from_region: str
    to_region: str
    """Codes; the person is insured in the second from now on where it was completed."""
    outcome: str
    """completed, refused or withdrawn."""
    decided_on: date


class Registry(Protocol):
    """What the core system answers."""

    def person(self, ref: str) -> RegistryPerson | None:
        """The person of a registry name."""

    def died(self, refs: Collection[str]) -> frozenset[str]:
        """Of these registry names those of people whose death is recorded: for lists and sweeps."""

    def person_by_number(self, number: str) -> RegistryPerson | None:
        """The person of a social security number."""

    def card_by_number(self, card_number: str) -> RegistryCard | None:
        """The card of a card number."""

    def portrait(self, ref: str) -> bytes | None:
        """The person's portrait as JPEG, where the registry holds one."""

    def kinships(self, ref: str, relative_ref: str) -> frozenset[str]:
        """What the second person is to the first, as the registry confirms it (child, parent…)."""

    def change_card_state(
        self, card_number: str, state: str, *, instead_of: str | None = None
    ) -> None:
        """Set a card's state; where ``instead_of`` is named and is not its state any more, raise
        CardMoved and change nothing."""

    def contributions(self, ref: str) -> tuple[Contribution, ...]:
        """What was paid in for a person, by year and kind."""

    def balances(self, ref: str) -> tuple[Balance, ...]:
        """What stands on the person's own accounts, by kind."""

    def benefits(self, ref: str) -> tuple[Benefit, ...]:
        """What the person draws, the oldest first."""

    def beneficiaries(self, after: str, most: int) -> tuple[str, ...]:
        """Registry names of people who draw a benefit, in order, after a name: for sweeps."""

    def tell_payment(self, payment: Payment) -> None:
        """Say that a benefit's payment changed; telling the same again changes nothing."""

    def arrears(self, ref: str) -> tuple[Arrears, ...]:
        """What is owed for a person, by kind; nothing where all is paid."""

    def tell_transfer(self, result: TransferResult) -> None:
        """Say how a transfer ended, once for its ``ref``; a completed one moves the person."""

    def issue_card(self, ref: str, expires_on: date, *, order: str | None = None) -> RegistryCard:
        """A new card for a person; raises CardHeld where they hold one that is not cancelled.

        ``order`` names what it is issued for: asked again, the same card is the answer.
        """

    def renew_card(self, card_number: str, expires_on: date) -> None:
        """Set a card's last day."""
