"""The region tree, and how staff come in: limits, expiry, and no telling who exists."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore

import pytest
import sqlalchemy as sa

from ecard import limits
from ecard.administration.staff import set_password
from ecard.agencies import service
from ecard.agencies.errors import StaffSignInBlocked, StaffSignInFailed, UnknownRegion
from ecard.agencies.models import StaffMember, StaffSession
from ecard.audit import AuditRow
from ecard.errors import Busy, NotSignedIn, TooManyRequests
from tests.demo.ground import Ground

NAME, PASSWORD = "reviewer-north", "quiet-river-nine-elm"


def token(ground: Ground) -> str:
    return service.sign_in(ground.call, NAME, PASSWORD).access_token


def region_id(ground: Ground, code: str) -> uuid.UUID:
    with ground.joined.db.read() as session:
        return service.region_by_code(session, code).id


def codes(ground: Ground, ids: frozenset[uuid.UUID]) -> set[str]:
    with ground.joined.db.read() as session:
        return {service.region(session, one).code for one in ids}


def try_password(
    ground: Ground, password: str, network: str = "192.0.2.1", name: str = NAME
) -> str:
    try:
        service.sign_in(replace(ground.call, network=network), name, password)
    except (StaffSignInFailed, StaffSignInBlocked, TooManyRequests) as refusal:
        return refusal.code
    return "in"


def from_everywhere(ground: Ground, number: int, name: str = NAME) -> list[str]:
    """Wrong passwords, each from an address of its own: no limit on one address sees them."""
    return [
        try_password(ground, "wrong", network=f"198.51.100.{one}", name=name)
        for one in range(number)
    ]


def disable(ground: Ground) -> None:
    with ground.joined.db.write() as session:
        query = sa.update(StaffMember).where(StaffMember.user_name == NAME)
        session.execute(query.values(disabled_at=ground.clock()))
        session.commit()


def test_a_region_s_ancestry_leads_from_itself_to_the_ministry(ground: Ground) -> None:
    city = region_id(ground, "north-harbour")
    with ground.joined.db.read() as session:
        chain = [region.code for region in service.ancestry(session, city)]
    assert chain == ["north-harbour", "lakes", "demo"]


def test_a_subtree_holds_the_region_and_all_below_and_nothing_beside(ground: Ground) -> None:
    wanted = {
        "demo": {"demo", "lakes", "north-harbour", "south-harbour"},
        "lakes": {"lakes", "north-harbour", "south-harbour"},
        "south-harbour": {"south-harbour"},
    }
    for code, below in wanted.items():
        with ground.joined.db.read() as session:
            found = service.subtree_ids(session, service.region_by_code(session, code).id)
        assert codes(ground, found) == below


def test_an_unknown_region_is_refused(ground: Ground) -> None:
    with ground.joined.db.read() as session:
        with pytest.raises(UnknownRegion):
            service.region_by_code(session, "atlantis")
        with pytest.raises(UnknownRegion):
            service.region(session, uuid.uuid4())


def test_counters_are_listed_by_region_in_the_caller_s_language(ground: Ground) -> None:
    call = replace(ground.call, language="zh-Hans")
    page = service.counters(call, region_code="north-harbour", cursor=None, limit=20)
    assert [one.code for one in page.items] == ["north-1", "north-2"]
    assert page.items[0].address == "北港市码头路12号，无障碍入口"
    city = region_id(ground, "north-harbour")
    with ground.joined.db.read() as session:
        assert service.counters_in(session, city, "es")[1].name == "Ventanilla del mercado"


def test_counters_come_in_pages_without_gap_or_repeat(ground: Ground) -> None:
    found, cursor = [], None
    for _ in range(4):
        page = service.counters(ground.call, region_code=None, cursor=cursor, limit=1)
        found += [one.code for one in page.items]
        cursor = page.next_cursor
    assert found == ["lakes-1", "north-1", "north-2", "south-1"]
    assert cursor is None


def test_staff_sign_in_and_act_in_their_region_and_below(ground: Ground) -> None:
    city = ground.staff("reviewer-north").staff
    province = ground.staff("reviewer-province").staff
    assert codes(ground, city.region_ids) == {"north-harbour"}
    assert codes(ground, province.region_ids) == {"lakes", "north-harbour", "south-harbour"}
    assert city.roles == {"reviewer"}
    assert ground.staff("clerk-north").staff.counter_id is not None


def test_a_wrong_password_and_an_unknown_user_are_refused_alike(ground: Ground) -> None:
    for name, password in ((NAME, "wrong"), ("nobody", PASSWORD), ("", ""), (NAME, "x" * 200)):
        with pytest.raises(StaffSignInFailed) as refused:
            service.sign_in(ground.call, name, password)
        assert refused.value.params == {}


def test_a_disabled_member_is_refused_like_a_wrong_password(ground: Ground) -> None:
    opened = token(ground)
    disable(ground)
    with pytest.raises(StaffSignInFailed):
        token(ground)
    with pytest.raises(NotSignedIn):
        service.actor_for_token(ground.call, opened)


def test_sixth_try_within_a_minute_waits_even_with_the_right_password(ground: Ground) -> None:
    tries = [try_password(ground, "wrong") for _ in range(5)]
    assert tries == ["staff_sign_in_failed"] * 5
    with pytest.raises(TooManyRequests) as refused:
        token(ground)
    assert refused.value.retry_after in range(1, 62)
    ground.clock.advance(seconds=61)
    assert try_password(ground, PASSWORD) == "in"


def test_an_attacker_elsewhere_does_not_lock_staff_out(ground: Ground) -> None:
    for _ in range(8):
        try_password(ground, "wrong", network="203.0.113.9")
    assert try_password(ground, PASSWORD) == "in"


def test_who_guesses_from_many_addresses_waits_longer_each_time(ground: Ground) -> None:
    assert from_everywhere(ground, 10) == ["staff_sign_in_failed"] * 10
    for wait in (30, 60, 120):
        with pytest.raises(TooManyRequests) as refused:
            token(ground)
        assert refused.value.retry_after == wait
        ground.clock.advance(seconds=wait - 1)
        assert from_everywhere(ground, 1) == ["too_many_requests"]
        ground.clock.advance(seconds=1)
        assert from_everywhere(ground, 1) == ["staff_sign_in_failed"]


def test_of_parallel_guesses_from_many_addresses_exactly_ten_are_examined(ground: Ground) -> None:
    def guess(one: int) -> str:
        return try_password(ground, "wrong", network=f"198.51.100.{one}")

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(guess, range(16)))
    assert sorted(found) == ["staff_sign_in_failed"] * 10 + ["too_many_requests"] * 6


def test_a_success_forgets_the_failures_before_it(ground: Ground) -> None:
    for _ in range(3):
        assert from_everywhere(ground, 9) == ["staff_sign_in_failed"] * 9
        assert try_password(ground, PASSWORD) == "in"


def test_after_a_hundred_failures_in_a_row_only_a_new_password_leads_on(ground: Ground) -> None:
    few = replace(ground.joined.settings, sign_ins_total=12, staff_failures_free=100)
    strict = replace(ground, joined=replace(ground.joined, settings=few))
    assert from_everywhere(strict, 13) == ["staff_sign_in_failed"] * 12 + ["staff_sign_in_blocked"]
    strict.clock.advance(days=2)
    assert try_password(strict, PASSWORD) == "staff_sign_in_blocked"
    assert try_password(strict, "seven-wet-stones-in-a-row") == "staff_sign_in_blocked"
    set_password(strict.call, NAME, "seven-wet-stones-in-a-row")
    assert try_password(strict, "seven-wet-stones-in-a-row") == "in"
    with ground.joined.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).where(AuditRow.reason == "blocked"))
        assert len(rows.all()) == 1


def test_a_user_name_that_nobody_has_waits_and_ends_alike(ground: Ground) -> None:
    few = replace(ground.joined.settings, sign_ins_total=12)
    strict = replace(ground, joined=replace(ground.joined, settings=few))
    known, unknown = from_everywhere(strict, 11), from_everywhere(strict, 11, name="nobody")
    assert known == unknown == ["staff_sign_in_failed"] * 10 + ["too_many_requests"]
    for wait in (30, 60):
        strict.clock.advance(seconds=wait)
        known, unknown = from_everywhere(strict, 1), from_everywhere(strict, 1, name="nobody")
        assert known == unknown == ["staff_sign_in_failed"]
    assert from_everywhere(strict, 1) == from_everywhere(strict, 1, name="nobody")
    assert from_everywhere(strict, 1) == ["staff_sign_in_blocked"]


def test_failures_are_forgotten_ninety_days_after_the_last(ground: Ground) -> None:
    try_password(ground, "wrong")
    ground.clock.advance(days=90)
    assert service.sweep(ground.call) == 0
    ground.clock.advance(seconds=1)
    assert service.sweep(ground.call) == 1


def test_staff_have_the_same_bounds_as_holders_fifteen_minutes_idle_and_half_a_day(
    ground: Ground,
) -> None:
    settings = ground.joined.settings
    assert (settings.staff_idle_seconds, settings.staff_seconds) == (900, 43200)
    assert settings.staff_seconds == settings.session_seconds


def test_signing_in_rightly_is_not_counted(ground: Ground) -> None:
    assert {try_password(ground, PASSWORD) for _ in range(7)} == {"in"}


def test_no_network_address_is_written_down(ground: Ground) -> None:
    try_password(ground, "wrong")
    with ground.joined.db.read() as session:
        subjects = list(session.scalars(sa.select(limits.LimitSubject.subject)))
    assert subjects
    assert "192.0.2.1" not in subjects


def test_one_address_has_twenty_tries_a_minute_over_all_names(ground: Ground) -> None:
    found = []
    for number in range(21):
        try:
            service.sign_in(ground.call, f"guess-{number}", "wrong")
        except (StaffSignInFailed, TooManyRequests) as refusal:
            found.append(refusal.code)
    assert found == ["staff_sign_in_failed"] * 20 + ["too_many_requests"]


def test_of_twelve_parallel_wrong_passwords_exactly_five_are_examined(ground: Ground) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: try_password(ground, "wrong"), range(12)))
    assert sorted(found) == ["staff_sign_in_failed"] * 5 + ["too_many_requests"] * 7


def test_when_all_places_for_hashing_are_taken_the_caller_is_asked_to_wait(ground: Ground) -> None:
    places = BoundedSemaphore(1)
    places.acquire()
    settings = replace(ground.joined.settings, hashing_wait_seconds=0.01)
    dependencies = replace(ground.joined.dependencies, hashing=places)
    call = replace(ground.call, dependencies=dependencies, settings=settings)
    with pytest.raises(Busy):
        service.sign_in(call, NAME, PASSWORD)


def test_a_session_ends_when_it_is_idle_and_lives_on_when_it_is_used(ground: Ground) -> None:
    opened = token(ground)
    for _ in range(3):
        ground.clock.advance(seconds=ground.joined.settings.staff_idle_seconds - 1)
        assert service.actor_for_token(ground.call, opened).roles == {"reviewer"}
    ground.clock.advance(seconds=ground.joined.settings.staff_idle_seconds)
    with pytest.raises(NotSignedIn):
        service.actor_for_token(ground.call, opened)


def test_a_session_ends_in_any_case_after_its_longest_life(ground: Ground) -> None:
    opened, step = token(ground), 600
    for _ in range(ground.joined.settings.staff_seconds // step - 1):
        ground.clock.advance(seconds=step)
        service.actor_for_token(ground.call, opened)
    ground.clock.advance(seconds=step)
    with pytest.raises(NotSignedIn):
        service.actor_for_token(ground.call, opened)


def test_the_last_use_is_written_at_most_once_a_minute(ground: Ground) -> None:
    opened, began = token(ground), ground.clock()

    def used() -> float:
        service.actor_for_token(ground.call, opened)
        with ground.joined.db.read() as session:
            row = session.scalars(sa.select(StaffSession)).one()
        return (row.used_at - began).total_seconds()

    ground.clock.advance(seconds=59)
    assert used() == 0
    ground.clock.advance(seconds=1)
    assert used() == 60


def test_after_signing_out_the_token_is_refused_on_the_next_call(ground: Ground) -> None:
    opened = token(ground)
    call = ground.call.by(service.actor_for_token(ground.call, opened))
    service.sign_out(call)
    with pytest.raises(NotSignedIn):
        service.actor_for_token(ground.call, opened)


def test_a_made_up_token_is_refused_and_tokens_are_kept_as_hashes(ground: Ground) -> None:
    with pytest.raises(NotSignedIn):
        service.actor_for_token(ground.call, "es_" + "A" * 43)
    opened = token(ground)
    with ground.joined.db.read() as session:
        row = session.scalars(sa.select(StaffSession)).one()
    assert opened not in row.token_hash


def test_sessions_are_forgotten_a_month_after_their_end(ground: Ground) -> None:
    token(ground)
    ground.clock.advance(seconds=ground.joined.settings.staff_seconds, days=30)
    assert service.sweep(ground.call) == 0
    ground.clock.advance(seconds=1)
    assert service.sweep(ground.call) == 1


def test_every_sign_in_and_every_failure_is_on_record(ground: Ground) -> None:
    try_password(ground, "wrong")
    call = ground.staff("reviewer-north")
    service.sign_out(call)
    with ground.joined.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.seq))
        found = [(row.action, row.outcome, row.object_id) for row in rows]
    staff_id = call.staff.staff_id
    assert found == [
        ("staff.sign_in", "refused", staff_id),
        ("staff.sign_in", "done", staff_id),
        ("staff.sign_out", "done", staff_id),
    ]
