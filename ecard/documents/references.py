"""Reference photos: found on a document or taken as sent, kept, read, compared once more."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.errors import UndecodableImage
from biometrics.types import Portrait, PortraitQuality, ReviewReason
from biometrics.verifier import FaceVerifier
from ecard import files
from ecard.call import Call
from ecard.documents import policy as rules
from ecard.documents.errors import (
    FacePhotoUnusable,
    PortraitNotFound,
    PortraitTooSmall,
    ReferenceLapsed,
)
from ecard.documents.models import ReferencePhoto
from ecard.documents.policy import FaceSource, Standing
from ecard.documents.uploading import JPEG
from ecard.family import service as family
from ecard.notices import service as notices
from ecard.policy.service import Policy

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class Application:
    """What must be known to judge evidence, read before any slow work."""

    link_version: int
    relation: str
    age: int
    policy: Policy
    source: FaceSource
    holder_ref: str
    relative_ref: str
    face_pages: tuple[tuple[uuid.UUID, bytes], ...]
    """Document and page (JPEG) of what may carry the face, the most legible first."""


@dataclass(frozen=True, slots=True)
class Found:
    """The picture to compare live faces with, and the document it comes from."""

    document_id: uuid.UUID
    jpeg: bytes
    eye_distance_px: float | None
    warnings: tuple[str, ...] = ()


def find_reference(verifier: FaceVerifier, application: Application) -> Found:
    """The picture to compare with. Raises PortraitNotFound, PortraitTooSmall, FacePhotoUnusable."""
    if application.source is FaceSource.FACE_PHOTO:
        return check_face_photo(verifier, *application.face_pages[0])
    found = []
    for document_id, page in application.face_pages:
        portrait = _portrait(verifier, page)
        if portrait is not None and portrait.quality is PortraitQuality.GOOD:
            return _reference(document_id, portrait)
        if portrait is not None:
            found.append((document_id, portrait))
    if not found:
        raise PortraitNotFound
    document_id, best = max(found, key=lambda item: item[1].eye_distance_px)
    if best.quality is PortraitQuality.REFUSE:
        raise PortraitTooSmall(eye_distance_px=round(best.eye_distance_px))
    return _reference(document_id, best)


def _portrait(verifier: FaceVerifier, page: bytes) -> Portrait | None:
    try:
        return verifier.find_portrait(page)
    except UndecodableImage as error:
        raise files.PictureUnreadable from error


def _reference(document_id: uuid.UUID, portrait: Portrait) -> Found:
    small = portrait.quality is PortraitQuality.WARN
    warnings = ("portrait_small",) if small else ()
    return Found(document_id, portrait.jpeg, portrait.eye_distance_px, warnings)


def check_face_photo(verifier: FaceVerifier, document_id: uuid.UUID, photo: bytes) -> Found:
    """A photo (JPEG) as the picture of a face. Raises FacePhotoUnusable, PictureUnreadable."""
    try:
        check = verifier.check_reference(photo)
    except UndecodableImage as error:
        raise files.PictureUnreadable from error
    if not check.usable:
        reason = check.reason.value if check.reason else "no_face"
        raise FacePhotoUnusable(fields={"face_photo": [reason]}, reason=reason)
    return Found(document_id, photo, check.eye_distance_px)


def keep_reference(
    session: Session,
    call: Call,
    link: Link,
    application: Application,
    reference: Found,
) -> ReferencePhoto:
    source = application.source
    months = _months(source, application.age, application.policy)
    kept = files.put(
        session,
        call,
        owner_id=shown_person(link, guardian=source is FaceSource.GUARDIAN_PORTRAIT),
        purpose="reference_photo",
        media_type=JPEG,
        content=reference.jpeg,
        destroy_after=first_date(call, link),
    )
    photo = ReferencePhoto(
        id=uuid.uuid4(),
        link_id=link.id,
        subject="guardian" if source is FaceSource.GUARDIAN_PORTRAIT else "relative",
        source="face_photo" if source is FaceSource.FACE_PHOTO else "portrait",
        document_id=reference.document_id,
        file_id=kept.id,
        eye_distance_px=reference.eye_distance_px,
        created_at=call.now,
        lapses_at=rules.add_months(call.now, months),
    )
    session.add(photo)
    session.flush()
    return photo


def shown_person(link: Link, *, guardian: bool) -> uuid.UUID:
    """Whose key a picture lies under: the person's whom it shows, so that it goes with them."""
    return link.holder_id if guardian or link.relative_id is None else link.relative_id


def first_date(call: Call, link: Link) -> datetime:
    return rules.document_lapses(
        Standing.UNDER_WAY,
        now=call.now,
        application_lapses=link.lapses_at,
        settled_at=None,
        decided_days=0,
    )


def reference(session: Session, call: Call, link: Link) -> tuple[ReferencePhoto, bytes]:
    """The link's reference photo and its JPEG. Raises ReferenceLapsed when there is none now."""
    query = sa.select(ReferencePhoto).filter_by(link_id=link.id)
    photo = session.scalar(query.order_by(ReferencePhoto.created_at.desc()).limit(1))
    if photo is None or photo.lapses_at <= call.now:
        raise ReferenceLapsed
    try:
        return photo, files.read(session, call, photo.file_id)
    except files.FileDestroyed as gone:
        raise ReferenceLapsed from gone


def take_anew(
    session: Session, call: Call, link: Link, jpeg: bytes, *, age: int, vouched_for: bool
) -> ReferencePhoto:
    """A live frame that matched becomes the link's reference photo; what was kept is destroyed.

    ``link`` is locked, and the person (``age``: theirs) agreed that one is kept. ``vouched_for``:
    whether somebody vouches for what it matched. Not committed; then call ``files.erase``.
    """
    policy = family.policy_of(session, call, link)
    adult = age >= policy.adult_age
    months = _months(FaceSource.RELATIVE_PORTRAIT if adult else FaceSource.FACE_PHOTO, age, policy)
    for earlier in session.scalars(sa.select(ReferencePhoto).filter_by(link_id=link.id)):
        files.destroy(session, call, earlier.file_id, "taken_anew")
    lapses_at = rules.add_months(call.now, months)
    kept = files.put(
        session,
        call,
        owner_id=shown_person(link, guardian=False),
        purpose="reference_photo",
        media_type=JPEG,
        content=jpeg,
        destroy_after=lapses_at,
    )
    photo = ReferencePhoto(
        id=uuid.uuid4(),
        link_id=link.id,
        subject="relative",
        source="capture" if vouched_for else "face_photo",
        file_id=kept.id,
        created_at=call.now,
        lapses_at=lapses_at,
    )
    session.add(photo)
    session.flush()
    return photo


def _months(source: FaceSource, age: int, policy: Policy) -> int:
    return rules.reference_months(
        source,
        age,
        portrait=policy.portrait_months,
        child=policy.reference_months_child,
        small_child=policy.reference_months_small_child,
        small_age=policy.small_child_age,
    )


def kept_portrait(
    session: Session, call: Call, person_id: uuid.UUID
) -> tuple[ReferencePhoto, bytes] | None:
    """The newest reference photo that a person agreed to keep for later face checks, on whichever
    standing link on them; None where there is none now."""
    query = sa.select(ReferencePhoto).where(
        ReferencePhoto.link_id.in_(family.standing_on(session, call, person_id)),
        ReferencePhoto.lapses_at > call.now,
        ReferencePhoto.subject == "relative",
    )
    for photo in session.scalars(query.order_by(ReferencePhoto.created_at.desc())):
        agreed = notices.consent(session, photo.link_id, notices.PORTRAIT_KEPT)
        if agreed is None or (agreed.decision, agreed.person_id) != ("given", person_id):
            continue
        with suppress(files.FileDestroyed):
            return photo, files.read(session, call, photo.file_id)
    return None


_OF_HOUSEHOLD = (ReviewReason.CLOSE_RELATIVE, ReviewReason.HOUSEHOLD_UNREAD)


@dataclass(frozen=True, slots=True)
class Household:
    """Reference photos of a holder's other relatives, the newest first."""

    photos: tuple[bytes, ...] = ()
    left_out: int = 0
    """On file besides: each costs as much time as the claimed one."""

    def review_reason(self, found: ReviewReason | None) -> str:
        """Why these leave a match to a person: as the verifier found, or since the nearest one may
        be among those that were left out; empty where they do not."""
        if found in _OF_HOUSEHOLD:
            return found.value
        return ReviewReason.HOUSEHOLD_UNREAD.value if self.left_out else ""


def household_references(
    session: Session, call: Call, relatives: Mapping[uuid.UUID, uuid.UUID], *, most: int
) -> Household:
    """What is on file of somebody's relatives, the newest photo of each, at most so many of them.

    ``relatives``: link → the person it is on; somebody may have been on several, one after another.
    """
    query = sa.select(ReferencePhoto).where(
        ReferencePhoto.link_id.in_(relatives),
        ReferencePhoto.lapses_at > call.now,
        ReferencePhoto.subject == "relative",
    )
    found: dict[uuid.UUID, bytes] = {}
    left_out: set[uuid.UUID] = set()
    for photo in session.scalars(query.order_by(ReferencePhoto.created_at.desc())):
        person_id = relatives[photo.link_id]
        if person_id in found or files.is_destroyed(session, photo.file_id):
            continue
        if len(found) < most:
            with suppress(files.FileDestroyed):  # since it was asked
                found[person_id] = files.read(session, call, photo.file_id)
        else:
            left_out.add(person_id)
    return Household(tuple(found.values()), len(left_out))


def note_registry_match(session: Session, photo_id: uuid.UUID, outcome: str) -> None:
    """Keep how the photo compared with the registry's portrait: match, no_match or unusable."""
    session.get_one(ReferencePhoto, photo_id, with_for_update=True).registry_match = outcome
