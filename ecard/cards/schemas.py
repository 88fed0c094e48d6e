"""What is sent and read about an e-card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from ecard.api import Schema
from ecard.cards.policy import CANCELLED, CONFIRM_LINK, LOST, NORMAL, PURPOSES, SUSPENDED
from ecard.fields import IDENTITY_DOCUMENTS

STATES = (NORMAL, SUSPENDED, LOST, CANCELLED)
OUTCOMES = ("match", "no_match", "unusable", "presentation_attack")


def password() -> ma.fields.String:
    """Six digits."""
    return ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[0-9]{6}\Z", error="not_six_digits"),
        metadata={"description": "Six digits"},
    )


def one_of(*values: str) -> ma.fields.String:
    """One of a few words."""
    return ma.fields.String(
        required=True, validate=ma.validate.OneOf(values, error="unknown_value")
    )


class CardSchema(ma.Schema):
    """The holder's e-card."""

    number_masked = ma.fields.String(required=True, allow_none=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf((*STATES, "none")))
    expires_on = ma.fields.Date(required=True, allow_none=True)
    usable = ma.fields.Boolean(required=True)
    on_this_phone = ma.fields.Boolean(
        required=True, metadata={"description": "Whether it is shown on the phone that asks"}
    )
    password = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("not_set", "set", "locked"))
    )
    tries_left = ma.fields.Integer(required=True, allow_none=True)


class PasswordSchema(Schema):
    """A password."""

    password = password()


class PasswordChangeSchema(Schema):
    """The old password and the new one."""

    old = password()
    new = password()


class StepUpSchema(Schema):
    """The password, for one purpose."""

    purpose = one_of(*PURPOSES)
    password = password()


class BindSchema(Schema):
    """The proof of the e-card password; needed where the e-card is on another phone."""

    step_up_id = ma.fields.UUID(metadata={"description": "A grant for bind_card"})


class GrantSchema(ma.Schema):
    """A step-up grant, good once, in this session."""

    id = ma.fields.UUID(required=True)
    purpose = ma.fields.String(required=True, validate=ma.validate.OneOf(PURPOSES))
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class DecidingSchema(Schema):
    """The proof of the e-card password."""

    step_up_id = ma.fields.UUID(metadata={"description": "A grant for decide_recovery"})


class CodeSentSchema(ma.Schema):
    """A code is on its way."""

    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class ResetRequestSchema(Schema):
    """The code from the phone with the decision about the own face, or the code from a counter."""

    code = ma.fields.String(validate=ma.validate.Regexp(r"^[0-9]{6}\Z", error="invalid"))
    decision = ma.fields.String(
        validate=ma.validate.OneOf(("given", "declined"), error="unknown_value"),
        metadata={
            "description": "With `code`: whether the own face may be compared; `given` where it is"
            " left out. `declined` leads to a counter"
        },
    )
    notice_id = ma.fields.UUID(
        metadata={"description": "With `code`: of `readCardPasswordResetNotice`"}
    )
    text_sha256 = ma.fields.String(
        validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z", error="not_a_digest"),
        metadata={"description": "With `code`: of exactly the text that was shown"},
    )
    counter_code = ma.fields.String(
        validate=ma.validate.Regexp(r"^[A-Za-z0-9 -]{12,20}\Z", error="invalid")
    )

    @ma.validates_schema
    def _exactly_one(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("code" in data) == ("counter_code" in data):
            raise ma.ValidationError("one_of_two", "code")
        shown = ("notice_id", "text_sha256")
        if "code" in data:
            wrong, why = [name for name in shown if name not in data], "required_with_code"
        else:  # a clerk saw the person: no face is compared
            wrong, why = [name for name in (*shown, "decision") if name in data], "only_with_code"
        if wrong:
            raise ma.ValidationError({name: [why] for name in wrong})

    @ma.post_load
    def _given_unless_declined(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"decision": "given", **data} if "code" in data else data


class ResetSchema(ma.Schema):
    """A reset under way."""

    id = ma.fields.UUID(required=True)
    channel = ma.fields.String(required=True, validate=ma.validate.OneOf(("app", "counter")))
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")
    next = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("face", "new_password", "counter"))
    )


class FaceAnswerSchema(ma.Schema):
    """What a capture led to."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf(OUTCOMES))
    reason = ma.fields.String(required=True, allow_none=True)
    tries_left = ma.fields.Integer(required=True)
    next = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("face", "new_password", CONFIRM_LINK, "counter"))
    )


class NewPasswordSchema(Schema):
    """The new password."""

    new_password = password()


class RenewalSchema(Schema):
    """The proof of the e-card password."""

    step_up_id = ma.fields.UUID(metadata={"description": "A grant for renew_card"})


class IssueSchema(Schema):
    """Whom the clerk saw: a child comes with their guardian."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    identity_document = one_of(*IDENTITY_DOCUMENTS)


class IssuedCardSchema(ma.Schema):
    """A fresh e-card."""

    card_number = ma.fields.String(required=True)
    expires_on = ma.fields.Date(required=True)


class RenewedCardSchema(ma.Schema):
    """A card that is good for longer."""

    number_masked = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    expires_on = ma.fields.Date(required=True)


class StateSchema(Schema):
    """Where the card should go."""

    state = one_of(NORMAL, SUSPENDED, LOST)
    step_up_id = ma.fields.UUID(
        metadata={"description": "A grant for change_card_state: needed for `normal` only"}
    )


class CounterCardSchema(Schema):
    """What the clerk saw on the counter."""

    card_number = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9 -]{3,39}\Z", error="invalid"),
    )
    identity_document = one_of(*IDENTITY_DOCUMENTS)


class CounterStateSchema(CounterCardSchema):
    """What the clerk saw, and where the card should go."""

    state = one_of(*STATES)


class ResetCodeSchema(ma.Schema):
    """The code on paper."""

    counter_code = ma.fields.String(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class CounterCardViewSchema(ma.Schema):
    """A card's state after the change."""

    number_masked = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
