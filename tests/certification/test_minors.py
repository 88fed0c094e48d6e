"""A minor's proof of life that a person has to look at: opened by two, on record."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.demo.phone import Answer, Phone
from tests.certification.scene import ABOVE, NORTH, NORTH_2, WHY, Home
from tests.faces import ASTRONAUT, frames, photo
from tests.support import Stage, stage

CLERK, SOUTH = "clerk-north", "reviewer-south"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A sister of 17, of whom the registry holds a portrait: no engine accepts alone at her age."""
    with stage(tmp_path) as found:
        young = Home(found, age=17, relation="sibling")
        young.has_portrait(photo(ASTRONAUT))
        yield young


def listed(of: Stage, who: str) -> tuple[Phone, dict[str, Any]]:
    desk = of.desk(who)
    (case,) = desk.must("GET", "/staff/certification/cases")["items"]
    return desk, dict(case)


def at(of: Stage, who: str, case_id: str, what: str = "", verb: str = "GET") -> Answer:
    return of.desk(who).send(verb, f"/staff/certification/cases/{case_id}{what}")


def opened_by_two(of: Stage, case_id: str, first: str, second: str) -> None:
    assert at(of, first, case_id, "/opening", "POST").status == 201
    assert at(of, second, case_id, "/opening/approval", "POST").status == 201


def decision(desk: Phone, case: dict[str, Any], *, accepted: bool, reason: str) -> Answer:
    path = f"/staff/certification/cases/{case['id']}/decision"
    body = {"accepted": accepted, "reason": reason}
    return desk.send("POST", path, body, if_match=f'"{case["version"]}"')


@pytest.mark.gate
def test_a_minors_face_goes_to_a_person_and_is_seen_only_when_two_agreed(home: Home) -> None:
    answer = home.camera().show_face(frames(ASTRONAUT))
    assert (answer.body["in_review"], answer.body["next"]) == (True, "wait_for_review")
    desk, case = listed(home.stage, NORTH)
    assert (case["minor"], case["person"], case["grounds"]) == (True, None, None)
    for what in ("", "/files/1"):
        assert at(home.stage, NORTH, case["id"], what).code == "opening_not_approved"
    refused = decision(desk, case, accepted=True, reason="face_confirmed")
    assert refused.code == "opening_not_approved"
    opened_by_two(home.stage, case["id"], NORTH, NORTH_2)
    shown = at(home.stage, NORTH, case["id"]).body
    assert shown["case"]["person"] == home.mother.name
    assert at(home.stage, NORTH, case["id"], "/files/1").ok
    assert at(home.stage, NORTH_2, case["id"]).code == "opening_not_approved"
    assert decision(desk, case, accepted=True, reason="face_confirmed").ok
    with home.stage.joined.db.read() as session:
        query = sa.select(AuditRow.action).where(AuditRow.action.startswith("case.opening"))
        assert sorted(session.scalars(query)) == ["case.opening_approved", "case.opening_asked"]
    acts = home.phone.must("GET", f"/links/{home.link_id}/acts")["items"]
    looks = [one["action"] for one in acts if one["actor_kind"] == "staff"]
    assert sorted(looks) == [
        "certification.case_accepted",
        "certification.case_file_read",
        "certification.case_read",
    ]


def test_nobody_approves_their_own_question_nor_one_that_nobody_asked(home: Home) -> None:
    assert home.send("visit", WHY).ok
    _, case = listed(home.stage, NORTH)
    approval = "/opening/approval"
    assert at(home.stage, NORTH_2, case["id"], approval, "POST").code == "opening_not_asked"
    assert at(home.stage, NORTH, case["id"], "/opening", "POST").ok
    assert listed(home.stage, NORTH_2)[1]["opening_asked"] is True
    assert at(home.stage, NORTH, case["id"], approval, "POST").code == "second_person_needed"
    for who, status in ((CLERK, 403), (SOUTH, 404)):
        assert at(home.stage, who, case["id"], "/opening", "POST").status == status
        assert at(home.stage, who, case["id"], approval, "POST").status == status


def test_an_approval_is_good_for_half_an_hour(home: Home) -> None:
    assert home.send("visit", WHY).ok
    _, case = listed(home.stage, NORTH)
    opened_by_two(home.stage, case["id"], NORTH, NORTH_2)
    home.stage.clock.advance(minutes=29)
    assert at(home.stage, NORTH, case["id"]).ok
    home.stage.clock.advance(minutes=1)
    assert at(home.stage, NORTH, case["id"]).code == "opening_not_approved"


@pytest.mark.gate
def test_the_appeal_is_opened_by_two_others_one_level_up(home: Home) -> None:
    home.camera().show_face(frames(ASTRONAUT))
    desk, case = listed(home.stage, NORTH)
    opened_by_two(home.stage, case["id"], NORTH, NORTH_2)
    assert decision(desk, case, accepted=False, reason="not_met").ok
    assert at(home.stage, NORTH, case["id"], "/opening", "POST").code == (
        "certification_case_decided"
    )
    assert home.send("appeal", WHY).ok
    desk, case = listed(home.stage, ABOVE)
    opened_by_two(home.stage, case["id"], ABOVE, "reviewer-ministry")
    assert at(home.stage, ABOVE, case["id"], "/files/2").ok
    assert decision(desk, case, accepted=True, reason="face_confirmed").ok


def test_an_adults_case_needs_no_second_person(tmp_path: Path) -> None:
    with stage(tmp_path) as found:
        home = Home(found)
        assert home.send("visit", WHY).ok
        _, case = listed(found, NORTH)
        assert (case["minor"], case["person"]) == (False, home.mother.name)
        assert at(found, NORTH, case["id"], "/opening", "POST").code == "opening_not_needed"
        assert at(found, NORTH, case["id"]).ok
