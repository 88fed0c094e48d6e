"""A person, or their guardian, wants a face compared no more: from the very next request on.

By themselves in the app, or before a clerk who saw them and their document: the same happens.

One transaction: the consents are taken back, the keys of the pictures destroyed, what was in review
for the face alone goes on another way. The outbox then removes the blobs and signs the receipts
(``erasing.py``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, outbox
from ecard.activation import service as activation
from ecard.call import Call
from ecard.certification import service as certification
from ecard.documents import service as documents
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.kept import Whose
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.own_data.erasing import ERASE_JOB, WithdrawalView, view
from ecard.own_data.errors import NoFaceConsent
from ecard.own_data.models import FaceWithdrawal, FaceWithdrawalFile
from ecard.own_data.whose import at_counter, note, refuse_too_young
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.review import service as review
from ecard.review.policy import CONSENT_WITHDRAWN

if TYPE_CHECKING:
    from ecard.family.models import Link

PERSON, GUARDIAN = "person", "guardian"
KEPT_FACES = ("reference_photo", "review_frame")
"""Purposes of files that exist only to be compared with a face."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who takes it back, from which phone or before which clerk."""

    person_id: uuid.UUID
    given_by: str
    device_id: uuid.UUID | None = None
    staff_id: uuid.UUID | None = None


def _in_app(call: Call, given_by: str) -> _Asking:
    return _Asking(call.holder.person_id, given_by, device_id=call.holder.device_id)


def withdraw_own(call: Call, link_id: uuid.UUID | None = None) -> WithdrawalView:
    """The signed-in person: on all links, or on one. Raises GuardianDecides, NoFaceConsent."""
    person_id = call.holder.person_id
    with call.db.write() as session:
        refuse_too_young(session, call, person_id)
        links = family.lock_links_about(session, person_id)
        if link_id is not None:
            links = [link for link in links if link.id == link_id]
            if not links:
                raise NotFound
        asking = _in_app(call, PERSON)
        row = _withdraw(session, call, person_id, links, asking, everywhere=link_id is None)
        session.commit()
        return view(session, row)


def withdraw_as_guardian(call: Call, link_id: uuid.UUID) -> WithdrawalView:
    """The guardian, on their own link: another guardian's consent is that one's to take back.

    Raises NotFound, NotTheirGuardian, LinkNotActive, NoFaceConsent.
    """
    with call.db.write() as session:
        link = family.lock_guardian_link(session, call, link_id)
        if link.relative_id is None:
            raise NotFound
        row = _withdraw(session, call, link.relative_id, [link], _in_app(call, GUARDIAN))
        session.commit()
        return view(session, row)


def withdraw_at_counter(
    call: Call, number: str, identity_document: str, guardian_number: str | None = None
) -> WithdrawalView:
    """A clerk writes it down for whoever stands at the counter: the person whose face it is, on all
    links, or with ``guardian_number`` their guardian, on the guardian's own.

    Raises NotAllowed, NotFound (nobody of the clerk's region), Unavailable, GuardianDecides,
    NotTheirGuardian, NoFaceConsent.
    """
    person_id = at_counter(call, number)
    guardian_id = at_counter(call, guardian_number) if guardian_number else None
    alone, staff_id = guardian_id is None, call.staff.staff_id
    with call.db.write() as session:
        if guardian_id is None:
            refuse_too_young(session, call, person_id)
            links = family.lock_links_about(session, person_id)
            asking = _Asking(person_id, PERSON, staff_id=staff_id)
        else:
            links = family.lock_guarded_links(session, call, guardian_id, person_id)
            asking = _Asking(guardian_id, GUARDIAN, staff_id=staff_id)
        row = _withdraw(session, call, person_id, links, asking, everywhere=alone)
        _record(session, call, row, "face_withdrawal.at_counter", identity_document)
        session.commit()
        return view(session, row)


def read_at_counter(call: Call, withdrawal_id: uuid.UUID) -> WithdrawalView:
    """One that was written down at a counter of the clerk's region, with its receipts to print; the
    look stands in the person's history. Raises NotAllowed, NotFound."""
    call.require_role("clerk")
    with call.db.write() as session:
        row = session.get(FaceWithdrawal, withdrawal_id)
        if row is None or row.staff_id is None:
            raise NotFound
        region_id = persons.particulars(session, call, row.person_id).region_id
        if region_id not in call.staff.region_ids:
            raise NotFound
        note(session, call, Whose(row.person_id, row.actor_id), "own_data.withdrawal_read")
        _record(session, call, row, "face_withdrawal.read_at_counter")
        session.commit()
        return view(session, row)


def _record(
    session: Session, call: Call, row: FaceWithdrawal, action: str, reason: str | None = None
) -> None:
    about = ("face_withdrawal", row.id)
    audit.record(session, call, action, *about, reason=reason, acting_for=row.person_id)


def _withdraw(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    links: Sequence[Link],
    asking: _Asking,
    *,
    everywhere: bool = False,
) -> FaceWithdrawal:
    certification.hold_cases(session, person_id)  # before any file of theirs, as who decides one
    touched, let_go = [], []
    for link in links:
        taken_back = notices.withdraw_all(session, call, link.id, person_id)
        session.flush()
        gone = _let_go(session, call, link, person_id)
        if taken_back or gone:
            activation.let_go_of_faces(session, link, person_id)
            touched.append(link)
            let_go += gone
    alone = notices.withdraw_own(session, call, person_id) if everywhere else []
    if everywhere:
        let_go += _let_go_elsewhere(session, call, person_id, let_go)
    if not touched and not let_go and not alone:
        raise NoFaceConsent
    on_links = None if everywhere else [link.id for link in touched]
    certification.forget_captures(session, person_id, on_links)
    row = _write_down(session, call, person_id, touched, asking, let_go)
    _follow(session, call, row, touched)
    return row


def _write_down(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    touched: Sequence[Link],
    asking: _Asking,
    let_go: Collection[uuid.UUID],
) -> FaceWithdrawal:
    row = FaceWithdrawal(
        id=uuid.uuid4(),
        person_id=person_id,
        link_ids=[str(link.id) for link in touched],
        given_by=asking.given_by,
        actor_id=asking.person_id,
        device_id=asking.device_id,
        staff_id=asking.staff_id,
        channel=call.channel,
        at=call.now,
    )
    session.add(row)
    session.flush()
    for file_id in let_go:
        session.add(FaceWithdrawalFile(id=uuid.uuid4(), withdrawal_id=row.id, file_id=file_id))
    return row


def _let_go(session: Session, call: Call, link: Link, person_id: uuid.UUID) -> list[uuid.UUID]:
    given = (session, call, link, person_id, CONSENT_WITHDRAWN)
    shown = documents.let_go_of_faces(*given) + review.let_go_of_faces(*given)
    return shown + certification.let_go_of_faces(*given)


def _let_go_elsewhere(
    session: Session, call: Call, person_id: uuid.UUID, let_go: Collection[uuid.UUID]
) -> list[uuid.UUID]:
    """Whatever else lies under the person's key and shows their face, on no link or another's."""
    left = [one for one in files.readable(session, person_id, KEPT_FACES) if one not in let_go]
    for file_id in left:
        files.destroy(session, call, file_id, CONSENT_WITHDRAWN)
    return left


def _follow(session: Session, call: Call, row: FaceWithdrawal, links: Sequence[Link]) -> None:
    """The destruction is planned, both sides are told, and it is on record."""
    key = f"{ERASE_JOB}:{row.id}"
    outbox.enqueue(session, ERASE_JOB, key, now=call.now, withdrawal_id=str(row.id))
    name = persons.particulars(session, call, row.person_id).name
    messages.notify(session, call, row.person_id, "face_withdrawn", name=name)
    for holder_id in sorted({link.holder_id for link in links} - {row.person_id}):
        messages.notify(session, call, holder_id, "face_withdrawn", name=name)
    on_link = links[0].id if links and row.given_by == GUARDIAN else None
    note(session, call, Whose(row.person_id, row.actor_id, on_link), "own_data.face_withdrawn")


def read_withdrawal(call: Call, withdrawal_id: uuid.UUID) -> WithdrawalView:
    """One withdrawal with its receipts, for whose face it is and for who asked. Raises NotFound."""
    with call.db.read() as session:
        row = session.get(FaceWithdrawal, withdrawal_id)
        if row is None or call.holder.person_id not in (row.person_id, row.actor_id):
            raise NotFound
        return view(session, row)


def list_withdrawals(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Withdrawals about the signed-in person's face, and those that they asked for as guardian."""
    own = call.holder.person_id
    table = FaceWithdrawal
    query = sa.select(table).where(sa.or_(table.person_id == own, table.actor_id == own))
    with call.db.read() as session:
        page = read_page(session, query, table.at, table.id, cursor=cursor, limit=limit)
        return Page([view(session, row) for row in page.items], page.next_cursor)
