"""The rules of a region at a time: one frozen value, every field with its unit. Pure.

A region sets only what differs; the rest is inherited, field by field, from the regions above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

NUMBER_FORMATS = ("cn.ric", "es.naf")


class PolicyRefused(ValueError):
    """A region's values are not a policy; the message names each finding, one a line."""


def rule(unit: str, doc: str, *, least: int = 0) -> Any:
    """A rule's unit, its line in the documented table, and the least value it may have."""
    return field(metadata={"unit": unit, "doc": doc, "least": least})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every rule that differs between regions and over time."""

    number_format: str = rule("name", "Format of the social security number: cn.ric or es.naf.")
    face_match_min_age: int = rule("years", "Below this age no face of the relative is matched.")
    adult_age: int = rule("years", "From this age a relative accepts in person.", least=1)
    own_consent_age: int = rule("years", "From this age a person consents for their own face.")
    minor_age: int = rule("years", "Below this age a second person approves the opening of a case.")
    small_child_age: int = rule(
        "years", "Below this age a reference photo lapses sooner: faces change fastest."
    )
    cap_all: int = rule("links", "Most relatives of one holder.", least=1)
    cap_parents: int = rule("links", "Most parents and elders of one holder.")
    cap_children: int = rule("links", "Most children of one holder.")
    cap_spouse: int = rule("links", "Most spouses of one holder.")
    cap_others: int = rule("links", "Most other relatives of one holder.")
    holders_per_relative: int = rule("holders", "Most holders of one relative.", least=1)
    new_links_a_month: int = rule("links", "Most new links of one holder in 30 days.", least=1)
    parent_child_min_years: int = rule("years", "Least age between a parent and a child.")
    spouse_min_age: int = rule("years", "Least age of a spouse.")
    application_days: int = rule("days", "Life of an unfinished application.", least=2)
    handed_over_wait_hours: int = rule(
        "hours", "Reading only, after an adult accepted on the holder's phone."
    )
    reading_days_from_adult: int = rule(
        "days", "Reading stays this long after the relative came of age."
    )
    reference_months_child: int = rule("months", "Life of a child's reference photo.", least=1)
    reference_months_small_child: int = rule(
        "months", "Life of the reference photo of a small child.", least=1
    )
    portrait_months: int = rule("months", "Longest life of a portrait kept by consent.", least=1)
    review_working_days: int = rule("working days", "Time for a person's decision.", least=1)
    correction_working_days: int = rule("working days", "Time to answer a correction.", least=1)
    appeal_days: int = rule("days", "Time to appeal against a decision.", least=1)
    case_file_days: int = rule("days", "Longest life of a reviewed case's pictures.", least=1)
    decided_document_days: int = rule("days", "Life of a document after the decision.", least=1)
    counter_code_days: int = rule("days", "Life of a code for the counter.", least=1)
    notice_months: int = rule("months", "After this long the notice is shown again.", least=1)
    objection_days: int = rule(
        "days", "Time for another guardian to object to a new link on a child.", least=1
    )
    unused_months: int = rule(
        "months", "A link on which its holder did nothing for this long ends.", least=1
    )
    unused_warning_days: int = rule(
        "days", "Both sides are warned at least this long before an unused link ends.", least=1
    )
    end_date_most_months: int = rule(
        "months", "The last day of a link lies at most this far ahead.", least=1
    )
    end_date_order_days: int = rule(
        "days", "A court order about a last day waits this long for a second clerk.", least=1
    )
    not_me_hours: int = rule("hours", "Life of a 'this was not me' address.", least=1)
    days_after_expiry: int = rule(
        "days", "An identity document is taken this long after it expired."
    )
    read_documents_suffice: int = rule(
        "0, 1 or 2",
        "What an adult's identity document is worth that a machine read and that agrees with what"
        " was declared and with the registry; a forged one would pass so. 0: without a portrait in"
        " the registry a person looks. 1: no person where the declared number stands on it. 2: nor"
        " where it cannot (a passport, an affiliation number), by name, birth date and sex.",
    )
    unattested_capture: int = rule(
        "0, 1 or 2",
        "What a capture is worth whose device nothing vouches for (a program may have made its"
        " frames): 0: as much as any; 1: a person looks; 2: it is refused before the camera opens.",
    )
    card_years: int = rule("years", "Life of an e-card, new or renewed.", least=1)
    card_renewal_days: int = rule("days", "An e-card is renewed this long before its end.")
    qr_names_place: int = rule(
        "0 or 1",
        "1: an e-card's QR code names the counter at which alone it is good. 0: it may name none,"
        " and is good at every counter that looks after the person.",
    )
    household_contrast: int = rule(
        "0 or 1",
        "1: a face is compared with the holder's other relatives' photos on file too, and who is"
        " not clearly nearest to their own waits for a person; their notice must name this use.",
    )
    certification_months_old_age: int = rule(
        "months", "A proof of life is good this long for an old-age pension.", least=1
    )
    certification_months_survivors: int = rule(
        "months", "A proof of life is good this long for a survivors' pension.", least=1
    )
    certification_months_disability: int = rule(
        "months", "A proof of life is good this long for a disability pension.", least=1
    )
    certification_months_work_injury: int = rule(
        "months",
        "A proof of life is good this long for a pension after an injury at work.",
        least=1,
    )
    certification_grace_days_old_age: int = rule(
        "days", "An old-age pension is paid this long after the proof fell due."
    )
    certification_grace_days_survivors: int = rule(
        "days", "A survivors' pension is paid this long after the proof fell due."
    )
    certification_grace_days_disability: int = rule(
        "days", "A disability pension is paid this long after the proof fell due."
    )
    certification_grace_days_work_injury: int = rule(
        "days", "A pension after an injury at work is paid this long after the proof fell due."
    )
    certification_older_age: int = rule(
        "years", "From this age a proof of life is good for longer.", least=1
    )
    certification_older_months: int = rule("months", "How much longer.")
    certification_restore_days: int = rule(
        "days", "A proof of life restores a payment that stopped no longer ago.", least=1
    )
    certification_first_reminder_days: int = rule(
        "days", "First reminder, before a proof of life falls due.", least=1
    )
    certification_second_reminder_days: int = rule("days", "Second reminder.", least=1)
    certification_last_reminder_days: int = rule("days", "Last reminder.", least=1)
    certification_reviews_a_window: int = rule(
        "reviews", "Most proofs of life that one window leaves to a person to judge.", least=1
    )
    transfer_stage_working_days: int = rule(
        "working days", "Time of an agency for its stage of a transfer to another region.", least=1
    )
    transfer_escalation_working_days: int = rule(
        "working days",
        "After its time an agency has this long until the level above is told.",
        least=1,
    )
    card_unclaimed_months: int = rule(
        "months", "A card that is ready waits this long to be collected.", least=1
    )

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Policy:
        """The policy of a full set of values; raises PolicyRefused naming every finding."""
        missing = sorted(set(RULES) - set(values))
        findings = [f"{name}: missing" for name in missing] + wrong_values(values)
        if findings:
            raise PolicyRefused("\n".join(findings))
        return cls(**dict(values))  # type: ignore[arg-type]


RULES = {item.name: item for item in fields(Policy)}


def wrong_values(values: Mapping[str, object]) -> list[str]:
    """What is wrong with a region's own values (they may leave out any): ``name: finding``."""
    return [f"{name}: {found}" for name, value in values.items() if (found := _wrong(name, value))]


def _wrong(name: str, value: object) -> str:
    if name not in RULES:
        return "unknown"
    if name == "number_format":
        return "" if value in NUMBER_FORMATS else f"not one of {', '.join(NUMBER_FORMATS)}"
    if isinstance(value, bool) or not isinstance(value, int):
        return "not a whole number"
    least = RULES[name].metadata["least"]
    return "" if value >= least else f"less than {least}"


def inherited(from_the_top: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """The values in force: each region's own, from the ministry down, the lower one winning."""
    merged: dict[str, object] = {}
    for values in from_the_top:
        merged.update(values)
    return merged
