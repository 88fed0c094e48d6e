"""What rights and their certificates give."""

from __future__ import annotations

import marshmallow as ma

CENTS = {"description": "In hundredths of the region's currency"}
DIGEST = {"description": "SHA-256, hex"}


class ContributionSchema(ma.Schema):
    """What was paid in for one year and kind."""

    year = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    months = ma.fields.List(ma.fields.Integer(), required=True)
    cents = ma.fields.Integer(required=True, metadata=CENTS)


class GapSchema(ma.Schema):
    """Months without a contribution, both ends among them."""

    kind = ma.fields.String(required=True)
    first = ma.fields.Date(required=True)
    last = ma.fields.Date(required=True)
    months = ma.fields.Integer(required=True)


class BalanceSchema(ma.Schema):
    """What stands on an account."""

    kind = ma.fields.String(required=True)
    cents = ma.fields.Integer(required=True, metadata=CENTS)
    as_of = ma.fields.Date(required=True)


class BenefitSchema(ma.Schema):
    """What the person draws."""

    kind = ma.fields.String(required=True)
    since = ma.fields.Date(required=True)
    until = ma.fields.Date(required=True, allow_none=True)
    cents = ma.fields.Integer(required=True, metadata=CENTS)
    paid = ma.fields.Boolean(required=True)


class RightsSchema(ma.Schema):
    """Rights as the registry has them now."""

    contributions = ma.fields.List(ma.fields.Nested(ContributionSchema), required=True)
    gaps = ma.fields.List(ma.fields.Nested(GapSchema), required=True)
    balances = ma.fields.List(ma.fields.Nested(BalanceSchema), required=True)
    benefits = ma.fields.List(ma.fields.Nested(BenefitSchema), required=True)
    as_of = ma.fields.Date(required=True)


class CertificateSchema(ma.Schema):
    """A printed certificate."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Shown this once"})
    check_address = ma.fields.String(required=True)
    sha256 = ma.fields.String(required=True, metadata=DIGEST)
    issued_at = ma.fields.AwareDateTime(required=True, format="iso")
    good_until = ma.fields.AwareDateTime(required=True, format="iso")


class CodeSchema(ma.Schema):
    """The code on a certificate, however it is typed."""

    code = ma.fields.String(required=True, validate=ma.validate.Length(1, 60, error="length"))


class CheckedMonthsSchema(ma.Schema):
    """Months paid in, in all."""

    kind = ma.fields.String(required=True)
    months = ma.fields.Integer(required=True)


class CheckedBenefitSchema(ma.Schema):
    """A benefit that the certificate names."""

    kind = ma.fields.String(required=True)
    since = ma.fields.String(required=True)


class CheckSchema(ma.Schema):
    """What was certified under a code; name and number only as their owner knows them."""

    good = ma.fields.Boolean(required=True)
    name = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    issued_on = ma.fields.Date(required=True)
    good_until = ma.fields.Date(required=True)
    months = ma.fields.List(ma.fields.Nested(CheckedMonthsSchema), required=True)
    benefits = ma.fields.List(ma.fields.Nested(CheckedBenefitSchema), required=True)
    sha256 = ma.fields.String(required=True, metadata=DIGEST)
    signer_sha256 = ma.fields.String(required=True, metadata=DIGEST)
