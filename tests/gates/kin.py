"""Links that stand already in the database of a running server: they take years to come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from ecard.config import read_settings
from ecard.family import service as family
from ecard.family.guardians import tell_other_guardians
from ecard.family.links import keep_typed
from ecard.joined import Joined, join
from ecard.notices import service as notices
from ecard.persons.policy import birthday, local_midnight
from ecard.registry.insurance import store_benefit
from ecard.registry.port import Benefit, RegistryPerson
from ecard.registry.sql import store_portrait
from ecard.review import service as review
from tests.family import scene
from tests.gates.app_steps import Place
from tests.support import Stage

ZONE = ZoneInfo("Asia/Shanghai")
OF_AGE = 16


class Kin:
    """People and links, written beside the server."""

    def __init__(self, joined: Joined) -> None:
        self.joined = joined
        self.stage = cast("Stage", self)  # people and links need no more of it

    @property
    def today(self) -> date:
        """At the place of the cards."""
        return datetime.now(ZONE).date()

    def person(self, ref: str, name: str, birth_date: date) -> RegistryPerson:
        """Somebody new in the registry, with a telephone and an e-card."""
        return scene.change(self.stage, scene.invent(self.stage, ref, birth_date), name=name)

    def aged(self, years: int) -> date:
        """The birth date of somebody of that age."""
        return self.today.replace(year=self.today.year - years, day=1)

    def turned(self, days_ago: int) -> date:
        """The birth date of who came of age so many days ago."""
        day = self.today - timedelta(days=days_ago)
        return day.replace(year=day.year - OF_AGE, day=min(day.day, 28))

    def link(
        self, holder: RegistryPerson, relative: RegistryPerson, relation: str, **more: Any
    ) -> str:
        """One that is active; a child's acts until they come of age."""
        if relation == "child":
            grown = birthday(relative.birth_date, OF_AGE)
            more["acts_until"] = local_midnight(grown, ZONE)
        link_id = scene.hold(self.stage, holder, relative, relation, **more)
        call = self.joined.call()
        with self.joined.db.write() as session:
            link = family.lock_link(session, UUID(link_id))
            keep_typed(session, call, link, relative.name, relative.number)
            session.commit()
        return link_id

    def tell_guardians(self, link_id: str) -> None:
        """As when the link opened."""
        with self.joined.db.write() as session:
            link = family.lock_link(session, UUID(link_id))
            tell_other_guardians(session, self.joined.call(), link)
            session.commit()

    def portrait(self, person: RegistryPerson, jpeg: bytes) -> None:
        """What the registry compares a face with."""
        with self.joined.db.write() as session:
            store_portrait(session, self.joined.dependencies.vault, person.ref, jpeg)
            session.commit()

    def keeps_portrait(self, link_id: str) -> None:
        """The relative lets us keep the picture for later."""
        call = self.joined.call()
        with self.joined.db.write() as session:
            link = family.lock_link(session, UUID(link_id))
            text = notices.current(session, link.region_id, "face_processing", "en", call.now)
            about = {"link_id": link.id, "person_id": link.relative_id, "region_id": link.region_id}
            read = {"notice_id": text.id, "text_sha256": text.text_sha256, **about}
            notices.decide(
                session, call, kind="portrait_kept", decision="given", given_by="person", **read
            )
            session.commit()

    def pension(self, person: RegistryPerson, days_ago: int, kind: str = "old_age") -> None:
        """Drawn since then, and no proof of life was ever given."""
        since = self.today - timedelta(days=days_ago)
        benefit = Benefit(f"b-{person.ref}", kind, since, None, 91_250)
        with self.joined.db.write() as session:
            store_benefit(session, self.joined.dependencies.vault, person.ref, benefit)
            session.commit()

    def cases(self, count: int) -> None:
        """So many applications whose papers a person is to look at."""
        holder, reasons = self.person("many", "Many Ashdown", self.aged(50)), ["not_legible"]
        for number in range(count):
            parent = self.person(f"many-{number}", "Many Ashdown", self.aged(72))
            link_id = scene.hold(self.stage, holder, parent, "parent", state="submitted")
            with self.joined.db.write() as session:
                link = family.lock_link(session, UUID(link_id))
                review.open_case(
                    session, self.joined.call(), link, kind="evidence", reasons=reasons, facts={}
                )
                session.commit()

    def days_ago(self, days: int) -> datetime:
        """A moment."""
        return datetime.now(UTC) - timedelta(days=days)


@contextmanager
def kin_of(place: Place) -> Iterator[Kin]:
    """Beside the server that keeps its data there."""
    joined = join(read_settings({"ECARD_VAR": str(place.folder / "var")}))
    try:
        yield Kin(joined)
    finally:
        joined.db.close()
