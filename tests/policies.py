"""The demo region's policy as a value, for tests of pure rules."""

from dataclasses import replace
from typing import Any

from ecard.policy.policy import Policy


def demo_policy(**changed: Any) -> Policy:
    """The policy of mission.md's defaults, with some values changed."""
    return replace(DEMO, **changed)


DEMO = Policy(
    number_format="cn.ric",
    face_match_min_age=6,
    adult_age=16,
    own_consent_age=14,
    minor_age=18,
    small_child_age=6,
    cap_all=8,
    cap_parents=4,
    cap_children=3,
    cap_spouse=1,
    cap_others=2,
    holders_per_relative=2,
    new_links_a_month=6,
    parent_child_min_years=14,
    spouse_min_age=18,
    application_days=7,
    handed_over_wait_hours=24,
    reading_days_from_adult=30,
    reference_months_child=24,
    reference_months_small_child=12,
    portrait_months=36,
    review_working_days=3,
    correction_working_days=15,
    appeal_days=14,
    case_file_days=30,
    decided_document_days=30,
    counter_code_days=7,
    notice_months=12,
    objection_days=7,
    unused_months=24,
    unused_warning_days=30,
    end_date_most_months=120,
    end_date_order_days=7,
    not_me_hours=240,
    days_after_expiry=0,
    read_documents_suffice=0,
    unattested_capture=0,
    card_years=10,
    card_renewal_days=90,
    qr_names_place=0,
    household_contrast=0,
    certification_months_old_age=12,
    certification_months_survivors=12,
    certification_months_disability=12,
    certification_months_work_injury=12,
    certification_grace_days_old_age=15,
    certification_grace_days_survivors=15,
    certification_grace_days_disability=15,
    certification_grace_days_work_injury=15,
    certification_older_age=80,
    certification_older_months=1,
    certification_restore_days=90,
    certification_first_reminder_days=60,
    certification_second_reminder_days=30,
    certification_last_reminder_days=7,
    certification_reviews_a_window=3,
    transfer_stage_working_days=15,
    transfer_escalation_working_days=5,
    card_unclaimed_months=12,
)
