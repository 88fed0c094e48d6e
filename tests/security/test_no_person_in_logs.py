"""A whole family goes through everything, and nothing of them is written down in the clear."""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from ecard import logs
from ecard.audit_verify import anchor, verify
from ecard.demo import specimens
from ecard.demo.in_process import AppTransport, HandClock
from ecard.demo.phone import Answer, Capture, Phone
from ecard.registry.port import Registry, RegistryPerson
from tests import support
from tests.activation.steps import ASTRONAUT, frames, photo, portrait
from tests.family.scene import born, change, invent
from tests.security.haystack import hits, written
from tests.support import Stage, another_app

PASSWORD, WRONG_PASSWORD, STAFF_PASSWORD = "730518", "906247", "copper-anvil-nobody-knows"
DEVICE = "Wilhelmina's yellow telephone"
EXPLANATION = "The stamp on the paper of Wilhelmina Oddlestone cannot be read."
GROUNDS = "Mrs Oddlestone went to the office twice and they stamped it badly."
TOKEN = re.compile(r"\b(?:eh|er|ed|es|ec|iv|nm)_[A-Za-z0-9_-]{20,}")


class Recorded(AppTransport):
    """Calls the application and keeps every answer."""

    def __init__(self, app: Any, answers: list[Answer]) -> None:
        super().__init__(app)
        self.answers = answers

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        json: object | None,
        files: Sequence[tuple[str, tuple[str, bytes, str]]] | None,
    ) -> Answer:
        answer = super().send(method, path, headers=headers, json=json, files=files)
        self.answers.append(answer)
        return answer


class Recording(Stage):
    """A stage whose every phone and desk is recorded."""

    answers: list[Answer]
    codes: dict[str, str]

    def phone(self, language: str = "en") -> Phone:
        return Phone(Recorded(self.app, self.answers), language, clock=HandClock(self.clock))

    def code_sent_to(self, address: str) -> str:
        code = super().code_sent_to(address)
        self.codes[f"code {len(self.codes)}"] = code
        return code


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What production would log while the test runs; everything is put back as it was."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, logging.getLogger("ecard").level
    logs.configure(stream, "DEBUG")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("ecard").setLevel(ours)
    structlog.reset_defaults()


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with support.stage(tmp_path) as plain:
        stage = Recording(plain.joined, plain.clock, plain.app, plain.demo)
        stage.answers, stage.codes = [], {}
        yield stage


def person(stage: Stage, ref: str, years: int, **more: Any) -> RegistryPerson:
    invented = invent(stage, ref, born(years, 7, 19), **more)
    return change(stage, invented, name=f"{ref.capitalize()} Oddlestone")


def sign_in(stage: Recording, who: RegistryPerson) -> Phone:
    phone = stage.phone()
    assert who.card is not None
    sign_in_id = phone.ask_code(who.card.number)
    code = stage.code_sent_to(str(who.contact.phone))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    stage.codes["wrong code"] = wrong
    body = {"sign_in_id": sign_in_id, "code": wrong, "device_name": DEVICE}
    assert phone.send("POST", "/sign-in", body).code == "code_wrong"
    phone.sign_in(sign_in_id, code, DEVICE)
    return phone


def opened(stage: Recording, phone: Phone) -> str:
    link_id = str(phone.open_application(phone.step_up(PASSWORD))["id"])
    phone.acknowledge(link_id)
    return link_id


def everything_happens(stage: Recording) -> list[RegistryPerson]:
    """Refusals, an adult and a child, desks, an appeal, a counter, "not me", errors."""
    holder = person(stage, "wilhelmina", 45)
    mother = person(stage, "bartholomea", 72)
    child = person(stage, "theophila", 9, card="")
    stage.clock.advance(seconds=11)
    phone = sign_in(stage, holder)
    set_password(phone, holder)
    link_id = opened(stage, phone)
    refused_accounts(phone, link_id, holder, mother)
    assert phone.give_family_account(link_id, mother.name, mother.number, "parent").ok
    add_mother(stage, phone, link_id, mother)
    add_child(stage, phone, child)
    hostile(stage, phone, mother)
    return [holder, mother, child]


def set_password(phone: Phone, holder: RegistryPerson) -> None:
    weak = {"password": holder.number[8:14]}
    assert phone.send("PUT", "/card/password", weak).code == "card_password_weak"
    phone.must("PUT", "/card/password", {"password": PASSWORD})
    wrong = {"purpose": "add_relative", "password": WRONG_PASSWORD}
    assert phone.send("POST", "/step-ups", wrong).code == "card_password_wrong"


def refused_accounts(
    phone: Phone, link_id: str, holder: RegistryPerson, mother: RegistryPerson
) -> None:
    for name, number, relation in [
        (mother.name, mother.number[:-1] + "x9", "parent"),
        (holder.name, holder.number, "sibling"),
        (holder.name, mother.number, "parent"),
        (mother.name, mother.number, "child"),
        (mother.name * 9, mother.number, mother.name),
    ]:
        assert not phone.give_family_account(link_id, name, number, relation).ok


def add_mother(stage: Recording, phone: Phone, link_id: str, mother: RegistryPerson) -> None:
    """Evidence, a rejection, an appeal one level up, an invitation, her face."""
    lines = [mother.name, mother.number]
    picture = portrait(ASTRONAUT)
    documents = [
        phone.upload("id_card_front", specimens.identity_card_front(picture, lines)),
        phone.upload("id_card_back", specimens.identity_card_back(lines)),
    ]
    phone.send(
        "POST", "/documents?kind=id_card_front", files=[("file", (mother.name, b"?", "a/b"))]
    )
    assert phone.give_evidence(link_id, documents).ok
    decide(stage, "reviewer-north", "rejected", "document_not_legible", EXPLANATION)
    phone.must("POST", f"/links/{link_id}/appeal", {"grounds": GROUNDS})
    decide(stage, "reviewer-province", "approved", "documents_confirmed", EXPLANATION)
    phone.must("POST", f"/links/{link_id}/invitations")
    sent = stage.mailbox(str(mother.contact.phone))
    token = next(found[0] for item in sent if (found := re.search(r"iv_[\w-]+", item["text"])))
    body = stage.phone().must("POST", "/invitations/open", {"token": token})
    capture = Capture(stage.phone(), body["id"], body["token"])
    assert capture.accept(["rights"]).ok
    assert capture.consent().ok
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"
    not_me = {found[0] for i in sent if (found := re.search(r"nm_[\w-]+", i["text"]))}
    assert stage.phone().send("POST", "/not-me", {"token": not_me.pop()}).status == 204


def decide(stage: Recording, user: str, outcome: str, reason: str, explanation: str) -> None:
    desk = stage.desk(user)
    case_id = desk.must("GET", "/staff/cases")["items"][0]["id"]
    case = desk.must("GET", f"/staff/cases/{case_id}")
    assert desk.send("GET", f"/staff/cases/{case_id}/files/1").ok
    body = {"outcome": outcome, "reason": reason, "explanation": explanation}
    path = f"/staff/cases/{case_id}/decision"
    desk.must("POST", path, body, if_match=f'"{case["version"]}"')


def add_child(stage: Recording, phone: Phone, child: RegistryPerson) -> None:
    """A child whose kinship nobody knows; consent, and a code for the counter."""
    link_id = opened(stage, phone)
    assert phone.give_family_account(link_id, child.name, child.number, "child").ok
    documents = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", [child.name])),
        phone.upload("face_photo", photo(ASTRONAUT)),
    ]
    assert phone.give_evidence(link_id, documents).ok
    assert phone.consent_as_guardian(link_id).ok
    assert phone.must("GET", f"/links/{link_id}")["state"] == "in_review"
    phone.must("POST", f"/links/{link_id}/withdrawal")


def hostile(stage: Recording, phone: Phone, mother: RegistryPerson) -> None:
    """Personal data where none belongs."""
    number = mother.number
    phone.send("GET", f"/links/{number}?number={number}&name={mother.name}")
    phone.send("POST", f"/{number}", {"number": number})
    phone.send("POST", "/links", {number: mother.name})
    phone.send("GET", "/links", token=f"eh_{number}")
    phone.send("GET", f"/demo/mailbox?address={number}")
    client = stage.app.test_client()
    headers = {"X-Request-Id": number, "User-Agent": mother.name, "Idempotency-Key": "k" * 24}
    headers["Authorization"] = f"Bearer {phone.token}"
    stopped = client.post("/api/v1/card/state", json={"state": "suspended"}, headers=headers)
    assert stopped.status_code == 200  # and it is on record
    client.post("/api/v1/sign-in", data=mother.name, content_type="application/json")
    wrong = {"user_name": mother.name, "password": STAFF_PASSWORD}
    stage.answers.append(phone.send("POST", "/staff/sign-in", wrong, token=""))
    spent = phone.refresh_token
    phone.refresh_token = phone.must("POST", "/tokens", {"refresh_token": spent})["refresh_token"]
    assert phone.send("POST", "/tokens", {"refresh_token": spent}).status == 401


def marks_of(stage: Recording, people: Sequence[RegistryPerson]) -> dict[str, str]:
    """Everything that must not be found, by what it is."""
    marks = {"surname": "Oddlestone", "device": DEVICE, "password": PASSWORD, "grounds": GROUNDS}
    marks |= {"explanation": EXPLANATION, "wrong password": WRONG_PASSWORD, **stage.codes}
    marks["staff password tried"] = STAFF_PASSWORD
    for one in people:
        ref = one.ref
        marks |= {f"{ref}'s name": one.name, f"{ref}'s number": one.number}
        marks[f"{ref}'s birth date"] = one.birth_date.isoformat()
        marks[f"{ref}'s birth date in digits"] = f"{one.birth_date:%Y%m%d}"
        marks[f"{ref}'s phone"] = str(one.contact.phone).removeprefix("+")
        if one.card is not None:
            marks[f"{ref}'s card"] = one.card.number
    staff = {f"password of {one.user_name}": one.password for one in stage.demo.staff}
    return marks | staff


def tokens_of(stage: Recording) -> dict[str, str]:
    """Every token that was handed out or sent."""
    text = json.dumps([answer.body for answer in stage.answers if not _is_bytes(answer)])
    return {f"{token[:2]} token {n}": token for n, token in enumerate(set(TOKEN.findall(text)))}


def _is_bytes(answer: Answer) -> bool:
    return isinstance(answer.body, bytes)


@pytest.mark.gate
def test_nothing_of_a_person_is_written_down_or_told_by_a_refusal(
    recording: Recording, log_lines: io.StringIO
) -> None:
    people = everything_happens(recording)
    recording.work_off()
    marks = marks_of(recording, people) | tokens_of(recording)
    kinds = {token[:2] for token in tokens_of(recording).values()}
    assert {"eh", "er", "ed", "es", "ec"} <= kinds
    lines = log_lines.getvalue()
    assert lines.count("\n") > 60
    assert all(json.loads(line) for line in lines.splitlines())
    assert hits({"logs": lines.encode()} | written(recording), marks) == []
    assert hits(refusals(recording), marks) == []
    anchor(recording.joined.call(), force=True)
    assert verify(recording.joined.call()).finding is None


def refusals(stage: Recording) -> dict[str, bytes]:
    """What every refusal said; field names are the caller's own words and left out."""
    refused = [answer for answer in stage.answers if answer.status >= 400]
    assert len(refused) > 12
    said = [{k: v for k, v in answer.body.items() if k != "fields"} for answer in refused]
    return {
        f"refusal {number}: {body['code']}": json.dumps(body, ensure_ascii=False).encode()
        for number, body in enumerate(said)
    }


class Talkative:
    """A registry that breaks, with a person's number in its words."""

    def __init__(self, number: str) -> None:
        self._number = number

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no record of {self._number} in {name}")


def test_a_fault_is_told_by_its_type_and_place_only(
    recording: Recording, log_lines: io.StringIO
) -> None:
    who = person(recording, "wilhelmina", 45)
    phone = sign_in(recording, who)
    registry: Registry = Talkative(who.number)
    broken = replace(recording.joined.dependencies, registry=registry)
    app = another_app(replace(recording.joined, dependencies=broken))
    faulty = Phone(AppTransport(app), token=phone.token)
    answer = faulty.send("GET", "/card")
    assert (answer.status, answer.code) == (500, "internal_error")
    lines = log_lines.getvalue()
    assert "RuntimeError" in lines
    haystacks = {"logs": lines.encode(), "answer": json.dumps(answer.body).encode()}
    assert hits(haystacks, {"number": who.number, "name": who.name, "words": "no record of"}) == []


@pytest.mark.parametrize("form", ["plain", "utf-16", "hex", "base64"])
def test_the_search_finds_what_was_written_down(form: str) -> None:
    mark = "110101198103050021"
    spelled = {
        "plain": f"x{mark}y".encode(),
        "utf-16": mark.encode("utf-16"),
        "hex": f"a{mark}b".encode().hex().encode(),
        "base64": base64.b64encode(f"ab{mark}c".encode()),
    }
    assert hits({"somewhere": spelled[form]}, {"number": mark}) == ["number in somewhere"]
    assert hits({"somewhere": b" 730518 "}, {"password": "730518"}) == ["password in somewhere"]
    assert hits({"somewhere": b"a730518f"}, {"password": "730518"}) == []
