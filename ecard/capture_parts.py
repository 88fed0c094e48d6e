"""The parts of a capture as they come over HTTP: read into values, so that services see no form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload

from biometrics.challenge import MOST_FRAMES, Light
from ecard import answers, attestation, captures, challenges, errors
from ecard.answers import AnswerUnreadable
from ecard.api import JsonNumber, Schema
from ecard.bodies import read_json
from ecard.captures import read_frames
from ecard.config import Settings
from ecard.errors import InvalidInput, MalformedBody
from ecard.multipart import FramesSchema
from ecard.told import Sent, Told

ANSWER_BYTES, SIGNATURE_BYTES = 32 * 1024, 200
"""Forty frames make about 6 kB of answer; a signature is 86 characters."""
LATEST_MS = 1e14
REFUSALS = (
    attestation.DeviceNotAttested,
    challenges.ChallengeUnknown,
    challenges.ChallengeSpent,
    *answers.SPENDS_THE_CHALLENGE,
    answers.AnswerUnreadable,
    captures.TooFewFrames,
    captures.TooManyFrames,
    captures.FrameEmpty,
    captures.FrameUnreadable,
    captures.FrameTooLarge,
    captures.ReferencePhotoUnusable,
    errors.BodyTooLarge,
    errors.Busy,
)
"""What may be wrong with a capture, whatever it is for."""
LIGHTS = tuple(light.value for light in Light)


class ClockSchema(Schema):
    """Three readings of one clock of the phone, milliseconds since whenever it likes."""

    drawn_ms = JsonNumber(required=True, validate=ma.validate.Range(0, LATEST_MS))
    began_ms = JsonNumber(required=True, validate=ma.validate.Range(0, LATEST_MS))
    sent_ms = JsonNumber(required=True, validate=ma.validate.Range(0, LATEST_MS))


class FrameSchema(Schema):
    """When a frame was taken, since the recording began, and which bytes it is."""

    at_ms = JsonNumber(required=True, validate=ma.validate.Range(0, LATEST_MS))
    sha256 = ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z", error="not_a_digest")
    )


class DisplayedSchema(Schema):
    """From when on the screen showed a colour, since the recording began."""

    at_ms = JsonNumber(required=True, validate=ma.validate.Range(0, LATEST_MS))
    light = ma.fields.String(required=True, validate=ma.validate.OneOf(LIGHTS))


class CaptureAnswerPartSchema(Schema):
    """The part ``answer``: what the phone did, and when."""

    challenge_id = ma.fields.UUID(required=True)
    session_id = ma.fields.UUID(required=True)
    nonce = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    clock = ma.fields.Nested(ClockSchema, required=True)
    frames = ma.fields.List(
        ma.fields.Nested(FrameSchema), required=True, validate=ma.validate.Length(max=MOST_FRAMES)
    )
    attestation = ma.fields.String(load_default=None, allow_none=True)
    displayed = ma.fields.List(
        ma.fields.Nested(DisplayedSchema),
        required=True,
        validate=ma.validate.Length(max=MOST_FRAMES),
    )


class CaptureSchema(FramesSchema):
    """A capture that answers a challenge: its frames, what the phone did, and its signature."""

    answer = Upload(
        required=True,
        metadata={"description": "JSON, exactly the bytes that were signed (docs/capture.md)"},
    )
    signature = Upload(
        required=True,
        metadata={
            "description": "ES256 over the bytes of `answer`: r and s, 32 bytes each, base64url"
        },
    )


def read_parts(parts: Mapping[str, Any], settings: Settings) -> Sent:
    """A capture that came; raises what `read_frames` raises, and AnswerUnreadable."""
    frames = read_frames(parts, settings)
    small = {"answer": ANSWER_BYTES, "signature": SIGNATURE_BYTES}
    read = {name: parts[name].read(most + 1) for name, most in small.items()}
    if any(len(read[name]) > most for name, most in small.items()):
        raise AnswerUnreadable
    told = _told(read["answer"])
    return Sent(frames, read["answer"], read["signature"].decode("ascii", "replace"), told)


def _told(answer: bytes) -> Told:
    try:
        loaded: dict[str, Any] = CaptureAnswerPartSchema().load(read_json(answer))
    except (MalformedBody, InvalidInput) as error:
        raise AnswerUnreadable from error
    except ma.ValidationError as error:
        named = {"answer" if name == "_schema" else str(name) for name in error.messages_dict}
        raise AnswerUnreadable(fields={name: ["invalid"] for name in named}) from error
    clock = loaded["clock"]
    return Told(
        challenge_id=loaded["challenge_id"],
        session_id=loaded["session_id"],
        nonce=loaded["nonce"],
        drawn_ms=clock["drawn_ms"],
        began_ms=clock["began_ms"],
        sent_ms=clock["sent_ms"],
        at_ms=tuple(frame["at_ms"] for frame in loaded["frames"]),
        digests=tuple(frame["sha256"] for frame in loaded["frames"]),
        displayed=tuple((one["at_ms"], Light(one["light"])) for one in loaded["displayed"]),
        attestation=loaded["attestation"],
    )
