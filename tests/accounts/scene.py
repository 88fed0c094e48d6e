"""The demo region with holders at its door: what tests of accounts and of cards do there."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecard.accounts import service as accounts
from ecard.actors import Actor, Nobody
from ecard.audit import AuditRow
from ecard.call import Call
from ecard.demo.phone import Answer, Phone
from tests.support import Stage, stage

PASSWORD = "730518"


class Scene(Stage):
    """A stage on which codes are asked for, and messages and records looked at."""

    def call(self, actor: Actor | None = None, network: str = "192.0.2.1") -> Call:
        """A call of a service, from some network address."""
        plain = replace(self.joined.call(), network=network, channel="app")
        return plain.by(actor or Nobody())

    def as_holder(self, phone: Phone) -> Call:
        """A call by the holder signed in on a phone."""
        return self.call(accounts.session_of_token(self.call(), phone.token)[0])

    def ask_code(self, ref: str, phone: Phone | None = None) -> tuple[str, str]:
        """A sign-in's id and the code that arrived, for a phone (a new one where none is named)."""
        self.work_off()
        self.clock.advance(seconds=6)  # the mailbox tells newer by time; codes are paused after two
        holder = self.demo.holder(ref)
        body = {"card_number": holder.card_number}
        if phone is not None and phone.device_token:
            body["device_token"] = phone.device_token
        asked = (phone or self.phone()).must("POST", "/sign-in/codes", body, token="")
        return asked["sign_in_id"], self.code_sent_to(str(holder.phone))

    def kinds_sent_to(self, ref: str) -> list[str]:
        """Kinds of the messages that reached a holder's phone, the newest first."""
        return self.kinds_sent_to_phone(str(self.demo.holder(ref).phone))

    def kinds_sent_to_phone(self, address: str) -> list[str]:
        """Kinds of the messages that reached an address, the newest first."""
        return [one["kind"] for one in self.mailbox(address)]

    def audited(self) -> list[str]:
        """The actions on record, in order."""
        with self.joined.db.read() as session:
            rows = session.query(AuditRow).order_by(AuditRow.seq)
            return [row.action for row in rows]


@contextmanager
def set_scene(folder: Path, **settings: Any) -> Iterator[Scene]:
    """Set the scene in an empty folder."""
    with stage(folder, **settings) as found:
        yield Scene(found.joined, found.clock, found.app, found.demo)


def sign_in_body(sign_in_id: str, code: str, **more: str) -> dict[str, str]:
    """What a phone sends to sign in."""
    return {"sign_in_id": sign_in_id, "code": code, "device_name": "Second phone", **more}


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 10**6:06d}"


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code of an answer."""
    return answer.status, answer.code


def at_once(number: int, work: Callable[[int], str]) -> list[str]:
    """Run ``work(0…number-1)`` in as many threads, started together; their answers."""
    start = threading.Barrier(number)

    def run(index: int) -> str:
        start.wait()
        return work(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))
