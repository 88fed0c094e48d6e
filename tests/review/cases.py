"""Cases at the desk, and the people at both sides of it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.demo.phone import Answer, Phone
from ecard.demo.specimens import paper
from ecard.family.models import Link
from ecard.persons import service as persons
from ecard.review import service as review
from tests.documents.applications import sign_in_again
from tests.support import Stage

FIRST, SECOND, ABOVE = "reviewer-north", "reviewer-north-2", "reviewer-province"
PICTURE = paper("picture", ["Ada Example"])
GROUNDS = "The picture is old; a newer one is at the counter."
WORDS = "The paper shows the names of parent and child."


@dataclass
class Desk:
    """A reviewer at a case."""

    phone: Phone
    case_id: str

    @property
    def path(self) -> str:
        """The case's address."""
        return f"/staff/cases/{self.case_id}"

    def read(self) -> Answer:
        """Open the case."""
        return self.phone.send("GET", self.path)

    def ask(self) -> Answer:
        """Ask to open a minor's case."""
        return self.phone.send("POST", f"{self.path}/opening")

    def approve(self) -> Answer:
        """Approve somebody else's question."""
        return self.phone.send("POST", f"{self.path}/opening/approval")

    def file(self, number: int) -> Answer:
        """Look at a file."""
        return self.phone.send("GET", f"{self.path}/files/{number}")

    def decide(self, outcome: str, reason: str, words: str = WORDS, **more: Any) -> Answer:
        """Decide the case as it was read last; ``more`` of what a decision says."""
        version = more.pop("version", None) or self.read().body.get("version", 1)
        body = {"outcome": outcome, "reason": reason, "explanation": words, **more}
        return self.phone.send("POST", f"{self.path}/decision", body, if_match=f'"{version}"')

    def reject(self, reason: str = "document_not_legible", words: str = WORDS) -> Answer:
        """Reject the case."""
        return self.decide("rejected", reason, words)


@dataclass
class Application:
    """A link in review, and its two sides' phones where a test needs them."""

    stage: Stage
    holder: str
    relative: str
    link_id: str

    @cached_property
    def phone(self) -> Phone:
        """The holder's phone, signed in when it is first used."""
        return signed_in(self.stage, self.holder)

    @cached_property
    def relatives_phone(self) -> Phone:
        """The relative's own phone; they have a card too."""
        return signed_in(self.stage, self.relative)

    def state(self) -> str:
        """The link's state."""
        with self.stage.joined.db.read() as session:
            return session.get_one(Link, uuid.UUID(self.link_id)).state

    def decisions(self, phone: Phone | None = None) -> list[dict[str, Any]]:
        """The decisions as one side reads them."""
        path = f"/links/{self.link_id}/decisions"
        return list((phone or self.phone).must("GET", path)["items"])

    def appeal(self, phone: Phone | None = None, grounds: str = GROUNDS) -> Answer:
        """Appeal against the decision."""
        body = {"grounds": grounds}
        return (phone or self.phone).send("POST", f"/links/{self.link_id}/appeal", body)

    def told(self, ref: str) -> list[str]:
        """What was sent to one of the sides."""
        contact = self.stage.demo.persons[ref].contact
        return [item["text"] for item in self.stage.mailbox(str(contact.phone))]


def adults_case(stage: Stage) -> Application:
    """A mother of 72 whose portrait the registry does not hold: a person looks."""
    roles = ("reference_photo", "id_card_front", "id_card_back")
    return in_review(stage, "tomas", "elena", "parent", "evidence", "submitted", roles)


def minors_case(stage: Stage) -> Application:
    """A child of 12 whose kinship the registry does not know: a person looks."""
    roles = ("reference_photo", "birth_certificate", "face_photo")
    return in_review(stage, "fang", "xiaoyu", "child", "evidence", "submitted", roles)


def face_case(stage: Stage) -> Application:
    """A mother whose live face needs a person: two frames are kept for the case."""
    roles = ("frame", "frame", "reference_photo")
    return in_review(stage, "tomas", "elena", "parent", "face", "awaiting_face", roles)


def in_review(
    stage: Stage,
    holder: str,
    relative: str,
    relation: str,
    kind: str,
    state: str,
    roles: tuple[str, ...],
) -> Application:
    """A link in some state with a case of some kind on it, as other features open it."""
    call, people = stage.joined.call(), stage.demo.persons
    with stage.joined.db.write() as session:
        holds = persons.ensure(session, call, people[holder])
        held = persons.ensure(session, call, people[relative])
        link = Link(
            id=uuid.uuid4(),
            holder_id=holds.id,
            region_id=holds.region_id,
            state=state,
            relation=relation,
            relative_id=held.id,
            typed_index=str(held.id)[:40],
            scopes=["rights"],
            accepted_at=call.now if state == "awaiting_face" else None,
            accepted_via="invitation" if state == "awaiting_face" else None,
            opened_at=call.now,
            lapses_at=call.now + timedelta(days=7),
        )
        session.add(link)
        session.flush()
        kept = [(role, keep(session, call, link, role)) for role in roles]
        review.open_case(session, call, link, kind=kind, reasons=["tested"], facts={}, files=kept)
        session.commit()
    return Application(stage, holder, relative, str(link.id))


def keep(session: Session, call: Call, link: Link, role: str) -> uuid.UUID:
    """A stored file, as it would lie there for a case."""
    return files.put(
        session,
        call,
        owner_id=link.holder_id,
        purpose={"frame": "review_frame"}.get(role, "document"),
        media_type="image/jpeg",
        content=PICTURE,
        destroy_after=link.lapses_at,
    ).id


def signed_in(stage: Stage, ref: str) -> Phone:
    """Somebody's phone; the code is found among whatever else was sent."""
    return sign_in_again(stage, ref, stage.phone())


def at_desk(stage: Stage, user_name: str) -> Desk:
    """A reviewer at the newest case that waits in their region."""
    phone = stage.desk(user_name)
    return Desk(phone, phone.must("GET", "/staff/cases")["items"][0]["id"])


def opened(stage: Stage, *, asks: str = FIRST, approves: str = SECOND) -> Desk:
    """A reviewer at a minor's case that a second person approved to open."""
    desk, second = at_desk(stage, asks), at_desk(stage, approves)
    assert desk.ask().status == 201
    assert second.approve().status == 201
    return desk
