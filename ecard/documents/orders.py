"""A court order for a dispute: claimed like evidence and kept by its rules, shown to staff only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ecard import audit
from ecard.call import Call
from ecard.documents.errors import EvidenceNotNeeded
from ecard.documents.evidence import claim
from ecard.documents.policy import DocumentKind
from ecard.documents.uploading import own_unclaimed, pages_of
from ecard.errors import InvalidInput
from ecard.review import service as review


@dataclass(frozen=True, slots=True)
class OrderView:
    """A court order that was put before whoever settles a dispute."""

    link_id: uuid.UUID
    pages: int
    due_at: datetime
    """When the decision is due."""


def claim_order(call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID]) -> OrderView:
    """The link's holder, or the guardian who objected, puts a court order on file for the dispute.

    Raises NotFound where no dispute of theirs waits, DocumentClaimed, EvidenceNotNeeded for another
    kind of document, InvalidInput.
    """
    document_ids = list(dict.fromkeys(document_ids))
    if len(document_ids) > call.settings.documents_max:
        raise InvalidInput(fields={"document_ids": ["too_many"]})
    with call.db.write() as session:
        link, case = review.own_dispute(session, call, link_id)
        documents = own_unclaimed(session, call, document_ids, lock=True)
        surplus = {one.kind for one in documents} - {DocumentKind.COURT_ORDER.value}
        if surplus:
            raise EvidenceNotNeeded(fields={kind: ["not_needed"] for kind in sorted(surplus)})
        for document in documents:
            claim(session, call, link, document)
        pages = [page.file_id for one in documents for page in pages_of(session, one.id)]
        review.add_order(session, call, link, case, pages)
        audit.record(session, call, "dispute.order_filed", "case", case.id, case_id=case.id)
        session.commit()
        return OrderView(link.id, len(pages), case.due_at)
