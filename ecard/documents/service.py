"""Documents: uploaded unclaimed, claimed as evidence by one link, destroyed when their time comes.

The one door to this feature: uploading (``uploading.py``, in pieces ``resuming.py``, pictures that
were refused before ``tried.py``), evidence (``evidence.py``), the pictures
that live faces are compared with (``references.py``), what documents say (``readings.py``,
``examining.py``, ``checking.py``), photos for cards (``card_photos.py``), and how long all of it is
kept (``retention.py``); court orders for a dispute (``orders.py``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from ecard.call import Call
from ecard.documents import evidence, tried
from ecard.documents.card_photos import give_photo, refuse_unfit_photo
from ecard.documents.evidence import EvidenceView, NeedView, case_files, requirements
from ecard.documents.faces import let_go_of_faces
from ecard.documents.holding import hold
from ecard.documents.orders import OrderView, claim_order
from ecard.documents.readings import HintView, ReadingView, look_at, read_now
from ecard.documents.references import (
    Household,
    household_references,
    kept_portrait,
    note_registry_match,
    reference,
    take_anew,
)
from ecard.documents.resuming import (
    PartialUploadView,
    add_piece,
    begin,
    cancel,
    finish,
    list_open,
    status,
)
from ecard.documents.retention import settle, sweep
from ecard.documents.uploading import DocumentView, list_unclaimed, remove, upload

__all__ = [
    "DocumentView",
    "EvidenceView",
    "HintView",
    "Household",
    "NeedView",
    "OrderView",
    "PartialUploadView",
    "ReadingView",
    "add_piece",
    "begin",
    "cancel",
    "case_files",
    "claim_order",
    "finish",
    "give_photo",
    "hold",
    "household_references",
    "kept_portrait",
    "let_go_of_faces",
    "list_open",
    "list_unclaimed",
    "look_at",
    "note_registry_match",
    "read_now",
    "reference",
    "refuse_unfit_photo",
    "remove",
    "requirements",
    "settle",
    "status",
    "submit",
    "sweep",
    "take_anew",
    "upload",
]


def submit(
    call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID], *, ask_person: bool = False
) -> EvidenceView:
    """Claim documents as evidence (``evidence.submit``); a face known as bad costs no try."""
    tried.refuse_known(call, document_ids)
    try:
        return evidence.submit(call, link_id, document_ids, ask_person=ask_person)
    except tried.OF_THE_FACE as refusal:
        tried.note_unusable(call, document_ids, refusal)
        raise
