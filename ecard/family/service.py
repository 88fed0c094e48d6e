"""A link from application to end: the verbs, and the one place where its state moves."""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits, outbox
from ecard.agencies import service as agencies
from ecard.answering import answered_alike
from ecard.call import Call
from ecard.cards import service as cards
from ecard.errors import NotAllowed, NotFound, Unavailable, VersionChanged
from ecard.family import policy as rules
from ecard.family.errors import (
    AcceptanceNotNeeded,
    AgeDoesNotFit,
    AlreadyLinked,
    ApplicationExpired,
    CannotActivateNow,
    CapReached,
    HolderTooYoung,
    IllegalMove,
    NotMeLinkUsed,
    NumberIsYourOwn,
    NumberNotValid,
    NumberTriedTooOften,
    RelationNeedsGuardian,
    RelativeNotConfirmed,
    TooManyApplications,
    TooManyNumbers,
)
from ecard.family.models import Link, LinkChange, NotMeToken
from ecard.locale import sentence
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.persons.policy import age_on, birthday, local_day, local_midnight
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.registry import service as registry
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from ecard.relationships import service as relationships
from ecard.vault import new_token

NOTICE_KIND = "family_services"
DAY_SECONDS = 24 * 3600
MONTH_DAYS = 30
AT_ONCE = frozenset({"nothing_to_accept"})
"""Moves that follow another at the same moment, which was told already."""
REMINDER_DAYS = (4, 1)
TYPED_KEPT_DAYS = 30
"""What was typed of a person lives as long as the link and this much longer (limits.md, 4)."""
UNTOLD = frozenset({rules.DRAFT, rules.NOTICED})
"""The holder still types: nothing concerns the relative yet."""
TOLD = {
    rules.EVIDENCE_ACCEPTED: "link_evidence_accepted",
    rules.AWAITING_FACE: "link_awaiting_face",
    rules.SUBMITTED: "link_submitted",
    rules.IN_REVIEW: "link_in_review",
    rules.ACTIVE: "link_active",
    rules.SUSPENDED: "link_suspended",
    rules.DISPUTED: "link_disputed",
    rules.ENDED: "link_ended",
    rules.REJECTED: "link_rejected",
    rules.WITHDRAWN: "link_withdrawn",
    rules.EXPIRED: "link_expired",
}


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as one of its two sides sees it."""

    id: uuid.UUID
    state: str
    reason: str | None
    relation: str | None
    name: str | None
    """The other side: as typed (holder's view), or the holder's name (relative's view)."""
    number_masked: str | None
    face_subject: str
    route: str
    scopes: list[str]
    may_act: bool
    may_read: bool
    acts_from: datetime | None
    acts_until: datetime | None
    opened_at: datetime
    lapses_at: datetime
    activated_at: datetime | None
    ended_at: datetime | None
    next: str | None
    version: int


# --- rows, locks, facts ------------------------------------------------------------------------


def lock_link(session: Session, link_id: uuid.UUID) -> Link:
    """The link's row, locked until the transaction ends."""
    link = session.get(Link, link_id, with_for_update=True, populate_existing=True)
    if link is None:
        raise NotFound
    return link


def own_link(session: Session, call: Call, link_id: uuid.UUID, *, lock: bool = False) -> Link:
    """The holder's own link; anybody else's looks as if it did not exist."""
    link = lock_link(session, link_id) if lock else session.get(Link, link_id)
    if link is None or link.holder_id != call.holder.person_id:
        raise NotFound
    return link


def policy_of(session: Session, call: Call, link: Link) -> Policy:
    """The policy of the link's region as of now."""
    return policies.current(session, link.region_id, call.now)


def relative_age(session: Session, call: Call, link: Link) -> int:
    """The relative's age today in the link's time zone; the family account is confirmed."""
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    today = local_day(call.now, agencies.time_zone(session, link.region_id))
    return age_on(persons.particulars(session, call, link.relative_id).birth_date, today)


def of_same_pair(session: Session, link: Link) -> list[uuid.UUID]:
    """Every application of this holder for this relative, this one among them."""
    pair = {"holder_id": link.holder_id, "relative_id": link.relative_id}
    return list(session.scalars(sa.select(Link.id).filter_by(**pair)))


def still_open(call: Call, link: Link) -> None:
    """Raise when the application lapsed (decided at read time, whether or not the sweep ran)."""
    if rules.state_at(link.state, link.lapses_at, call.now) != link.state:
        raise ApplicationExpired


def move(session: Session, call: Call, link: Link, to_state: str, reason: str) -> LinkChange:
    """Move a locked link: legal moves only; history, audit, and messages to both sides."""
    rules.check_move(link.state, to_state, reason)
    return _moved(session, call, link, link.state, to_state, reason)


def _moved(
    session: Session, call: Call, link: Link, from_state: str | None, to_state: str, reason: str
) -> LinkChange:
    number, at = _next_change(session, call, link)
    change = LinkChange(
        id=uuid.uuid4(),
        link_id=link.id,
        number=number,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        channel=call.channel,
        at=at,
    )
    link.state, link.state_reason = to_state, reason
    if from_state == rules.IN_REVIEW and to_state in rules.APPLYING:
        days = policy_of(session, call, link).application_days
        prolong(
            session, call, link, call.now + timedelta(days=days)
        )  # waiting for us costs nothing
    session.add(change)
    session.flush()
    if reason not in AT_ONCE:
        _tell_both(session, call, link, to_state)
    audit.record(
        session,
        call,
        f"link.{to_state}",
        "link",
        link.id,
        reason=reason,
        acting_for=link.relative_id,
    )
    return change


def _next_change(session: Session, call: Call, link: Link) -> tuple[int, datetime]:
    """Number and time of the link's next move: never the same time twice, so that history has an
    order."""
    query = sa.select(LinkChange).where(LinkChange.link_id == link.id)
    last = session.scalar(query.order_by(LinkChange.number.desc()).limit(1))
    if last is None:
        return 1, call.now
    return last.number + 1, max(call.now, last.at + timedelta(microseconds=1))


def _tell_both(session: Session, call: Call, link: Link, state: str) -> None:
    kind = TOLD.get(state)
    if kind is None:
        return
    acts_from = link.acts_from.isoformat() if link.acts_from else ""
    messages.notify(
        session,
        call,
        link.holder_id,
        kind,
        name=typed(session, call, link)[0] or "",
        acts_from=acts_from,
    )
    if link.relative_id is None:
        return
    language = persons.particulars(session, call, link.relative_id).language
    messages.notify(
        session,
        call,
        link.relative_id,
        f"{kind}_relative",
        name=persons.particulars(session, call, link.holder_id).name,
        acts_from=acts_from,
        scopes=", ".join(sentence(f"scope.{scope}", language) for scope in link.scopes),
        not_me_address=not_me_address(session, call, link),
    )


def not_me_address(session: Session, call: Call, link: Link) -> str:
    """A fresh one-use address with which the relative says "this was not me"."""
    token = new_token("nm")
    hours = policy_of(session, call, link).not_me_hours
    session.add(
        NotMeToken(
            id=uuid.uuid4(),
            link_id=link.id,
            person_id=link.relative_id,
            token_hash=call.dependencies.vault.token_hash(token),
            created_at=call.now,
            expires_at=call.now + timedelta(hours=hours),
        )
    )
    return f"{call.settings.public_address}/not-me#{token}"


def typed(session: Session, call: Call, link: Link) -> tuple[str | None, str | None]:
    """Name and number as the holder typed them, or (None, None)."""
    if link.typed is None:
        return None, None
    vault = call.dependencies.vault
    kept = json.loads(vault.open(session, link.holder_id, "links.typed", link.id, link.typed))
    return kept["name"], kept["number"]


# --- step 1 and 2: open an application, acknowledge the notice ---------------------------------


def open_application(call: Call, step_up_id: uuid.UUID) -> LinkView:
    """Spend a step-up grant and open a draft.

    Raises CardNotUsable, HolderTooYoung, StepUpNeeded, TooManyApplications.
    """
    cards.refuse_card_state(call)
    with call.db.write() as session:
        holder = call.holder
        _refuse_too_young(session, call)
        cards.spend_grant(session, call, step_up_id, "add_relative")
        wait = limits.spend(
            session,
            "application",
            holder.person_id,
            limit=call.settings.applications_per_day,
            window_seconds=DAY_SECONDS,
            now=call.now,
        )
        if wait is not None:
            raise TooManyApplications(retry_after=wait)
        days = policies.current(session, holder.region_id, call.now).application_days
        link = Link(
            id=uuid.uuid4(),
            holder_id=holder.person_id,
            region_id=holder.region_id,
            state=rules.DRAFT,
            scopes=[],
            opened_at=call.now,
            lapses_at=call.now + timedelta(days=days),
        )
        session.add(link)
        session.flush()
        _moved(session, call, link, None, rules.DRAFT, "opened")
        _plan_reminders(session, call, link)
        session.commit()
        return view(session, call, link)


def _refuse_too_young(session: Session, call: Call) -> None:
    holder = persons.particulars(session, call, call.holder.person_id)
    today = local_day(call.now, agencies.time_zone(session, holder.region_id))
    adult_age = policies.current(session, holder.region_id, call.now).adult_age
    if age_on(holder.birth_date, today) < adult_age:
        raise HolderTooYoung(age=adult_age)


def acknowledge(call: Call, link_id: uuid.UUID, notice_id: uuid.UUID, text_sha256: str) -> LinkView:
    """Record that exactly this text was read; the draft becomes noticed."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        still_open(call, link)
        rules.check_move(link.state, rules.NOTICED, "notice_acknowledged")
        notices.acknowledge(
            session,
            call,
            person_id=link.holder_id,
            link_id=link.id,
            notice_id=notice_id,
            text_sha256=text_sha256,
        )
        move(session, call, link, rules.NOTICED, "notice_acknowledged")
        session.commit()
        return view(session, call, link)


# --- step 3: the family account ----------------------------------------------------------------


def give_family_account(
    call: Call,
    link_id: uuid.UUID,
    *,
    name: str,
    number: str,
    relation: str,
    scopes: list[str],
    version: int,
) -> LinkView:
    """Check everything that can be refused before documents or a face are asked for.

    What depends on the typed values and the holder's own links is named. What depends on the
    registry or on other holders gets one answer, ``relative_not_confirmed``, that takes as long
    as a success.
    """
    cards.refuse_card_state(call)
    number = registry.normalise(number)
    _refuse_named(call, link_id, number, relation, version)
    _count_number(call, number)
    with answered_alike(call.settings.confirmation_floor_seconds):
        found = _ask_registry(call, number, name)
        with call.db.write() as session:
            link = own_link(session, call, link_id, lock=True)
            if not _confirm(session, call, link, found, name, number, relation, scopes, version):
                session.commit()  # that somebody was asked for stays on record
                raise RelativeNotConfirmed
            session.commit()
            return view(session, call, link)


def _refuse_named(call: Call, link_id: uuid.UUID, number: str, relation: str, version: int) -> None:
    with call.db.read() as session:
        link = own_link(session, call, link_id)
        _may_take_account(call, link, version)
        _named(session, call, link, number, relation)


def _may_take_account(call: Call, link: Link, version: int) -> None:
    still_open(call, link)
    if link.state != rules.NOTICED:
        raise IllegalMove(state=link.state)
    if link.version != version:
        raise VersionChanged


def _named(session: Session, call: Call, link: Link, number: str, relation: str) -> None:
    policy = policy_of(session, call, link)
    facts = registry.check_number(number, policy.number_format)
    if not facts.valid:
        raise NumberNotValid(fields={"number": ["check_digit"]})
    holder = persons.particulars(session, call, link.holder_id)
    if number == registry.normalise(holder.number):
        raise NumberIsYourOwn
    today = local_day(call.now, agencies.time_zone(session, link.region_id))
    if facts.birth_date is not None:
        if facts.birth_date > today:
            raise NumberNotValid(fields={"number": ["birth_date_in_future"]})
        rules.check_relation(relation, holder.birth_date, facts.birth_date, today, policy)
    index = call.dependencies.vault.index("number", number)
    others = _others_of_holder(session, call, link)
    counted = [other for other in others if _counts(other, call.now)]
    if any(other.typed_index == index for other in counted):
        raise AlreadyLinked
    held = [other.relation for other in counted if other.relation and other.relative_id]
    rules.check_caps(relation, held, _new_this_month(call, others), policy)


def _others_of_holder(session: Session, call: Call, link: Link) -> list[Link]:
    """The holder's other links that count now, or became active in the last month."""
    query = sa.select(Link).where(Link.holder_id == link.holder_id, Link.id != link.id)
    recently = Link.activated_at > call.now - timedelta(days=MONTH_DAYS)
    return list(session.scalars(query.where(sa.or_(Link.state.in_(rules.COUNTED), recently))))


def _counts(link: Link, now: datetime) -> bool:
    return rules.state_at(link.state, link.lapses_at, now) in rules.COUNTED


def _new_this_month(call: Call, others: list[Link]) -> int:
    """Links that became active in the last month, and applications that may still become so."""
    since = call.now - timedelta(days=MONTH_DAYS)
    return sum(
        link.activated_at > since
        if link.activated_at is not None
        else link.relative_id is not None and _counts(link, call.now)
        for link in others
    )


def _count_number(call: Call, number: str) -> None:
    settings, vault = call.settings, call.dependencies.vault
    index = vault.index("number", number)
    with call.db.write() as session:
        day_wait = limits.spend(
            session,
            "distinct_number",
            call.holder.person_id,
            limit=settings.numbers_per_day,
            window_seconds=DAY_SECONDS,
            now=call.now,
            detail=index,
            distinct=True,
        )
        if day_wait is not None:
            raise TooManyNumbers(retry_after=day_wait)
        wait = limits.spend(
            session,
            "number",
            index,
            limit=settings.number_lookups_per_hour,
            window_seconds=3600,
            now=call.now,
        )
        session.commit()
    if wait is not None:
        raise NumberTriedTooOften(retry_after=wait)


def _ask_registry(call: Call, number: str, name: str) -> RegistryPerson | None:
    """The person when the registry confirms number, name, life and card; None for all else."""
    try:
        found = call.dependencies.registry.person_by_number(number)
    except RegistryUnavailable as error:
        raise Unavailable from error
    if found is None or not registry.same_name(found.name, name):
        return None
    usable_card = found.card is None or found.card.state == "normal"
    return found if found.died_on is None and usable_card else None


def _confirm(
    session: Session,
    call: Call,
    link: Link,
    found: RegistryPerson | None,
    name: str,
    number: str,
    relation: str,
    scopes: list[str],
    version: int,
) -> bool:
    """Whether the registry and the other holders confirm it; if not, only that is on record."""
    vault = call.dependencies.vault
    limits.lock(session, "holder", link.holder_id)
    index = vault.index("number", number)
    limits.lock(session, "relative", index)
    _may_take_account(call, link, version)
    _named(session, call, link, number, relation)
    places = policy_of(session, call, link).holders_per_relative
    if (
        found is None
        or not _age_fits(session, call, link, found, relation)
        or _places_taken(session, call, index, link, rules.PROVEN) >= places
    ):
        audit.record(session, call, "link.family_account", "link", link.id, outcome="refused")
        return False
    person = persons.ensure(session, call, found)
    link.relative_id = person.id
    link.relationship_id = relationships.ensure(
        session, call, link.holder_id, person.id, relation
    ).id
    link.relation, link.scopes, link.typed_index = relation, sorted(set(scopes)), index
    kept = json.dumps({"name": name, "number": number}, ensure_ascii=False)
    link.typed = vault.seal(session, link.holder_id, "links.typed", link.id, kept)
    age = relative_age(session, call, link)
    link.face_subject = rules.face_subject(age, policy_of(session, call, link))
    session.flush()
    audit.record(session, call, "link.family_account", "link", link.id, acting_for=person.id)
    return True


def _age_fits(
    session: Session, call: Call, link: Link, found: RegistryPerson, relation: str
) -> bool:
    """The same rule with the registry's birth date: not every number says one."""
    holder = persons.particulars(session, call, link.holder_id)
    today = local_day(call.now, agencies.time_zone(session, link.region_id))
    policy = policy_of(session, call, link)
    try:
        rules.check_relation(relation, holder.birth_date, found.birth_date, today, policy)
    except (AgeDoesNotFit, RelationNeedsGuardian):
        return False
    return True


def _places_taken(
    session: Session, call: Call, index: str, link: Link, states: frozenset[str]
) -> int:
    """How many other holders have this number on a link in one of the states, as of now."""
    query = sa.select(Link).where(
        Link.typed_index == index, Link.holder_id != link.holder_id, Link.state.in_(states)
    )
    rows = session.scalars(query)
    return len(
        {
            row.holder_id
            for row in rows
            if rules.state_at(row.state, row.lapses_at, call.now) in states
        }
    )


# --- what evidence, acceptance, faces and reviewers decide -------------------------------------


def evidence_given(session: Session, call: Call, link: Link) -> None:
    """The evidence is complete: noticed becomes submitted."""
    still_open(call, link)
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    move(session, call, link, rules.SUBMITTED, "evidence_given")


def evidence_accepted(session: Session, call: Call, link: Link, reason: str) -> None:
    """Evidence holds; with nobody to accept in person the face is next."""
    move(session, call, link, rules.EVIDENCE_ACCEPTED, reason)
    policy = policy_of(session, call, link)
    if not rules.accepts_in_person(relative_age(session, call, link), policy):
        move(session, call, link, rules.AWAITING_FACE, "nothing_to_accept")


def accept(session: Session, call: Call, link: Link, via: str, scopes: list[str]) -> None:
    """The adult relative accepts, in person, the scopes they chose among those asked for."""
    still_open(call, link)
    policy = policy_of(session, call, link)
    adult = rules.accepts_in_person(relative_age(session, call, link), policy)
    if not adult or link.state != rules.EVIDENCE_ACCEPTED:
        raise AcceptanceNotNeeded
    _hold_places(session, link)
    link.accepted_at, link.accepted_via = call.now, via
    link.scopes = sorted(set(scopes) & set(link.scopes))
    move(session, call, link, rules.AWAITING_FACE, "accepted_by_relative")


def activate(session: Session, call: Call, link: Link, reason: str) -> None:
    """Open the link: from the face, from a reviewer, or from a counter.

    No adult's link opens before they accepted: who turned adult while a person looked at it goes
    back to accepting. Raises CannotActivateNow where a cap is full by now.
    """
    still_open(call, link)
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    policy = policy_of(session, call, link)
    _hold_places(session, link)
    if _must_accept(session, call, link, policy):
        move(session, call, link, rules.EVIDENCE_ACCEPTED, "age_milestone")
        return
    _refuse_full(session, call, link, policy)
    link.activated_at = call.now
    window = rules.acting_window(
        call.now,
        via=link.accepted_via,
        adult_at=_adult_at(session, call, link, policy),
        policy=policy,
    )
    link.acts_from, link.acts_until = window.acts_from, window.acts_until
    move(session, call, link, rules.ACTIVE, reason)


def _hold_places(session: Session, link: Link) -> None:
    """Lock both sides' places, before anything is audited: the chain's head comes last."""
    limits.lock(session, "holder", link.holder_id)
    limits.lock(session, "relative", link.typed_index)


def _must_accept(session: Session, call: Call, link: Link, policy: Policy) -> bool:
    adult = rules.accepts_in_person(relative_age(session, call, link), policy)
    return adult and link.accepted_at is None


def _refuse_full(session: Session, call: Call, link: Link, policy: Policy) -> None:
    """The caps once more, among what is open by now: an appeal may come back after a year."""
    index = link.typed_index or ""
    taken = _places_taken(session, call, index, link, rules.STANDING)
    others = _others_of_holder(session, call, link)
    standing = [other for other in others if other.state in rules.STANDING]
    held = [other.relation for other in standing if other.relation]
    opened = [other for other in others if other.activated_at is not None]
    if taken >= policy.holders_per_relative or index in {one.typed_index for one in standing}:
        raise CannotActivateNow
    try:
        rules.check_caps(link.relation or "", held, _new_this_month(call, opened), policy)
    except CapReached as refusal:
        raise CannotActivateNow from refusal


def _adult_at(session: Session, call: Call, link: Link, policy: Policy) -> datetime | None:
    if link.relative_id is None or rules.accepts_in_person(
        relative_age(session, call, link), policy
    ):
        return None
    born = persons.particulars(session, call, link.relative_id).birth_date
    zone = agencies.time_zone(session, link.region_id)
    return local_midnight(birthday(born, policy.adult_age), zone)


def reject(session: Session, call: Call, link: Link) -> None:
    """A reviewer rejected the case; it can be appealed."""
    move(session, call, link, rules.REJECTED, "rejected_by_reviewer")


# --- reading and ending ------------------------------------------------------------------------


def view(session: Session, call: Call, link: Link, *, to_holder: bool = True) -> LinkView:
    """The link as one side sees it now."""
    state = rules.state_at(link.state, link.lapses_at, call.now)
    policy = policy_of(session, call, link)
    name, number = typed(session, call, link)
    if not to_holder:
        name, number = persons.particulars(session, call, link.holder_id).name, None
    adult = link.relative_id is not None and rules.accepts_in_person(
        relative_age(session, call, link), policy
    )
    return LinkView(
        id=link.id,
        state=state,
        reason=rules.shown_reason(
            link.state_reason if state == link.state else "lapsed", to_holder=to_holder
        ),
        relation=link.relation,
        name=name,
        number_masked=registry.mask(number) if number else None,
        face_subject=link.face_subject,
        route=link.route,
        scopes=list(link.scopes),
        may_act=rules.may_act(state, link.acts_from, link.acts_until, call.now),
        may_read=rules.may_read(state, link.acts_until, call.now, policy),
        acts_from=link.acts_from,
        acts_until=link.acts_until,
        opened_at=link.opened_at,
        lapses_at=link.lapses_at,
        activated_at=link.activated_at,
        ended_at=link.ended_at,
        next=rules.next_step(
            state, has_account=link.relative_id is not None, adult=adult, route=link.route
        ),
        version=link.version,
    )


def read_link(call: Call, link_id: uuid.UUID) -> LinkView:
    """One of the holder's own links."""
    with call.db.read() as session:
        return view(session, call, own_link(session, call, link_id))


def list_links(call: Call, *, cursor: str | None, limit: int) -> Page:
    """The holder's links, newest first."""
    query = sa.select(Link).where(Link.holder_id == call.holder.person_id)
    return _page(call, query, cursor, limit, to_holder=True)


def list_links_on_me(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Every link on the signed-in person, once it concerns them."""
    query = sa.select(Link).where(
        Link.relative_id == call.holder.person_id, Link.state.not_in(UNTOLD)
    )
    return _page(call, query, cursor, limit, to_holder=False)


def _page(
    call: Call, query: sa.Select[Any], cursor: str | None, limit: int, *, to_holder: bool
) -> Page:
    with call.db.read() as session:
        page = read_page(session, query, Link.opened_at, Link.id, cursor=cursor, limit=limit)
        shown = [view(session, call, link, to_holder=to_holder) for link in page.items]
    return Page(shown, page.next_cursor)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of a link's history."""

    from_state: str | None
    to_state: str
    reason: str | None
    actor_kind: str
    channel: str
    at: datetime


def list_changes(call: Call, link_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page:
    """The history of a link, newest first, for the holder or the relative."""
    person_id = call.holder.person_id
    with call.db.read() as session:
        link = session.get(Link, link_id)
        if link is None or person_id not in (link.holder_id, _relative_told(link)):
            raise NotFound
        query = sa.select(LinkChange).where(LinkChange.link_id == link_id)
        page = read_page(session, query, LinkChange.at, LinkChange.id, cursor=cursor, limit=limit)
        to_holder = person_id == link.holder_id
    return Page([_change_view(row, to_holder) for row in page.items], page.next_cursor)


def _change_view(row: LinkChange, to_holder: bool) -> ChangeView:
    return ChangeView(
        from_state=row.from_state,
        to_state=row.to_state,
        reason=rules.shown_reason(row.reason, to_holder=to_holder),
        actor_kind=row.actor_kind,
        channel=row.channel,
        at=row.at,
    )


def withdraw(call: Call, link_id: uuid.UUID) -> LinkView:
    """The holder gives up an application."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        still_open(call, link)
        move(session, call, link, rules.WITHDRAWN, "requested_by_holder")
        session.commit()
        return view(session, call, link)


def end_as_holder(call: Call, link_id: uuid.UUID) -> LinkView:
    """The holder ends a link; nothing it allowed is allowed on the very next request."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        _end(session, call, link, "requested_by_holder")
        session.commit()
        return view(session, call, link)


def end_as_relative(call: Call, link_id: uuid.UUID) -> LinkView:
    """The relative ends a link (or an application) on them, without the holder."""
    with call.db.write() as session:
        link = lock_link(session, link_id)
        if _relative_told(link) != call.holder.person_id:
            raise NotFound
        _end(session, call, link, "requested_by_relative")
        session.commit()
        return view(session, call, link, to_holder=False)


def _relative_told(link: Link) -> uuid.UUID | None:
    """The relative, once the application concerns them."""
    return None if link.state in UNTOLD else link.relative_id


def _end(session: Session, call: Call, link: Link, reason: str) -> None:
    if rules.WITHDRAWN in rules.MOVES[link.state]:
        still_open(call, link)
        move(session, call, link, rules.WITHDRAWN, reason)
        return
    link.ended_at = call.now
    move(session, call, link, rules.ENDED, reason)


def refuse_as_relative(session: Session, call: Call, link: Link) -> None:
    """The adult relative declined in their capture session."""
    move(session, call, link, rules.WITHDRAWN, "no_consent")


def report_not_me(call: Call, token: str) -> None:
    """ "This was not me": an open application is withdrawn, an active link is suspended at once."""
    with call.db.write() as session:
        found = session.scalar(
            sa.select(NotMeToken)
            .filter_by(token_hash=call.dependencies.vault.token_hash(token))
            .with_for_update()
        )
        if found is None or found.used_at is not None or found.expires_at <= call.now:
            raise NotMeLinkUsed
        found.used_at = call.now
        link = lock_link(session, found.link_id)
        if rules.state_at(link.state, link.lapses_at, call.now) in rules.APPLYING | {
            rules.IN_REVIEW
        }:
            move(session, call, link, rules.WITHDRAWN, "reported_not_me")
        elif link.state in (rules.ACTIVE, rules.DISPUTED):
            move(session, call, link, rules.SUSPENDED, "reported_not_me")
        session.commit()


def set_state_as_staff(call: Call, link_id: uuid.UUID, action: str) -> None:
    """Safeguarding staff of the region stop, resume or end a link; the holder sees no reason."""
    call.require_role("safeguarding")
    target = {"suspend": rules.SUSPENDED, "resume": rules.ACTIVE, "end": rules.ENDED}[action]
    reason = "safeguarding_lifted" if action == "resume" else "safeguarding"
    with call.db.write() as session:
        link = lock_link(session, link_id)
        if link.region_id not in call.staff.region_ids:
            raise NotFound
        _refuse_own_link(session, call, link)
        if link.state not in rules.STANDING:  # to resume is not to open what never was
            raise IllegalMove(state=link.state)
        if target == rules.ENDED:
            link.ended_at = call.now
        move(session, call, link, target, reason)
        session.commit()


def _refuse_own_link(session: Session, call: Call, link: Link) -> None:
    """Nobody at a desk decides about a link on which they are one of the two sides."""
    own = agencies.staff_number_index(session, call.staff.staff_id)
    sides = [side for side in (link.holder_id, link.relative_id) if side is not None]
    numbers = [persons.particulars(session, call, side).number for side in sides]
    if own in [persons.number_index(call, number) for number in numbers]:
        raise NotAllowed


# --- time ----------------------------------------------------------------------------------------


def prolong(session: Session, call: Call, link: Link, until: datetime) -> None:
    """Keep a locked application open until then at least; its reminders move with it."""
    link.lapses_at = max(link.lapses_at, until)
    _plan_reminders(session, call, link)


def _plan_reminders(session: Session, call: Call, link: Link) -> None:
    for days_left in REMINDER_DAYS:
        _plan_reminder(session, call, link, days_left)


def _plan_reminder(session: Session, call: Call, link: Link, days_left: int) -> None:
    at = link.lapses_at - timedelta(days=days_left)
    if at <= call.now:
        return
    outbox.enqueue(
        session,
        "link_reminder",
        f"link-reminder-{link.id}-{days_left}-{link.lapses_at.isoformat()}",
        now=call.now,
        run_at=at,
        link_id=str(link.id),
        days_left=days_left,
    )


def remind(call: Call, link_id: str, days_left: int) -> None:
    """Job: tell the holder, once, that an application lapses soon; one prolonged has later jobs."""
    with call.db.write() as session:
        link = lock_link(session, uuid.UUID(link_id))
        left = link.lapses_at - call.now
        soon = timedelta(0) < left <= timedelta(days=days_left)
        if (
            not soon
            or link.state not in rules.APPLYING
            or _reminded(session, call, link, days_left)
        ):
            return
        messages.notify(
            session,
            call,
            link.holder_id,
            "link_lapses_soon",
            days=math.ceil(left / timedelta(days=1)),
            name=typed(session, call, link)[0] or "",
        )
        session.commit()


def _reminded(session: Session, call: Call, link: Link, days_left: int) -> bool:
    """A job may run twice; of one lapse each reminder is sent once."""
    what = f"{link.id}|{days_left}|{link.lapses_at.isoformat()}"
    wait = limits.spend(
        session,
        "link_reminder",
        what,
        limit=1,
        window_seconds=MONTH_DAYS * DAY_SECONDS,
        now=call.now,
    )
    return wait is not None


def sweep(call: Call) -> int:
    """Expire applications that lapsed; returns how many. Readers see them expired already."""
    with call.db.read() as session:
        query = sa.select(Link.id).where(Link.state.in_(rules.APPLYING), Link.lapses_at <= call.now)
        lapsed = list(session.scalars(query.limit(500)))
    for link_id in lapsed:
        with call.db.write() as session:
            link = lock_link(session, link_id)
            if link.state in rules.APPLYING and link.lapses_at <= call.now:
                move(session, call.as_system(), link, rules.EXPIRED, "lapsed")
            session.commit()
    return len(lapsed)


def forget_typed(call: Call) -> int:
    """Forget name and number as the holder typed them, once a link is over for a while."""
    before = call.now - timedelta(days=TYPED_KEPT_DAYS)
    last = sa.select(sa.func.max(LinkChange.at)).where(LinkChange.link_id == Link.id)
    over = (Link.state.in_(rules.OVER), Link.typed.is_not(None))
    old = sa.update(Link).where(*over, last.scalar_subquery() <= before)
    with call.db.write() as session:
        result = session.execute(
            old.values(typed=None), execution_options={"synchronize_session": False}
        )
        session.commit()
    return int(result.rowcount)  # type: ignore[attr-defined]
