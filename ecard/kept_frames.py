"""What a reviewer gets of a capture: its frames, without what a phone wrote beside them, and what
the machine saw, without a score."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from biometrics.types import QualityFact, Verification
from ecard import files
from ecard.call import Call
from uploads.watermarking import watermarked

JPEG = "image/jpeg"

SEGMENT, SCAN, START_BYTES, HEAD_BYTES = 0xFF, 0xDA, 2, 4
KEPT_APPLICATION = frozenset({0xE0, 0xEE})
"""JFIF and Adobe: how the colours are meant. Every other application segment is metadata."""
COMMENT = 0xFE
SHORT_ID = 8


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a case's file."""

    media_type: str
    content: bytes


def without_metadata(jpeg: bytes) -> bytes:
    """The same picture, bit by bit, without EXIF (place, device, thumbnail), XMP and comments.

    The frame was decoded before, so it is a JPEG; where its segments cannot be followed, what was
    not understood stays as it came.
    """
    kept, at = [jpeg[:START_BYTES]], START_BYTES
    while at + HEAD_BYTES <= len(jpeg) and jpeg[at] == SEGMENT and jpeg[at + 1] != SCAN:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + HEAD_BYTES], "big")
        if not _is_metadata(jpeg[at + 1]):
            kept.append(jpeg[at : at + length])
        at += length
    return b"".join([*kept, jpeg[at:]])


def _is_metadata(marker: int) -> bool:
    application = 0xE0 <= marker <= 0xEF
    return marker == COMMENT or (application and marker not in KEPT_APPLICATION)


def keep(
    session: Session,
    call: Call,
    owner_id: uuid.UUID,
    frames: Sequence[bytes],
    destroy_after: datetime,
) -> list[uuid.UUID]:
    """Only now frames leave memory: encrypted, under the key of whom they show, and for a limited
    time. The ids of the files. Not committed."""
    kept = [
        files.put(
            session,
            call,
            owner_id=owner_id,
            purpose="review_frame",
            media_type=JPEG,
            content=without_metadata(frame),
            destroy_after=destroy_after,
        )
        for frame in frames
    ]
    return [row.id for row in kept]


def machine_facts(seen: Verification) -> dict[str, object]:
    """What the machine saw. No embedding, no distance, no score."""
    return {
        "engine": seen.engine,
        "operating_point": seen.operating_point,
        "outcome": seen.outcome.value,
        "zone": seen.zone.value if seen.zone else None,
        "life": seen.life.value if seen.life else None,
        "best_frame": seen.best_frame,
        "quality": [_told(fact) for fact in seen.facts],
    }


def _told(fact: QualityFact) -> dict[str, object]:
    """Of a score only whether it passed."""
    told: dict[str, object] = {"name": fact.name, "passed": fact.passed}
    if not fact.is_score:
        told |= {"value": round(fact.value, 3), "unit": fact.unit}
    return told


def look(call: Call, file_id: uuid.UUID, case_id: uuid.UUID) -> FileContent:
    """A case's file for a reviewer: a picture reduced and marked with who looks, never as it is
    kept; a digits video as it is. The look is on record before this is called."""
    with call.db.read() as session:
        kind = files.media_type(session, file_id)
        content = files.read(session, call, file_id)
    if kind == JPEG:
        content = watermarked(content, _who_looks(call, case_id))
    return FileContent(kind, content)


def _who_looks(call: Call, case_id: uuid.UUID) -> str:
    """Ids as far as the audit needs them to name the look, and the time; of no person but staff."""
    staff, case = (str(one)[:SHORT_ID] for one in (call.staff.staff_id, case_id))
    return f"staff {staff} / case {case} / {call.now:%Y-%m-%d %H:%M} UTC"
