"""Proof of life; the one door to this feature.

``policy.py`` has every rule as pure dates. ``standing.py`` asks it with the days that are kept,
``reading.py`` shows it, ``codes.py`` is the counter. The live face: ``sessions.py`` opens the
camera and hears the consent, ``tries.py`` says what is left to try, ``comparing.py`` with which
picture, ``showing.py`` judges, ``settling.py`` is what follows. ``cases.py`` opens what a person
decides and destroys its frames, ``desk.py`` has reviews, appeals and what is taken up again,
``appealing.py`` says what may be appealed, ``looking.py`` is what the desk sees.
``proving.py`` keeps a proof with its receipt, ``telling.py`` says who hears of it, ``upkeep.py`` is
the daily look: deaths, reminders, and what the registry is told.
"""

from __future__ import annotations

from ecard.certification.cases import cases_of as hold_cases
from ecard.certification.cases import forget_captures, let_go_of_faces
from ecard.certification.codes import CodeView, issue_for_relative, issue_own, redeem
from ecard.certification.desk import appeal, ask_visit, decide, reinstate
from ecard.certification.looking import (
    DeskCase,
    DeskCaseView,
    approve_opening,
    ask_opening,
    list_cases,
    read_case,
    read_file,
)
from ecard.certification.proving import is_genuine
from ecard.certification.reading import (
    CaseState,
    CertificationView,
    ReceiptView,
    read_for_relative,
    read_own,
)
from ecard.certification.sessions import (
    FaceSession,
    decide_consent,
    end_session,
    open_for_relative,
    open_own,
    read_notice,
    read_session,
)
from ecard.certification.settling import FaceAnswer
from ecard.certification.showing import draw_challenge, show_face
from ecard.certification.telling import LOOK
from ecard.certification.upkeep import look_at, look_at_person, sweep

JOBS = {LOOK: look_at_person}
"""Kind of job → handler."""

__all__ = [
    "JOBS",
    "CaseState",
    "CertificationView",
    "CodeView",
    "DeskCase",
    "DeskCaseView",
    "FaceAnswer",
    "FaceSession",
    "ReceiptView",
    "appeal",
    "approve_opening",
    "ask_opening",
    "ask_visit",
    "decide",
    "decide_consent",
    "draw_challenge",
    "end_session",
    "forget_captures",
    "hold_cases",
    "is_genuine",
    "issue_for_relative",
    "issue_own",
    "let_go_of_faces",
    "list_cases",
    "look_at",
    "look_at_person",
    "open_for_relative",
    "open_own",
    "read_case",
    "read_file",
    "read_for_relative",
    "read_notice",
    "read_own",
    "read_session",
    "redeem",
    "reinstate",
    "show_face",
    "sweep",
]
