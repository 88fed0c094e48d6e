"""A link that its holder does not use: warned of, then ended; a use begins its months anew."""

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from ecard.acts import service as acts
from ecard.family import service as family
from ecard.family.errors import LinkNotActive
from ecard.family.models import Link, LinkUse
from tests.family.scene import Pair, as_holder, changes, kinds, pair, sign_in, texts
from tests.support import Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENDS = datetime(2028, 11, 18, tzinfo=SHANGHAI)
"""24 months after the day on which a stage begins."""
WARNED = ENDS - timedelta(days=30)


@pytest.fixture
def two(stage: Stage) -> Pair:
    return pair(stage)


def at(two: Pair, when: datetime) -> None:
    two.stage.clock.time = when.astimezone(UTC)


def use(two: Pair, link_id: str) -> None:
    """The holder reads the relative's rights, as the services do it."""
    two.again()
    call = as_holder(two.stage, two.phone)
    acting = acts.for_relative(call, uuid.UUID(link_id), "rights")
    with call.db.write() as session:
        acts.note(session, call, acting, "rights.read")
        session.commit()


def row(two: Pair, link_id: str) -> LinkUse:
    with two.stage.joined.db.read() as session:
        return session.get_one(LinkUse, uuid.UUID(link_id))


def shown(two: Pair, link_id: str) -> tuple[str, str]:
    link = two.again().must("GET", f"/links/{link_id}")
    return link["state"], link["reason"]


@pytest.mark.gate
def test_both_sides_are_warned_once_thirty_days_before(two: Pair) -> None:
    two.active()
    call = two.stage.joined.call()
    at(two, WARNED - timedelta(seconds=1))
    assert family.warn_unused(call) == 0
    at(two, WARNED)
    assert (family.warn_unused(call), family.warn_unused(call)) == (1, 0)
    for who, kind in ((two.holder, "link_unused"), (two.relative, "link_unused_relative")):
        (said,) = texts(two.stage, who, kind)
        assert "November 18, 2028" in said or "18 November 2028" in said, said


def test_at_its_end_it_is_refused_without_any_sweep_and_the_sweep_says_so(two: Pair) -> None:
    link_id = two.active()
    at(two, WARNED)
    family.warn_unused(two.stage.joined.call())
    at(two, ENDS - timedelta(seconds=7))
    assert shown(two, link_id)[0] == "active"  # six seconds later
    at(two, ENDS)
    assert shown(two, link_id) == ("ended", "unused")
    with pytest.raises(LinkNotActive) as refusal:
        use(two, link_id)
    assert refusal.value.params["state"] == "ended"
    assert two.phone.send("POST", f"/links/{link_id}/end").code == "illegal_move"
    assert changes(two.stage, link_id)[-1].to_state == "active"
    call = two.stage.joined.call()
    assert (family.sweep(call), family.sweep(call)) == (1, 0)
    last = changes(two.stage, link_id)[-1]
    assert (last.to_state, last.reason, last.actor_kind) == ("ended", "unused", "system")
    assert shown(two, link_id) == ("ended", "unused")
    assert "link_ended" in kinds(two.stage, two.holder)
    assert "link_ended_relative" in kinds(two.stage, two.relative)


@pytest.mark.gate
def test_where_no_job_ran_the_warning_comes_late_and_the_end_moves_with_it(two: Pair) -> None:
    link_id = two.active()
    late = ENDS + timedelta(days=100)
    at(two, late)
    assert shown(two, link_id)[0] == "active"
    call = two.stage.joined.call()
    at(two, late)
    assert (family.sweep(call), family.warn_unused(call)) == (0, 1)
    at(two, late + timedelta(days=30, seconds=-10))
    assert shown(two, link_id)[0] == "active"
    at(two, late + timedelta(days=30))
    assert shown(two, link_id) == ("ended", "unused")


@pytest.mark.gate
def test_a_use_takes_the_warning_back_and_its_months_begin_anew(two: Pair) -> None:
    link_id = two.active()
    at(two, WARNED)
    family.warn_unused(two.stage.joined.call())
    at(two, ENDS - timedelta(minutes=1))
    use(two, link_id)
    at(two, ENDS + timedelta(days=365))
    assert (family.warn_unused(two.stage.joined.call()), shown(two, link_id)[0]) == (0, "active")
    assert row(two, link_id).warned_at is None


@pytest.mark.gate
def test_a_use_is_kept_once_a_day_and_does_not_move_the_links_version(two: Pair) -> None:
    link_id = two.active()
    with two.stage.joined.db.read() as session:
        version = session.get_one(Link, uuid.UUID(link_id)).version
    for hours, kept in [(1, False), (14, True), (2, False), (24, True), (-48, False)]:
        before = row(two, link_id).last_used_at
        two.stage.clock.advance(hours=hours)
        use(two, link_id)
        assert (row(two, link_id).last_used_at != before) == kept, hours
    with two.stage.joined.db.read() as session:
        assert session.get_one(Link, uuid.UUID(link_id)).version == version


@pytest.mark.gate
def test_only_an_active_link_is_counted_and_resumed_it_begins_anew(two: Pair) -> None:
    link_id = two.active()
    desk = two.stage.desk("safeguarding")
    desk.must("POST", f"/staff/links/{link_id}/action", {"action": "suspend"})
    with two.stage.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LinkUse)) == 0
    at(two, ENDS - timedelta(days=1))
    desk = two.stage.desk("safeguarding")
    desk.must("POST", f"/staff/links/{link_id}/action", {"action": "resume"})
    at(two, ENDS + timedelta(days=60))
    assert (family.warn_unused(two.stage.joined.call()), shown(two, link_id)[0]) == (0, "active")


@pytest.mark.gate
def test_what_ended_unused_frees_its_place_at_once(two: Pair) -> None:
    link_id = two.active()
    at(two, WARNED)
    family.warn_unused(two.stage.joined.call())
    at(two, ENDS)
    two.again()
    again = two.active()
    assert (shown(two, link_id)[0], shown(two, again)[0]) == ("ended", "active")


@pytest.mark.gate
def test_the_relative_sees_it_ended_too_and_ends_nothing_twice(two: Pair) -> None:
    link_id = two.active()
    at(two, WARNED)
    family.warn_unused(two.stage.joined.call())
    at(two, ENDS)
    mother = sign_in(two.stage, two.relative)
    (seen,) = mother.must("GET", "/links-on-me")["items"]
    assert (seen["state"], seen["reason"], seen["may_read"]) == ("ended", "unused", False)
    assert mother.send("POST", f"/links-on-me/{link_id}/end").code == "illegal_move"
