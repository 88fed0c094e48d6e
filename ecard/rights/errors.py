"""Refusals of rights and their certificates."""

from __future__ import annotations

from ecard.errors import Refusal


class CertificateUnknown(Refusal):
    """No certificate has this code: mistyped, or never issued."""

    code = "certificate_unknown"
    status = 404
    next = "compare_code"


class TooManyCertificates(Refusal):
    """As many certificates were made for this person today as the settings allow."""

    code = "too_many_certificates"
    status = 429
