"""Documents: uploaded unclaimed, claimed as evidence by one link, destroyed when their time comes.

The one door to this feature: uploading (``uploading.py``), evidence (``evidence.py``), the pictures
that live faces are compared with (``references.py``), and how long all of it is kept
(``retention.py``).
"""

from __future__ import annotations

from ecard.documents.evidence import EvidenceView, NeedView, case_files, requirements, submit
from ecard.documents.references import (
    household_references,
    note_registry_match,
    reference,
)
from ecard.documents.retention import sweep
from ecard.documents.uploading import DocumentView, list_unclaimed, remove, upload

__all__ = [
    "DocumentView",
    "EvidenceView",
    "NeedView",
    "case_files",
    "household_references",
    "list_unclaimed",
    "note_registry_match",
    "reference",
    "remove",
    "requirements",
    "submit",
    "sweep",
    "upload",
]
