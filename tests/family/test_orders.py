"""A court order about a last day: recorded by one clerk, confirmed or rejected by another one."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from ecard.audit import AuditRow
from ecard.demo.phone import Answer
from ecard.family import service as family
from ecard.family.models import EndDateOrder
from tests.family.scene import change, kinds, move, person_id, sign_in
from tests.family.test_last_day import (  # noqa: F401 - one is a fixture
    DAY,
    OVER,
    SHANGHAI,
    Bound,
    mother,
    said,
)
from tests.family.test_scopes import Tie
from tests.security.parallel import at_once, codes
from tests.support import Stage, one_person

FIRST, SECOND = "clerk-north", "clerk-north-2"
COURT, FILE = "法院 of the Harbour", "（2026）12/3"
ORDERS = "/staff/end-date-orders"


@pytest.fixture
def bound(stage: Stage) -> Bound:
    return Bound(Tie(stage, "child", 9))


def tag(bound: Bound) -> str:
    """As whoever looks at the link now sends it."""
    with bound.stage.joined.db.write() as session:
        return f'"{family.lock_link(session, uuid.UUID(bound.tie.link_id)).version}"'


def record(bound: Bound, ends_on: date | None = DAY, clerk: str = FIRST, **other: str) -> Answer:
    """What the order says, as a clerk saw it."""
    body = {"ends_on": said(ends_on), "court": COURT, "file_number": FILE, **other}
    body.setdefault("number", bound.tie.relative.number)
    path = f"/staff/links/{bound.tie.link_id}/end-date-orders"
    return bound.stage.desk(clerk).send("POST", path, body, if_match=tag(bound))


def answers(bound: Bound, order: Answer, clerk: str = SECOND, **body: str) -> Callable[[], Answer]:
    """Somebody signed in, about to answer."""
    assert order.status == 201, order.body
    path = f"{ORDERS}/{order.body['id']}/answer"
    desk, said_so = bound.stage.desk(clerk), body or {"outcome": "confirmed"}
    return partial(desk.send, "POST", path, said_so, if_match=tag(bound))


def answer(bound: Bound, order: Answer, clerk: str = SECOND, **body: str) -> Answer:
    return answers(bound, order, clerk, **body)()


def waiting(bound: Bound, clerk: str = SECOND) -> list[dict[str, object]]:
    found: list[dict[str, object]] = bound.stage.desk(clerk).must("GET", ORDERS)["items"]
    return found


def last_day(bound: Bound) -> str | None:
    found: str | None = bound.holders().must("GET", f"/links/{bound.tie.link_id}")["ends_on"]
    return found


def test_what_one_clerk_records_changes_nothing_until_another_one_confirms_it(
    bound: Bound,
) -> None:
    order = record(bound)
    assert last_day(bound) is None
    assert "link_last_day" not in kinds(bound.stage, bound.tie.holder)
    (seen,) = waiting(bound)
    assert (seen["court"], seen["file_number"], seen["ends_on"]) == (COURT, FILE, "2027-03-01")
    assert (seen["relative"], seen["holder"]) == (bound.tie.relative.name, bound.tie.holder.name)
    assert bound.tie.relative.number not in str(seen)
    done = answer(bound, order)
    assert (done.status, done.body["outcome"], done.body["link_ends_on"]) == (
        *(201, "confirmed", "2027-03-01"),
    )
    assert last_day(bound) == "2027-03-01"
    assert kinds(bound.stage, bound.tie.holder).count("link_last_day") == 1
    assert kinds(bound.stage, bound.tie.relative).count("link_last_day_relative") == 1
    assert waiting(bound) == []


def test_both_acts_stand_in_the_history_that_both_sides_read_and_in_the_audit(
    bound: Bound,
) -> None:
    answer(bound, record(bound))
    path = f"/links/{bound.tie.link_id}/changes"
    for phone in (bound.holders(), sign_in(bound.stage, bound.tie.relative)):
        lines = phone.must("GET", path)["items"][:2]
        assert [(line["reason"], line["ends_on"], line["actor_kind"]) for line in lines] == [
            ("end_date_set", "2027-03-01", "staff"),
            ("end_date_order_recorded", "2027-03-01", "staff"),
        ]
    with bound.stage.joined.db.read() as session:
        rows = session.query(AuditRow).filter(AuditRow.object_kind == "end_date_order").all()
        acts = [(row.action, row.actor_id) for row in rows]
        order = session.query(EndDateOrder).one()
        assert COURT not in repr(order.reference)
        assert acts == [
            ("end_date_order.recorded", order.recorded_by),
            ("end_date_order.confirmed", order.answered_by),
        ]
        (row,) = session.query(AuditRow).filter_by(action="link.end_date_set").all()
        assert (row.actor_id, row.reason) == (order.answered_by, "court_order")


def test_whoever_recorded_it_neither_confirms_nor_rejects_it(bound: Bound) -> None:
    order = record(bound)
    (seen,) = waiting(bound, FIRST)
    assert seen["may_answer"] is False
    for body in ({"outcome": "confirmed"}, {"outcome": "rejected", "reason": "order_not_seen"}):
        refused = answer(bound, order, FIRST, **body)
        assert (refused.status, refused.code) == (403, "second_person_needed")
    assert last_day(bound) is None


def test_a_second_account_of_the_same_clerk_is_no_second_person(bound: Bound) -> None:
    one_person(bound.stage, FIRST, SECOND)
    order = record(bound)
    assert [item["may_answer"] for item in waiting(bound)] == [False]
    assert answer(bound, order).code == "second_person_needed"


def test_a_clerk_of_another_region_and_other_staff_see_and_answer_nothing(bound: Bound) -> None:
    assert record(bound, clerk="clerk-south").status == 404
    assert record(bound, clerk="safeguarding").code == "not_allowed"
    other = bound.tie.holder.number
    assert record(bound, number=other).status == 404
    order = record(bound)
    assert waiting(bound, "clerk-south") == []
    assert answer(bound, order, "clerk-south").status == 404
    assert answer(bound, order, "safeguarding").code == "not_allowed"
    assert bound.stage.desk("auditor").send("GET", ORDERS).code == "not_allowed"


def test_the_counter_is_that_of_the_relatives_region_wherever_the_holder_lives(
    bound: Bound,
) -> None:
    person_id(bound.stage, change(bound.stage, bound.tie.relative, region_code="south-harbour"))
    assert record(bound).code == "not_found"
    order = record(bound, clerk="clerk-south")
    assert waiting(bound) == []
    assert answer(bound, order).code == "not_found"
    assert len(waiting(bound, "clerk-south")) == 1


def test_rejected_with_a_reason_it_changes_nothing_and_another_one_may_be_recorded(
    bound: Bound,
) -> None:
    order = record(bound)
    for body in ({"outcome": "rejected"}, {"outcome": "confirmed", "reason": "order_not_seen"}):
        refused = answer(bound, order, **body)
        assert (refused.status, refused.code) == (422, "end_date_order_reason_does_not_fit")
    done = answer(bound, order, outcome="rejected", reason="order_says_otherwise")
    assert (done.body["outcome"], done.body["reason"]) == ("rejected", "order_says_otherwise")
    assert last_day(bound) is None
    assert "link_last_day" not in kinds(bound.stage, bound.tie.holder)
    assert bound.history()[-2:] == [
        ("active", "end_date_order_recorded"),
        ("active", "end_date_order_rejected"),
    ]
    refused = answer(bound, order)
    assert (refused.status, refused.code) == (409, "end_date_order_not_waiting")
    assert answer(bound, record(bound, DAY + timedelta(days=1))).ok


def test_a_link_has_one_order_that_waits(bound: Bound) -> None:
    assert record(bound).status == 201
    refused = record(bound, DAY + timedelta(days=1), SECOND)
    assert (refused.status, refused.code, refused.body["next"]) == (
        *(409, "end_date_order_waits", "list_end_date_orders"),
    )


def test_of_two_recorded_at_once_one_waits(bound: Bound) -> None:
    found = codes(at_once([partial(record, bound, DAY, clerk) for clerk in (FIRST, SECOND)]))
    assert found == {"done": 1, "end_date_order_waits": 1}


def test_of_confirmations_at_once_exactly_one_is_carried_out(bound: Bound) -> None:
    order = record(bound)
    found = codes(at_once([answers(bound, order) for _ in range(6)]))
    assert found == {"done": 1, "end_date_order_not_waiting": 5}
    assert bound.history()[-1] == ("active", "end_date_set")
    assert kinds(bound.stage, bound.tie.holder).count("link_last_day") == 1


def test_what_nobody_confirmed_in_time_lapses_and_may_be_recorded_anew(bound: Bound) -> None:
    order = record(bound)
    bound.stage.clock.advance(days=7, seconds=-1)
    assert len(waiting(bound)) == 1
    bound.stage.clock.advance(seconds=1)
    assert waiting(bound) == []
    refused = answer(bound, order)
    assert (refused.status, refused.code) == (409, "end_date_order_not_waiting")
    assert answer(bound, record(bound)).ok


def test_a_link_that_ended_meanwhile_gets_no_last_day(bound: Bound) -> None:
    order = record(bound)
    bound.holders().must("POST", f"/links/{bound.tie.link_id}/end")
    assert waiting(bound) == []
    for body in ({"outcome": "confirmed"}, {"outcome": "rejected", "reason": "order_not_seen"}):
        refused = answer(bound, order, **body)
        assert (refused.status, refused.code) == (409, "illegal_move")


def test_in_a_dispute_that_began_meanwhile_it_is_not_confirmed_nor_is_one_recorded(
    bound: Bound,
) -> None:
    order = record(bound)
    move(bound.stage, bound.tie.link_id, "disputed", "objected_by_guardian")
    refused = answer(bound, order)
    assert (refused.status, refused.code) == (409, "dispute_not_settled")
    assert last_day(bound) is None
    assert answer(bound, order, outcome="rejected", reason="order_not_in_force").ok
    assert record(bound).code == "dispute_not_settled"


def test_nobody_answers_by_a_link_that_changed_since_they_looked(bound: Bound) -> None:
    order = record(bound)
    confirm = answers(bound, order)
    for state, reason in (("suspended", "safeguarding"), ("active", "safeguarding_lifted")):
        move(bound.stage, bound.tie.link_id, state, reason)
    assert (confirm().status, last_day(bound)) == (412, None)
    (seen,) = waiting(bound)
    assert f'"{seen["version"]}"' == tag(bound)


def test_what_was_stopped_meanwhile_is_cut_short_and_not_extended(bound: Bound) -> None:
    answer(bound, record(bound))
    longer = record(bound, None)
    move(bound.stage, bound.tie.link_id, "suspended", "safeguarding")
    assert answer(bound, longer).code == "illegal_move"
    assert answer(bound, longer, outcome="rejected", reason="order_not_in_force").ok
    assert answer(bound, record(bound, DAY - timedelta(days=9))).ok
    assert last_day(bound) == "2027-02-20"


def test_the_bounds_are_asked_when_it_is_recorded_and_when_it_is_confirmed(bound: Bound) -> None:
    today = bound.stage.clock.time.date()
    assert record(bound, date(2036, 11, 19)).code == "end_date_too_far"
    assert record(bound, today - timedelta(days=1)).code == "end_date_passed"
    order = record(bound, today)
    bound.stage.clock.advance(days=1)
    assert answer(bound, order).code == "end_date_passed"


def test_a_relative_who_died_meanwhile_is_nobody_at_any_counter(bound: Bound) -> None:
    order = record(bound)
    change(bound.stage, bound.tie.relative, died_on=date(2026, 11, 17))
    assert answer(bound, order).status == 404


def test_an_order_puts_a_last_day_off_and_takes_it_away(bound: Bound) -> None:
    answer(bound, record(bound))
    bound.at(OVER - timedelta(days=30))
    assert bound.holders().must("GET", "/links")["items"][0]["next"] == "counter"
    assert answer(bound, record(bound, DAY + timedelta(days=90))).ok
    assert last_day(bound) == "2027-05-30"
    assert answer(bound, record(bound, None)).body["link_ends_on"] is None
    assert bound.history()[-1] == ("active", "end_date_removed")
    assert "link_no_last_day_relative" in kinds(bound.stage, bound.tie.relative)


def test_no_order_goes_over_an_adult(mother: Bound) -> None:  # noqa: F811 - the fixture
    refused = record(mother)
    assert (refused.status, refused.code) == (409, "end_date_needs_relative")


def test_for_an_adult_under_guardianship_an_order_decides(stage: Stage) -> None:
    ward = Bound(Tie(stage, "ward", 30))
    assert ward.put(DAY).code == "end_date_needs_order"
    assert answer(ward, record(ward)).ok


def test_a_child_who_came_of_age_meanwhile_decides_themselves(stage: Stage) -> None:
    young = Bound(Tie(stage, "child", 15))
    young.at(datetime(2027, 3, 4, tzinfo=SHANGHAI))
    order = record(young, DAY + timedelta(days=90))
    stage.clock.advance(days=1)
    assert answer(young, order).code == "end_date_needs_relative"
    assert last_day(young) is None


def test_what_is_kept_of_an_order_is_shown_with_the_relatives_data(bound: Bound) -> None:
    answer(bound, record(bound))
    shown = bound.holders().must("GET", f"/links/{bound.tie.link_id}/data")["categories"]
    (item,) = next(one["items"] for one in shown if one["name"] == "end_date_orders")
    facts = item["facts"]
    assert (facts["court"], facts["file_number"], facts["outcome"]) == (COURT, FILE, "confirmed")


def test_the_order_is_forgotten_a_month_after_the_link_is_over(bound: Bound) -> None:
    answer(bound, record(bound))
    bound.holders().must("POST", f"/links/{bound.tie.link_id}/end")
    for days, left in ((29, 1), (2, 0)):
        bound.stage.clock.advance(days=days)
        family.forget_typed(bound.stage.joined.call())
        with bound.stage.joined.db.read() as session:
            assert session.query(EndDateOrder).count() == left


def test_an_order_that_was_rejected_or_lapsed_is_forgotten_while_the_link_goes_on(
    bound: Bound,
) -> None:
    answer(bound, record(bound), outcome="rejected", reason="order_not_seen")
    record(bound, DAY + timedelta(days=1))
    for days, left in ((36, 2), (2, 0)):
        bound.stage.clock.advance(days=days)
        family.forget_typed(bound.stage.joined.call())
        with bound.stage.joined.db.read() as session:
            assert session.query(EndDateOrder).count() == left
