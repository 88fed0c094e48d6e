"""Applications up to the step where evidence is taken, and specimens to give."""

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from PIL import Image

from ecard.demo import specimens
from ecard.demo.phone import Answer, Phone
from ecard.registry.sql import store_portrait
from ecard.review.models import Case
from tests.support import CARD_PASSWORD, Stage


@dataclass
class Application:
    """A holder's open application for a relative."""

    stage: Stage
    phone: Phone
    link_id: str

    def upload(self, *kinds: str) -> list[str]:
        """Upload a specimen of each kind."""
        return [self.phone.upload(kind, specimen(kind)) for kind in kinds]

    def give(self, *kinds: str) -> Answer:
        """Upload specimens and submit them."""
        return self.phone.give_evidence(self.link_id, self.upload(*kinds))

    def state(self) -> str:
        """The link's state as the holder sees it."""
        return str(self.phone.must("GET", f"/links/{self.link_id}")["state"])

    def evidence(self) -> Any:
        """What is needed and what is there."""
        return self.phone.must("GET", f"/links/{self.link_id}/evidence")

    def cases(self) -> list[Case]:
        """What waits for a reviewer, or did."""
        query = sa.select(Case).filter_by(link_id=uuid.UUID(self.link_id))
        with self.stage.joined.db.read() as session:
            return list(session.scalars(query))

    def unclaimed(self) -> set[str]:
        """Ids of the holder's unclaimed documents."""
        return {item["id"] for item in self.phone.must("GET", "/documents")["items"]}


def apply(
    stage: Stage, holder: str, relative: str, relation: str, phone: Phone | None = None
) -> Application:
    """Open an application and name the relative; evidence is next."""
    phone = phone or stage.signed_in(holder)
    link_id = phone.open_application(phone.step_up(CARD_PASSWORD))["id"]
    phone.acknowledge(link_id)
    person = stage.demo.persons[relative]
    answer = phone.give_family_account(link_id, person.name, person.number, relation)
    assert answer.ok, answer.body
    return Application(stage, phone, link_id)


def sign_in_again(stage: Stage, holder: str, phone: Phone) -> Phone:
    """The same phone, signed in (anew)."""
    stage.clock.advance(seconds=6)
    return stage.let_in(stage.demo.persons[holder], phone)


def give_registry_portrait(stage: Stage, ref: str) -> None:
    """Let the registry hold a portrait of somebody."""
    with stage.joined.db.write() as session:
        store_portrait(session, stage.joined.dependencies.vault, ref, specimen("face_photo"))
        session.commit()


@cache
def portrait(which: int = 0) -> Image.Image:
    """One of the two public-domain portraits."""
    return specimens.open_photo(specimens.public_portraits()[which])


@cache
def specimen(kind: str) -> bytes:
    """A drawn specimen of a document of this kind."""
    if kind in ("id_card_front", "passport", "guardian_id_front", "guardian_passport"):
        return specimens.identity_card_front(portrait(), ["SPECIMEN", "Ada Example"])
    if kind in ("id_card_back", "guardian_id_back"):
        return specimens.identity_card_back(["SPECIMEN"])
    if kind == "face_photo":
        return specimens.face_photo(portrait())
    return specimens.paper(kind.replace("_", " "), ["Ada Example"])
