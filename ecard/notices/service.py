"""Notices, the proof that they were read, and the separate consents. No row changes."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.actors import Holder
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound
from ecard.locale import DEFAULT
from ecard.notices.errors import FaceConsentWithdrawn, NoticeOutdated, NoticeTextDiffers
from ecard.notices.models import Acknowledgement, Consent, Notice
from ecard.notices.policy import text_hash

__all__ = [
    "FACE_CERTIFICATION",
    "KINDS",
    "PORTRAIT_KEPT",
    "Acknowledgement",
    "Consent",
    "FaceConsentWithdrawn",
    "Notice",
    "NoticeOutdated",
    "NoticeTextDiffers",
    "acknowledge",
    "consent",
    "current",
    "decide",
    "publish",
    "shown",
    "shown_in",
    "still_given",
    "taken_back_since",
    "withdraw",
    "withdraw_all",
    "withdraw_own",
]

FAMILY_SERVICES, FACE_PROCESSING = "family_services", "face_processing"
FACE_CERTIFICATION, PORTRAIT_KEPT = "face_certification", "portrait_kept"
KINDS = (FAMILY_SERVICES, FACE_PROCESSING, FACE_CERTIFICATION)
UPON = {
    FACE_PROCESSING: (FACE_PROCESSING,),
    PORTRAIT_KEPT: (FACE_PROCESSING, FACE_CERTIFICATION),
    FACE_CERTIFICATION: (FACE_CERTIFICATION,),
}
"""Kind of consent → the notices that it may be given upon."""
DECISIONS = ("given", "declined", "withdrawn")
GIVEN_BY = ("guardian", "person")


def current(
    session: Session, region_id: uuid.UUID, kind: str, language: str, now: datetime
) -> Notice:
    """The notice in force: of the nearest region that has one, its newest version, in the language.

    A version that lacks the language is shown in English. Raises NotFound where there is none.
    """
    for region in agencies.ancestry(session, region_id):
        query = sa.select(Notice).filter_by(region_id=region.id, kind=kind)
        dated = query.where(Notice.effective_from <= now)
        newest = session.scalar(
            dated.order_by(Notice.effective_from.desc(), Notice.version.desc()).limit(1)
        )
        if newest is not None:
            return _in_language(session, newest, language)
    raise NotFound


def _in_language(session: Session, version: Notice, language: str) -> Notice:
    query = sa.select(Notice).filter_by(
        region_id=version.region_id, kind=version.kind, version=version.version
    )
    texts = {text.language: text for text in session.scalars(query)}
    return texts.get(language) or texts.get(DEFAULT) or version


def shown(call: Call, kind: str) -> Notice:
    """The notice of the holder's own region now, in the caller's language: to read at any time.

    What an application acknowledges or consents to is the notice of the application's region
    (``GET /links/{id}/notices/{kind}``), should the holder have moved since.
    """
    with call.db.read() as session:
        return shown_in(session, call, call.holder.region_id, kind)


def shown_in(session: Session, call: Call, region_id: uuid.UUID, kind: str) -> Notice:
    """The notice of a region in force now, in the caller's language. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound
    return current(session, region_id, kind, call.language, call.now)


def publish(
    session: Session,
    region_id: uuid.UUID,
    *,
    kind: str,
    version: str,
    language: str,
    title: str,
    text: str,
    effective_from: datetime,
) -> Notice:
    """Add one text of a version. Not committed."""
    notice = Notice(
        id=uuid.uuid4(),
        region_id=region_id,
        kind=kind,
        version=version,
        language=language,
        title=title,
        text=text,
        text_sha256=text_hash(text),
        effective_from=effective_from,
    )
    session.add(notice)
    session.flush()
    return notice


def acknowledge(
    session: Session,
    call: Call,
    *,
    person_id: uuid.UUID,
    link_id: uuid.UUID | None,
    notice_id: uuid.UUID,
    text_sha256: str,
    region_id: uuid.UUID,
) -> Acknowledgement:
    """Record that a person was shown exactly this text of the notice in force. Not committed.

    ``region_id``: whose notice is to be shown, the application's. Raises NotFound, NoticeOutdated,
    NoticeTextDiffers.
    """
    notice = _shown_now(session, call, region_id, (FAMILY_SERVICES,), notice_id, text_sha256)
    row = Acknowledgement(
        id=uuid.uuid4(),
        person_id=person_id,
        link_id=link_id,
        notice_id=notice.id,
        version=notice.version,
        text_sha256=notice.text_sha256,
        language=notice.language,
        device_id=_device(call),
        at=call.now,
    )
    session.add(row)
    audit.record(session, call, "notice.acknowledge", "acknowledgement", row.id)
    return row


def decide(
    session: Session,
    call: Call,
    *,
    link_id: uuid.UUID | None,
    person_id: uuid.UUID | None,
    given_by: str,
    kind: str,
    decision: str,
    notice_id: uuid.UUID,
    text_sha256: str,
    region_id: uuid.UUID,
) -> Consent:
    """Record a decision about a person's face, upon its notice in force. Not committed.

    The caller holds the link's row, or without a link the row of what the person decides in.
    ``person_id``: whose face; ``region_id``: whose notice is to be shown, the application's or of
    the person's card. Raises NotFound, NoticeOutdated, NoticeTextDiffers.
    """
    _known(kind, tuple(UPON))
    _known(decision, DECISIONS)
    _known(given_by, GIVEN_BY)
    notice = _shown_now(session, call, region_id, UPON[kind], notice_id, text_sha256)
    row = Consent(
        id=uuid.uuid4(),
        person_id=person_id,
        link_id=link_id,
        number=_next_number(session, link_id, person_id),
        kind=kind,
        decision=decision,
        given_by=given_by,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        notice_id=notice.id,
        version=notice.version,
        text_sha256=notice.text_sha256,
        language=notice.language,
        device_id=_device(call),
        at=call.now,
    )
    session.add(row)
    audit.record(session, call, f"consent.{decision}", "consent", row.id, acting_for=person_id)
    return row


def withdraw(session: Session, call: Call, given: Consent) -> Consent:
    """Take back a consent, upon the text that it was given upon: nothing has to be read for that.

    The caller holds the link's row. Not committed.
    """
    row = Consent(
        id=uuid.uuid4(),
        person_id=given.person_id,
        link_id=given.link_id,
        number=_next_number(session, given.link_id, given.person_id),
        kind=given.kind,
        decision="withdrawn",
        given_by=given.given_by,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        notice_id=given.notice_id,
        version=given.version,
        text_sha256=given.text_sha256,
        language=given.language,
        device_id=_device(call),
        at=call.now,
    )
    session.add(row)
    audit.record(session, call, "consent.withdrawn", "consent", row.id, acting_for=given.person_id)
    return row


def withdraw_all(
    session: Session, call: Call, link_id: uuid.UUID, person_id: uuid.UUID
) -> list[Consent]:
    """Take back every consent about this person's face that stands on a link. Not committed.

    The caller holds the link's row.
    """
    kinds = sa.select(Consent.kind).filter_by(link_id=link_id, person_id=person_id).distinct()
    given = [consent(session, link_id, kind) for kind in sorted(session.scalars(kinds))]
    return [
        withdraw(session, call, row)
        for row in given
        if row is not None and row.decision == "given" and row.person_id == person_id
    ]


def withdraw_own(session: Session, call: Call, person_id: uuid.UUID) -> list[Consent]:
    """Take back all that somebody consented to alone, on no link. Not committed."""
    query = sa.select(Consent).filter_by(person_id=person_id, link_id=None)
    latest = {row.kind: row for row in session.scalars(query.order_by(Consent.number))}
    given = [row for row in latest.values() if row.decision == "given"]
    taken_back = []
    for row in given:
        taken_back.append(withdraw(session, call, row))
        session.flush()  # each has a number of its own
    return taken_back


def taken_back_since(session: Session, person_id: uuid.UUID | None, at: datetime) -> bool:
    """Whether a consent to use a person's face, on whichever link, was taken back after a time."""
    taken_back = sa.exists().where(
        Consent.person_id == person_id,
        Consent.kind != PORTRAIT_KEPT,
        Consent.decision == "withdrawn",
        Consent.at > at,
    )
    return bool(session.scalar(sa.select(taken_back)))


def consent(session: Session, link_id: uuid.UUID, kind: str) -> Consent | None:
    """The latest decision of a kind about a link's face, or None."""
    query = sa.select(Consent).filter_by(link_id=link_id, kind=kind)
    return session.scalar(query.order_by(Consent.number.desc()).limit(1))


def still_given(session: Session, consent_id: uuid.UUID) -> bool:
    """Whether a consent was given, and none to use the person's face was taken back since."""
    row = session.get_one(Consent, consent_id)
    return row.decision == "given" and not taken_back_since(session, row.person_id, row.at)


def _next_number(session: Session, link_id: uuid.UUID | None, person_id: uuid.UUID | None) -> int:
    counted = sa.select(sa.func.max(Consent.number)).filter_by(link_id=link_id)
    if link_id is None:
        counted = counted.filter_by(person_id=person_id)
    return (session.scalar(counted) or 0) + 1


def _shown_now(
    session: Session,
    call: Call,
    region_id: uuid.UUID,
    kinds: Collection[str],
    notice_id: uuid.UUID,
    text_sha256: str,
) -> Notice:
    notice = session.get(Notice, notice_id)
    if notice is None or notice.kind not in kinds:
        raise NotFound
    if current(session, region_id, notice.kind, notice.language, call.now).id != notice.id:
        raise NoticeOutdated
    if not hmac.compare_digest(notice.text_sha256.encode(), text_sha256.lower().encode()):
        raise NoticeTextDiffers
    return notice


def _known(value: str, of: tuple[str, ...]) -> None:
    if value not in of:
        raise ValueError(f"{value} is not one of {', '.join(of)}")


def _device(call: Call) -> uuid.UUID | None:
    return call.actor.device_id if isinstance(call.actor, Holder) else None
