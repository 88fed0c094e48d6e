"""A daughter who shows her mother's e-card, and a clerk who scans it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.demo.phone import Answer, Phone
from ecard.family.models import Link
from ecard.qr.models import QrCode
from ecard.registry.port import RegistryCard, RegistryPerson
from tests.family.scene import Pair, change, hold, pair
from tests.support import START, Stage

OPERATION = "register_patient"


@dataclass
class Showing:
    """Two people with an active link whose scope is on, and the clerk of their region."""

    stage: Stage
    two: Pair
    link_id: str
    desk: Phone
    relative: Phone | None = None
    """The mother's own phone, where a test file needs one."""
    started: datetime = START
    recorded: int = 0
    """How many audit rows there were when the test began."""

    def begin_anew(self) -> None:
        """Another test: cards, people, clock and link as at first, and no codes."""
        self.stage.clock.time = self.started
        self.stage.app.extensions["ecard"] = self.stage.joined  # other stages share the application
        for person in (self.two.holder, self.two.relative):
            change(self.stage, person)
        self.link_id = hold(self.stage, self.two.holder, self.two.relative, "parent")
        self.scopes("qr")
        with self.stage.joined.db.write() as session:
            session.execute(sa.delete(QrCode))
            session.commit()
            self.recorded = session.scalar(sa.select(sa.func.count(AuditRow.seq))) or 0

    def show(self, **more: Any) -> Answer:
        """The daughter asks for a code for her mother's card."""
        body = {"operation": OPERATION, "link_id": self.link_id, **more}
        return self.two.phone.send("POST", "/card/qr-codes", body)

    def show_own(self, **more: Any) -> Answer:
        """The daughter asks for a code for her own card."""
        return self.two.phone.send("POST", "/card/qr-codes", {"operation": OPERATION, **more})

    def scan(self, text: str, operation: str = OPERATION, desk: Phone | None = None) -> Answer:
        """A clerk scans a code."""
        body = {"text": text, "operation": operation}
        return (desk or self.desk).send("POST", "/staff/qr-codes/use", body)

    def scopes(self, *scopes: str) -> None:
        """The link's scopes, set as some feature does."""
        with self.stage.joined.db.write() as session:
            link = session.get_one(Link, uuid.UUID(self.link_id))
            link.scopes = list(scopes)
            session.commit()

    def card(self, person: RegistryPerson, state: str) -> None:
        """The registry moves a card."""
        assert isinstance(person.card, RegistryCard)
        self.stage.joined.dependencies.registry.change_card_state(person.card.number, state)

    def dies(self, person: RegistryPerson) -> None:
        """The registry learns of a death."""
        change(self.stage, person, died_on=self.stage.clock().date())

    def audited(self) -> list[tuple[str, str, str | None]]:
        """Action, outcome and reason of what is on record about codes, in order."""
        query = sa.select(AuditRow).where(
            AuditRow.object_kind == "qr_code", AuditRow.seq > self.recorded
        )
        with self.stage.joined.db.read() as session:
            rows = session.scalars(query.order_by(AuditRow.seq)).all()
        return [(row.action, row.outcome, row.reason) for row in rows]


def showing(stage: Stage, **languages: str) -> Showing:
    """The two, their link, and a desk."""
    two = pair(stage, **languages)
    link_id = hold(stage, two.holder, two.relative, "parent")
    ready = Showing(stage, two, link_id, stage.desk("clerk-north"))
    ready.scopes("qr")
    return ready


def refused(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status, answer.code
