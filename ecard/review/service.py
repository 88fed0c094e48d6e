"""The people's desk: cases opened by other features, looked at, decided, appealed, cleared away.

The one door to this feature. ``cases.py`` opens and closes a case, ``access.py`` says who may
look, ``desk.py`` shows it, ``openings.py`` has a minor's opened by two, ``deciding.py`` and
``appeals.py`` are what follows, ``decisions.py`` what each side may read, ``upkeep.py`` the sweep.
``disputes.py`` is what a guardian's objection adds to all that.
"""

from __future__ import annotations

from ecard.review.access import refuse_conflict
from ecard.review.appeals import AppealView, appeal, decisions
from ecard.review.audit_search import search_audit
from ecard.review.cases import is_pending, let_go_of_faces, open_case, undecided_until
from ecard.review.confirmations import ask_person, was_asked
from ecard.review.deciding import decide
from ecard.review.decisions import DecisionView
from ecard.review.desk import (
    CaseFileView,
    CaseItem,
    CaseView,
    SideView,
    list_cases,
    read_case,
    read_file,
)
from ecard.review.disputes import add_order, object_to, own_dispute
from ecard.review.figures import figures
from ecard.review.openings import approve_opening, ask_opening
from ecard.review.upkeep import sweep

__all__ = [
    "AppealView",
    "CaseFileView",
    "CaseItem",
    "CaseView",
    "DecisionView",
    "SideView",
    "add_order",
    "appeal",
    "approve_opening",
    "ask_opening",
    "ask_person",
    "decide",
    "decisions",
    "figures",
    "is_pending",
    "let_go_of_faces",
    "list_cases",
    "object_to",
    "open_case",
    "own_dispute",
    "read_case",
    "read_file",
    "refuse_conflict",
    "search_audit",
    "sweep",
    "undecided_until",
    "was_asked",
]
