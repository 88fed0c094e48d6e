"""Invented families: people in the registry, links that stand already, applications by the API."""

import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from stdnum.cn import ric

from ecard.accounts import service as accounts
from ecard.call import Call
from ecard.cards.grants import add_grant
from ecard.demo.loader import invented_number
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.family.models import Link, LinkChange, LinkUse
from ecard.family.policy import NOTICED, SUBMITTED
from ecard.persons import service as persons
from ecard.registry.port import Contact, RegistryCard, RegistryPerson
from ecard.registry.sql import store_card, store_person
from tests.support import Stage

TODAY = date(2026, 11, 18)
"""The local day on which a stage begins."""
PLACES = ("110101", "310101", "440103", "510104", "610102")
SCOPES = ["certification", "rights"]


def born(years_ago: int, month: int = 3, day: int = 5) -> date:
    """A birth date of somebody of that age when a stage begins."""
    return date(TODAY.year - years_ago, month, day)


def invent(
    stage: Stage,
    ref: str,
    birth_date: date,
    *,
    card: str = "normal",
    region: str = "north-harbour",
    language: str = "en",
    died_on: date | None = None,
) -> RegistryPerson:
    """Somebody new in the registry, with a telephone and (``card``: its state) an e-card."""
    code = zlib.crc32(ref.encode()) % 10**8
    held = RegistryCard(f"8000{code:08d}", ref, card, date(2036, 1, 1)) if card else None
    person = RegistryPerson(
        ref=ref,
        number=_number(stage, birth_date),
        name=f"{ref.capitalize()} Ashdown",
        birth_date=birth_date,
        sex="female",
        region_code=region,
        died_on=died_on,
        contact=Contact(phone=f"+4479{code:08d}"),
        language=language,
        card=held,
    )
    return change(stage, person)


def change(stage: Stage, person: RegistryPerson, **changed: Any) -> RegistryPerson:
    """Write a person into the registry, changed in some way."""
    person = replace(person, **changed)
    with stage.joined.db.write() as session:
        store_person(session, stage.joined.dependencies.vault, person)
        session.flush()
        if person.card is not None:
            store_card(session, stage.joined.dependencies.vault, person.card)
        session.commit()
    return person


def _number(stage: Stage, birth_date: date) -> str:
    taken: set[str] = set()
    for place in PLACES:
        for _ in range(5):
            number = invented_number(place, birth_date, "female", taken)
            taken.add(number)
            if not _known(stage, number):
                return number
    raise ValueError("too many people share this birth date")


def _known(stage: Stage, number: str) -> bool:
    return stage.joined.dependencies.registry.person_by_number(number) is not None


def free_number(stage: Stage, like: str) -> str:
    """A well-formed number of nobody, with the birth date of a known one."""
    for order in range(500, 600):
        start = f"{like[:14]}{order:03d}"
        number = start + ric.calc_check_digit(start + "0")
        if stage.joined.dependencies.registry.person_by_number(number) is None:
            return number
    raise AssertionError("no number is free")


def alike(answer: Answer) -> tuple[int, object, object]:
    """What a client can tell two answers apart by, but for the request's id and the date."""
    body = {key: value for key, value in answer.body.items() if key != "instance"}
    headers = {k: v for k, v in answer.headers.items() if k not in ("X-Request-Id", "Date")}
    return answer.status, body, headers


# --- at the door --------------------------------------------------------------------------------


def sign_in(stage: Stage, person: RegistryPerson, phone: Phone | None = None) -> Phone:
    """The person signs in, on a new phone or again on theirs; no e-card password is set."""
    stage.work_off()
    stage.clock.advance(seconds=6)  # newer mail is later mail
    return stage.let_in(person, phone)


def as_holder(stage: Stage, phone: Phone) -> Call:
    """A call of a service by the holder signed in on a phone."""
    call = replace(stage.joined.call(), channel="app")
    return call.by(accounts.session_of_token(call, phone.token)[0])


def person_id(stage: Stage, person: RegistryPerson) -> uuid.UUID:
    """Our own id of somebody, made when they are first needed."""
    with stage.joined.db.write() as session:
        row = persons.ensure(session, stage.joined.call(), person)
        session.commit()
    return row.id


# --- applications -------------------------------------------------------------------------------


def grant(stage: Stage, phone: Phone) -> str:
    """A step-up grant, as the right e-card password opens it (tests/cards prove that)."""
    return str(add_grant(as_holder(stage, phone), "add_relative").id)


def begin(stage: Stage, phone: Phone) -> str:
    """An application with its notice acknowledged; the family account is next."""
    link_id = str(phone.open_application(grant(stage, phone))["id"])
    phone.acknowledge(link_id)
    return link_id


def name(phone: Phone, link_id: str, person: RegistryPerson, relation: str) -> Answer:
    """Give the family account as it stands in the registry."""
    return phone.give_family_account(link_id, person.name, person.number, relation)


def named(stage: Stage, phone: Phone, person: RegistryPerson, relation: str) -> str:
    """An application whose family account is confirmed; evidence is next."""
    link_id = begin(stage, phone)
    answer = name(phone, link_id, person, relation)
    assert answer.ok, answer.body
    return link_id


def bring_to(stage: Stage, link_id: str, state: str) -> None:
    """Take an application on, as evidence, acceptance and a face do (tested where they live)."""
    call = stage.joined.call()
    with stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(link_id))
        for reached in _steps(session, call, link):
            if reached == state:
                break
        session.commit()


def _steps(session: Any, call: Call, link: Link) -> Iterable[str]:
    family.evidence_given(session, call, link)
    yield link.state
    family.evidence_accepted(session, call, link, "evidence_confirmed")
    yield link.state
    if link.state == "evidence_accepted":
        family.accept(session, call, link, "invitation", list(link.scopes))
        yield link.state
    family.activate(session, call, link, "face_matched")
    yield link.state


def move(stage: Stage, link_id: str, state: str, reason: str) -> None:
    """Move a link as some feature does."""
    with stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(link_id))
        family.move(session, stage.joined.call(), link, state, reason)
        session.commit()


def give_last_day(stage: Stage, link_id: str, day: date) -> None:
    """Until when a link holds; who said so is not played."""
    with stage.joined.db.write() as session:
        family.lock_link(session, uuid.UUID(link_id)).ends_on = day
        session.commit()


def hold(
    stage: Stage,
    holder: RegistryPerson,
    relative: RegistryPerson,
    relation: str,
    state: str = "active",
    activated_at: datetime | None = None,
    acts_until: datetime | None = None,
) -> str:
    """A link that stands for long (60 days) already, in some state."""
    call = stage.joined.call()
    opened = call.now - timedelta(days=60)
    active = state in ("active", "suspended", "disputed", "ended")
    with stage.joined.db.write() as session:
        sides = [persons.ensure(session, call, one) for one in (holder, relative)]
        link = Link(
            id=uuid.uuid4(),
            holder_id=sides[0].id,
            region_id=sides[0].region_id,
            relative_id=sides[1].id,
            state=state,
            relation=relation,
            typed_index=call.dependencies.vault.index("number", relative.number),
            scopes=SCOPES,
            opened_at=opened,
            lapses_at=call.now + timedelta(days=7),
            accepted_at=opened,
            activated_at=(activated_at or opened) if active else None,
            acts_from=opened if active else None,
            acts_until=acts_until,
        )
        session.add(link)
        session.flush()
        if state == "active":
            session.add(LinkUse(link_id=link.id, last_used_at=call.now))
        session.add(_submitted(link))
        session.commit()
    return str(link.id)


def _submitted(link: Link) -> LinkChange:
    """The move since which the relative is told."""
    return LinkChange(
        id=uuid.uuid4(),
        link_id=link.id,
        number=1,
        from_state=NOTICED,
        to_state=SUBMITTED,
        reason="evidence_given",
        actor_kind="holder",
        actor_id=link.holder_id,
        channel="app",
        at=link.opened_at,
    )


def changes(stage: Stage, link_id: str) -> list[LinkChange]:
    """Every move of a link, in order."""
    query = sa.select(LinkChange).filter_by(link_id=uuid.UUID(link_id))
    with stage.joined.db.read() as session:
        return list(session.scalars(query.order_by(LinkChange.number)))


def kinds(stage: Stage, person: RegistryPerson) -> list[str]:
    """Kinds of what arrived for somebody, the newest first; codes left out."""
    box = stage.mailbox(str(person.contact.phone))
    skipped = ("sign_in_code", "new_device")
    return [item["kind"] for item in box if item["kind"] not in skipped]


def texts(stage: Stage, person: RegistryPerson, kind: str) -> list[str]:
    """What messages of a kind said to somebody, the newest first."""
    box = stage.mailbox(str(person.contact.phone))
    return [item["text"] for item in box if item["kind"] == kind]


@dataclass(frozen=True)
class Pair:
    """A holder, signed in, and their elderly mother."""

    stage: Stage
    holder: RegistryPerson
    relative: RegistryPerson
    phone: Phone

    def active(self) -> str:
        """A link that was opened step by step."""
        link_id = named(self.stage, self.phone, self.relative, "parent")
        bring_to(self.stage, link_id, "active")
        return link_id

    def again(self) -> Phone:
        """The holder signs in again, some days later."""
        return sign_in(self.stage, self.holder, self.phone)


def pair(stage: Stage, holder_language: str = "en", relative_language: str = "en") -> Pair:
    """A daughter of 45 and her mother of 72."""
    holder = invent(stage, "daughter", born(45), language=holder_language)
    relative = invent(stage, "mother", born(72), language=relative_language)
    return Pair(stage, holder, relative, sign_in(stage, holder))
