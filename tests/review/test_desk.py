"""The desk: who sees a case, who opens a minor's, who decides, and what follows."""

import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from ecard.agencies.models import StaffMember
from ecard.audit import AuditRow
from ecard.persons.service import number_index
from ecard.review.models import Case
from tests.family.scene import give_last_day
from tests.review.cases import (
    ABOVE,
    FIRST,
    SECOND,
    Desk,
    adults_case,
    at_desk,
    face_case,
    minors_case,
    opened,
)
from tests.support import Stage, one_person


def audited(stage: Stage, action: str) -> int:
    with stage.joined.db.read() as session:
        query = sa.select(sa.func.count()).select_from(AuditRow).filter_by(action=action)
        return int(session.scalar(query) or 0)


def make_staff_member_into(stage: Stage, user_name: str, ref: str) -> None:
    """Let a member of staff be the person ``ref`` of the registry."""
    number = stage.demo.persons[ref].number
    with stage.joined.db.write() as session:
        member = session.scalars(sa.select(StaffMember).filter_by(user_name=user_name)).one()
        member.person_number_index = number_index(stage.joined.call(), number)
        session.commit()


# --- seeing -------------------------------------------------------------------------------------


def test_a_case_shows_what_a_reviewer_needs_and_no_whole_number(stage: Stage) -> None:
    adults_case(stage)
    case = at_desk(stage, FIRST).read()
    assert case.status == 200, case.body
    assert case.headers["ETag"] == f'"{case.body["version"]}"'
    assert (case.body["kind"], case.body["reasons"]) == ("evidence", ["tested"])
    assert [file["role"] for file in case.body["files"]] == [
        "reference_photo",
        "id_card_front",
        "id_card_back",
    ]
    assert case.body["relative"]["name"] == "Elena Sala Ríos"
    number = stage.demo.persons["elena"].number
    assert case.body["relative"]["number_masked"].endswith(number[-4:])
    assert number not in str(case.body)


def test_a_list_names_nobody_and_every_look_is_on_record(stage: Stage) -> None:
    application = adults_case(stage)
    desk = at_desk(stage, FIRST)
    (item,) = desk.phone.must("GET", "/staff/cases")["items"]
    assert "Elena" not in str(item)
    assert audited(stage, "case.read") == 0
    desk.read()
    assert desk.file(1).status == 200
    assert (audited(stage, "case.read"), audited(stage, "case.file_read")) == (1, 1)
    acts = application.phone.must("GET", f"/links/{application.link_id}/acts")["items"]
    looks = [(one["action"], one["actor_kind"], one["actor"]) for one in acts]
    assert sorted(looks) == [
        ("review.case_read", "staff", None),
        ("review.file_read", "staff", None),
    ]


def test_a_case_is_due_in_three_working_days_and_then_overdue(stage: Stage) -> None:
    adults_case(stage)  # opened on a Wednesday
    desk = at_desk(stage, FIRST)
    assert desk.read().body["due_at"].startswith("2026-11-23T")
    assert desk.phone.must("GET", "/staff/cases?overdue=true")["items"] == []
    stage.clock.advance(days=6)
    late = stage.desk(FIRST).must("GET", "/staff/cases?overdue=true")["items"]
    assert [item["overdue"] for item in late] == [True]


SEEN_BY = {
    FIRST: 200,
    ABOVE: 200,
    "reviewer-ministry": 200,
    "safeguarding": 200,
    "reviewer-south": 404,
    "clerk-north": 403,
    "auditor": 403,
}


def test_only_the_desk_of_the_region_and_above_sees_a_case(stage: Stage) -> None:
    adults_case(stage)
    case_id = at_desk(stage, FIRST).case_id
    for user_name, status in SEEN_BY.items():
        desk = Desk(stage.desk(user_name), case_id)
        assert (desk.read().status, desk.file(1).status) == (status, status), user_name


def test_a_foreign_case_looks_as_if_it_did_not_exist(stage: Stage) -> None:
    adults_case(stage)
    case_id = at_desk(stage, FIRST).case_id
    south = stage.desk("reviewer-south")
    foreign, unknown = (Desk(south, which).read() for which in (case_id, str(uuid.uuid4())))
    assert foreign.body.keys() == unknown.body.keys()
    assert foreign.code == unknown.code == "not_found"
    assert south.must("GET", "/staff/cases")["items"] == []


def test_a_holder_has_no_business_at_the_desk(stage: Stage) -> None:
    application = adults_case(stage)
    assert application.phone.send("GET", "/staff/cases").status == 403
    assert stage.phone().send("GET", "/staff/cases").status == 401


def test_a_picture_is_served_as_a_picture_and_kept_by_nobody(stage: Stage) -> None:
    adults_case(stage)
    answer = at_desk(stage, FIRST).file(1)
    assert answer.body.startswith(b"\xff\xd8\xff")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert at_desk(stage, FIRST).file(99).status == 404


# --- a minor's case is opened by two ------------------------------------------------------------


def test_a_case_says_for_which_reasons_it_may_be_decided(stage: Stage) -> None:
    adults_case(stage)
    read = at_desk(stage, FIRST).read().body
    assert read["may_give"]["approved"] == ["documents_confirmed"]
    assert "person_differs" in read["may_give"]["rejected"]


def test_the_list_shows_what_waits_for_ones_own_approval(stage: Stage) -> None:
    minors_case(stage)
    asking = at_desk(stage, FIRST)
    asking.ask()
    waiting = at_desk(stage, SECOND).phone.must("GET", "/staff/cases?approval=true")["items"]
    assert [case["id"] for case in waiting] == [asking.case_id]
    assert asking.phone.must("GET", "/staff/cases?approval=true")["items"] == []


def test_a_second_account_of_who_asked_opens_no_minors_case(stage: Stage) -> None:
    one_person(stage, FIRST, SECOND)
    minors_case(stage)
    desk, second = at_desk(stage, FIRST), at_desk(stage, SECOND)
    desk.ask()
    assert second.approve().code == "second_person_needed"
    assert second.phone.must("GET", "/staff/cases?approval=true")["items"] == []


def test_a_minors_case_stays_shut_until_a_second_person_approves(stage: Stage) -> None:
    minors_case(stage)
    desk, second = at_desk(stage, FIRST), at_desk(stage, SECOND)
    for answer in (desk.read(), desk.file(1), desk.reject()):
        assert (answer.status, answer.body["code"]) == (403, "opening_not_approved")
    assert second.approve().code == "opening_not_asked"
    asked = desk.ask()
    assert (asked.status, asked.body["approved_by"]) == (201, None)
    own = desk.approve()
    assert (own.status, own.code) == (403, "second_person_needed")
    assert desk.read().status == 403
    approved = second.approve()
    assert approved.status == 201, approved.body
    assert approved.body["asked_by"] != approved.body["approved_by"]
    assert (desk.read().status, desk.file(1).status) == (200, 200)
    assert second.read().status == 403  # whoever approves does not look by that
    counts = [audited(stage, f"case.opening_{what}") for what in ("asked", "approved")]
    assert counts == [1, 1]


def test_an_approval_is_good_for_thirty_minutes(stage: Stage) -> None:
    minors_case(stage)
    desk = opened(stage)
    stage.clock.advance(minutes=10)
    assert desk.read().status == 200
    stage.clock.advance(minutes=10)
    assert desk.read().status == 200
    stage.clock.advance(minutes=10)
    assert desk.read().code == "opening_not_approved"


def test_safeguarding_may_approve_and_a_clerk_may_not(stage: Stage) -> None:
    minors_case(stage)
    desk = at_desk(stage, FIRST)
    desk.ask()
    assert Desk(stage.desk("clerk-north"), desk.case_id).approve().status == 403
    assert Desk(stage.desk("reviewer-south"), desk.case_id).approve().status == 404
    assert Desk(stage.desk("safeguarding"), desk.case_id).approve().status == 201
    assert desk.read().status == 200


def test_an_adults_case_needs_no_second_person(stage: Stage) -> None:
    adults_case(stage)
    answer = at_desk(stage, FIRST).ask()
    assert (answer.status, answer.code) == (409, "opening_not_needed")


# --- deciding -----------------------------------------------------------------------------------


def test_approved_evidence_goes_on_and_both_sides_are_told_why(stage: Stage) -> None:
    application = adults_case(stage)
    answer = at_desk(stage, FIRST).decide("approved", "documents_confirmed")
    assert (answer.status, answer.body["outcome"]) == (201, "approved"), answer.body
    assert application.state() == "evidence_accepted"
    for ref in ("tomas", "elena"):
        assert any("The paper shows" in text for text in application.told(ref)), ref
    (shown,) = application.decisions()
    assert (shown["reason"], shown["may_appeal"]) == ("documents_confirmed", False)


def test_whoever_accepts_an_order_for_a_child_writes_its_last_day_down(stage: Stage) -> None:
    application = minors_case(stage)
    opened(stage).decide("approved", "documents_confirmed", ends_on="2027-03-01")
    link = application.phone.must("GET", f"/links/{application.link_id}")
    assert (link["state"], link["ends_on"]) == ("awaiting_face", "2027-03-01")
    assert any("2027" in text for text in application.told("fang"))


def test_no_order_binds_an_adult_nor_a_decision_about_a_face(stage: Stage) -> None:
    application = adults_case(stage)
    desk, day = at_desk(stage, FIRST), "2027-03-01"
    assert desk.decide("approved", "documents_confirmed", ends_on=day).code == (
        "end_date_needs_relative"
    )
    refused = desk.decide("rejected", "document_not_legible", ends_on=day)
    assert (refused.code, refused.body["fields"]) == (
        "invalid_input",
        {"ends_on": ["not_needed"]},
    )
    assert application.state() == "in_review"


def test_a_case_of_a_link_whose_last_day_is_over_waits_for_nobody_before_any_sweep(
    stage: Stage,
) -> None:
    application = minors_case(stage)
    give_last_day(stage, application.link_id, stage.clock.time.date())
    stage.clock.advance(days=2)
    assert at_desk(stage, FIRST).ask().code == "case_not_open"


def test_an_approved_face_opens_the_link(stage: Stage) -> None:
    application = face_case(stage)
    answer = at_desk(stage, FIRST).decide("approved", "face_confirmed")
    assert answer.status == 201, answer.body
    assert application.state() == "active"


def test_a_case_is_decided_once(stage: Stage) -> None:
    application = adults_case(stage)
    desk = at_desk(stage, FIRST)
    version = desk.read().body["version"]
    assert desk.reject().status == 201
    stale = desk.decide("approved", "documents_confirmed", version=version)
    assert (stale.status, stale.code) == (412, "version_changed")
    again = desk.decide("approved", "documents_confirmed")
    assert (again.status, again.code) == (409, "case_not_open")
    assert application.state() == "rejected"


def test_a_decision_repeated_with_its_key_is_answered_alike(stage: Stage) -> None:
    adults_case(stage)
    desk = at_desk(stage, FIRST)
    key, version = secrets.token_urlsafe(24), desk.read().body["version"]
    body = {
        "outcome": "rejected",
        "reason": "person_differs",
        "explanation": "The card shows another.",
    }
    sent = [
        desk.phone.send("POST", f"{desk.path}/decision", body, key=key, if_match=f'"{version}"')
        for _ in range(2)
    ]
    assert [answer.status for answer in sent] == [201, 201]
    assert sent[0].body == sent[1].body


def test_a_reason_must_fit_the_outcome_and_words_must_be_given(stage: Stage) -> None:
    adults_case(stage)
    desk = at_desk(stage, FIRST)
    assert desk.decide("approved", "misuse").code == "reason_does_not_fit"
    for of_another_kind in ("face_confirmed", "digits_confirmed", "agreement_confirmed"):
        assert desk.decide("approved", of_another_kind).code == "reason_does_not_fit"
    assert desk.decide("rejected", "misuse", "no").code == "invalid_input"
    assert desk.decide("maybe", "misuse").code == "invalid_input"
    assert desk.decide("rejected", "because").code == "invalid_input"
    missing = desk.phone.send("POST", f"{desk.path}/decision", {"outcome": "approved"})
    assert missing.status in (422, 428)
    assert desk.read().body["state"] == "open"


def test_safeguarding_looks_and_does_not_decide(stage: Stage) -> None:
    adults_case(stage)
    answer = Desk(stage.desk("safeguarding"), at_desk(stage, FIRST).case_id).reject()
    assert (answer.status, answer.code) == (403, "not_allowed")


def test_nobody_deals_with_a_case_about_themselves(stage: Stage) -> None:
    adults_case(stage)
    desk = at_desk(stage, FIRST)
    for side in ("tomas", "elena"):
        make_staff_member_into(stage, FIRST, side)
        for answer in (desk.read(), desk.file(1), desk.decide("approved", "documents_confirmed")):
            assert (answer.status, answer.body["code"]) == (403, "conflict_of_interest")
    make_staff_member_into(stage, FIRST, "karl")
    assert desk.read().status == 200


def test_a_question_that_outlived_its_case_is_not_approved(stage: Stage) -> None:
    application = minors_case(stage)
    desk, second = at_desk(stage, FIRST), at_desk(stage, SECOND)
    assert desk.ask().status == 201
    assert application.phone.send("POST", f"/links/{application.link_id}/withdrawal").ok
    answer = second.approve()
    assert (answer.status, answer.code) == (409, "case_not_open")
    assert desk.read().code == "opening_not_approved"


def test_nobody_approves_the_opening_of_a_case_about_themselves(stage: Stage) -> None:
    minors_case(stage)
    desk = at_desk(stage, FIRST)
    desk.ask()
    make_staff_member_into(stage, SECOND, "fang")
    assert at_desk(stage, SECOND).approve().code == "conflict_of_interest"


def test_an_application_given_up_meanwhile_has_nothing_to_decide(stage: Stage) -> None:
    application = adults_case(stage)
    desk = at_desk(stage, FIRST)
    application.phone.must("POST", f"/links/{application.link_id}/withdrawal")
    answer = desk.decide("approved", "documents_confirmed")
    assert (answer.status, answer.code) == (409, "case_not_open")
    with stage.joined.db.read() as session:
        assert session.scalars(sa.select(Case)).one().closed_at is None


def test_a_safeguarding_reason_reaches_neither_the_holder_nor_a_phone(stage: Stage) -> None:
    application = adults_case(stage)
    answer = at_desk(stage, FIRST).reject("safeguarding", "The mother told us that she is afraid.")
    assert answer.status == 201
    (shown,) = application.decisions()
    assert (shown["reason"], shown["explanation"]) == ("not_disclosed", None)
    for ref in ("tomas", "elena"):
        texts = application.told(ref)
        assert texts
        assert not any("afraid" in text for text in texts)
    (read,) = application.decisions(application.relatives_phone)
    assert read["reason"] == "safeguarding"


def test_two_reviewers_at_once_make_one_decision(stage: Stage) -> None:
    application = adults_case(stage)
    first, second = at_desk(stage, FIRST), at_desk(stage, SECOND)
    version = first.read().body["version"]
    with ThreadPoolExecutor(2) as pool:
        approval = pool.submit(first.decide, "approved", "documents_confirmed", version=version)
        rejection = pool.submit(second.decide, "rejected", "misuse", version=version)
    statuses = sorted([approval.result().status, rejection.result().status])
    assert statuses == [201, 412]
    assert len(application.decisions()) == 1
