"""Every link on a person, listed and cut in one place: by themselves, or by a clerk before whom a
person without a phone stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.family.service import LinkView
from ecard.kept import Whose
from ecard.own_data.whose import at_counter, note


def cut_all(call: Call) -> list[LinkView]:
    """The signed-in person ends every link on them, effective on the very next request."""
    with call.db.write() as session:
        cut = _cut(session, call, call.holder.person_id, None)
        session.commit()
    return cut


def list_at_counter(call: Call, number: str, identity_document: str) -> list[LinkView]:
    """Every link on the person at the counter that is not over, as they would see it themselves.

    Raises NotAllowed, NotFound (nobody of the clerk's region), Unavailable.
    """
    person_id = at_counter(call, number)
    with call.db.write() as session:
        links = family.links_on(session, call, person_id)
        _record(session, call, person_id, "links.read_at_counter", identity_document)
        shown = [family.view(session, call, link, to_holder=False) for link in links]
        session.commit()
    return family.after_deaths(call, shown)


def cut_at_counter(
    call: Call, number: str, identity_document: str, link_ids: Collection[uuid.UUID] | None
) -> list[LinkView]:
    """A clerk ends links on the person at the counter: those named, or all of them; none where one
    of those named is not on them. Raises what listing does."""
    person_id = at_counter(call, number)
    with call.db.write() as session:
        cut = _cut(session, call, person_id, link_ids)
        _record(session, call, person_id, "links.cut_at_counter", identity_document)
        session.commit()
    return cut


def _cut(
    session: Session, call: Call, person_id: uuid.UUID, named: Collection[uuid.UUID] | None
) -> list[LinkView]:
    links = family.links_on(session, call, person_id)
    if named is not None:
        links = [link for link in links if link.id in named]
        if len(links) < len(set(named)):
            raise NotFound
    for link in links:
        family.end_for_relative(session, call, link)
    return [family.view(session, call, link, to_holder=False) for link in links]


def _record(session: Session, call: Call, person_id: uuid.UUID, action: str, document: str) -> None:
    note(session, call, Whose(person_id, person_id), action)
    audit.record(session, call, action, "person", person_id, reason=document, acting_for=person_id)
