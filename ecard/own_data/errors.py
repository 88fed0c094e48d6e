"""What a person's own data may refuse them."""

from __future__ import annotations

from ecard.errors import Refusal


class NoFaceConsent(Refusal):
    """No consent about this face stands, and no picture of it is kept to be compared."""

    code = "no_face_consent"
    status = 409
    next = "read_own_data"


class GuardianDecides(Refusal):
    """Below ``age`` the guardian takes data, corrects it and decides about the face."""

    code = "guardian_decides"
    status = 403
    next = "ask_guardian"


class CorrectionOpen(Refusal):
    """A correction of this is asked for already and not answered yet."""

    code = "correction_open"
    status = 409
    next = "read_corrections"


class CorrectionDecided(Refusal):
    """The correction was answered already."""

    code = "correction_decided"
    status = 409
    next = "read_corrections"


class CorrectionReasonDoesNotFit(Refusal):
    """This reason does not go with this answer."""

    code = "correction_reason_does_not_fit"
    status = 422
    next = "answer_correction"
