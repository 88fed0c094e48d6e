"""What follows from a judged face, from mismatches, ages and consents. Pure: no session, no clock.

Times are aware; lengths are in the unit of their name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ecard.attestation import ALLOW
from ecard.notices.policy import whole_months

MATCH = "match"
REVIEW = "review"
NO_MATCH = "no_match"
UNUSABLE = "unusable"
PRESENTATION_ATTACK = "presentation_attack"
OUTAGE = "outage"
STANDARD = "standard"
"""The other profiles leave out what would exclude somebody, and a person looks then: without light
a recording cannot be ruled out, without moves a print cannot."""
LIVENESS_UNDECIDED = "liveness_undecided"

MISMATCHES = frozenset({NO_MATCH, PRESENTATION_ATTACK, None})
"""Outcomes that count against the limits; None is a try that was reserved and never settled."""
ATTACK_REMEMBERED_DAYS = 30
"""So long a person looks at whatever else is shown for the pair; chosen, a month as of a case."""
FORGETS_A_ROW = frozenset({MATCH, REVIEW})
DAY_SECONDS = 24 * 3600

ANSWERING = ("evidence_accepted", "awaiting_face")
"""States of a link in which its relative (or the guardian) is asked for the last step."""
HANDED_OVER = "handed_over"
OWN = "own"
INVITATION = "invitation"
VIDEO = "video"
WAYS = (HANDED_OVER, OWN, VIDEO)
"""How a holder opens a session; an invitation is opened by whom it was sent to. ``video`` is for an
adult who cannot be told otherwise that they accepted: a person sees them agree in the video."""
LENT = frozenset({HANDED_OVER, VIDEO})
"""Ways in which an adult holds the holder's phone, whose own session is locked meanwhile."""

DRAW_CHALLENGE = "draw_challenge"
COUNTER = "counter"
DIGITS_VIDEO = "digits_video"
HOME_VISIT = "home_visit"
FACELESS_ROUTES = (COUNTER, DIGITS_VIDEO, HOME_VISIT)

IDENTITY_DOCUMENTS = ("id_card", "passport", "residence_permit")
"""What a clerk looked at; its number is not kept."""
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which people confuse when they read a code out."""
CODE_CHARACTERS = 10
HOUR_SECONDS = 3600
DIGITS = 4


# --- mismatches --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """One try of an application: when it was reserved and how it was settled (None: never)."""

    at: datetime
    outcome: str | None


@dataclass(frozen=True, slots=True)
class MismatchLimits:
    """The numbers of mission.md ("Limits"), from the settings."""

    in_a_row: int
    first_wait_seconds: int
    """Doubles with each further mismatch,"""
    longest_wait_seconds: int
    """up to this; past it the cap of a day does the work (limits.md, 4)."""
    a_day: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the mismatches so far leave."""

    tries_left: int
    """Until the day's or the last cap is reached."""
    wait_seconds: int
    """0: a capture may be sent now."""
    shut: bool
    """The face route is used up for this application."""


SHUT = Allowance(tries_left=0, wait_seconds=0, shut=True)
"""The face route is closed for good: there is nothing to wait for."""


def allowance(tried: Iterable[Tried], now: datetime, limits: MismatchLimits) -> Allowance:
    """What is left after these tries, whatever phone they came from."""
    ordered = sorted(tried, key=lambda one: one.at)
    counted = [one.at for one in ordered if one.outcome in MISMATCHES]
    if len(counted) >= limits.in_all:
        return SHUT
    day = [at for at in counted if at > now - timedelta(seconds=DAY_SECONDS)]
    waits = [_wait_of_row(ordered, now, limits), _wait_of_day(day, now, limits)]
    left = min(limits.a_day - len(day), limits.in_all - len(counted))
    return Allowance(
        tries_left=max(0, left),
        wait_seconds=max(0, *waits),
        shut=False,
    )


def row_of_mismatches(ordered: Sequence[Tried]) -> int:
    """Mismatches since the last match; a bad picture or an outage neither counts nor ends a row."""
    row = 0
    for one in reversed(ordered):
        if one.outcome in FORGETS_A_ROW:
            break
        row += one.outcome in MISMATCHES
    return row


def pause_seconds(row: int, limits: MismatchLimits) -> int:
    """The pause after a row of mismatches: 0 at first, then 30, 60, 120… seconds."""
    beyond = row - limits.in_a_row
    if beyond < 0:
        return 0
    if beyond > limits.longest_wait_seconds.bit_length():
        return limits.longest_wait_seconds
    return min(limits.longest_wait_seconds, limits.first_wait_seconds << beyond)


def _wait_of_row(ordered: Sequence[Tried], now: datetime, limits: MismatchLimits) -> int:
    pause = pause_seconds(row_of_mismatches(ordered), limits)
    if pause == 0:
        return 0
    last = max(one.at for one in ordered if one.outcome in MISMATCHES)
    return _seconds_until(last + timedelta(seconds=pause), now)


def _wait_of_day(day: Sequence[datetime], now: datetime, limits: MismatchLimits) -> int:
    if len(day) < limits.a_day:
        return 0
    return _seconds_until(day[len(day) - limits.a_day] + timedelta(seconds=DAY_SECONDS), now)


def _seconds_until(moment: datetime, now: datetime) -> int:
    return math.ceil((moment - now).total_seconds())


# --- what follows from a judged capture --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judged capture leads to."""

    outcome: str
    """As kept with the attempt: match, review, no_match, unusable or presentation_attack."""
    reasons: tuple[str, ...] = ()
    """Why a person has to look; empty where nobody has to."""
    unusable: str | None = None
    """Why the capture is unusable, where the engine itself could use it."""

    @property
    def needs_person(self) -> bool:
        """Whether a case is opened."""
        return bool(self.reasons)

    def what_to_change(self, seen: Enum | None) -> str | None:
        """For the person: why the capture was unusable, by this verdict or by the engine."""
        return self.unusable or (str(seen.value) if seen is not None else None)

    def kept_reason(self, seen: Enum | None) -> str | None:
        """As kept with the try: why a person looks, else why it was unusable."""
        return self.reasons[0] if self.reasons else self.what_to_change(seen)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a capture shows about life. Undecided is asked for once more and then a person looks; it
    is never a pass."""

    undecided: bool
    asked_before: bool
    """Whether an earlier capture of this application was undecided."""
    profile: str
    attestation: int
    """What the region says to the device: one of the rules of ``ecard/attestation.py``."""
    attacked_before: bool = False
    """Whether something was held up for this pair in the last month."""

    @property
    def once_more(self) -> bool:
        """Whether another capture may still show more than this one."""
        return self.undecided and not self.asked_before and self.profile == STANDARD

    @property
    def reasons(self) -> list[str]:
        """Why a person looks."""
        found = [LIVENESS_UNDECIDED] if self.undecided else []
        found += [f"profile_{self.profile}"] if self.profile != STANDARD else []
        found += ["attack_before"] if self.attacked_before else []
        return found + (["device_unattested"] if self.attestation != ALLOW else [])


def verdict(
    outcome: str,
    *,
    accepted: bool,
    adult: bool,
    subject: str,
    from_document: bool,
    registry_portrait: str,
    household: str = "",
    shown_live: Shown,
) -> Verdict:
    """From the engine's answer to what happens. A machine never refuses finally.

    ``accepted``: the engine's match needs nobody, at the measured limits of the person's age.
    ``household``: why its other references leave the match to a person: close_relative,
    household_unread, or nothing.
    ``subject``: whose face, relative or guardian.
    ``from_document``: the photo was cut from an identity document; a child's face photo, which
    nobody vouches for, does not become one by the child's coming of age.
    ``registry_portrait``: none, match, uncertain, differs or unusable.
    ``shown_live``: what the capture shows about life, and what it could show.
    """
    if outcome == PRESENTATION_ATTACK:
        return Verdict(PRESENTATION_ATTACK, ("presentation_attack",))
    if outcome != MATCH:
        return Verdict(outcome)
    if shown_live.once_more:
        return Verdict(UNUSABLE, unusable=LIVENESS_UNDECIDED)
    reasons = list(shown_live.reasons)
    if subject == "guardian":
        reasons.append("guardian_face")
    if household:
        reasons.append(household)
    elif not accepted and not shown_live.undecided:
        reasons.append("match_uncertain")
    if adult and not from_document:
        reasons.append("photo_without_document")
    if registry_portrait not in ("none", "match"):
        reasons.append(f"registry_portrait_{registry_portrait}")
    return Verdict(REVIEW, tuple(reasons)) if reasons else Verdict(MATCH)


def shown_outcome(outcome: str) -> str:
    """The outcome as the client reads it: one of the four of face authentication."""
    return MATCH if outcome == REVIEW else outcome


# --- consent -----------------------------------------------------------------------------------

REFUSED = frozenset({"declined", "withdrawn"})
"""Decisions after which no face is compared."""


def consent_by(age: int, subject: str, own_consent_age: int) -> str:
    """Who decides about face processing: the guardian (also for their own face) or the person."""
    return "person" if subject == "relative" and age >= own_consent_age else "guardian"


def consent_standing(
    decision: str | None,
    *,
    version: str | None,
    at: datetime | None,
    version_now: str,
    now: datetime,
    months: int,
) -> str:
    """given, declined, withdrawn or missing. Asked again on a new version of the text or after
    ``months``."""
    if decision is None or at is None:
        return "missing"
    if version != version_now or whole_months(at, now) >= months:
        return "missing"  # whoever declined another text is asked anew too
    return decision


# --- the step now allowed ----------------------------------------------------------------------


def next_step(
    state: str, *, must_accept: bool, consent: str, consent_by: str, allowed: Allowance
) -> str:
    """What whoever holds the session does next, so that the phone never asks "what now?"."""
    if state not in ANSWERING:
        return {"active": "finished", "in_review": "wait_for_review"}.get(state, "closed")
    if must_accept:
        return "accept"
    if consent == "missing":
        return "give_consent" if consent_by == "person" else "guardian_consents"
    if consent in REFUSED or allowed.shut:
        return "choose_route"
    return "wait" if allowed.wait_seconds else DRAW_CHALLENGE


# --- codes and names ---------------------------------------------------------------------------


def read_code(typed: str) -> str:
    """A counter code as it is kept: capitals, without the spaces and hyphens people add."""
    return "".join(mark for mark in typed.upper() if mark.isalnum())


def shown_code(code: str) -> str:
    """A counter code as people read it: two groups."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def shown_name(name: str) -> str:
    """The holder's name for the relative's screen: enough to know them by, not the whole of it."""
    parts = name.split()
    if len(parts) > 1:
        return " ".join([parts[0], *(f"{part[0]}." for part in parts[1:])])
    if not _han(name) or len(name) < 2:
        return name
    return name[0] + "＊" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


def _han(name: str) -> bool:
    """Whether a name is written in Chinese characters, without spaces."""
    return all("\u3400" <= mark <= "\u9fff" for mark in name)
