"""What the people's desk refuses."""

from __future__ import annotations

from ecard.errors import Refusal


class ConflictOfInterest(Refusal):
    """Nobody deals with a case about themselves."""

    code = "conflict_of_interest"
    status = 403
    next = "another_person"


class CaseNotOpen(Refusal):
    """The case was decided, or the application was given up meanwhile."""

    code = "case_not_open"
    status = 409
    next = "list_cases"


class CaseFilesGone(Refusal):
    """Nobody decided in time, and the pictures were destroyed: what cannot be seen is not approved.

    The case stays: it is rejected for that reason (``evidence_lapsed``), and the family applies
    again or comes to a counter.
    """

    code = "case_files_gone"
    status = 409
    next = "read_case"


class ReasonDoesNotFit(Refusal):
    """The reason is not one that this outcome of this kind of case can have."""

    code = "reason_does_not_fit"
    status = 422


class CourtOrderMissing(Refusal):
    """No dispute is settled without a court order on file for it."""

    code = "court_order_missing"
    status = 409
    next = "read_case"


class NothingToAppeal(Refusal):
    """There is no rejection of this application that could be appealed."""

    code = "nothing_to_appeal"
    status = 409
    next = "read_decisions"


class AppealedAlready(Refusal):
    """There is one appeal, and it was made."""

    code = "appealed_already"
    status = 409
    next = "read_decisions"


class AppealTooLate(Refusal):
    """The days to appeal are over."""

    code = "appeal_too_late"
    status = 409
    next = "open_application"
