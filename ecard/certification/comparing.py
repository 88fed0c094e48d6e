"""What a live face is compared with: the kept portrait, else the registry's, else nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification.errors import NoPictureToCompare, TooYoungForFace
from ecard.documents import service as documents
from ecard.persons import service as persons
from ecard.policy import service as policies


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture to compare with."""

    jpeg: bytes
    vouched_for: bool
    """Cut from an identity document, or the registry's own; a face photo is only what a holder
    sent."""


def picture_of(call: Call, acting: Acting) -> Picture:
    """What a person's live face is compared with now; no session may be open.

    The registry does not say how old its portrait is, and a child's face changes: below the age of
    an adult it is not used. Raises TooYoungForFace, NoPictureToCompare, Unavailable.
    """
    with call.db.read() as session:
        policy = policies.current(session, acting.region_id, call.now)
        age = age_of(session, call, acting)
        if age < policy.face_match_min_age:
            raise TooYoungForFace
        kept = documents.kept_portrait(session, call, acting.person_id)
    if kept is not None:
        photo, jpeg = kept
        return Picture(jpeg, photo.source != "face_photo")
    portrait = persons.portrait(call, acting.registry_ref) if age >= policy.adult_age else None
    if portrait is None:
        raise NoPictureToCompare
    return Picture(portrait, vouched_for=True)


def age_of(session: Session, call: Call, acting: Acting) -> int:
    """The person's age today, at the place of their card."""
    today = persons.local_day(call.now, agencies.time_zone(session, acting.region_id))
    birth_date = persons.particulars(session, call, acting.person_id).birth_date
    return persons.age_on(birth_date, today)
