"""Applications that have come to the last step, and faces to show there.

Steps 1 to 3 are put in place directly (their rules are tested where they live); everything from
there on goes over the API.
"""

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.accounts import service as accounts
from ecard.activation.models import Attempt, CaptureSession
from ecard.actors import CaptureGuest
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.capture_parts import read_parts
from ecard.config import Settings
from ecard.demo.capture_client import Part
from ecard.demo.phone import Answer, Capture, Phone
from ecard.documents.models import Document, DocumentPage, ReferencePhoto
from ecard.family import service as family
from ecard.family.models import Link
from ecard.family.policy import face_subject
from ecard.persons import service as persons
from ecard.persons.policy import birthday, local_midnight
from ecard.registry.sql import store_portrait
from ecard.told import Sent
from tests.faces import ADMIRAL as ADMIRAL
from tests.faces import ASTRONAUT as ASTRONAUT
from tests.faces import CHALLENGE as CHALLENGE
from tests.faces import SEEDS as SEEDS
from tests.faces import UNDECIDED as UNDECIDED
from tests.faces import frames as frames
from tests.faces import photo as photo
from tests.faces import portrait as portrait
from tests.faces import stills as stills
from tests.support import Stage


def sent(capture: Capture, taken: list[bytes]) -> Sent:
    """A capture in answer to a challenge just drawn, as the service gets it."""
    drawn = capture.draw()
    return as_sent(capture.form(drawn, capture.record(drawn, taken)))


def as_sent(form: Sequence[Part]) -> Sent:
    """A form as the service gets it."""
    parts: dict[str, Any] = {name: io.BytesIO(content) for name, (_, content, _) in form}
    frames = [io.BytesIO(content) for name, (_, content, _) in form if name == "frames"]
    return read_parts(parts | {"frames": frames}, Settings(var=Path()))


@dataclass
class LastStep:
    """An application at its last step."""

    stage: Stage
    phone: Phone
    link_id: str

    def post(self, rest: str, json: object | None = None) -> Answer:
        """The holder posts to the link."""
        return self.phone.send("POST", f"/links/{self.link_id}{rest}", json)

    def read(self) -> dict[str, Any]:
        """How the last step stands, for the holder."""
        return dict(self.phone.must("GET", f"/links/{self.link_id}/activation"))

    def link(self) -> dict[str, Any]:
        """The link as the holder sees it."""
        return dict(self.phone.must("GET", f"/links/{self.link_id}"))

    def open(self, via: str) -> Capture:
        """Open a capture session on the holder's phone."""
        opened = self.phone.open_capture(self.link_id, via)
        return Capture(self.stage.phone(), opened["id"], opened["token"])

    def hand_over(self) -> Capture:
        """An adult takes the phone, accepts everything asked for and consents."""
        capture = self.open("handed_over")
        shown = capture.send("GET").body
        assert capture.accept([item["scope"] for item in shown["scopes"]]).ok
        assert capture.consent().ok
        return capture

    def take_back(self) -> None:
        """The phone is back in the holder's hands (how they prove it is tested on its own)."""
        call = self.stage.joined.call()
        holder, _ = accounts.session_of_token(call, self.phone.token)
        with self.stage.joined.db.write() as session:
            accounts.take_back(session, call, holder.session_id)
            session.commit()

    def sign_in_again(self, ref: str) -> None:
        """The holder signs in anew on the same phone, days later."""
        self.stage.work_off()
        self.stage.clock.advance(seconds=1)
        self.stage.let_in(self.stage.demo.persons[ref], self.phone)

    def attempts(self) -> list[Attempt]:
        """Every try of this application, oldest first."""
        query = sa.select(Attempt).filter_by(link_id=uuid.UUID(self.link_id))
        with self.stage.joined.db.read() as session:
            return list(session.scalars(query.order_by(Attempt.reserved_at, Attempt.id)))

    def row(self) -> Link:
        """The link's row."""
        with self.stage.joined.db.read() as session:
            return session.get_one(Link, uuid.UUID(self.link_id))

    def tried(
        self, outcome: str, count: int, seconds_ago: float = 0, reason: str | None = None
    ) -> None:
        """Write down tries that were made before, on whatever phone."""
        at = self.stage.clock.time
        with self.stage.joined.db.write() as session:
            link_id = uuid.UUID(self.link_id)
            before = session.scalar(sa.select(CaptureSession.id).filter_by(link_id=link_id))
            for number in range(count):
                session.add(
                    Attempt(
                        id=uuid.uuid4(),
                        link_id=link_id,
                        capture_session_id=before,
                        reserved_at=at - timedelta(seconds=seconds_ago + number),
                        settled_at=at,
                        outcome=outcome,
                        reason=reason,
                        capture_digest=uuid.uuid4().hex,
                    )
                )
            session.commit()


def last_step(
    stage: Stage,
    holder: str = "tomas",
    relative: str = "elena",
    relation: str = "parent",
    *,
    reference: bytes | None = None,
    phone: Phone | None = None,
) -> LastStep:
    """An application whose evidence was accepted; the photo on file shows the astronaut."""
    phone, call = phone or stage.signed_in(holder, None), stage.joined.call()
    with stage.joined.db.write() as session:
        link = _named(session, stage, holder, relative, relation)
        age = family.relative_age(session, call, link)
        source = "portrait" if age >= 16 or link.face_subject == "guardian" else "face_photo"
        _give_photo(session, call, link, reference or photo(ASTRONAUT), source)
        family.evidence_given(session, call, link)
        family.evidence_accepted(session, call, link, "evidence_confirmed")
        session.commit()
    return LastStep(stage, phone, str(link.id))


def _named(session: Session, stage: Stage, holder: str, relative: str, relation: str) -> Link:
    """A link with its family account: what steps 1 to 3 leave behind."""
    call, people = stage.joined.call(), stage.demo.persons
    sides = [persons.ensure(session, call, people[ref]) for ref in (holder, relative)]
    link = Link(
        id=uuid.uuid4(),
        holder_id=sides[0].id,
        region_id=sides[0].region_id,
        state="noticed",
        relation=relation,
        relative_id=sides[1].id,
        typed_index=call.dependencies.vault.index("number", people[relative].number),
        scopes=["certification", "qr", "rights"],
        opened_at=call.now,
        lapses_at=call.now + timedelta(days=7),
    )
    session.add(link)
    session.flush()
    policy = family.policy_of(session, call, link)
    link.face_subject = face_subject(family.relative_age(session, call, link), policy)
    return link


def _give_photo(session: Session, call: Call, link: Link, jpeg: bytes, source: str) -> None:
    kept = [
        files.put(
            session,
            call,
            owner_id=link.holder_id,
            purpose=purpose,
            media_type="image/jpeg",
            content=jpeg,
            destroy_after=None,
        )
        for purpose in ("document", "reference_photo")
    ]
    document = Document(
        id=uuid.uuid4(),
        holder_id=link.holder_id,
        kind="face_photo",
        link_id=link.id,
        claimed_at=call.now,
        pages=1,
        uploaded_at=call.now,
    )
    session.add(document)
    session.flush()
    session.add(
        DocumentPage(id=uuid.uuid4(), document_id=document.id, number=1, file_id=kept[0].id)
    )
    session.add(
        ReferencePhoto(
            id=uuid.uuid4(),
            link_id=link.id,
            subject=link.face_subject,
            source=source,
            document_id=document.id,
            file_id=kept[1].id,
            created_at=call.now,
            lapses_at=call.now.replace(year=call.now.year + 1),
        )
    )
    session.flush()


def birthday_begins(stage: Stage, ref: str, age: int) -> datetime:
    """The moment at which a demo person reaches an age, in their own region."""
    person = stage.demo.persons[ref]
    with stage.joined.db.read() as session:
        region = agencies.region_by_code(session, person.region_code)
        zone = agencies.time_zone(session, region.id)
    return local_midnight(birthday(person.birth_date, age), zone)


def registry_portrait(stage: Stage, ref: str, who: int) -> None:
    """The registry holds a portrait of that person."""
    with stage.joined.db.write() as session:
        store_portrait(session, stage.joined.dependencies.vault, ref, photo(who))
        session.commit()


def guest_call(capture: Capture, stage: Stage) -> Call:
    """A call by whoever holds the session, for tests that pass in other collaborators."""
    session_id = uuid.UUID(capture.session_id)
    with stage.joined.db.read() as session:
        link_id = session.get_one(CaptureSession, session_id).link_id
    return stage.joined.call().by(CaptureGuest(session_id, link_id))
