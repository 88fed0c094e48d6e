"""What the registry has wrong a clerk answers, with a reason; what is ours changes at once."""

from typing import Any

import pytest

from ecard.demo.phone import Answer, Phone
from tests.family.scene import born, change, hold, invent, kinds, sign_in, texts
from tests.family.test_scopes import Tie
from tests.support import Stage

ASKED = {"field": "name", "wanted": "Ashdown is written with an e: Ashdowne."}
SAID = "We saw the birth certificate and changed it."


def ask(phone: Phone, path: str = "/my-data/corrections", **more: str) -> Answer:
    return phone.send("POST", path, ASKED | more)


def answer(stage: Stage, desk: Phone, **more: Any) -> Answer:
    """The clerk answers the newest correction."""
    row = desk.must("GET", "/staff/corrections")["items"][0]
    body = {"outcome": "corrected", "reason": "corrected_in_registry", "explanation": SAID}
    path = f"/staff/corrections/{row['id']}/answer"
    return desk.send("POST", path, body | more, if_match=f'"{row["version"]}"')


def test_a_correction_has_a_due_date_and_an_answer_from_a_clerk_of_the_region(
    stage: Stage,
) -> None:
    person = invent(stage, "person", born(40))
    phone = sign_in(stage, person)
    asked = ask(phone)
    assert (asked.status, asked.body["state"]) == (201, "open")
    assert asked.body["due_at"].startswith("2026-12-09")  # the end of the 15th working day
    assert ask(phone).code == "correction_open"
    assert stage.desk("clerk-south").must("GET", "/staff/corrections")["items"] == []
    desk = stage.desk("clerk-north")
    (shown,) = desk.must("GET", "/staff/corrections")["items"]
    assert (shown["registry_says"], shown["overdue"]) == (person.name, False)
    change(stage, person, name="Person Ashdowne")
    assert answer(stage, desk).status == 201
    (done,) = phone.must("GET", "/my-data/corrections")["items"]
    assert (done["outcome"], done["explanation"]) == ("corrected", SAID)
    assert phone.must("GET", "/my-data")["particulars"]["name"] == "Person Ashdowne"
    assert {"correction_asked", "correction_corrected"} <= set(kinds(stage, person))


def test_a_refusal_gives_its_reason_and_the_next_request_may_come(stage: Stage) -> None:
    person = invent(stage, "person", born(40))
    phone = sign_in(stage, person)
    assert ask(phone).ok
    desk = stage.desk("clerk-north")
    wrong = answer(stage, desk, outcome="refused")
    assert wrong.code == "correction_reason_does_not_fit"
    assert answer(stage, desk, outcome="refused", reason="not_proven").ok
    assert SAID in texts(stage, person, "correction_refused")[0]
    assert ask(phone).status == 201


def test_both_the_child_and_the_guardian_who_asked_are_told(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    assert ask(tie.holders, f"/links/{tie.link_id}/data/corrections").ok
    assert answer(stage, stage.desk("clerk-north")).ok
    for side in (tie.holder, tie.relative):
        assert {"correction_asked", "correction_corrected"} <= set(kinds(stage, side))
    young = sign_in(stage, tie.relative)
    assert ask(young).code == "guardian_decides"


def test_nobody_answers_twice_or_an_older_version(stage: Stage) -> None:
    phone = sign_in(stage, invent(stage, "person", born(40)))
    asked = ask(phone).body
    desk = stage.desk("clerk-north")
    body = {"outcome": "refused", "reason": "not_proven", "explanation": SAID}
    path = f"/staff/corrections/{asked['id']}/answer"
    assert desk.send("POST", path, body, if_match='"7"').code == "version_changed"
    assert desk.send("POST", path, body, if_match='"1"').ok
    assert desk.send("POST", path, body, if_match='"2"').code == "correction_decided"
    assert stage.desk("clerk-south").send("POST", path, body, if_match='"2"').status == 404
    assert stage.desk("reviewer-north").send("GET", "/staff/corrections").status == 403


def test_messages_come_in_the_language_that_the_person_chose(stage: Stage) -> None:
    person = invent(stage, "person", born(40))
    phone = sign_in(stage, person)
    path, version = "/my-data/contact-language", phone.must("GET", "/my-data")["contact"]["version"]
    chosen = phone.send("PUT", path, {"language": "zh-Hans"}, if_match=f'"{version}"')
    assert chosen.body == {"language": "zh-Hans", "chosen": True, "version": version + 1}
    stale = phone.send("PUT", path, {"language": "es"}, if_match=f'"{version}"')
    assert stale.code == "version_changed"
    assert ask(phone).ok
    assert "更正" in texts(stage, person, "correction_asked")[0]
    sign_in(stage, person, phone)  # the registry is asked again, and the choice stays
    back = phone.send("PUT", path, {"language": None}, if_match=f'"{version + 1}"')
    assert (back.body["language"], back.body["chosen"]) == ("en", False)


@pytest.mark.parametrize(("state", "ok"), [("active", True), ("disputed", True), ("ended", False)])
def test_the_holder_corrects_the_name_that_they_typed_while_the_link_stands(
    stage: Stage, state: str, ok: bool
) -> None:
    holder, relative = invent(stage, "holder", born(45)), invent(stage, "relative", born(70))
    link_id = hold(stage, holder, relative, "parent", state)
    phone = sign_in(stage, holder)
    version = phone.must("GET", f"/links/{link_id}")["version"]
    body = {"name": "Mamá"}
    given = phone.send("PUT", f"/links/{link_id}/name", body, if_match=f'"{version}"')
    assert given.body["name"] == "Mamá" if ok else given.code == "illegal_move"
    stale = phone.send("PUT", f"/links/{link_id}/name", body, if_match='"99"')
    assert stale.code == "version_changed"
