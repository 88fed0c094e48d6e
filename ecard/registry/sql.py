"""The embedded registry: SQL tables whose particulars are sealed and found by blind index."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ecard.db import Database
from ecard.registry import insurance
from ecard.registry.models import (
    RegistryCardRow,
    RegistryKinshipRow,
    RegistryPersonRow,
    RegistryTransferRow,
)
from ecard.registry.numbers import normalise
from ecard.registry.port import (
    Arrears,
    Balance,
    Benefit,
    CardHeld,
    CardMoved,
    Contact,
    Contribution,
    Payment,
    RegistryCard,
    RegistryPerson,
    RegistryUnavailable,
    TransferResult,
)
from ecard.vault import Vault

CARD_STATES = ("normal", "suspended", "lost", "cancelled")
CARD_DIGITS = 12
PERSON_INDEX, CARD_INDEX = "registry_number", "registry_card"
PERSON_PLACE = "registry_persons.record"
PORTRAIT_PLACE = "registry_persons.portrait"
CARD_PLACE = "registry_cards.record"


class SqlRegistry:
    """The port's embedded implementation. Opens its own sessions: ask it outside of yours."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def person(self, ref: str) -> RegistryPerson | None:
        """The person of a registry name."""
        return self._person(RegistryPersonRow.ref == ref)

    def died(self, refs: Collection[str]) -> frozenset[str]:
        """Of these registry names those of people whose death is recorded."""
        with self._reading() as session:
            rows = session.scalars(
                sa.select(RegistryPersonRow).where(RegistryPersonRow.ref.in_(refs))
            )
            return frozenset(row.ref for row in rows if self._record(row)["died_on"])

    def person_by_number(self, number: str) -> RegistryPerson | None:
        """The person of a social security number, however it is written."""
        index = self._vault.index(PERSON_INDEX, normalise(number))
        return self._person(RegistryPersonRow.number_index == index)

    def card_by_number(self, card_number: str) -> RegistryCard | None:
        """The card of a card number, however it is written."""
        index = self._vault.index(CARD_INDEX, normalise(card_number))
        with self._reading() as session:
            row = session.scalar(sa.select(RegistryCardRow).filter_by(card_number_index=index))
            return self._card(row)

    def portrait(self, ref: str) -> bytes | None:
        """The person's portrait as JPEG, where one is held."""
        with self._reading() as session:
            row = session.scalar(sa.select(RegistryPersonRow).filter_by(ref=ref))
        if row is None or row.portrait is None:
            return None
        return self._vault.open_for(PORTRAIT_PLACE, row.id, row.portrait)

    def kinships(self, ref: str, relative_ref: str) -> frozenset[str]:
        """What the second person is to the first, as far as the registry knows."""
        query = sa.select(RegistryKinshipRow.kind)
        with self._reading() as session:
            pair = query.filter_by(person_ref=ref, relative_ref=relative_ref)
            return frozenset(session.scalars(pair))

    def change_card_state(
        self, card_number: str, state: str, *, instead_of: str | None = None
    ) -> None:
        """Set a card's state; raises LookupError for an unknown card, ValueError for a state, and
        CardMoved where it is not in the state ``instead_of`` any more."""
        if state not in CARD_STATES:
            raise ValueError(f"{state} is not a card state")
        index = self._vault.index(CARD_INDEX, normalise(card_number))
        query = sa.select(RegistryCardRow).filter_by(card_number_index=index)
        with self._db.write() as session:
            row = session.scalar(query.with_for_update())
            if row is None:
                raise LookupError("no such card")
            if instead_of is not None and row.state != instead_of:
                raise CardMoved(row.state)
            row.state = state
            session.commit()

    def contributions(self, ref: str) -> tuple[Contribution, ...]:
        """What was paid in for a person, by year and kind."""
        with self._reading() as session:
            return tuple(insurance.contributions(session, self._vault, ref))

    def balances(self, ref: str) -> tuple[Balance, ...]:
        """What stands on the person's own accounts, by kind."""
        with self._reading() as session:
            return tuple(insurance.balances(session, self._vault, ref))

    def benefits(self, ref: str) -> tuple[Benefit, ...]:
        """What the person draws, in the order of their names."""
        with self._reading() as session:
            return tuple(insurance.benefits(session, self._vault, ref))

    def beneficiaries(self, after: str, most: int) -> tuple[str, ...]:
        """Registry names of people who draw a benefit, in order, after a name."""
        with self._reading() as session:
            return tuple(insurance.beneficiaries(session, after, most))

    def tell_payment(self, payment: Payment) -> None:
        """Note that a benefit's payment changed; raises LookupError for an unknown one."""
        with self._db.write() as session:
            insurance.write_payment(session, payment)
            session.commit()

    def arrears(self, ref: str) -> tuple[Arrears, ...]:
        """What is owed for a person, by kind."""
        with self._reading() as session:
            return tuple(insurance.arrears(session, self._vault, ref))

    def tell_transfer(self, result: TransferResult) -> None:
        """Note how a transfer ended, once; raises LookupError for an unknown person."""
        with self._db.write() as session:
            write_transfer(session, self._vault, result)
            session.commit()

    def issue_card(self, ref: str, expires_on: date, *, order: str | None = None) -> RegistryCard:
        """A new card for a person; raises CardHeld, and LookupError for an unknown person.

        The person's row is locked: of any number of parallel asks one gets a card.
        """
        person = sa.select(RegistryPersonRow.id).filter_by(ref=ref).with_for_update()
        held = sa.select(RegistryCardRow.id).filter_by(person_ref=ref)
        ordered = sa.select(RegistryCardRow).filter_by(person_ref=ref, issued_for=order)
        with self._db.write() as session:
            if session.scalar(person) is None:
                raise LookupError("no such person")
            if order is not None and (known := self._card(session.scalar(ordered))) is not None:
                return known
            if session.scalar(held.where(RegistryCardRow.state != "cancelled").limit(1)):
                raise CardHeld
            number = f"{secrets.randbelow(10**CARD_DIGITS):0{CARD_DIGITS}d}"
            card = RegistryCard(number, ref, "normal", expires_on)
            store_card(session, self._vault, card, new=True, order=order)
            session.commit()
        return card

    def renew_card(self, card_number: str, expires_on: date) -> None:
        """Set a card's last day; raises LookupError for an unknown card."""
        card = self.card_by_number(card_number)
        if card is None:
            raise LookupError("no such card")
        with self._db.write() as session:
            store_card(session, self._vault, replace(card, expires_on=expires_on))
            session.commit()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        try:
            with self._db.read() as session:
                yield session
        except DBAPIError as error:
            raise RegistryUnavailable(type(error).__name__) from error

    def _person(self, which: sa.ColumnElement[bool]) -> RegistryPerson | None:
        with self._reading() as session:
            row = session.scalar(sa.select(RegistryPersonRow).where(which))
            if row is None:
                return None
            cards = sa.select(RegistryCardRow).filter_by(person_ref=row.ref)
            card = session.scalar(cards.order_by(_normal_first(), RegistryCardRow.id).limit(1))
            return person_from(row.ref, self._record(row), self._card(card))

    def _record(self, row: RegistryPersonRow) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._vault.open_for(PERSON_PLACE, row.id, row.record))
        return found

    def _card(self, row: RegistryCardRow | None) -> RegistryCard | None:
        if row is None:
            return None
        record = json.loads(self._vault.open_for(CARD_PLACE, row.id, row.record))
        expires = record["expires_on"]
        return RegistryCard(
            number=record["number"],
            person_ref=row.person_ref,
            state=row.state,
            expires_on=date.fromisoformat(expires) if expires else None,
        )


def _normal_first() -> sa.Case[int]:
    """A person's usable card goes before a lost or cancelled one."""
    order = {state: place for place, state in enumerate(CARD_STATES)}
    return sa.case(order, value=RegistryCardRow.state, else_=len(order))


def person_from(ref: str, record: dict[str, Any], card: RegistryCard | None) -> RegistryPerson:
    """The port's value of a sealed record that was opened."""
    died = record["died_on"]
    return RegistryPerson(
        ref=ref,
        number=record["number"],
        name=record["name"],
        birth_date=date.fromisoformat(record["birth_date"]),
        sex=record["sex"],
        region_code=record["region_code"],
        died_on=date.fromisoformat(died) if died else None,
        contact=Contact(phone=record["phone"], email=record["email"]),
        language=record["language"],
        card=card,
    )


# --- writing: how the core system's records come in -----------------------------------------


def store_person(
    session: Session, vault: Vault, person: RegistryPerson, portrait: bytes | None = None
) -> None:
    """Create or refresh a person's row (not the card). ``portrait``: JPEG, None keeps the old."""
    row = session.scalar(sa.select(RegistryPersonRow).filter_by(ref=person.ref))
    if row is None:
        row = RegistryPersonRow(id=uuid.uuid4(), ref=person.ref)
        session.add(row)
    row.number_index = vault.index(PERSON_INDEX, normalise(person.number))
    row.record = vault.seal_for(PERSON_PLACE, row.id, json.dumps(_record(person)))
    if portrait is not None:
        row.portrait = vault.seal_for(PORTRAIT_PLACE, row.id, portrait)


def store_portrait(session: Session, vault: Vault, ref: str, jpeg: bytes) -> None:
    """Give a known person a portrait; raises LookupError for an unknown one."""
    row = session.scalar(sa.select(RegistryPersonRow).filter_by(ref=ref))
    if row is None:
        raise LookupError("no such person")
    row.portrait = vault.seal_for(PORTRAIT_PLACE, row.id, jpeg)


def store_card(
    session: Session,
    vault: Vault,
    card: RegistryCard,
    *,
    new: bool = False,
    order: str | None = None,
) -> None:
    """Create or refresh a card's row; a ``new`` one must not be there (the database refuses)."""
    index = vault.index(CARD_INDEX, normalise(card.number))
    there = sa.select(RegistryCardRow).filter_by(card_number_index=index)
    row = None if new else session.scalar(there)
    if row is None:
        row = RegistryCardRow(id=uuid.uuid4(), card_number_index=index, issued_for=order)
        session.add(row)
    expires = card.expires_on.isoformat() if card.expires_on else None
    record = {"number": normalise(card.number), "expires_on": expires}
    row.person_ref, row.state = card.person_ref, card.state
    row.record = vault.seal_for(CARD_PLACE, row.id, json.dumps(record))


def write_transfer(session: Session, vault: Vault, result: TransferResult) -> None:
    """Note how a transfer ended, once for its ref, and move the person where it was completed.

    Raises LookupError for an unknown person. Not committed.
    """
    query = sa.select(RegistryPersonRow).filter_by(ref=result.person_ref)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise LookupError("no such person")
    if session.scalar(sa.select(RegistryTransferRow.id).filter_by(ref=result.ref)) is not None:
        return
    session.add(
        RegistryTransferRow(
            id=uuid.uuid4(),
            ref=result.ref,
            person_ref=result.person_ref,
            from_region=result.from_region,
            to_region=result.to_region,
            outcome=result.outcome,
            decided_on=result.decided_on,
        )
    )
    if result.outcome == "completed":
        record = json.loads(vault.open_for(PERSON_PLACE, row.id, row.record))
        moved = json.dumps(record | {"region_code": result.to_region})
        row.record = vault.seal_for(PERSON_PLACE, row.id, moved)


def store_kinship(session: Session, ref: str, relative_ref: str, kind: str) -> None:
    """Note what the second person is to the first; a tie already known stays."""
    tie = {"person_ref": ref, "relative_ref": relative_ref, "kind": kind}
    if session.scalar(sa.select(RegistryKinshipRow).filter_by(**tie)) is None:
        session.add(RegistryKinshipRow(id=uuid.uuid4(), **tie))


def _record(person: RegistryPerson) -> dict[str, str | None]:
    return {
        "number": normalise(person.number),
        "name": person.name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
        "region_code": person.region_code,
        "died_on": person.died_on.isoformat() if person.died_on else None,
        "phone": person.contact.phone,
        "email": person.contact.email,
        "language": person.language,
    }
