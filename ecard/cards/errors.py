"""What the e-card refuses."""

from __future__ import annotations

from ecard.errors import Refusal


class CardPasswordNotSet(Refusal):
    """The card has no password yet."""

    code = "card_password_not_set"
    status = 409
    next = "set_card_password"


class CardPasswordIsSet(Refusal):
    """The card has a password already: it can be changed or reset."""

    code = "card_password_is_set"
    status = 409
    next = "change_card_password"


class CardPasswordWeak(Refusal):
    """The password is easy to guess; ``fields`` says why."""

    code = "card_password_weak"
    status = 422


class CardPasswordWrong(Refusal):
    """The password is not the card's."""

    code = "card_password_wrong"
    status = 403
    spent = True


class CardLocked(Refusal):
    """Too many wrong passwords in a row: only a reset leads on."""

    code = "card_locked"
    status = 423
    next = "reset_card_password"


class FreshSignInNeeded(Refusal):
    """The sign-in is too long ago for this; a new code is needed."""

    code = "fresh_sign_in_needed"
    status = 403
    next = "sign_in"


class StepUpNeeded(Refusal):
    """No unused grant for this purpose and session."""

    code = "step_up_needed"
    status = 403
    next = "step_up"


class CardNotUsable(Refusal):
    """The card is suspended, lost, cancelled, expired, or there is none."""

    code = "card_not_usable"
    status = 409
    next = "read_card"


class CardStateRefused(Refusal):
    """The card cannot go from its state to this one here."""

    code = "card_state_refused"
    status = 409


class CardHeldAlready(Refusal):
    """The person holds an e-card that is not cancelled."""

    code = "card_held_already"
    status = 409
    next = "change_card_state"


class RenewalRefused(Refusal):
    """The card is good for long yet, or has no end; ``renewable_from`` says from when."""

    code = "renewal_refused"
    status = 409
    next = "read_card"


class ResetNeedsCounter(Refusal):
    """The face cannot decide here (no portrait, too young, or all tries spent)."""

    code = "reset_needs_counter"
    status = 409
    next = "counter"


class ResetClosed(Refusal):
    """The reset was used or is too old."""

    code = "reset_closed"
    status = 409
    next = "reset_card_password"


class ResetFaceNeeded(Refusal):
    """The own face comes before the new password."""

    code = "reset_face_needed"
    status = 409
    next = "face"


class CounterCodeWrong(Refusal):
    """No open reset of this holder has this counter code."""

    code = "reset_code_wrong"
    status = 403
    next = "counter"
    spent = True
