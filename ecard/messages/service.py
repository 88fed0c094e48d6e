"""Messages: written in the transaction of their cause, sent by the outbox in their own time.

The text is fixed when the message is written, in the person's language. The address is asked of
the registry only when the message goes out: never one that a holder typed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import outbox
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.delivery import EMAIL, SMS, DeliveryFailed, Letter, Mailbox, MailboxEntry
from ecard.errors import Unavailable
from ecard.locale import sentence, written_day, written_time
from ecard.messages.models import Message
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.registry.port import Contact, RegistryPerson
from ecard.sweeping import in_batches
from ecard.vault import KeyDestroyed

__all__ = [
    "JOBS",
    "DeliveryFailed",
    "deliver",
    "mailbox",
    "notify",
    "reaches_alone",
    "send_code",
    "sweep",
]

JOB = "deliver_message"
PLACE = "messages.text"
CODE_KINDS = frozenset({"sign_in_code", "card_password_reset_code"})
HOURS_A_DAY = 24
APART_ONLY = frozenset({"acceptance_invitation"})
"""Never sent where somebody else may read it: it opens something."""
COPY_JOB = "deliver_message_copy"
BY_EVERY_WAY = frozenset(
    {
        *("recovery_opened", "recovery_approved", "recovery_completed", "new_device", "card_moved"),
        *("session_ended_reuse", "password_locked", "password_reset", "card_state_changed"),
    }
)
"""Told by e-mail too: whoever stole a telephone number reads what is sent there."""


def notify(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    kind: str,
    *,
    apart_from: Collection[uuid.UUID] = (),
    **params: Any,
) -> uuid.UUID:
    """Write a message to a person and plan its delivery; returns its id. Not committed.

    The text is the sentence ``message.<kind>`` in the person's language. Days and times among
    ``params`` (dates, aware datetimes, or ``acts_from`` as ISO text) are written for the person's
    own region; with a
    ``not_me_address`` the text says for how many days it is good. ``apart_from``: whose addresses
    are not used where the person has another one.
    """
    person = persons.particulars(session, call, person_id)
    zone = agencies.time_zone(session, person.region_id)
    if "not_me_address" in params:
        hours = policies.current(session, person.region_id, call.now).not_me_hours
        params["not_me_days"] = hours // HOURS_A_DAY
    kind_now, words = _words(kind, params, call.now, person.language, zone)
    message = Message(
        id=uuid.uuid4(),
        person_id=person_id,
        kind=kind,
        language=person.language,
        registry_ref=person.registry_ref,
        created_at=call.now,
    )
    text = sentence(f"message.{kind_now}", person.language, **words)
    message.text = call.dependencies.vault.seal(session, person_id, PLACE, message.id, text)
    _plan(session, call, message, apart_from)
    return message.id


def send_code(
    session: Session, call: Call, registry_person: RegistryPerson, kind: str, code: str
) -> uuid.UUID:
    """Write a code to a person's contact on file and plan its delivery. Not committed.

    ``kind``: sign_in_code or card_password_reset_code. The code is sealed until it is sent, and
    gone from the message then.
    """
    if kind not in CODE_KINDS:
        raise ValueError(f"{kind} is not a kind of code")
    seconds = call.settings.code_seconds
    language = registry_person.language
    message = Message(
        id=uuid.uuid4(),
        person_id=None,
        kind=kind,
        language=language,
        registry_ref=registry_person.ref,
        created_at=call.now,
        expires_at=call.now + timedelta(seconds=seconds),
    )
    text = sentence(f"message.{kind}", language, digits=code, minutes=seconds // 60)
    message.text = call.dependencies.vault.seal_for(PLACE, message.id, text)
    _plan(session, call, message)
    return message.id


def _plan(
    session: Session, call: Call, message: Message, apart_from: Collection[uuid.UUID] = ()
) -> None:
    session.add(message)
    session.flush()
    payload: dict[str, Any] = {"message_id": str(message.id)}
    if apart_from:
        payload["apart_from"] = [str(other) for other in apart_from]
    outbox.enqueue(session, JOB, f"message:{message.id}", now=call.now, **payload)


def _words(
    kind: str, params: Mapping[str, Any], now: datetime, language: str, zone: ZoneInfo
) -> tuple[str, dict[str, Any]]:
    words = dict(params)
    if isinstance(words.get("acts_from"), str):
        text = words["acts_from"]
        words["acts_from"] = datetime.fromisoformat(text) if text else None
    waits = words.get("acts_from")
    if kind.startswith("link_active") and waits is not None and waits > now:
        kind = kind.replace("link_active", "link_active_reading", 1)
    return kind, {name: _written(value, language, zone) for name, value in words.items()}


def _written(value: object, language: str, zone: ZoneInfo) -> object:
    if isinstance(value, datetime):
        return written_time(value.astimezone(zone), language)
    return written_day(value, language) if isinstance(value, date) else value


def deliver(
    call: Call, message_id: uuid.UUID | str, apart_from: Collection[str] | str = ()
) -> None:
    """Job: send one message, once. Raises DeliveryFailed where it should be tried again.

    ``apart_from``: the people whose addresses are not used where there is another one (a job that
    was planned by an earlier version names one).
    """
    apart_from = [apart_from] if isinstance(apart_from, str) else apart_from
    message_id = uuid.UUID(str(message_id))
    with call.db.read() as session:
        message = session.get(Message, message_id)
        if message is None or message.sent_at is not None or message.text is None:
            return
        text = opened(session, call, message)
        others = [persons.registry_ref(session, uuid.UUID(other)) for other in apart_from]
    if text is None or (message.expires_at is not None and message.expires_at <= call.now):
        _settle(call, message_id, failed="key_destroyed" if text is None else "expired", end=True)
        return
    way = _way(call, message, [other for other in others if other])
    if way is None:
        _settle(call, message_id, failed="no_contact", end=True)
        return
    _send(call, message, text, *way)


def opened(session: Session, call: Call, message: Message) -> str | None:
    """The text, or None where the person's key was destroyed in the meantime."""
    vault, sealed = call.dependencies.vault, message.text or b""
    if message.person_id is None:
        return vault.open_for(PLACE, message.id, sealed).decode()
    try:
        return vault.open(session, message.person_id, PLACE, message.id, sealed)
    except KeyDestroyed:
        return None


def _way(call: Call, message: Message, others: Collection[str]) -> tuple[str, str] | None:
    """Medium and address: by SMS where there is a phone and a way to send, else by e-mail; first
    of those that nobody of the others has got."""
    media = call.dependencies.delivery.media
    try:
        apart = contact = persons.contact(call, message.registry_ref)
        for other in others:
            apart = apart.apart_from(persons.contact(call, other))
    except Unavailable as error:
        _settle(call, message.id, failed="registry_unavailable")
        raise DeliveryFailed("registry_unavailable") from error
    way = way_of(apart, media)
    return way if way or message.kind in APART_ONLY else way_of(contact, media)


def reaches_alone(call: Call, registry_ref: str, other: str) -> bool:
    """Whether somebody can be told by a way that another person does not hold; both by their
    registry names, asked outside a session. Raises Unavailable."""
    apart = persons.contact(call, registry_ref).apart_from(persons.contact(call, other))
    return way_of(apart, call.dependencies.delivery.media) is not None


def way_of(contact: Contact, media: frozenset[str]) -> tuple[str, str] | None:
    """The medium and address to use, of those the contact has and the delivery can send."""
    for medium, address in ((SMS, contact.phone), (EMAIL, contact.email)):
        if address and medium in media:
            return medium, address
    return None


def _send(call: Call, message: Message, text: str, medium: str, address: str) -> None:
    try:
        call.dependencies.delivery.send(_letter(call, message, text, medium, address))
    except DeliveryFailed as error:
        _settle(call, message.id, failed=error.code, medium=medium)
        raise
    _settle(call, message.id, medium=medium, end=True)


def deliver_copy(call: Call, message_id: uuid.UUID | str) -> None:
    """Job: send by e-mail what went out by SMS, where there is an address. Raises DeliveryFailed
    where it should be tried again."""
    message_id = uuid.UUID(str(message_id))
    with call.db.read() as session:
        message = session.get(Message, message_id)
        if message is None or message.text is None:
            return
        text = opened(session, call, message)
    try:
        address = persons.contact(call, message.registry_ref).email
    except Unavailable as error:
        raise DeliveryFailed("registry_unavailable") from error
    if text is not None and address and EMAIL in call.dependencies.delivery.media:
        letter = _letter(call, message, text, EMAIL, address)
        call.dependencies.delivery.send(replace(letter, id=uuid.uuid5(message.id, EMAIL)))


def _letter(call: Call, message: Message, text: str, medium: str, address: str) -> Letter:
    return Letter(
        id=message.id,
        kind=message.kind,
        medium=medium,
        address=address,
        language=message.language,
        subject=sentence("message.subject", message.language),
        text=text,
        at=call.now,
    )


def _settle(
    call: Call,
    message_id: uuid.UUID,
    *,
    failed: str | None = None,
    medium: str | None = None,
    end: bool = False,
) -> None:
    with call.db.write() as session:
        message = session.get_one(Message, message_id, with_for_update=True)
        message.failed, message.medium = failed, medium
        if end and failed is None:
            message.sent_at = call.now
            if message.kind in BY_EVERY_WAY and medium == SMS:
                key = f"message-copy:{message.id}"
                outbox.enqueue(session, COPY_JOB, key, now=call.now, message_id=str(message.id))
        if end and message.kind in CODE_KINDS:
            message.text = None  # a code is worth something only to its reader
        session.commit()


def sweep(call: Call) -> int:
    """Forget texts that nobody needs any more; returns how many.

    Codes that expired before they could be sent, and every text after ``message_text_kept_days``:
    it names people. That there was a message, of which kind and when, stays.
    """
    before = call.now - timedelta(days=call.settings.message_text_kept_days)
    kept = Message.text.is_not(None)
    unsent = sa.and_(Message.kind.in_(CODE_KINDS), Message.expires_at <= call.now)
    never = sa.func.coalesce(Message.failed, "expired")
    ending = sa.case((Message.sent_at.is_(None), never), else_=Message.failed)
    forget = sa.update(Message).values(text=None)
    return (
        in_batches(call, forget.values(failed="expired"), kept, unsent)
        + in_batches(call, forget.values(failed=ending), kept, Message.created_at < before)
        + in_batches(call, sa.delete(MailboxEntry), MailboxEntry.at < before)
    )


def mailbox(call: Call, address: str) -> list[dict[str, object]]:
    """What the embedded mailbox holds for an address, newest first (demo profile only)."""
    return Mailbox(call.db, call.dependencies.vault).read(address)


JOBS = {JOB: deliver, COPY_JOB: deliver_copy}
