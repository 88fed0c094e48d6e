"""What follows from tries, consents and judged faces: the pure rules."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biometrics.challenge import Profile
from biometrics.types import Outcome, ReviewReason
from ecard.activation import policy as rules
from ecard.activation.policy import Allowance, MismatchLimits, Tried, allowance
from ecard.attestation import ALLOW, REFUSE, REVIEW_ONLY, rule_for

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
LIMITS = MismatchLimits(
    in_a_row=5, first_wait_seconds=30, longest_wait_seconds=3600, a_day=10, in_all=50
)
FRESH = Allowance(tries_left=10, wait_seconds=0, shut=False)

outcomes = st.sampled_from(
    ["match", "review", "no_match", "unusable", "presentation_attack", "outage", None]
)
histories = st.lists(
    st.builds(
        lambda ago, outcome: Tried(NOW - timedelta(seconds=ago), outcome),
        st.integers(0, 3 * rules.DAY_SECONDS),
        outcomes,
    ),
    max_size=80,
)


def mismatches(count: int, every_seconds: int = 1, until: datetime = NOW) -> list[Tried]:
    return [
        Tried(until - timedelta(seconds=every_seconds * (count - 1 - i)), "no_match")
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "wait"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480)]
)
def test_waits_begin_after_five_in_a_row_and_double(count: int, wait: int) -> None:
    assert allowance(mismatches(count), NOW, LIMITS).wait_seconds == wait


def test_a_wait_is_over_when_its_seconds_have_passed() -> None:
    tried = mismatches(5)
    almost = NOW + timedelta(seconds=29.5)
    assert allowance(tried, almost, LIMITS).wait_seconds == 1
    assert allowance(tried, NOW + timedelta(seconds=30), LIMITS).wait_seconds == 0


def test_the_tenth_mismatch_of_a_day_waits_until_the_first_is_a_day_old() -> None:
    tried = mismatches(10, every_seconds=3600)
    found = allowance(tried, NOW, LIMITS)
    assert found.tries_left == 0
    assert found.wait_seconds == rules.DAY_SECONDS - 9 * 3600
    assert not found.shut


def test_the_fiftieth_mismatch_shuts_the_face_route() -> None:
    old = mismatches(49, every_seconds=7200)
    assert not allowance(old, NOW, LIMITS).shut
    assert allowance([*old, Tried(NOW, "no_match")], NOW, LIMITS) == rules.SHUT


@given(histories, st.integers(0, 20))
def test_bad_pictures_and_our_outages_change_nothing(history: list[Tried], extra: int) -> None:
    noise = [Tried(NOW - timedelta(seconds=i), ("unusable", "outage")[i % 2]) for i in range(extra)]
    assert allowance([*history, *noise], NOW, LIMITS) == allowance(history, NOW, LIMITS)


@given(histories)
def test_the_order_in_which_tries_are_read_does_not_matter_across_times(
    history: list[Tried],
) -> None:
    distinct = list({one.at: one for one in history}.values())
    assert allowance(reversed(distinct), NOW, LIMITS) == allowance(distinct, NOW, LIMITS)


@given(histories)
def test_one_more_mismatch_never_leaves_more(history: list[Tried]) -> None:
    before = allowance(history, NOW, LIMITS)
    after = allowance([*history, Tried(NOW, "no_match")], NOW, LIMITS)
    assert after.tries_left <= before.tries_left
    assert after.shut or after.wait_seconds >= before.wait_seconds
    assert after.shut >= before.shut


@given(histories)
def test_what_is_left_lies_within_the_caps(history: list[Tried]) -> None:
    found = allowance(history, NOW, LIMITS)
    counted = [one for one in history if one.outcome in rules.MISMATCHES]
    assert 0 <= found.tries_left <= LIMITS.a_day
    assert 0 <= found.wait_seconds <= rules.DAY_SECONDS
    assert found.shut == (len(counted) >= LIMITS.in_all)
    if found.tries_left == 0 and not found.shut:
        assert found.wait_seconds > 0


@given(histories)
def test_after_a_day_of_rest_a_capture_may_be_sent_unless_the_route_is_shut(
    history: list[Tried],
) -> None:
    later = allowance(history, NOW + timedelta(days=1), LIMITS)
    assert later.wait_seconds == 0
    assert later.shut or later.tries_left > 0


@given(st.integers(0, 200))
def test_pauses_never_shrink_while_a_row_grows(row: int) -> None:
    pause, longer = rules.pause_seconds(row, LIMITS), rules.pause_seconds(row + 1, LIMITS)
    assert 0 <= pause <= longer <= LIMITS.longest_wait_seconds


def test_a_try_that_was_never_settled_counts_as_a_mismatch() -> None:
    assert allowance([Tried(NOW, None)], NOW, LIMITS).tries_left == 9
    assert allowance([], NOW, LIMITS) == FRESH


@given(
    st.sampled_from(["match", "no_match", "unusable", "presentation_attack"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["relative", "guardian"]),
    st.booleans(),
    st.sampled_from(["none", "match", "uncertain", "differs", "unusable"]),
    st.booleans(),
)
def test_a_link_opens_by_machine_only_for_an_accepted_face_with_a_confirmed_photo(
    outcome: str,
    accepted: bool,
    adult: bool,
    subject: str,
    from_document: bool,
    portrait: str,
    close: bool,
) -> None:
    found = rules.verdict(
        outcome,
        accepted=accepted,
        adult=adult,
        subject=subject,
        from_document=from_document,
        registry_portrait=portrait,
        household="close_relative" if close else "",
        shown_live=LIVE,
    )
    opens = found.outcome == "match" and not found.needs_person
    assert opens == (
        outcome == "match"
        and accepted
        and not close
        and subject == "relative"
        and (from_document or not adult)
        and portrait in ("none", "match")
    )
    assert rules.shown_outcome(found.outcome) == outcome


LIVE = rules.Shown(undecided=False, asked_before=False, profile="standard", attestation=0)


def judged(**shown: object) -> rules.Verdict:
    """An adult's match that needs nobody but for what is shown about life."""
    return rules.verdict(
        "match",
        accepted=not shown.get("undecided", False),
        adult=True,
        subject="relative",
        from_document=True,
        registry_portrait="none",
        shown_live=replace(LIVE, **shown),  # type: ignore[arg-type]
    )


def test_undecided_is_unusable_once_and_then_a_person_looks() -> None:
    first = judged(undecided=True)
    assert (first.outcome, first.unusable) == ("unusable", "liveness_undecided")
    assert not first.needs_person
    second = judged(undecided=True, asked_before=True)
    assert (second.outcome, second.reasons) == ("review", ("liveness_undecided",))


@pytest.mark.parametrize("profile", ["no_light", "no_movement"])
@pytest.mark.parametrize("undecided", [True, False])
def test_what_leaves_something_out_never_passes_alone(profile: str, undecided: bool) -> None:
    found = judged(profile=profile, undecided=undecided)
    assert found.outcome == "review"
    assert f"profile_{profile}" in found.reasons


@pytest.mark.parametrize(
    ("tier", "rule", "means"),
    [("none", 0, ALLOW), ("none", 1, REVIEW_ONLY), ("none", 2, REFUSE),
     ("none", 9, REFUSE), ("hardware", 2, ALLOW)],
)  # fmt: skip
def test_the_region_says_what_an_unattested_device_is_worth(
    tier: str, rule: int, means: int
) -> None:
    assert rule_for(tier, rule) == means
    if means == REVIEW_ONLY:
        assert judged(attestation=means).reasons == ("device_unattested",)


def test_after_an_attack_on_the_pair_a_person_looks_at_the_next_match() -> None:
    assert judged(attacked_before=True).reasons == ("attack_before",)


def test_an_attack_always_goes_to_a_person_and_a_mismatch_never() -> None:
    attack = rules.verdict(
        "presentation_attack",
        accepted=False,
        adult=True,
        subject="relative",
        from_document=True,
        registry_portrait="none",
        shown_live=LIVE,
    )
    mismatch = rules.verdict(
        "no_match",
        accepted=False,
        adult=False,
        subject="guardian",
        from_document=True,
        registry_portrait="none",
        shown_live=LIVE,
    )
    assert attack.reasons == ("presentation_attack",)
    assert not mismatch.needs_person


@pytest.mark.parametrize(
    ("age", "subject", "by"),
    [(13, "relative", "guardian"), (14, "relative", "person"), (72, "relative", "person"),
     (3, "guardian", "guardian"), (40, "guardian", "guardian")],
)  # fmt: skip
def test_from_fourteen_on_the_person_decides_about_their_own_face(
    age: int, subject: str, by: str
) -> None:
    assert rules.consent_by(age, subject, own_consent_age=14) == by


def standing(decision: str | None, version: str = "1", at: datetime = NOW) -> str:
    return rules.consent_standing(
        decision, version=version, at=at, version_now="1", now=NOW, months=12
    )


def test_consent_is_asked_again_on_a_new_text_or_after_twelve_months() -> None:
    assert standing("given") == "given"
    assert standing("given", version="0") == "missing"
    assert standing("given", at=NOW.replace(year=2025)) == "missing"
    assert standing("given", at=NOW.replace(year=2025) + timedelta(seconds=1)) == "given"
    assert standing(None) == "missing"
    assert standing("declined") == "declined"
    assert standing("declined", version="0") == "missing"
    assert standing("withdrawn") == "withdrawn"


def step(state: str = "awaiting_face", **more: object) -> str:
    known: dict[str, object] = {
        "must_accept": False, "consent": "given", "consent_by": "person", "allowed": FRESH
    }  # fmt: skip
    return rules.next_step(state, **(known | more))  # type: ignore[arg-type]


def test_the_next_step_follows_the_order_acceptance_consent_camera() -> None:
    assert step("evidence_accepted", must_accept=True, consent="missing") == "accept"
    assert step(consent="missing") == "give_consent"
    assert step(consent="missing", consent_by="guardian") == "guardian_consents"
    assert step(consent="declined") == "choose_route"
    assert step(allowed=Allowance(0, 0, True)) == "choose_route"
    assert step(allowed=Allowance(3, 30, False)) == "wait"
    assert step() == "draw_challenge"
    assert step("in_review") == "wait_for_review"
    assert step("active") == "finished"
    assert step("withdrawn") == "closed"


@given(st.text(rules.CODE_ALPHABET, min_size=10, max_size=10), st.booleans())
def test_a_code_is_read_however_people_type_it(code: str, lower: bool) -> None:
    typed = rules.shown_code(code)
    typed = f" {typed.lower() if lower else typed} "
    assert rules.read_code(typed) == code


def test_codes_use_nothing_that_people_confuse() -> None:
    assert not set("01OIL") & set(rules.CODE_ALPHABET)
    assert set(rules.CODE_ALPHABET) <= set(string.digits + string.ascii_uppercase)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Tomás Marín Sala", "Tomás M. S."), ("王芳", "王＊"), ("欧阳小明", "欧＊＊明"), ("Cher",
     "Cher"), ("Zoë", "Zoë")],
)  # fmt: skip
def test_the_holders_name_is_shortened_on_the_relatives_screen(name: str, shown: str) -> None:
    assert rules.shown_name(name) == shown


def test_the_rules_speak_the_judges_words() -> None:
    """They import nothing of the judge, so its words stand in both."""
    judges = {Outcome.MATCH, Outcome.NO_MATCH, Outcome.UNUSABLE, Outcome.PRESENTATION_ATTACK}
    ours = {rules.MATCH, rules.NO_MATCH, rules.UNUSABLE, rules.PRESENTATION_ATTACK}
    assert ours == {outcome.value for outcome in judges}
    assert (
        Profile.STANDARD.value,
        ReviewReason.LIVENESS_UNDECIDED.value,
    ) == (rules.STANDARD, rules.LIVENESS_UNDECIDED)
