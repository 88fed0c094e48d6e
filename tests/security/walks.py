"""Random walks through an application's life over the API, and what must hold at their end."""

import random
import re
import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.audit_verify import anchor, verify
from ecard.demo import specimens
from ecard.demo.phone import Answer, Capture, Phone
from ecard.family import policy as rules
from ecard.family import service as family
from ecard.family.models import Link, LinkChange
from ecard.registry.sql import store_kinship
from tests.activation.steps import ADMIRAL, ASTRONAUT, frames, photo, portrait
from tests.documents.applications import specimen
from tests.family.scene import born, change, grant, hold, invent, name, sign_in
from tests.support import Stage

FRESH = timedelta(seconds=800)
"""A session that was used this lately is still alive."""


class Walk:
    """A holder with a mother and a child, whose father has a link of his own on the child, the
    desks, and whatever comes next."""

    def __init__(self, stage: Stage, seed: int, film: bytes) -> None:
        """``film``: a video of some seconds, for whoever wants no face compared."""
        self.stage, self.chance, self.film = stage, random.Random(seed), film
        self.holder = invent(stage, "daughter", born(45))
        self.kin = {
            "parent": invent(stage, "mother", born(72)),
            "child": invent(stage, "child", born(9), card=""),
        }
        if seed % 2:  # every other time the registry knows the child
            with stage.joined.db.write() as session:
                store_kinship(session, self.holder.ref, self.kin["child"].ref, "child")
                session.commit()
        self.father = invent(stage, "father", born(44))
        hold(stage, self.father, self.kin["child"], "child")
        self.links: list[str] = []
        self.done: dict[str, int] = {}
        self._entered: dict[str, tuple[datetime, Phone]] = {}
        self._takes = 0

    # --- who is at the door -----------------------------------------------------------------

    def _enter(self, who: str, enter: Callable[[Phone | None], Phone]) -> Phone:
        at, phone = self._entered.get(who, (self.stage.clock.time, None))
        if phone is None or self.stage.clock.time - at > FRESH:
            phone = enter(phone)
            self._entered[who] = (self.stage.clock.time, phone)
        return phone

    def phone(self) -> Phone:
        return self._enter("holder", lambda phone: sign_in(self.stage, self.holder, phone))

    def mothers(self) -> Phone:
        return self._enter("mother", lambda phone: sign_in(self.stage, self.kin["parent"], phone))

    def fathers(self) -> Phone:
        return self._enter("father", lambda phone: sign_in(self.stage, self.father, phone))

    def desk(self, user: str) -> Phone:
        return self._enter(user, lambda _: self.stage.desk(user))

    def link(self, standing: bool = False) -> dict[str, Any]:
        """Some link, as the holder reads it; ``standing``: an open one where there is one."""
        if standing:
            items = self.phone().must("GET", "/links?limit=50")["items"]
            found = [item for item in items if item["state"] in rules.STANDING]
            if found:
                return dict(self.chance.choice(found))
        link_id = self.chance.choice(self.links)
        return dict(self.phone().must("GET", f"/links/{link_id}"))

    # --- steps ------------------------------------------------------------------------------

    def take(self, steps: int) -> None:
        """Begin, and take that many steps; two of three lead on, the others go anywhere."""
        self.open()
        for _ in range(steps):
            step = self.chance.choice(OTHERS if self.chance.random() < 0.33 else (Walk.go_on,))
            answer = step(self)
            if isinstance(answer, Answer):
                assert answer.status < 500, (step.__name__, answer.body)
                outcome = "done" if answer.ok else answer.code
                self.done[f"{step.__name__} {outcome}"] = (
                    self.done.get(f"{step.__name__} {outcome}", 0) + 1
                )

    def open(self) -> Answer:
        phone = self.phone()
        answer = phone.send("POST", "/links", {"step_up_id": grant(self.stage, phone)})
        if answer.ok:
            self.links.append(answer.body["id"])
        return answer

    def go_on(self) -> Answer | None:
        """Whatever the state says comes next."""
        link = self.link()
        follow: dict[str, Callable[[dict[str, Any]], Answer | None]] = {
            rules.DRAFT: self.acknowledge,
            rules.NOTICED: self.evidence if link["name"] else self.account,
            rules.IN_REVIEW: self.decide,
            rules.EVIDENCE_ACCEPTED: self.accept,
            rules.AWAITING_FACE: self.face,
            rules.REJECTED: self.appeal,
        }
        verb = follow.get(link["state"])
        return verb(link) if verb else self.open()

    def acknowledge(self, link: dict[str, Any]) -> Answer:
        notice = self.phone().must("GET", "/notices/family_services")
        body = {"notice_id": notice["id"], "text_sha256": notice["text_sha256"]}
        return self.phone().send("POST", f"/links/{link['id']}/acknowledgement", body)

    def account(self, link: dict[str, Any]) -> Answer:
        relation = self.chance.choice(["parent", "child"])
        return name(self.phone(), link["id"], self.kin[relation], relation)

    def evidence(self, link: dict[str, Any]) -> Answer:
        phone, picture = self.phone(), portrait(ASTRONAUT)
        papers = (
            {
                "birth_certificate": specimens.paper("birth certificate", ["A child"]),
                "face_photo": photo(ASTRONAUT),
            }
            if link["relation"] == "child"
            else {
                "id_card_front": specimens.identity_card_front(picture, ["A name"]),
                "id_card_back": specimens.identity_card_back(["Valid"]),
            }
        )
        sent = [phone.upload(kind, content) for kind, content in papers.items()]
        return phone.give_evidence(link["id"], sent)

    def decide(self, _: dict[str, Any]) -> Answer | None:
        """The newest case of the queue, by whoever decides such a one."""
        for level, user in enumerate(("reviewer-north", "reviewer-province"), start=1):
            cases = self.desk(user).must("GET", "/staff/cases")["items"]
            if cases and cases[0]["kind"] == "dispute":
                return self._settle(cases[0])
            if cases and cases[0]["level"] == level:
                return self._decide(self.desk(user), cases[0])
        return None

    def _settle(self, item: dict[str, Any]) -> Answer:
        """Safeguarding staff, mostly once the father has put an order on file."""
        path = f"/staff/cases/{item['id']}"
        desk = self.desk("safeguarding-lakes" if item["level"] == 1 else "safeguarding")
        second = "reviewer-north" if item["level"] == 1 else "reviewer-province"
        desk.send("POST", f"{path}/opening")
        self.desk(second).send("POST", f"{path}/opening/approval")
        read = desk.send("GET", path)
        if not read.ok:
            return read
        if self.chance.random() < 0.8:
            paper = self.fathers().upload("court_order", specimen("court_order"))
            order = {"document_ids": [paper]}
            self.fathers().send("POST", f"/disputes/{read.body['link_id']}/order", order)
        approved = self.chance.random() < 0.5
        body = {
            "outcome": "approved" if approved else "rejected",
            "reason": "order_allows_it" if approved else "no_legal_basis",
            "explanation": "The order says so.",
        }
        again = desk.send("GET", path).body["version"]
        return desk.send("POST", f"{path}/decision", body, if_match=f'"{again}"')

    def _decide(self, desk: Phone, item: dict[str, Any]) -> Answer:
        path = f"/staff/cases/{item['id']}"
        if item["minor"]:
            desk.send("POST", f"{path}/opening")
            other = "reviewer-ministry" if item["level"] > 1 else "reviewer-north-2"
            self.desk(other).send("POST", f"{path}/opening/approval")
        read = desk.send("GET", path)
        if not read.ok:
            return read
        approved = self.chance.random() < 0.7
        word = read.body["kind"].replace("evidence", "documents").replace("digits_video", "digits")
        body = {
            "outcome": "approved" if approved else "rejected",
            "reason": f"{word}_confirmed" if approved else "identity_not_verified",
            "explanation": "Looked at with care.",
        }
        return desk.send("POST", f"{path}/decision", body, if_match=f'"{read.body["version"]}"')

    def appeal(self, link: dict[str, Any]) -> Answer:
        return self.phone().send("POST", f"/links/{link['id']}/appeal", {"grounds": "Look again."})

    def accept(self, link: dict[str, Any]) -> Answer:
        """She opens the newest invitation on her own phone and accepts, or does not."""
        asked = self.phone().send("POST", f"/links/{link['id']}/invitations")
        if not asked.ok:
            return asked
        box = self.stage.mailbox(str(self.kin["parent"].contact.phone))
        tokens = [f[0] for item in box if (f := re.search(r"iv_[\w-]+", item["text"]))]
        opened = self.stage.phone().send("POST", "/invitations/open", {"token": tokens[0]})
        if not opened.ok:
            return opened
        capture = Capture(self.stage.phone(), opened.body["id"], opened.body["token"])
        accepted = self.chance.random() < 0.8
        answer = capture.accept(["rights"], accepted=accepted)
        if not (answer.ok and accepted):
            return answer
        if self.chance.random() < 0.3:
            return self._say_digits(capture)
        if self.chance.random() < 0.7:
            capture.consent()
            return self._show(capture)
        return answer

    def _say_digits(self, capture: Capture) -> Answer:
        """She wants no face compared: a person looks at a short video of her."""
        capture.consent("declined")
        drawn = capture.send("POST", "/digits")
        if not drawn.ok:
            return drawn
        clip = ("video", ("clip", self.film, "video/webm"))
        return capture.send("POST", "/video", files=[clip])

    def face(self, link: dict[str, Any]) -> Answer:
        if link["relation"] == "parent":
            return self.counter(link)
        if self.chance.random() < 0.8:
            self.phone().consent_as_guardian(link["id"])
        opened = self.phone().send("POST", f"/links/{link['id']}/capture-sessions", {"via": "own"})
        if not opened.ok:
            return opened
        return self._show(Capture(self.stage.phone(), opened.body["id"], opened.body["token"]))

    def _show(self, capture: Capture) -> Answer:
        self._takes += 1
        who = ASTRONAUT if self.chance.random() < 0.7 else ADMIRAL
        return capture.show_face(frames(who, take=self._takes % 3))

    def counter(self, link: dict[str, Any]) -> Answer:
        issued = self.phone().send("POST", f"/links/{link['id']}/counter-code")
        if not issued.ok:
            return issued
        body = {
            "code": issued.body["code"],
            "identity_document": "id_card",
            "relative_present": True,
            "scopes": ["rights"],
            "accepted": True,
        }
        return self.desk("clerk-north").send("POST", "/staff/counter-codes/redeem", body)

    # --- and anything else, at any time -----------------------------------------------------

    def any_verb(self) -> Answer | None:
        """A step whether or not it is its turn."""
        link = self.link()
        verbs = (self.acknowledge, self.account, self.evidence, self.accept, self.face)
        return self.chance.choice((*verbs, self.counter, self.appeal, self.decide))(link)

    def withdraw(self) -> Answer:
        return self.phone().send("POST", f"/links/{self.link()['id']}/withdrawal")

    def end(self) -> Answer:
        return self.phone().send("POST", f"/links/{self.link()['id']}/end")

    def end_as_relative(self) -> Answer:
        path = f"/links-on-me/{self.link(standing=True)['id']}/end"
        return self.mothers().send("POST", path)

    def staff_action(self) -> Answer:
        action = self.chance.choice(["suspend", "resume", "resume", "end"])
        path = f"/staff/links/{self.link(standing=True)['id']}/action"
        return self.desk("safeguarding").send("POST", path, {"action": action})

    def not_me(self) -> Answer | None:
        box = self.stage.mailbox(str(self.kin["parent"].contact.phone))
        tokens = [f[0] for item in box if (f := re.search(r"nm_[\w-]+", item["text"]))]
        if not tokens:
            return None
        return self.stage.phone().send("POST", "/not-me", {"token": self.chance.choice(tokens)})

    def object(self) -> Answer:
        link_id = self.link(standing=True)["id"]
        return self.fathers().send("POST", f"/guarded-links/{link_id}/objection")

    def appeal_as_father(self) -> Answer:
        path = f"/links/{self.link(standing=True)['id']}/appeal"
        return self.fathers().send("POST", path, {"grounds": "Look again."})

    def mistaken_death(self) -> None:
        """The registry records the mother's death, and takes it back a day later."""
        mother, call = self.kin["parent"], self.stage.joined.call
        change(self.stage, mother, died_on=self.stage.clock.time.date())
        family.look_for_deaths(call())
        self.stage.clock.advance(days=1)
        change(self.stage, mother)
        family.look_for_deaths(call())

    def wait(self) -> None:
        self.stage.clock.advance(days=self.chance.choice([1, 1, 3, 8, 20]))
        if self.chance.random() < 0.5:
            family.sweep(self.stage.joined.call())
        self.stage.work_off()


OTHERS: tuple[Callable[[Walk], Answer | None], ...] = (
    Walk.open,
    Walk.any_verb,
    Walk.any_verb,
    Walk.withdraw,
    Walk.end,
    Walk.end_as_relative,
    Walk.staff_action,
    Walk.staff_action,
    Walk.not_me,
    Walk.object,
    Walk.object,
    Walk.appeal_as_father,
    Walk.mistaken_death,
    Walk.wait,
)


def check(stage: Stage, link_ids: Collection[str]) -> set[tuple[str | None, str]]:
    """No illegal and no skipped move of these links, a line of audit for each, and a chain that is
    whole. Returns the moves that were made."""
    seen: set[tuple[str | None, str]] = set()
    with stage.joined.db.read() as session:
        changes = session.scalars(sa.select(LinkChange).order_by(LinkChange.number)).all()
        audited = session.execute(
            sa.select(AuditRow.object_id, AuditRow.action, AuditRow.reason, AuditRow.actor_kind)
        ).all()
        wanted = Link.id.in_([uuid.UUID(link_id) for link_id in link_ids])
        links = session.scalars(sa.select(Link).where(wanted)).all()
    on_record = [tuple(row) for row in audited]
    for link in links:
        state: str | None = None
        for number, made in enumerate((one for one in changes if one.link_id == link.id), start=1):
            assert made.number == number
            assert made.from_state == state
            assert made.to_state in rules.MOVES[state], (state, made.to_state)
            line = (link.id, f"link.{made.to_state}", made.reason, made.actor_kind)
            assert line in on_record, line
            on_record.remove(line)
            seen.add((state, made.to_state))
            state = made.to_state
        assert link.state == state
        adult = link.relation == "parent"
        if link.activated_at is not None and adult:
            assert link.accepted_at is not None
    anchor(stage.joined.call(), force=True)
    assert verify(stage.joined.call()).finding is None
    return seen
