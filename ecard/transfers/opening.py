"""A transfer begins, and is withdrawn: by the holder for a relative, or by the person."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import limits
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import VersionChanged
from ecard.transfers import policy as rules
from ecard.transfers.errors import (
    TransferNoAgency,
    TransferOpen,
    TransferPastWithdrawal,
    TransferSameRegion,
)
from ecard.transfers.models import Transfer
from ecard.transfers.moving import SCOPE, facts_of, move
from ecard.transfers.policy import Facts
from ecard.transfers.reading import TransferView, transfer_of, view


def open_for_relative(call: Call, link_id: uuid.UUID, region: str) -> TransferView:
    """Ask for the transfer of a relative's social security to the region of a code."""
    return _open(call, acts.for_relative(call, link_id, SCOPE, changes=True), region)


def open_own(call: Call, region: str) -> TransferView:
    """Ask for the transfer of one's own."""
    return _open(call, acts.for_self(call, SCOPE, changes=True), region)


def _open(call: Call, acting: Acting, region: str) -> TransferView:
    """Raises UnknownRegion, TransferNoAgency, TransferSameRegion, TransferOpen, and what the
    preconditions raise; of any number of parallel asks one passes."""
    facts = facts_of(call, acting.person_id)
    with call.db.write() as session:
        acts.note(session, call, acting, "transfer.opened")
        limits.lock(session, SCOPE, acting.person_id)
        row = _checked(session, acting, facts, region)
        row.opened_by, row.opened_at = call.holder.person_id, call.now
        who = _who(acting)
        move(session, call, row, rules.ACCEPTING, who, rules.REQUESTED[who])
        found = view(session, call, row)
        session.commit()
    return found


def _checked(session: Session, acting: Acting, facts: Facts, region: str) -> Transfer:
    """A new transfer, which nothing stands in the way of."""
    to = agencies.region_by_code(session, region)
    if to.code == facts.region:
        raise TransferSameRegion
    if not agencies.has_agency(session, to.id):
        raise TransferNoAgency
    pending = sa.select(Transfer.id).filter_by(person_id=acting.person_id, told_at=None)
    if session.scalar(pending.limit(1)) is not None:
        raise TransferOpen
    rules.check_preconditions(facts, facts.region)
    return Transfer(
        id=uuid.uuid4(),
        person_id=acting.person_id,
        from_region_id=agencies.region_by_code(session, facts.region).id,
        to_region_id=to.id,
        link_id=acting.link_id,
    )


def _who(acting: Acting) -> str:
    return rules.PERSON if acting.link_id is None else rules.HOLDER


def withdraw(
    call: Call, link_id: uuid.UUID | None, transfer_id: uuid.UUID, version: int
) -> TransferView:
    """Withdraw a transfer, until the old agency has finished; the person's own card need not be
    usable. Raises NotFound, VersionChanged, TransferPastWithdrawal, TransferMoved (it is over)."""
    acting = (
        acts.for_self(call, SCOPE, changes=True, any_card=True)
        if link_id is None
        else acts.for_relative(call, link_id, SCOPE, changes=True)
    )
    with call.db.write() as session:
        acts.note(session, call, acting, "transfer.withdrawn")
        row = transfer_of(session, call, acting, transfer_id, lock=True)
        if row.version != version:
            raise VersionChanged
        if row.state == rules.NEW_AGENCY:
            raise TransferPastWithdrawal
        who = _who(acting)
        move(session, call, row, rules.WITHDRAWN, who, rules.REQUESTED[who])
        found = view(session, call, row)
        session.commit()
    return found
