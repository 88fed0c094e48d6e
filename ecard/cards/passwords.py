"""The e-card password: examined six times in a row at most, over all channels and processes.

A try is reserved (counted and committed under a row lock) before it is hashed, so that of any
number of parallel tries only the allowed ones are examined; a crash in between still counts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ecard import audit, limits, passwords
from ecard.call import Call
from ecard.cards.errors import (
    CardLocked,
    CardPasswordNotSet,
    CardPasswordWeak,
    CardPasswordWrong,
)
from ecard.cards.models import CardPassword
from ecard.cards.policy import weakness
from ecard.errors import Conflict
from ecard.messages import service as messages
from ecard.passwords import hashing
from ecard.persons import service as persons


@dataclass(frozen=True, slots=True)
class Reserved:
    """A counted try: what to compare with, and which one in a row it is."""

    password_hash: str
    number: int


def prove(call: Call, person_id: uuid.UUID, password: str) -> None:
    """Examine a password. Raises CardPasswordWrong(tries_left), CardLocked, CardPasswordNotSet,
    and Busy, which spends nothing.
    """
    with hashing(call) as hasher:
        reserved = _reserve(call, person_id)
        peppered = _peppered(call, person_id, password)
        right = hasher.fits(reserved.password_hash, peppered)
    if not right:
        _count_wrong(call, person_id, reserved)
        left = call.settings.card_password_tries - reserved.number
        raise CardPasswordWrong(tries_left=left, next=None if left else CardLocked.next)
    try:
        _count_right(call, person_id, reserved)
    except SQLAlchemyError as error:
        call.dependencies.owed.write(partial(_give_back, call, person_id, reserved), after=error)
        raise


def _reserve(call: Call, person_id: uuid.UUID) -> Reserved:
    with call.db.write() as session:
        row = locked_row(session, person_id)
        if row is None:
            raise CardPasswordNotSet
        if row.tries >= call.settings.card_password_tries:
            raise CardLocked
        row.tries += 1
        session.commit()
    return Reserved(row.password_hash, row.tries)


def _count_wrong(call: Call, person_id: uuid.UUID, reserved: Reserved) -> None:
    with call.db.write() as session:
        row = locked_row(session, person_id)
        most = call.settings.card_password_tries
        if row is not None and reserved.number >= most and row.tries >= most:
            row.locked_at = call.now
            messages.notify(session, call, person_id, "password_locked")
        audit.record(session, call, "card_password.prove", "person", person_id, outcome="refused")
        session.commit()


def _count_right(call: Call, person_id: uuid.UUID, reserved: Reserved) -> None:
    """Forget the tries up to this one; later ones that are still being examined go on counting."""
    with call.db.write() as session:
        row = locked_row(session, person_id)
        if row is None or row.password_hash != reserved.password_hash:
            raise Conflict  # it was changed or reset while this try was examined
        row.tries = max(0, row.tries - reserved.number)
        row.locked_at = None
        session.commit()


def _give_back(call: Call, person_id: uuid.UUID, reserved: Reserved) -> None:
    """The password was right and nobody was told: the try counts for nothing. A wrong one always
    counts: else whoever can keep the database busy had tries without end."""
    with call.db.write() as session:
        row = locked_row(session, person_id)
        if row is not None and row.password_hash == reserved.password_hash:
            row.tries = max(0, row.tries - 1)
        session.commit()


def locked_row(session: Session, person_id: uuid.UUID) -> CardPassword | None:
    """The password's row, held until the transaction ends."""
    query = sa.select(CardPassword).filter_by(person_id=person_id)
    return session.scalar(query.with_for_update())


def tries_left(session: Session, call: Call, person_id: uuid.UUID) -> int | None:
    """Wrong tries until the password locks (0: it is locked), or None where none is set."""
    tries = session.scalar(sa.select(CardPassword.tries).filter_by(person_id=person_id))
    return None if tries is None else max(0, call.settings.card_password_tries - tries)


# --- setting one ------------------------------------------------------------------------------


def refuse_weak(call: Call, person_id: uuid.UUID, password: str, field: str) -> None:
    """Raise CardPasswordWeak naming ``field`` and why."""
    with call.db.read() as session:
        person = persons.particulars(session, call, person_id)
    why = weakness(password, person.number, person.birth_date)
    if why is not None:
        raise CardPasswordWeak(fields={field: [why]})


def hashed(call: Call, person_id: uuid.UUID, password: str) -> str:
    """The hash to keep; no session may be open. Raises Busy."""
    return passwords.hashed(call, _peppered(call, person_id, password))


def hold(session: Session, person_id: uuid.UUID) -> None:
    """Nobody else sets this person's password until the transaction ends."""
    limits.lock(session, "card_password", person_id)


def store(session: Session, call: Call, person_id: uuid.UUID, password_hash: str) -> CardPassword:
    """Keep a new password; no wrong try counts any more. Not committed."""
    hold(session, person_id)
    row = locked_row(session, person_id)
    if row is None:
        row = CardPassword(id=uuid.uuid4(), person_id=person_id)
        session.add(row)
    row.password_hash, row.set_at = password_hash, call.now
    row.tries, row.locked_at = 0, None
    session.flush()
    return row


def _peppered(call: Call, person_id: uuid.UUID, password: str) -> str:
    """A million passwords are tried in a day: without the key file a stolen hash tells nothing."""
    return call.dependencies.vault.token_hash(f"card_password|{person_id}|{password}")
