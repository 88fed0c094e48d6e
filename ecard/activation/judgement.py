"""The relative's capture: reserve the try, judge it with no database session open, settle it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from biometrics.errors import ReferenceUnusable, UndecodableImage
from biometrics.types import Life, Outcome, Verification
from ecard import answers, captures
from ecard.activation import policy as rules
from ecard.activation.reserving import (
    Capture,
    Question,
    give_back,
    read_question,
    reserve,
    spend_challenge,
)
from ecard.activation.settling import CaptureAnswer, Judged, settle
from ecard.call import Call
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.told import Sent


def take_capture(call: Call, session_id: uuid.UUID, sent: Sent) -> CaptureAnswer:
    """Judge one capture of the session. Raises what ``reserving.py`` refuses, Busy, Unavailable.

    Exactly these frames judged before are refused without spending a try (``capture_resent``). An
    answer that cannot be one to the drawn challenge spends that, and no try.
    """
    digest = captures.digest_of(call, sent.frames)
    capture = Capture(uuid.uuid4(), session_id, digest, sent.told)
    try:
        question = read_question(call, capture, sent)
        family.refuse_unless_standing(call, call.guest.link_id)
        portrait = persons.portrait(call, question.subject_ref)
        return _judge(call, capture, question, sent.frames, portrait)
    except answers.SPENDS_THE_CHALLENGE as refusal:
        spend_challenge(call, capture, refusal)
        raise


def _judge(
    call: Call,
    capture: Capture,
    question: Question,
    frames: Sequence[bytes],
    portrait: bytes | None,
) -> CaptureAnswer:
    with captures.giving_back(call, partial(give_back, call, capture.attempt_id)):
        seen = captures.judge(
            call,
            frames,
            question.reference,
            question.subject_age,
            household=question.household.photos,
            answer=question.answer,
            reserve=lambda prints: reserve(call, capture, question, prints),
        )
        judged = _judge_further(call, question, seen, portrait)
        return settle(call, capture, question, judged, frames)


def _judge_further(
    call: Call, question: Question, seen: Verification, portrait: bytes | None
) -> Judged:
    """On a match the uploaded photo must show the person of the registry's portrait too."""
    against = "none"
    if seen.outcome is Outcome.MATCH and portrait is not None:
        against = _compare_photos(call, question, portrait)
    verdict = rules.verdict(
        seen.outcome.value,
        accepted=seen.accepted,
        adult=question.adult,
        subject=question.subject,
        from_document=question.from_document,
        registry_portrait=against,
        household=question.household.review_reason(seen.review),
        shown_live=replace(question.shown, undecided=seen.life is not Life.LIVE),
    )
    return Judged(seen, verdict, against)


def _compare_photos(call: Call, question: Question, portrait: bytes) -> str:
    settings, dependencies = call.settings, call.dependencies
    with captures.place(dependencies.judging, settings.judging_wait_seconds):
        try:
            seen = dependencies.verifier().compare_photos(
                question.reference, portrait, age=question.subject_age
            )
        except (ReferenceUnusable, UndecodableImage):
            return "unusable"
    if seen.outcome is not Outcome.MATCH:
        return "differs"
    return "match" if seen.accepted else "uncertain"
