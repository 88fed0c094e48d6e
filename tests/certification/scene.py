"""A daughter, her mother who draws a pension, and what they do about the proof of life."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ecard.certification import service
from ecard.demo.phone import Answer, Capture, Phone
from ecard.registry.insurance import store_benefit
from ecard.registry.port import Benefit, RegistryPerson
from ecard.registry.sql import store_portrait
from tests.family.scene import born, hold, invent, sign_in
from tests.support import Stage
from tests.support import stage as set_stage

A_YEAR = 366 * 86_400
SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE, DUE, LAST_PAID = date(2025, 12, 1), date(2026, 12, 1), date(2026, 12, 16)
WHY = {"grounds": "She cannot leave the house at present."}
WHY_SO = {True: "seen_in_person", False: "not_met"}
NORTH, NORTH_2, ABOVE = "reviewer-north", "reviewer-north-2", "reviewer-province"


class Home:
    """A daughter, her mother who draws a pension, and a link between them.

    Or another relation, to somebody of another age.
    """

    def __init__(self, stage: Stage, age: int = 72, relation: str = "parent") -> None:
        self.stage = stage
        self.daughter, self.mother = invent(stage, "ada", born(40)), invent(stage, "eve", born(age))
        with stage.joined.db.write() as session:
            pension = Benefit("b-eve", "old_age", SINCE, None, 91_250)
            store_benefit(session, stage.joined.dependencies.vault, self.mother.ref, pension)
            session.commit()
        self.link_id = hold(stage, self.daughter, self.mother, relation)
        self.phone = sign_in(stage, self.daughter)

    def on(self, day: date) -> None:
        """Go to noon of a day."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)
        self.stage.clock.time = noon.astimezone(UTC)

    def send(self, what: str, body: object = None) -> Answer:
        path = f"/links/{self.link_id}/certification/{what}"
        return self.phone.send("POST", path, body)

    def read(self) -> dict[str, Any]:
        return dict(self.phone.must("GET", f"/links/{self.link_id}/certification"))

    def state(self) -> str:
        (one,) = self.read()["benefits"]
        return str(one["state"])

    def look(self) -> bool:
        """The daily look; whether the registry pays then."""
        service.look_at(self.stage.joined.call(), self.mother.ref)
        (one,) = self.stage.joined.dependencies.registry.benefits(self.mother.ref)
        return one.paid

    def told(self, person: RegistryPerson) -> list[str]:
        box = self.stage.mailbox(str(person.contact.phone))
        return [item["text"] for item in box]

    def at_counter(self) -> Answer:
        code = self.send("counter-code").body["code"]
        body = {"code": code, "identity_document": "id_card"}
        desk = self.stage.desk("clerk-north")
        return desk.send("POST", "/staff/certification/counter", body)

    def decide(self, who: str, *, accepted: bool, reason: str = "") -> Answer:
        desk: Phone = self.stage.desk(who)
        (case,) = desk.must("GET", "/staff/certification/cases")["items"]
        return desk.send(
            "POST",
            f"/staff/certification/cases/{case['id']}/decision",
            {"accepted": accepted, "reason": reason or WHY_SO[accepted]},
            if_match=f'"{case["version"]}"',
        )

    # --- the live face --------------------------------------------------------------------------

    def has_portrait(self, picture: bytes) -> None:
        """The registry holds this portrait of the mother."""
        with self.stage.joined.db.write() as session:
            vault = self.stage.joined.dependencies.vault
            store_portrait(session, vault, self.mother.ref, picture)
            session.commit()

    def camera(self, phone: Phone | None = None, consent: str = "given") -> Capture:
        """A capture session: for the mother, or (``phone``) one's own; with the decision made."""
        path = "/certification" if phone else f"/links/{self.link_id}/certification"
        phone = phone or self.phone
        opened = phone.must("POST", f"{path}/captures")
        capture = Capture.for_certification(phone, opened["id"])
        if consent:
            assert capture.consent(consent).ok
        return capture

    def case(self, who: str) -> dict[str, Any]:
        """The one open case, as a reviewer reads it."""
        desk: Phone = self.stage.desk(who)
        (case,) = desk.must("GET", "/staff/certification/cases")["items"]
        return dict(desk.must("GET", f"/staff/certification/cases/{case['id']}"))


@contextmanager
def at_home(folder: Path, **settings: Any) -> Iterator[Home]:
    """Months pass here, and signing in each time is not what is tested."""
    with set_stage(folder, access_seconds=A_YEAR, session_seconds=A_YEAR, **settings) as stage:
        yield Home(stage)
