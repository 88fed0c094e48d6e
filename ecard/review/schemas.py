"""Cases, openings, decisions and appeals as JSON."""

from __future__ import annotations

import marshmallow as ma

from ecard import fields
from ecard.api import CursorSchema, QueryInt, Schema, page_of
from ecard.review.policy import (
    DECISION_REASONS,
    DISPUTE_REASONS,
    EXPLANATION_LEAST,
    EXPLANATION_MOST,
    GROUNDS_LEAST,
    GROUNDS_MOST,
    NOT_DISCLOSED,
    CaseKind,
    CaseState,
    DecisionOutcome,
)

KINDS = [kind.value for kind in CaseKind]
STATES = [state.value for state in CaseState]
OUTCOMES = [outcome.value for outcome in DecisionOutcome]
REASONS = sorted(
    {
        reason
        for of_kind in (DECISION_REASONS, DISPUTE_REASONS)
        for reasons in of_kind.values()
        for reason in reasons
    }
)


class CaseQuerySchema(CursorSchema):
    """Which cases to list."""

    state = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(STATES),
        metadata={"description": "Default: those that wait for a decision"},
    )
    overdue = ma.fields.Boolean(load_default=False)
    approval = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Those that somebody else waits to open until you agree"},
    )


class CaseItemSchema(ma.Schema):
    """A case in the list; it names nobody."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    level = ma.fields.Integer(required=True, metadata={"description": "1, or 2 for an appeal"})
    minor = ma.fields.Boolean(required=True)
    opened_at = fields.time()
    due_at = fields.time()
    overdue = ma.fields.Boolean(required=True)
    opening_asked = ma.fields.Boolean(
        required=True, metadata={"description": "Somebody else waits for your approval to open it"}
    )
    version = ma.fields.Integer(required=True)


class SideSchema(ma.Schema):
    """Holder or relative, to be compared with a document."""

    name = ma.fields.String(required=True)
    number_masked = ma.fields.String(required=True)
    birth_date = ma.fields.Date(required=True)
    sex = ma.fields.String(required=True)


class CaseFileSchema(ma.Schema):
    """A file to look at, at /staff/cases/{id}/files/{number}."""

    number = ma.fields.Integer(required=True)
    role = ma.fields.String(
        required=True,
        metadata={
            "description": "frame, portrait, digits_video, reference_photo, or the document's kind"
        },
    )
    media_type = ma.fields.String(required=True)
    destroyed = ma.fields.Boolean(required=True)


class DecisionSchema(ma.Schema):
    """A decision with its reason."""

    case_id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    level = ma.fields.Integer(required=True)
    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf(OUTCOMES))
    reason = ma.fields.String(required=True, validate=ma.validate.OneOf([*REASONS, NOT_DISCLOSED]))
    explanation = ma.fields.String(required=True, allow_none=True)
    at = fields.time()
    appeal_until = fields.time(allow_none=True)
    may_appeal = ma.fields.Boolean(required=True)


class FactSchema(ma.Schema):
    """One thing that was measured on a capture. What is compared with a limit for likeness or for
    life has no value and no unit here, only whether it passed."""

    name = ma.fields.String(required=True)
    passed = ma.fields.Boolean(required=True)
    value = ma.fields.Float()
    unit = ma.fields.String()


class FactsSchema(ma.Schema):
    """What the machine saw, as far as the kind of case has it."""

    engine = ma.fields.String(metadata={"description": "face: which one compared"})
    operating_point = ma.fields.String(metadata={"description": "face: whose limits applied"})
    outcome = ma.fields.String()
    zone = ma.fields.String(allow_none=True)
    life = ma.fields.String(allow_none=True)
    best_frame = ma.fields.Integer(allow_none=True)
    registry_portrait = ma.fields.String()
    quality = ma.fields.List(ma.fields.Nested(FactSchema))
    digits = ma.fields.String(metadata={"description": "digits_video: what had to be said"})
    seconds = ma.fields.Float(metadata={"description": "digits_video: its length"})
    scopes = ma.fields.List(
        ma.fields.String(),
        metadata={"description": "confirmation: what the holder may go on doing"},
    )
    between_eyes_px = ma.fields.Integer(metadata={"description": "evidence: of the portrait"})
    read = ma.fields.List(
        ma.fields.String(), metadata={"description": "evidence: what the documents say"}
    )


class MayGiveSchema(ma.Schema):
    """The reasons that each outcome of a case may have."""

    approved = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(REASONS)), required=True)
    rejected = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(REASONS)), required=True)


class CaseSchema(ma.Schema):
    """Everything a reviewer sees."""

    id = ma.fields.UUID(required=True)
    link_id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    level = ma.fields.Integer(required=True)
    minor = ma.fields.Boolean(required=True)
    opened_at = fields.time()
    due_at = fields.time()
    relation = ma.fields.String(required=True, allow_none=True)
    face_subject = ma.fields.String(required=True)
    holder = ma.fields.Nested(SideSchema, required=True)
    relative = ma.fields.Nested(SideSchema, required=True, allow_none=True)
    objector = ma.fields.Nested(
        SideSchema,
        required=True,
        allow_none=True,
        metadata={"description": "dispute: who objected"},
    )
    reasons = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Why a machine did not decide"}
    )
    facts = ma.fields.Nested(FactsSchema, required=True)
    files = ma.fields.List(ma.fields.Nested(CaseFileSchema), required=True)
    decisions = ma.fields.List(ma.fields.Nested(DecisionSchema), required=True)
    grounds = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "What the appellant wrote"}
    )
    may_give = ma.fields.Nested(MayGiveSchema, required=True)
    version = ma.fields.Integer(required=True)


class DecideSchema(Schema):
    """A decision: its reason must be one that this outcome of this kind of case can have."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf(OUTCOMES))
    reason = ma.fields.String(required=True, validate=ma.validate.OneOf(REASONS))
    explanation = ma.fields.String(
        required=True,
        validate=ma.validate.Length(min=EXPLANATION_LEAST, max=EXPLANATION_MOST),
        metadata={"description": "Plain words; both sides read them"},
    )
    ends_on = ma.fields.Date(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Where a guardianship or a court order was accepted: its last day; the"
            " link ends with it"
        },
    )


class GroundsSchema(Schema):
    """Why the decision should be another one."""

    grounds = ma.fields.String(
        required=True, validate=ma.validate.Length(min=GROUNDS_LEAST, max=GROUNDS_MOST)
    )


class ObjectionSchema(ma.Schema):
    """An objection that was taken in: the link is held until staff have decided."""

    id = ma.fields.UUID(required=True, metadata={"description": "Of the link"})
    state = ma.fields.String(required=True)
    due_at = fields.time()


class AppealSchema(ma.Schema):
    """An appeal that was taken in."""

    case_id = ma.fields.UUID(required=True)
    at = fields.time()
    due_at = fields.time()


class WaitingSchema(ma.Schema):
    """What a person is to decide next."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    level = ma.fields.Integer(required=True, metadata={"description": "1, or 2 for an appeal"})
    due_at = fields.time()


class DecisionsSchema(ma.Schema):
    """Every decision on a link, oldest first, and what still waits for one."""

    items = ma.fields.List(ma.fields.Nested(DecisionSchema), required=True)
    waiting = ma.fields.Nested(
        WaitingSchema, required=True, allow_none=True, metadata={"description": "null: nothing"}
    )


class FiguresQuerySchema(ma.Schema):
    """Of how many days."""

    days = QueryInt(load_default=30, validate=ma.validate.Range(min=1, max=92))


def _few() -> ma.fields.Integer:
    return ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "null: about fewer cases than may be shown"},
    )


class FigureSchema(ma.Schema):
    """Cases of one kind."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    opened, approved, rejected, waiting = _few(), _few(), _few(), _few()
    appealed, overdue = _few(), _few()
    median_hours = ma.fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "From the opening to the first decision"},
    )


class FiguresSchema(ma.Schema):
    """Figures of cases that were opened since then."""

    since = fields.time()
    least = ma.fields.Integer(
        required=True, metadata={"description": "No number about fewer cases is shown"}
    )
    faces = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "Of how many people a face is kept at present, in all regions; null: of"
            " fewer than may be shown"
        },
    )
    faces_to_report = ma.fields.Integer(
        required=True, metadata={"description": "From so many on, it is reported to the authority"}
    )
    items = ma.fields.List(ma.fields.Nested(FigureSchema), required=True)


class AuditQuerySchema(CursorSchema):
    """Whose rows to look for."""

    by = ma.fields.String(required=True, validate=ma.validate.OneOf(["actor", "object", "case"]))
    subject_id = ma.fields.UUID(required=True)


class AuditRowSchema(ma.Schema):
    """A row of the audit record: ids and codes only."""

    seq = ma.fields.Integer(required=True)
    at = fields.time()
    actor_kind = ma.fields.String(required=True)
    actor_id = ma.fields.UUID(required=True, allow_none=True)
    acting_for = ma.fields.UUID(required=True, allow_none=True)
    channel = ma.fields.String(required=True)
    action = ma.fields.String(required=True)
    object_kind = ma.fields.String(required=True)
    object_id = ma.fields.UUID(required=True, allow_none=True)
    outcome = ma.fields.String(required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    case_id = ma.fields.UUID(required=True, allow_none=True)


AuditPageSchema = page_of(AuditRowSchema)
