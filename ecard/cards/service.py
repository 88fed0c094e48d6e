"""The e-card's verbs: its password, the step-up it opens; the others are named here."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.call import Call
from ecard.cards import passwords
from ecard.cards.errors import (
    CardLocked,
    CardPasswordIsSet,
    CardPasswordNotSet,
    CardPasswordWeak,
    FreshSignInNeeded,
    StepUpNeeded,
)
from ecard.cards.grants import Grant, add_grant, spend_grant, sweep
from ecard.cards.issuing import (
    IssuedCard,
    RenewedCard,
    issue_at_counter,
    renew,
    renew_at_counter,
)
from ecard.cards.passwords import prove as prove_password
from ecard.cards.policy import BIND_CARD, CONFIRM_LINK, DECIDE_RECOVERY, GIVE_SCOPE, TAKE_DATA
from ecard.cards.reset_faces import FaceAnswer, draw_challenge, show_face
from ecard.cards.resets import (
    COUNTER,
    CodeSent,
    CounterCode,
    FaceDecision,
    ResetView,
    face_decides,
    finish,
    open_at_counter,
    open_by_code,
    open_by_counter_code,
    open_face_proof,
    read_notice,
    send_code,
    spend_face_proof,
)
from ecard.cards.states import (
    CardView,
    CounterCardView,
    change_state,
    change_state_at_counter,
    held_by,
    my_card,
    refuse_card_state,
)
from ecard.messages import service as messages

__all__ = [
    "CONFIRM_LINK",
    "GIVE_SCOPE",
    "TAKE_DATA",
    "CardView",
    "CodeSent",
    "CounterCardView",
    "CounterCode",
    "FaceAnswer",
    "Grant",
    "IssuedCard",
    "RenewedCard",
    "ResetView",
    "StepUpNeeded",
    "approve_recovery",
    "bind_card",
    "cancel_recovery",
    "change_password",
    "change_state",
    "change_state_at_counter",
    "draw_challenge",
    "face_decides",
    "finish",
    "held_by",
    "issue_at_counter",
    "my_card",
    "open_at_counter",
    "open_by_code",
    "open_by_counter_code",
    "open_face_proof",
    "open_reset",
    "open_step_up",
    "prove_password",
    "read_notice",
    "refuse_card_state",
    "renew",
    "renew_at_counter",
    "send_code",
    "set_password",
    "show_face",
    "spend_face_proof",
    "spend_grant",
    "sweep",
    "unlock",
]


def set_password(call: Call, password: str) -> None:
    """Set the first password, soon after a sign-in. Raises CardPasswordIsSet, CardPasswordWeak,
    FreshSignInNeeded.
    """
    holder = call.holder
    with call.db.read() as session:
        _refuse_stale_sign_in(session, call)
        _refuse_set(session, call)
    passwords.refuse_weak(call, holder.person_id, password, "password")
    password_hash = passwords.hashed(call, holder.person_id, password)
    with call.db.write() as session:
        passwords.hold(session, holder.person_id)
        _refuse_set(session, call)
        row = passwords.store(session, call, holder.person_id, password_hash)
        audit.record(session, call, "card_password.set", "card_password", row.id)
        session.commit()


def _refuse_stale_sign_in(session: Session, call: Call) -> None:
    signed_in_at = accounts.signed_in_at(session, call.holder.session_id)
    if call.now - signed_in_at > timedelta(seconds=call.settings.fresh_sign_in_seconds):
        raise FreshSignInNeeded


def _refuse_set(session: Session, call: Call) -> None:
    if passwords.tries_left(session, call, call.holder.person_id) is not None:
        raise CardPasswordIsSet


def change_password(call: Call, old: str, new: str) -> None:
    """Put a new password in the place of the old one.

    What is wrong with the new one is said first, so that it costs no try of the old one. Raises
    CardPasswordWeak and what ``prove_password`` raises.
    """
    holder = call.holder
    passwords.refuse_weak(call, holder.person_id, new, "new")
    if new == old:
        raise CardPasswordWeak(fields={"new": ["same_as_old"]})
    prove_password(call, holder.person_id, old)
    password_hash = passwords.hashed(call, holder.person_id, new)
    with call.db.write() as session:
        row = passwords.store(session, call, holder.person_id, password_hash)
        messages.notify(session, call, holder.person_id, "password_reset")
        audit.record(session, call, "card_password.change", "card_password", row.id)
        session.commit()


def open_step_up(call: Call, purpose: str, password: str) -> Grant:
    """Prove the password for one purpose. Raises CardNotUsable and what ``prove_password`` does."""
    refuse_card_state(call, purpose)
    prove_password(call, call.holder.person_id, password)
    return add_grant(call, purpose)


def approve_recovery(
    call: Call, recovery_id: uuid.UUID, step_up_id: uuid.UUID | None = None
) -> None:
    """Let a new phone in at once, from an old one and with the e-card password.

    Raises StepUpNeeded and NotFound.
    """
    with call.db.write() as session:
        spend_grant(session, call, step_up_id, DECIDE_RECOVERY)
        accounts.approve(session, call, recovery_id)
        session.commit()


def cancel_recovery(
    call: Call, recovery_id: uuid.UUID, step_up_id: uuid.UUID | None = None
) -> None:
    """Stop a recovery; one that a counter opened only with the e-card password.

    Raises NotFound and StepUpNeeded.
    """
    with call.db.write() as session:
        if accounts.channel_of(session, call, recovery_id) == COUNTER:
            spend_grant(session, call, step_up_id, DECIDE_RECOVERY)
        accounts.cancel(session, call, recovery_id)
        session.commit()


def bind_card(call: Call, step_up_id: uuid.UUID | None = None) -> CardView:
    """Show the e-card on this phone from now on, and on no other; nothing where it is already.

    Raises CardNotUsable and StepUpNeeded.
    """
    refuse_card_state(call)
    with call.db.write() as session:
        if accounts.move_card_here(session, call):
            spend_grant(session, call, step_up_id, BIND_CARD)
            audit.record(session, call, "card.bind", "device", call.holder.device_id)
        session.commit()
    return my_card(call)


def open_reset(
    call: Call, code: str | None = None, counter_code: str | None = None, **decided: Any
) -> ResetView:
    """Begin a reset with the code from the phone and a decision about the own face (the fields of
    FaceDecision), or go on with the code from a counter."""
    if counter_code is not None:
        return open_by_counter_code(call, counter_code)
    return open_by_code(call, code or "", FaceDecision(**decided))


def unlock(call: Call, password: str) -> None:
    """Take a handed-over phone back, with the e-card password. Raises NotSignedIn and what
    ``prove_password`` raises; the first password is not set on a lent phone, but by a reset.
    """
    holder = call.holder
    try:
        prove_password(call, holder.person_id, password)
    except CardPasswordNotSet as refused:
        raise CardPasswordNotSet(next=CardLocked.next) from refused
    with call.db.write() as session:
        accounts.take_back(session, call, holder.session_id)
        audit.record(session, call, "session.take_back", "session", holder.session_id)
        session.commit()
