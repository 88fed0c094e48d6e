"""An auditor's rooms: figures that nobody can be known by, and the audit record searched."""

import base64
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.agencies.models import StaffMember
from ecard.audit import AuditRow
from ecard.files import StoredFile
from ecard.persons import service as persons
from ecard.review import policy
from ecard.review.models import Case
from tests.review.cases import ABOVE, FIRST, PICTURE, adults_case, at_desk, face_case
from tests.review.test_desk import make_staff_member_into
from tests.support import Stage


def auditor(stage: Stage) -> Any:
    return stage.desk("auditor")


def put_auditor_into(stage: Stage, like: str) -> None:
    """Give the auditor the region of somebody else's desk."""
    with stage.joined.db.write() as session:
        region = session.scalar(sa.select(StaffMember.region_id).filter_by(user_name=like))
        member = session.scalars(sa.select(StaffMember).filter_by(user_name="auditor")).one()
        assert region is not None
        member.region_id = region
        session.commit()


def looks(stage: Stage, action: str) -> int:
    with stage.joined.db.read() as session:
        query = sa.select(sa.func.count()).select_from(AuditRow).filter_by(action=action)
        return int(session.scalar(query) or 0)


def case_of(stage: Stage) -> Case:
    with stage.joined.db.read() as session:
        return session.scalars(sa.select(Case)).one()


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ({"a": 9, "b": 0}, {"a": 9, "b": 0}),
        ({"a": 9, "b": 5}, {"a": 9, "b": 5}),
        ({"a": 9, "b": 4}, {"a": None, "b": None}),
        ({"a": 1}, {"a": None}),
    ],
)
def test_parts_are_shown_all_or_none_where_one_is_small(
    parts: dict[str, int], shown: dict[str, int | None]
) -> None:
    assert policy.told(parts, 5) == shown


def test_figures_hide_a_single_case_and_the_look_is_on_record(stage: Stage) -> None:
    adults_case(stage)
    told = auditor(stage).must("GET", "/staff/figures")
    (row,) = told["items"]
    assert (row["kind"], told["least"]) == ("evidence", 5)
    assert (row["opened"], row["waiting"], row["median_hours"]) == (None, None, None)
    assert looks(stage, "figures.read") == 1


def test_an_auditor_reads_of_how_many_people_a_face_is_kept_where_they_are_not_few(
    stage: Stage,
) -> None:
    desk = auditor(stage)
    assert desk.must("GET", "/staff/figures")["faces"] == 0
    face_case(stage)
    told = desk.must("GET", "/staff/figures")
    assert (told["faces"], told["faces_to_report"]) == (None, 100_000)
    call = stage.joined.call()
    with stage.joined.db.write() as session:
        for ref in ("fang", "xiaoyu", "anna", "mark"):
            owner = persons.ensure(session, call, stage.demo.persons[ref])
            files.put(
                session, call, owner_id=owner.id, purpose="reference_photo",
                media_type="image/jpeg", content=PICTURE, destroy_after=None,
            )  # fmt: skip
        session.commit()
    assert desk.must("GET", "/staff/figures")["faces"] == 5
    with stage.joined.db.write() as session:
        for file in session.scalars(sa.select(StoredFile)):
            files.destroy(session, call, file.id, "test")
        session.commit()
    assert desk.must("GET", "/staff/figures")["faces"] == 0


def test_figures_of_five_cases_show_how_many_wait(stage: Stage) -> None:
    adults_case(stage)
    first = case_of(stage)
    copied = {c.key: getattr(first, c.key) for c in sa.inspect(Case).columns if c.key != "id"}
    with stage.joined.db.write() as session:
        session.add_all([Case(id=uuid4(), **copied) for _ in range(4)])
        session.commit()
    (row,) = auditor(stage).must("GET", "/staff/figures?days=1")["items"]
    assert (row["opened"], row["waiting"], row["approved"]) == (5, 5, 0)
    stage.clock.advance(days=2)
    assert auditor(stage).must("GET", "/staff/figures?days=1")["items"] == []


def test_a_city_sees_which_of_its_cases_went_one_level_up_and_no_single_late_one(
    stage: Stage,
) -> None:
    adults_case(stage)
    first = case_of(stage)
    copied = {c.key: getattr(first, c.key) for c in sa.inspect(Case).columns if c.key != "id"}
    with stage.joined.db.write() as session:
        above = session.scalar(sa.select(StaffMember.region_id).filter_by(user_name=ABOVE))
        up = {**copied, "level": 2, "region_id": above}
        session.add_all([Case(id=uuid4(), **up) for _ in range(5)])
        session.get_one(Case, first.id).due_at = first.opened_at
        session.commit()
    put_auditor_into(stage, FIRST)
    (row,) = auditor(stage).must("GET", "/staff/figures?days=1")["items"]
    assert (row["opened"], row["appealed"], row["waiting"]) == (6, 5, 6)
    assert row["overdue"] is None
    desk, path = auditor(stage), "/staff/audit?by=object&subject_id="
    assert desk.must("GET", f"{path}{first.link_id}")["items"]


def test_the_audit_record_of_a_case_is_found_page_by_page_and_the_search_is_on_record(
    stage: Stage,
) -> None:
    adults_case(stage)
    for _ in range(3):
        at_desk(stage, FIRST).read()
    desk, path = auditor(stage), f"/staff/audit?by=case&subject_id={case_of(stage).id}&limit=2"
    page = desk.must("GET", path)
    more = desk.must("GET", f"{path}&cursor={page['next_cursor']}")
    rows = page["items"] + more["items"]
    assert [row["action"] for row in rows] == [*["case.read"] * 3, "case.opened"]
    assert more["next_cursor"] is None
    assert [row["seq"] for row in rows] == sorted((row["seq"] for row in rows), reverse=True)
    assert looks(stage, "audit.searched") == 2


def test_a_search_goes_on_from_whatever_number_and_from_no_other_mark(stage: Stage) -> None:
    adults_case(stage)
    desk, path = auditor(stage), f"/staff/audit?by=case&subject_id={case_of(stage).id}"
    for number in (2**31, 2**63 - 1):
        marked = base64.urlsafe_b64encode(str(number).encode()).decode()
        assert desk.must("GET", f"{path}&cursor={marked}")["items"]
    for mark in ("x", "bm8=", base64.urlsafe_b64encode(str(2**63).encode()).decode()):
        answer = desk.send("GET", f"{path}&cursor={mark}")
        assert (answer.status, answer.body["fields"]) == (422, {"cursor": ["unknown_cursor"]})


def test_an_auditor_of_another_region_finds_neither_its_cases_nor_its_figures(
    stage: Stage,
) -> None:
    adults_case(stage)
    at_desk(stage, FIRST).read()
    put_auditor_into(stage, "reviewer-south")
    desk = auditor(stage)
    assert desk.must("GET", "/staff/figures")["items"] == []
    found = desk.must("GET", f"/staff/audit?by=case&subject_id={case_of(stage).id}")
    assert found["items"] == []


def test_only_an_auditor_searches_and_reads_figures(stage: Stage) -> None:
    for user in ("clerk-north", "reviewer-north", "safeguarding"):
        assert stage.desk(user).send("GET", "/staff/figures").code == "not_allowed"


def test_an_auditor_finds_nothing_of_a_link_of_their_own(stage: Stage) -> None:
    adults_case(stage)
    at_desk(stage, FIRST).read()
    case = case_of(stage)
    asked = [("object", case.link_id), ("object", case.id), ("case", case.id)]
    paths = [f"/staff/audit?by={by}&subject_id={what}" for by, what in asked]
    desk = auditor(stage)
    assert all(desk.must("GET", path)["items"] for path in paths)
    with stage.joined.db.read() as session:
        reviewer = session.scalar(sa.select(StaffMember.id).filter_by(user_name=FIRST))

    def looks_found() -> int:
        found = desk.must("GET", f"/staff/audit?by=actor&subject_id={reviewer}")["items"]
        return [row["action"] for row in found].count("review.case_read")

    assert looks_found() == 1
    for side in ("tomas", "elena"):
        make_staff_member_into(stage, "auditor", side)
        assert [desk.must("GET", path)["items"] for path in paths] == [[], [], []]
        assert looks_found() == 0
