"""The digits video: four random digits said, signed or written, judged by a person.

No face is compared by a machine here, so no consent to face processing is asked for; the sentence
shown with the digits says who will watch.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import AcceptanceMissing, DigitsNotDrawn
from ecard.activation.facts import Facts, facts, write_acceptance
from ecard.activation.models import CaptureSession, DigitsVideo
from ecard.call import Call
from ecard.documents import service as documents
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.locale import sentence
from ecard.persons import service as persons
from ecard.review import service as review
from uploads.types import CheckedVideo, VideoLimits
from uploads.video import check_video

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class DigitsView:
    """What to say, sign or write, until when, and who will watch it."""

    digits: str
    expires_at: datetime
    seconds_max: int
    sentence: str


@dataclass(frozen=True, slots=True)
class VideoReceived:
    """The video waits for a person."""

    next: str


def draw_digits(call: Call, session_id: uuid.UUID) -> DigitsView:
    """The session's four digits; asking again gives the same ones, so that none can be chosen."""
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = _refuse(session, call, link, opened)
        drawn = _drawn(session, opened)
        if drawn is None:
            drawn = DigitsVideo(
                id=uuid.uuid4(),
                link_id=link.id,
                capture_session_id=opened.id,
                digits=new_digits(),
                drawn_at=call.now,
                expires_at=opened.expires_at,
            )
            session.add(drawn)
            session.flush()
            audit.record(
                session, call, "digits.drawn", "link", link.id, acting_for=known.relative_id
            )
            session.commit()
        text = what_to_do(session, call, link, drawn, agreeing=known.must_accept)
    return digits_view(drawn, text)


def digits_view(drawn: DigitsVideo, text: str) -> DigitsView:
    """Drawn digits as they are shown."""
    return DigitsView(drawn.digits, drawn.expires_at, int(VideoLimits().max_seconds), text)


def new_digits() -> str:
    """Digits that nobody could record a video of before."""
    return "".join(str(secrets.randbelow(10)) for _ in range(rules.DIGITS))


def what_to_do(
    session: Session, call: Call, link: Link, drawn: DigitsVideo, *, agreeing: bool
) -> str:
    """What is shown with the digits; ``agreeing``: the person also says that they agree."""
    text = sentence("digits.how", call.language, digits=" ".join(drawn.digits))
    if not agreeing:
        return text
    holder = persons.particulars(session, call, link.holder_id).name
    agree = sentence("digits.agree", call.language, name=rules.shown_name(holder))
    return f"{text}\n{agree}"


def _refuse(session: Session, call: Call, link: Link, opened: CaptureSession) -> Facts:
    """An adult accepts first; in a session for a video they say so in the video itself."""
    known = facts(session, call, link)
    if link.state not in rules.ANSWERING:
        raise IllegalMove(state=link.state)
    if known.must_accept and opened.via != rules.VIDEO:
        raise AcceptanceMissing
    return known


def _drawn(session: Session, opened: CaptureSession) -> DigitsVideo | None:
    return session.scalar(sa.select(DigitsVideo).filter_by(capture_session_id=opened.id))


def take_video(call: Call, session_id: uuid.UUID, content: bytes) -> VideoReceived:
    """Keep the video like evidence and hand the application to a person; the session ends.

    Raises DigitsNotDrawn and the refusals of videos, which leave everything as it was.
    """
    with call.db.read() as session:
        _ready(session, call, session_id)
    family.refuse_unless_standing(call, call.guest.link_id)
    video = checked(call, content)
    with call.db.write() as session:
        link, opened, known, drawn = _ready(session, call, session_id)
        file_id = keep(session, call, link, known.subject_id, drawn, video)
        if known.must_accept:  # it counts only if a reviewer hears them agree
            write_acceptance(session, call, link, rules.HANDED_OVER, list(link.scopes))
        link.route = "digits"
        sessions.end(opened, call.now, "video_received")
        _open_case(session, call, link, known, file_id, facts_of(drawn, video))
        audit.record(
            session, call, "digits.received", "link", link.id, acting_for=known.relative_id
        )
        session.commit()
    return VideoReceived("wait_for_review")


def _ready(
    session: Session, call: Call, session_id: uuid.UUID
) -> tuple[Link, CaptureSession, Facts, DigitsVideo]:
    link, opened = sessions.of_guest(session, call, session_id)
    known = _refuse(session, call, link, opened)
    drawn = _drawn(session, opened)
    if drawn is None:
        raise DigitsNotDrawn
    return link, opened, known, drawn


def checked(call: Call, content: bytes) -> CheckedVideo:
    """A sound video, short enough; raises the refusals of videos."""
    limits = VideoLimits(max_bytes=call.settings.video_bytes)
    files.scan(call, content)
    with files.refusing():
        return check_video(content, call.dependencies.decoder, limits)


def facts_of(drawn: DigitsVideo, video: CheckedVideo) -> dict[str, object]:
    """What whoever watches it has to know."""
    return {"digits": drawn.digits, "seconds": round(video.seconds, 1)}


def keep(
    session: Session,
    call: Call,
    link: Link,
    owner_id: uuid.UUID,
    drawn: DigitsVideo,
    video: CheckedVideo,
) -> uuid.UUID:
    """Keep it like evidence, under the key of whom it shows; its file. Not committed."""
    days = family.policy_of(session, call, link).case_file_days
    kept = files.put(
        session,
        call,
        owner_id=owner_id,
        purpose="digits_video",
        media_type=video.source_type.value,
        content=video.content,
        destroy_after=call.now + timedelta(days=days),
    )
    drawn.file_id, drawn.received_at = kept.id, call.now
    session.flush()
    return kept.id


def _open_case(
    session: Session,
    call: Call,
    link: Link,
    known: Facts,
    file_id: uuid.UUID,
    shown: dict[str, object],
) -> None:
    reasons = ["digits_video", *(["agreement_in_video"] if known.must_accept else [])]
    review.open_case(
        session,
        call,
        link,
        kind="digits_video",
        reasons=reasons,
        facts=shown,
        files=[("digits_video", file_id), *documents.case_files(session, link.id)],
    )
