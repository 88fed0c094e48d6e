"""A person, or their guardian, wants a face compared no more: from the very next request on.

One transaction: the consents are taken back, the keys of the pictures destroyed, what was in review
for the face alone goes on another way. The outbox then removes the blobs and signs the receipts
(``erasing.py``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files, outbox
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
from ecard.own_data.whose import note, refuse_too_young
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.review import service as review
from ecard.review.policy import CONSENT_WITHDRAWN

if TYPE_CHECKING:
    from ecard.family.models import Link

KEPT_FACES = ("reference_photo", "review_frame")
"""Purposes of files that exist only to be compared with a face."""


def withdraw_own(call: Call, link_id: uuid.UUID | None = None) -> WithdrawalView:
    """The signed-in person: on all links, or on one. Raises GuardianDecides, NoFaceConsent."""
    person_id = call.holder.person_id
    with call.db.write() as session:
        refuse_too_young(session, call)
        links = family.lock_links_about(session, person_id)
        if link_id is not None:
            links = [link for link in links if link.id == link_id]
            if not links:
                raise NotFound
        row = _withdraw(session, call, person_id, links, "person", everywhere=link_id is None)
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
        row = _withdraw(session, call, link.relative_id, [link], "guardian")
        session.commit()
        return view(session, row)


def _withdraw(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    links: Sequence[Link],
    given_by: str,
    *,
    everywhere: bool = False,
) -> FaceWithdrawal:
    touched, let_go = [], []
    for link in links:
        taken_back = notices.withdraw_all(session, call, link.id, person_id)
        session.flush()
        gone = _let_go(session, call, link, person_id)
        if taken_back or gone:
            activation.let_go_of_faces(session, link, person_id)
            touched.append(link)
            let_go += gone
    alone = notices.withdraw_own(session, call, person_id) if everywhere else None
    if everywhere:
        let_go += _let_go_elsewhere(session, call, person_id, let_go)
    if not touched and not let_go and alone is None:
        raise NoFaceConsent
    row = FaceWithdrawal(
        id=uuid.uuid4(),
        person_id=person_id,
        link_ids=[str(link.id) for link in touched],
        given_by=given_by,
        actor_id=call.holder.person_id,
        device_id=call.holder.device_id,
        channel=call.channel,
        at=call.now,
    )
    session.add(row)
    session.flush()
    for file_id in let_go:
        session.add(FaceWithdrawalFile(id=uuid.uuid4(), withdrawal_id=row.id, file_id=file_id))
    _follow(session, call, row, touched)
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
    on_link = links[0].id if links and row.given_by == "guardian" else None
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
