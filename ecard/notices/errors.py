"""What acknowledgements and consents refuse."""

from __future__ import annotations

from ecard.errors import Refusal


class NoticeOutdated(Refusal):
    """The notice that was shown is not the one in force; read the present one."""

    code = "notice_outdated"
    status = 409
    next = "read_notice"


class FaceConsentWithdrawn(Refusal):
    """Consent to the face was taken back; ``routes`` names the ways without one. It can be given
    again at any time."""

    code = "face_consent_withdrawn"
    status = 409
    next = "choose_route"


class NoticeTextDiffers(Refusal):
    """What was shown is not the text of that notice."""

    code = "notice_text_differs"
    status = 422
    next = "read_notice"
