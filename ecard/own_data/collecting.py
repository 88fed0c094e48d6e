"""All that is kept about a person, put together from what each feature says of its own tables."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from ecard.accounts import kept as accounts
from ecard.activation import kept as activation
from ecard.acts import kept as acts
from ecard.call import Call
from ecard.card_applications import kept as card_applications
from ecard.cards import kept as cards
from ecard.cards import service as card_states
from ecard.certification import kept as certification
from ecard.documents import kept as documents
from ecard.family import kept as family
from ecard.family import service as family_links
from ecard.kept import Categories, Kept, Whose
from ecard.locale import sentence
from ecard.messages import kept as messages
from ecard.notices import kept as notices
from ecard.own_data import kept as own
from ecard.own_data.policy import FACES
from ecard.own_data.whose import as_guardian, note, refuse_guardian
from ecard.persons import service as persons
from ecard.qr import kept as qr
from ecard.registry.service import mask
from ecard.review import kept as review
from ecard.rights import kept as rights
from ecard.transfers import kept as transfers

WHERE_USED = "qr_used_relative"
"""The message that says where, and when, somebody else showed the person's card."""


def _messages(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """In a dispute nobody reads place or time of the other's use, in a message either."""
    without = {WHERE_USED} if family_links.is_disputed_on(session, whose.person_id) else set()
    return messages.kept_about(session, call, whose, most, without)


SOURCES = (
    *(cards.kept_about, accounts.kept_about, family.kept_about, notices.kept_about),
    *(documents.kept_about, activation.kept_about, review.kept_about, own.kept_about),
    *(acts.kept_about, certification.kept_about, rights.kept_about, qr.kept_about),
    *(transfers.kept_about, card_applications.kept_about, _messages),
)
"""In the order in which people read it."""


@dataclass(frozen=True, slots=True)
class ParticularsView:
    """Who it is, as the registry has it: what is wrong here is corrected there."""

    name: str
    number: str
    """Masked on the screen; in full in the file, which asks for the e-card password."""
    birth_date: date
    sex: str
    source: str = "registry"


@dataclass(frozen=True, slots=True)
class ContactView:
    """How the person is reached: addresses of the registry, and the language that is used."""

    phone: str | None
    email: str | None
    language: str
    language_chosen: bool
    version: int
    """For changing the language."""
    source: str = "registry"


@dataclass(frozen=True, slots=True)
class CardNow:
    """The e-card as the registry has it now."""

    number_masked: str | None
    state: str
    expires_on: date | None
    source: str = "registry"


@dataclass(frozen=True, slots=True)
class CategoryView:
    """One category, with a sentence that says what it is."""

    name: str
    says: str
    total: int
    items: list[Kept]


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything about one person."""

    person_id: uuid.UUID
    as_of: datetime
    particulars: ParticularsView
    contact: ContactView
    card: CardNow
    faces_stored: int
    """Pictures of the face that can still be read."""
    categories: list[CategoryView] = field(default_factory=list)


def read_own(call: Call, most: int) -> OwnData:
    """All about the signed-in person, of each category the newest ``most``. Raises Unavailable."""
    own_id = call.holder.person_id
    return collect(call, Whose(own_id, own_id), most)


def read_as_guardian(call: Call, link_id: uuid.UUID, most: int) -> OwnData:
    """All about whom the signed-in guardian speaks for, as far as it concerns this link; the look
    stands in the history. Raises NotFound, LinkNotActive, NotTheirGuardian, CardNotUsable,
    RelativeNotConfirmed, Unavailable."""
    refuse_guardian(call, link_id)
    with call.db.write() as session:
        whose = as_guardian(session, call, link_id)
        note(session, call, whose, "own_data.read")
        session.commit()
    return collect(call, whose, most)


def collect(call: Call, whose: Whose, most: int | None, *, in_full: bool = False) -> OwnData:
    """Put it together. Asks the registry first, with no session open."""
    with call.db.read() as session:
        person = persons.particulars(session, call, whose.person_id)
    reached = persons.contact(call, person.registry_ref)
    card = card_states.held_by(call, whose.person_id)
    with call.db.read() as session:
        chosen, version = persons.language_choice(session, whose.person_id)
        stored = {
            name: one
            for source in SOURCES
            for name, one in source(session, call, whose, most).items()
        }
        faces = sum(what in FACES for what, _ in pictures(session, whose))
    found = family.after_deaths(call, stored)
    return OwnData(
        person_id=whose.person_id,
        as_of=call.now,
        particulars=ParticularsView(
            person.name,
            person.number if in_full else mask(person.number),
            person.birth_date,
            person.sex,
        ),
        contact=ContactView(
            reached.phone, reached.email, person.language, chosen is not None, version
        ),
        card=CardNow(
            mask(card.card.number) if card.card is not None else None, card.state, card.expires_on
        ),
        faces_stored=faces,
        categories=[
            CategoryView(name, sentence(f"kept.{name}", call.language), one.total, one.items)
            for name, one in found.items()
        ],
    )


def pictures(session: Session, whose: Whose) -> list[tuple[str, uuid.UUID]]:
    """Pictures of the person that can still be read: what it is, and the file."""
    return [*documents.own_pictures(session, whose), *review.own_frames(session, whose)]
