"""Legal hold: what a court or an authority asked to keep stays, whatever its dates say.

It holds the files that a link has now, document pages and reference photos; who adds some later
says it again. Nobody sees more because of it: a document that its application has let go of is
shown to nobody, held or not.
"""

from __future__ import annotations

import re
import uuid

import sqlalchemy as sa

from ecard import audit, files
from ecard.call import Call
from ecard.documents.evidence import case_files
from ecard.documents.models import Document
from ecard.errors import InvalidInput, NotFound

REFERENCE = re.compile(r"[A-Za-z0-9/._-]{1,60}")


def hold(call: Call, link_id: uuid.UUID, reference: str | None) -> int:
    """Hold what a link has, under a reference that names no person; None releases it. How many.

    Raises InvalidInput for another kind of reference, NotFound for a link without documents.
    """
    if reference is not None and not REFERENCE.fullmatch(reference):
        raise InvalidInput(fields={"reference": ["invalid"]})
    with call.db.write() as session:
        if session.scalar(sa.select(Document.id).filter_by(link_id=link_id).limit(1)) is None:
            raise NotFound
        ids = [file_id for _, file_id in case_files(session, link_id)]
        for file_id in ids:
            files.hold(session, call, file_id, reference)
        action = "link.held" if reference else "link.released"
        audit.record(session, call, action, "link", link_id, reason=reference)
        session.commit()
    return len(ids)
