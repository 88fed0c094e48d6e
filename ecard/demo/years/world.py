"""A service of its own for the demonstration of ten years: a real application on a clock that is
moved by hand, in a folder that is removed afterwards. Phones and desks reach it by requests only.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask

from biometrics.verifier import FaceVerifier, VerifierSettings
from ecard import migrations
from ecard.app import create_app
from ecard.config import DEMO_REQUESTS_PER_ADDRESS, Settings
from ecard.demo import loader
from ecard.demo.in_process import AppTransport, HandClock, MovedClock
from ecard.demo.phone import Answer, Phone
from ecard.demo.pictures import Pair
from ecard.demo.simulated_camera import engine
from ecard.demo.years.registry import load_again
from ecard.jobs import work
from ecard.joined import Joined, join
from ecard.outbox import Job
from ecard.persons.policy import age_on
from ecard.registry.port import RegistryPerson
from ecard.vault import create_keys
from ecard.worker import Worker

PASSWORD = "730518"  # noqa: S105 - a specimen, set by the demo itself
PLACE = ZoneInfo("Asia/Shanghai")
OPENS = time(9)
TICK = timedelta(milliseconds=5)
"""The clock moves on with every look, as clocks do: what was done has an order."""
SIGNED_IN = timedelta(minutes=10)
"""Shorter than an access token, and than staff may leave their desk."""
SWEPT_DAYS = 180
"""The sweeps run on each day of the story, and never more days apart than this."""
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made below it


class WentOtherwise(Exception):
    """A scene did not come out as it must; the message says which and how."""


@dataclass
class SignedIn:
    """A phone or a desk that somebody is signed in on, and since when."""

    phone: Phone
    at: datetime


@dataclass
class World:
    """The service, its clock, everybody's phones, and what is printed."""

    joined: Joined
    clock: MovedClock
    app: Flask
    people: loader.DemoSummary
    pairs: Mapping[str, Pair]
    """Whose face which portrait stands for."""
    signed_in: dict[str, SignedIn] = field(default_factory=dict)

    # --- time ---------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day at the place of the demo region."""
        return self.clock.time.astimezone(PLACE).date()

    def go_to(self, day: date) -> None:
        """Let time pass until that morning: jobs are done when they are due, then the sweeps."""
        while (day - self.today).days > SWEPT_DAYS:
            self._open_on(self.today + timedelta(days=SWEPT_DAYS))
        self._open_on(day)

    def _open_on(self, day: date) -> None:
        while (due := self._next_job()) is not None and due < morning_of(day):
            self.clock.time = max(self.clock.time, due)
            self.work_off()
        self.clock.time = max(self.clock.time, morning_of(day))
        self.work()

    def _next_job(self) -> datetime | None:
        """When the next job of the outbox is due."""
        with self.joined.db.read() as session:
            return session.scalar(sa.select(sa.func.min(Job.run_at)).filter_by(state="waiting"))

    def work(self) -> None:
        """All that a running server does now: jobs, sweeps, the audit's anchor."""
        worker = Worker(self.joined.call(), work())
        while worker.tick():
            pass

    # --- printing -----------------------------------------------------------------------------

    def title(self, text: str) -> None:
        """Print what comes now."""
        print(f"\n== {text}", flush=True)

    def say(self, who: str, what: str, answered: object = "") -> None:
        """Print one event: the day, who did what, what the backend answered; a minute passes."""
        ends = f"  → {answered}" if answered else ""
        print(f"   {self.today:%d %b %Y}  {self.name(who):<12} {what}{ends}", flush=True)
        self.clock.advance(minutes=1)

    def name(self, who: str) -> str:
        """The first name of one of the family; anybody else as they are called."""
        known = self.people.persons.get(who)
        return known.name.split()[0] if known is not None else who

    def age(self, ref: str) -> int:
        """How old somebody of the family is today."""
        return age_on(self.people.persons[ref].birth_date, self.today)

    def must(self, what: str, is_so: object, wanted: object) -> None:
        """Raise WentOtherwise unless it came out so."""
        if is_so != wanted:
            raise WentOtherwise(f"{self.today}, {what}: {is_so!r}, and not {wanted!r}")

    def refused(self, what: str, answer: Answer, code: str) -> str:
        """The code of a refusal that had to come."""
        self.must(what, answer.code, code)
        return f"{answer.status} {code}"

    # --- phones and desks ---------------------------------------------------------------------

    def empty_phone(self) -> Phone:
        """A phone with nothing on it."""
        return Phone(AppTransport(self.app), clock=HandClock(self.clock))

    def phone(self, ref: str) -> Phone:
        """Somebody's own phone, signed in with a code that was just sent to the number on file."""
        known = self.signed_in.get(ref)
        if known is None or self.clock.time > known.at + SIGNED_IN:
            known = SignedIn(known.phone if known else self.empty_phone(), self.clock.time)
            self._sign_in(known.phone, self._card_of(ref), str(self._registered(ref).contact.phone))
            self.signed_in[ref] = known
        return known.phone

    def _sign_in(self, phone: Phone, card_number: str, address: str) -> None:
        self.clock.advance(seconds=20)
        sign_in_id = phone.ask_code(card_number)
        self.work_off()
        (newest, *_) = (mail for mail in self.mail(address) if mail["kind"] == "sign_in_code")
        found = re.search(r"\b\d{6}\b", newest["text"])
        phone.sign_in(sign_in_id, found[0] if found else "")
        if phone.must("GET", "/card")["password"] == "not_set":  # noqa: S105 - its state
            phone.must("PUT", "/card/password", {"password": PASSWORD})

    def desk(self, user_name: str) -> Phone:
        """A desk with a member of staff signed in."""
        known = self.signed_in.get(user_name)
        if known is None or self.clock.time > known.at + SIGNED_IN:
            known = SignedIn(self.empty_phone(), self.clock.time)
            password = {one.user_name: one.password for one in self.people.staff}[user_name]
            known.phone.sign_in_as_staff(user_name, password)
            self.signed_in[user_name] = known
        return known.phone

    def work_off(self) -> None:
        """What waits in the outbox now, without the sweeps."""
        Worker(self.joined.call(), work()).drain()

    def mail(self, address: str) -> list[dict[str, Any]]:
        """What arrived at an address, the newest first."""
        path = f"/demo/mailbox?address={quote(address)}"
        return list(self.empty_phone().must("GET", path)["items"])

    def hears(self, kind: str, *refs: str) -> None:
        """Print that somebody was told just now; raises WentOtherwise where they were not."""
        self.work_off()
        for ref in refs:
            since = (self.clock.time - timedelta(days=1)).isoformat()
            box = self.mail(str(self._registered(ref).contact.phone))
            kinds = {mail["kind"] for mail in box if mail["at"] >= since}
            self.must(f"{self.name(ref)} is told", kind in kinds, True)
        names = ", ".join(self.name(ref) for ref in refs)
        self.say("system", f"tells {names}: {kind}")

    # --- the world outside --------------------------------------------------------------------

    def registry_says(self, ref: str, **changed: Any) -> None:
        """The social-insurance agency corrects what it has about a person."""
        load_again(self.joined, replace(self._registered(ref), **changed))

    def registry_pays(self, ref: str) -> bool:
        """Whether the agency pays a person's one benefit, by what it was told last."""
        (benefit,) = self.joined.dependencies.registry.benefits(ref)
        return benefit.paid

    def _registered(self, ref: str) -> RegistryPerson:
        found = self.joined.dependencies.registry.person(ref)
        if found is None:
            raise KeyError(ref)
        return found

    def _card_of(self, ref: str) -> str:
        card = self._registered(ref).card
        if card is None:
            raise KeyError(ref)
        return card.number


def morning_of(day: date) -> datetime:
    """When offices open on that day at the place of the demo region."""
    return datetime.combine(day, OPENS, PLACE).astimezone(UTC)


@cache
def _verifier() -> FaceVerifier:
    """The real one, on the engine that the simulated camera loaded already."""
    return FaceVerifier(engine(), VerifierSettings())


@contextmanager
def world_from(begins: date, pairs: Mapping[str, Pair]) -> Iterator[World]:
    """The demo region on a database of its own, as of that morning; all of it is removed after.

    People read the documents here: to have each page read by a machine takes seconds. Answers are
    not made to take alike long: nobody listens.
    """
    room = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="ecard-ten-years-", dir=room) as folder:
        settings = Settings(
            var=Path(folder),
            document_reading=0,
            confirmation_floor_seconds=0.0,
            requests_per_address=DEMO_REQUESTS_PER_ADDRESS,
        )
        for name in (settings.var / "db", settings.files_folder, settings.anchors_folder):
            name.mkdir(mode=0o700)
        create_keys(settings.keys_folder)
        migrations.upgrade(settings.database_address)
        clock = MovedClock(morning_of(begins))
        clock.tick = TICK
        joined = join(settings, now=clock, verifier=_verifier)
        try:
            people = loader.load(joined)
            yield World(joined, clock, create_app(joined), people, pairs)
        finally:
            joined.db.close()
