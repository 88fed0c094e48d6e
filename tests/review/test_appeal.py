"""One appeal, in time, by either side, decided by another reviewer one level up."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from ecard.review.models import Appeal, Decision
from tests.family.scene import give_last_day
from tests.review.cases import ABOVE, FIRST, Application, Desk, adults_case, at_desk, face_case
from tests.support import Stage, one_person


def rejected(stage: Stage) -> Application:
    """An application that a reviewer rejected."""
    application = adults_case(stage)
    assert at_desk(stage, FIRST).reject().status == 201
    return application


def test_a_rejection_names_its_reason_to_both_sides_and_how_to_appeal(stage: Stage) -> None:
    application = rejected(stage)
    (shown,) = application.decisions()
    assert (shown["outcome"], shown["reason"]) == ("rejected", "document_not_legible")
    assert (shown["may_appeal"], shown["level"]) == (True, 1)
    assert shown["appeal_until"].startswith("2026-12-02T")
    assert application.decisions(application.relatives_phone) == [shown]
    assert any("Puede recurrir" in text for text in application.told("elena"))


def test_an_appeal_goes_one_level_up_with_its_grounds(stage: Stage) -> None:
    application = rejected(stage)
    answer = application.appeal()
    assert answer.status == 201, answer.body
    assert application.state() == "in_review"
    below, above = Desk(stage.desk(FIRST), answer.body["case_id"]), at_desk(stage, ABOVE)
    assert below.read().status == 404
    case = above.read().body
    assert (case["level"], case["state"]) == (2, "appealed")
    assert case["grounds"].startswith("The picture is old")
    assert [row["explanation"] for row in case["decisions"]] != [None]


def test_a_granted_appeal_goes_on_as_if_it_had_been_approved(stage: Stage) -> None:
    application = rejected(stage)
    application.appeal()
    assert at_desk(stage, ABOVE).decide("approved", "documents_confirmed").status == 201
    assert application.state() == "evidence_accepted"
    assert [row["outcome"] for row in application.decisions()] == ["rejected", "approved"]


def test_a_rejected_appeal_is_final(stage: Stage) -> None:
    application = rejected(stage)
    application.appeal()
    assert at_desk(stage, ABOVE).reject().status == 201
    assert application.state() == "rejected"
    assert [row["may_appeal"] for row in application.decisions()] == [False, False]
    again = application.appeal()
    assert (again.status, again.code) == (409, "appealed_already")


def test_after_the_last_day_that_the_link_would_have_had_nothing_can_be_appealed(
    stage: Stage,
) -> None:
    application = rejected(stage)
    give_last_day(stage, application.link_id, stage.clock.time.date())
    stage.clock.advance(days=2)
    assert [row["may_appeal"] for row in application.decisions()] == [False]
    answer = application.appeal()
    assert (answer.status, answer.code) == (409, "cannot_activate_now")
    assert application.state() == "rejected"


def test_whoever_decided_does_not_decide_the_appeal(stage: Stage) -> None:
    application = adults_case(stage)
    province = at_desk(stage, ABOVE)
    assert province.reject().status == 201
    application.appeal()
    answer = province.decide("approved", "documents_confirmed")
    assert (answer.status, answer.code) == (403, "second_person_needed")
    ministry = Desk(stage.desk("reviewer-ministry"), province.case_id)
    assert ministry.decide("approved", "documents_confirmed").status == 201


def test_nor_does_a_second_account_of_theirs(stage: Stage) -> None:
    one_person(stage, ABOVE, "reviewer-ministry")
    application = adults_case(stage)
    province = at_desk(stage, ABOVE)
    province.reject()
    application.appeal()
    ministry = Desk(stage.desk("reviewer-ministry"), province.case_id)
    assert ministry.decide("approved", "documents_confirmed").code == "second_person_needed"


def test_a_relative_with_a_card_may_appeal_too(stage: Stage) -> None:
    application = rejected(stage)
    answer = application.appeal(application.relatives_phone)
    assert answer.status == 201, answer.body
    assert application.appeal().code == "appealed_already"


def test_a_stranger_has_nothing_to_read_or_to_appeal(stage: Stage) -> None:
    application = rejected(stage)
    stranger = stage.signed_in("karl", password=None)
    assert application.appeal(stranger).code == "not_found"
    assert stranger.send("GET", f"/links/{application.link_id}/decisions").status == 404


def test_an_appeal_is_in_time_until_the_last_moment_of_fourteen_days(stage: Stage) -> None:
    first, second = rejected(stage), face_case(stage)
    assert at_desk(stage, FIRST).reject("person_differs").status == 201
    stage.clock.advance(days=13, hours=23, minutes=59)
    assert first.appeal().status == 201
    stage.clock.advance(minutes=1)
    late = second.appeal(first.phone)
    assert (late.status, late.code) == (409, "appeal_too_late")


def test_what_was_not_rejected_cannot_be_appealed(stage: Stage) -> None:
    application = adults_case(stage)
    assert application.appeal().code == "nothing_to_appeal"
    at_desk(stage, FIRST).decide("approved", "documents_confirmed")
    assert application.appeal().code == "nothing_to_appeal"
    assert application.appeal(grounds="short").code == "invalid_input"


def test_words_and_grounds_lie_sealed(stage: Stage) -> None:
    application = rejected(stage)
    application.appeal()
    with stage.joined.db.read() as session:
        decision = session.scalars(sa.select(Decision)).one()
        appeal = session.scalars(sa.select(Appeal)).one()
    assert b"paper" not in decision.explanation
    assert b"counter" not in appeal.grounds


def test_two_sides_that_appeal_at_once_make_one_appeal(stage: Stage) -> None:
    application = rejected(stage)
    phones = [application.phone, application.relatives_phone]
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(application.appeal, phones))
    assert sorted(answer.status for answer in sent) == [201, 409]
