"""What is refused when an e-card's QR code is shown or scanned."""

from __future__ import annotations

from ecard.errors import Refusal
from ecard.qr import tokens


class CardOnAnotherPhone(Refusal):
    """The e-card is shown on another phone of this account; the e-card password moves it here."""

    code = "card_on_another_phone"
    status = 409
    next = "bind_card"


class QrRefused(Refusal):
    """A code that was scanned is not accepted; nothing was used up."""

    status = 409
    next = "show_new_code"


class QrUnreadable(QrRefused):
    """What was scanned is no code of an e-card, or not a whole one."""

    code = "qr_unreadable"
    status = 422


class QrKeyUnknown(QrRefused):
    """The code names a signing key that is not published, or no longer."""

    code = "qr_key_unknown"


class QrForged(QrRefused):
    """The code was changed, or was never issued here."""

    code = "qr_forged"
    next = "see_identity_document"


class QrNotYet(QrRefused):
    """The code begins in the future: a clock is wrong."""

    code = "qr_not_yet"


class QrExpired(QrRefused):
    """The code's minute is over: an old one, or a picture of one."""

    code = "qr_expired"


class QrUsed(QrRefused):
    """The code was used up before."""

    code = "qr_used"


class QrOtherOperation(QrRefused):
    """The code was shown for another operation than the one at this counter."""

    code = "qr_other_operation"


class QrOtherPlace(QrRefused):
    """The code was shown for another counter, or the person belongs to another region."""

    code = "qr_other_place"


class QrRevoked(QrRefused):
    """What the code was shown by has ended since: the link, its scope, the sign-in; or the
    e-card is on another phone."""

    code = "qr_revoked"
    next = "see_identity_document"


class QrCardNotUsable(QrRefused):
    """One of the two e-cards cannot be used now."""

    code = "qr_card_not_usable"
    next = "see_identity_document"


_BY_CODE: dict[str, type[QrRefused]] = {
    kind.code: kind
    for kind in (
        QrUnreadable,
        QrKeyUnknown,
        QrForged,
        QrNotYet,
        QrExpired,
        QrOtherOperation,
        QrOtherPlace,
    )
}


def refusal_of(refused: tokens.TokenRefused) -> QrRefused:
    """The refusal for what the token itself gives cause for."""
    return _BY_CODE[refused.code]()
