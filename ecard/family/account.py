"""Step 3: the family account. Everything that can be refused is, before documents or a face.

What depends on the typed values and the holder's own links is named; what depends on the registry
or on other holders gets one answer that takes as long as a success.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.agencies import service as agencies
from ecard.answering import answered_alike
from ecard.call import Call
from ecard.cards import service as cards
from ecard.errors import Unavailable, VersionChanged
from ecard.family import policy as rules
from ecard.family.applying import DAY_SECONDS
from ecard.family.caps import counts_now, new_this_month, others_of_holder, places_taken
from ecard.family.confirming import stands
from ecard.family.errors import (
    AgeDoesNotFit,
    AlreadyLinked,
    BornInFuture,
    IllegalMove,
    NumberIsYourOwn,
    NumberNotValid,
    NumberTriedTooOften,
    RelationNeedsGuardian,
    RelativeNotConfirmed,
    TooManyNumbers,
)
from ecard.family.links import keep_typed, own_link, policy_of, relative_age, still_open
from ecard.family.models import Link
from ecard.family.reading import LinkView, view
from ecard.persons import service as persons
from ecard.persons.policy import local_day
from ecard.registry import service as registry
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from ecard.relationships import service as relationships


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
    with (
        _counted(call, number),
        answered_alike(call.settings.confirmation_floor_seconds),
    ):
        found = _ask_registry(call, number, name)
        with call.db.write() as session:
            link = own_link(session, call, link_id, lock=True)
            if not _confirm(session, call, link, found, name, number, relation, scopes, version):
                session.commit()  # that somebody was asked for stays on record
                raise RelativeNotConfirmed
            session.commit()
            return view(session, call, link)


def _refuse_named(call: Call, link_id: uuid.UUID, number: str, relation: str, version: int) -> None:
    """Raise what may be named."""
    with call.db.read() as session:
        link = own_link(session, call, link_id)
        _may_take_account(session, call, link, version)
        _named(session, call, link, number, relation)


def _may_take_account(session: Session, call: Call, link: Link, version: int) -> None:
    still_open(session, call, link)
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
    if facts.birth_date is not None:
        # where they are at home nobody knows before the registry is asked
        today = local_day(call.now, agencies.time_zone(session, link.region_id))
        if facts.birth_date > today:
            raise BornInFuture(fields={"number": ["birth_date_in_future"]})
        rules.check_relation(relation, holder.birth_date, facts.birth_date, today, policy)
    index = call.dependencies.vault.index("number", number)
    others = others_of_holder(session, call, link)
    counted = [other for other in others if counts_now(session, call, other)]
    if any(other.typed_index == index for other in counted):
        raise AlreadyLinked
    held = [other.relation for other in counted if other.relation and other.relative_id]
    rules.check_caps(relation, held, new_this_month(session, call, others), policy)


@contextmanager
def _counted(call: Call, number: str) -> Iterator[None]:
    """Count the number, before anybody is asked; a registry or a database that does not answer
    costs nothing."""
    tries = uuid.uuid4(), uuid.uuid4()
    _count_number(call, number, *tries)
    try:
        yield
    except (Unavailable, SQLAlchemyError) as error:
        call.dependencies.owed.write(partial(limits.return_tries, call.db, *tries), after=error)
        raise


def _count_number(call: Call, number: str, distinct_try: uuid.UUID, lookup_try: uuid.UUID) -> None:
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
            try_id=distinct_try,
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
            try_id=lookup_try,
        )
        session.commit()
    if wait is not None:
        raise NumberTriedTooOften(retry_after=wait)


def _ask_registry(call: Call, number: str, name: str) -> RegistryPerson | None:
    """The person when the registry confirms number and name; None for all else."""
    try:
        found = call.dependencies.registry.person_by_number(number)
    except RegistryUnavailable as error:
        raise Unavailable from error
    if found is None or not registry.same_name(found.name, name):
        return None
    return found


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
    limits.lock(session, "holder", link.holder_id)
    index = call.dependencies.vault.index("number", number)
    limits.lock(session, "relative", index)
    _may_take_account(session, call, link, version)
    _named(session, call, link, number, relation)
    places = policy_of(session, call, link).holders_per_relative
    if (
        found is None
        or not _fits(session, call, link, found, relation)
        or places_taken(session, call, index, link, rules.PROVEN) >= places
    ):
        audit.record(session, call, "link.family_account", "link", link.id, outcome="refused")
        return False
    person = persons.ensure(session, call, found)
    link.relative_id = person.id
    link.relationship_id = relationships.ensure(
        session, call, link.holder_id, person.id, relation
    ).id
    link.relation, link.scopes, link.typed_index = relation, sorted(set(scopes)), index
    keep_typed(session, call, link, name, number)
    age = relative_age(session, call, link)
    link.face_subject = rules.face_subject(age, policy_of(session, call, link))
    session.flush()
    audit.record(session, call, "link.family_account", "link", link.id, acting_for=person.id)
    return True


def _fits(session: Session, call: Call, link: Link, found: RegistryPerson, relation: str) -> bool:
    """Whether they live, may use their card, and are of an age for this, as of today at their own
    place. The birth date is the registry's: not every number says one."""
    today = local_day(call.now, persons.time_zone_of(session, found))
    if not stands(found, today):
        return False
    holder = persons.particulars(session, call, link.holder_id)
    policy = policy_of(session, call, link)
    try:
        rules.check_relation(relation, holder.birth_date, found.birth_date, today, policy)
    except (AgeDoesNotFit, RelationNeedsGuardian):
        return False
    return True
