"""The policy as the app reads it."""

from __future__ import annotations

import marshmallow as ma

from ecard.policy.policy import NUMBER_FORMATS, RULES


def _field(name: str) -> ma.fields.String | ma.fields.Integer:
    about = {"description": f"{RULES[name].metadata['doc']} Unit: {RULES[name].metadata['unit']}."}
    if name == "number_format":
        choice = ma.validate.OneOf(NUMBER_FORMATS)
        return ma.fields.String(required=True, validate=choice, metadata=about)
    return ma.fields.Integer(required=True, metadata=about)


RulesSchema = ma.Schema.from_dict({name: _field(name) for name in RULES}, name="RulesSchema")


class PolicySchema(ma.Schema):
    """A region's rules in force."""

    region = ma.fields.String(required=True, metadata={"description": "Code of the region"})
    time_zone = ma.fields.String(
        required=True,
        metadata={"description": "In which messages write days and times (IANA name)"},
    )
    in_force_at = ma.fields.AwareDateTime(required=True, format="iso")
    rules = ma.fields.Nested(RulesSchema, required=True)
