"""Proof of life; the one door to this feature.

``policy.py`` has every rule as pure dates. ``standing.py`` asks it with the days that are kept,
``reading.py`` shows it, ``codes.py`` is the counter, ``desk.py`` has reviews, appeals and what is
taken up again, ``proving.py`` keeps a proof with its receipt, ``telling.py`` says who hears of it,
``upkeep.py`` is the daily look: deaths, reminders, and what the registry is told.
"""

from __future__ import annotations

from ecard.certification.codes import CodeView, issue_for_relative, issue_own, redeem
from ecard.certification.desk import (
    DeskCase,
    appeal,
    ask_visit,
    decide,
    list_cases,
    refuse_conflict,
    reinstate,
)
from ecard.certification.proving import is_genuine
from ecard.certification.reading import (
    CaseState,
    CertificationView,
    ReceiptView,
    read_for_relative,
    read_own,
)
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
    "ReceiptView",
    "appeal",
    "ask_visit",
    "decide",
    "is_genuine",
    "issue_for_relative",
    "issue_own",
    "list_cases",
    "look_at",
    "look_at_person",
    "read_for_relative",
    "read_own",
    "redeem",
    "refuse_conflict",
    "reinstate",
    "sweep",
]
