"""Cases at the desk, brought about the way families bring them about."""

import uuid
from dataclasses import dataclass
from typing import Any

from ecard import files
from ecard.demo.phone import Answer, Phone
from ecard.family.models import Link
from ecard.review import service as review
from tests.documents.applications import Application, apply, specimen
from tests.support import Stage

FIRST, SECOND, ABOVE = "reviewer-north", "reviewer-north-2", "reviewer-province"
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
        """Decide the case as it was read last."""
        version = more.pop("version", None) or self.read().body.get("version", 1)
        body = {"outcome": outcome, "reason": reason, "explanation": words}
        return self.phone.send("POST", f"{self.path}/decision", body, if_match=f'"{version}"')

    def reject(self, reason: str = "document_not_legible", words: str = WORDS) -> Answer:
        """Reject the case."""
        return self.decide("rejected", reason, words)


def adults_case(stage: Stage) -> Application:
    """A mother of 72 whose portrait the registry does not hold: a person looks."""
    return given(apply(stage, "tomas", "elena", "parent"), "id_card_front", "id_card_back")


def minors_case(stage: Stage) -> Application:
    """A child of 12 whose kinship the registry does not know: a person looks."""
    application = apply(stage, "fang", "xiaoyu", "child")
    return given(application, "birth_certificate", "face_photo")


def given(application: Application, *kinds: str) -> Application:
    """The application with its evidence."""
    answer = application.give(*kinds)
    assert answer.status == 201, answer.body
    return application


def face_case(stage: Stage) -> Application:
    """A child of 9 whose live face needs a person: two frames are kept for the case."""
    application = given(apply(stage, "lucia", "mateo", "child"), "birth_certificate", "face_photo")
    call = stage.joined.call()
    with stage.joined.db.write() as session:
        link = session.get_one(Link, uuid.UUID(application.link_id))
        assert link.relative_id is not None
        kept = [
            files.put(
                session,
                call,
                owner_id=link.relative_id,
                purpose="review_frame",
                media_type="image/jpeg",
                content=specimen("face_photo"),
                destroy_after=None,
            )
            for _ in range(2)
        ]
        review.open_case(
            session,
            call,
            link,
            kind="face",
            reasons=["under_16"],
            facts={"engine": "none"},
            files=[("frame", row.id) for row in kept],
        )
        session.commit()
    return application


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
