"""What the clerks of the region do: look, move an application on, end one that failed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.errors import CardBeingHandedOver
from ecard.card_applications.models import CardApplication
from ecard.card_applications.moving import SCOPE, last_day, move, state_now
from ecard.errors import NotFound, VersionChanged
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry.service import mask
from ecard.review.errors import ReasonDoesNotFit
from ecard.review.service import refuse_conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskItem:
    """An application in the list of a desk; it names nobody."""

    id: uuid.UUID
    state: str
    region: str
    region_name: str
    opened_at: datetime
    state_since: datetime
    collect_by: date | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskApplication(DeskItem):
    """An application that a clerk opened, with whose it is."""

    person: str
    number_masked: str
    by_relative: bool
    reason: str | None


def list_for_desk(call: Call, *, cursor: str | None, limit: int, state: str | None = None) -> Page:
    """Open applications of the clerk's regions, newest first; of one state where it is named."""
    call.require_role("clerk")
    table = CardApplication
    query = sa.select(table).where(
        table.region_id.in_(call.staff.region_ids),
        table.state.in_([state] if state else rules.OPEN),
        sa.or_(
            table.collect_until.is_(None),
            table.collect_until > call.now,
            table.handing_over_since.is_not(None),
        ),
    )
    with call.db.read() as session:
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        items = [DeskItem(**_shown(session, call, row)) for row in page.items]
    return Page(items, page.next_cursor)


def _shown(session: Session, call: Call, row: CardApplication) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": state_now(row, call.now),
        "region": agencies.region(session, row.region_id).code,
        "region_name": agencies.region_name(session, row.region_id, call.language),
        "opened_at": row.opened_at,
        "state_since": row.state_since,
        "collect_by": last_day(session, row),
        "version": row.version,
    }


def desk_view(session: Session, call: Call, row: CardApplication) -> DeskApplication:
    """An application as a clerk sees it."""
    person = persons.particulars(session, call, row.person_id)
    return DeskApplication(
        **_shown(session, call, row),
        person=person.name,
        number_masked=mask(person.number),
        by_relative=row.link_id is not None,
        reason=row.reason,
    )


def read_for_desk(call: Call, application_id: uuid.UUID) -> DeskApplication:
    """Open one; that it was read stands in the history of whose it is.

    Raises NotFound (another region's too), ConflictOfInterest.
    """
    with call.db.write() as session:
        row = of_desk(session, call, application_id)
        note(session, call, row, "card_application.read")
        shown = desk_view(session, call, row)
        session.commit()
    return shown


def read_photo(call: Call, application_id: uuid.UUID) -> bytes:
    """The photo (JPEG), while the application is open. Raises NotFound, FileDestroyed."""
    with call.db.write() as session:
        row = of_desk(session, call, application_id)
        note(session, call, row, "card_application.photo_read")
        photo = files.read(session, call, row.photo_id)
        session.commit()
    return photo


def move_on(
    call: Call, application_id: uuid.UUID, *, to: str, reason: str | None, version: int
) -> DeskApplication:
    """Move an application to its next state, or end it as failed for a reason of its state.

    Raises NotFound, VersionChanged, CardApplicationMoved, CardBeingHandedOver, ReasonDoesNotFit,
    ConflictOfInterest; of any number of parallel moves one counts.
    """
    with call.db.write() as session:
        row = of_desk(session, call, application_id, lock=True)
        if (to == rules.FAILED) != (reason is not None):
            raise ReasonDoesNotFit(fields={"reason": ["needed_for_a_failure"]})
        if row.version != version:
            raise VersionChanged
        if row.handing_over_since is not None:
            raise CardBeingHandedOver
        now = state_now(row, call.now)
        if to == rules.FAILED and now in rules.OPEN and reason not in rules.FAILURE_REASONS[now]:
            raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_state"]})
        why = reason if to == rules.FAILED else rules.PASSED.get(now)
        note(session, call, row, f"card_application.{to}")
        move(session, call, row, to, rules.CLERK, why or "")
        shown = desk_view(session, call, row)
        session.commit()
    files.erase(call)
    return shown


def of_desk(
    session: Session, call: Call, application_id: uuid.UUID, *, lock: bool = False
) -> CardApplication:
    """An application of the clerk's regions, on whose sides they are not.

    Raises NotAllowed, NotFound (another region's too), ConflictOfInterest.
    """
    call.require_role("clerk")
    query = sa.select(CardApplication).filter_by(id=application_id)
    row = session.scalar(query)
    if row is None or row.region_id not in call.staff.region_ids:
        raise NotFound
    if lock:
        locked(session, row)
    refuse_conflict(session, call, row.person_id, row.opened_by)
    return row


def locked(session: Session, row: CardApplication) -> CardApplication:
    """The application as it is now, held until the transaction ends: its link first."""
    acts.hold_link(session, row.link_id)
    session.refresh(row, with_for_update=True)
    return row


def note(session: Session, call: Call, row: CardApplication, action: str) -> None:
    """Write down what a clerk did in the history of whose application it is."""
    acts.write(
        session, call, person_id=row.person_id, link_id=row.link_id, scope=SCOPE, action=action
    )
