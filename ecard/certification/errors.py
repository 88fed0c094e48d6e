"""Refusals of proof of life."""

from __future__ import annotations

from ecard.errors import Refusal


class NoBenefit(Refusal):
    """The person draws nothing that asks for a proof of life now."""

    code = "no_benefit_to_certify"
    status = 409
    next = "read_certification"


class BenefitClosed(Refusal):
    """It stopped too long ago to be restored by a proof of life: the agency takes it up again."""

    code = "benefit_closed"
    status = 409
    next = "counter"


class CaseAlreadyOpen(Refusal):
    """A review or an appeal is open already; the payment goes on meanwhile."""

    code = "certification_case_open"
    status = 409
    next = "wait_for_review"


class TooManyReviews(Refusal):
    """As many reviews in this window as the policy allows; the counter remains."""

    code = "too_many_certification_reviews"
    status = 409
    next = "counter"


class NothingToAppeal(Refusal):
    """No stop and no refusal that may still be appealed."""

    code = "no_stop_or_refusal_to_appeal"
    status = 409
    next = "read_certification"


class CaseDecided(Refusal):
    """The case was decided already."""

    code = "certification_case_decided"
    status = 409
    next = "read_again"


class NoPictureToCompare(Refusal):
    """Neither a kept portrait nor one of the registry shows the person as they are now."""

    code = "no_picture_to_compare"
    status = 409
    next = "counter"


class TooYoungForFace(Refusal):
    """The region matches no face at this age."""

    code = "too_young_for_face"
    status = 409
    next = "counter"


class CertificationFaceClosed(Refusal):
    """The mismatches since the last proof are used up; only the ways without a face remain."""

    code = "certification_face_closed"
    status = 409
    next = "choose_route"


class BenefitNotClosed(Refusal):
    """Only a closed benefit is taken up again; this one a proof of life restores."""

    code = "benefit_not_closed"
    status = 409
    next = "redeem_certification_code"
