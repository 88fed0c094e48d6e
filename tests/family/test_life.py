"""A link's life: lapse, reminders, withdrawal, end, "this was not me", safeguarding, messages."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from ecard.agencies import service as agencies
from ecard.agencies.models import StaffMember
from ecard.demo.phone import Answer
from ecard.family import service as family
from ecard.family.errors import CannotActivateNow
from ecard.locale import sentence
from ecard.persons import service as persons
from tests.family.scene import (
    Pair,
    begin,
    born,
    bring_to,
    changes,
    grant,
    hold,
    invent,
    kinds,
    move,
    name,
    named,
    pair,
    sign_in,
    texts,
)
from tests.support import Stage

SAFEGUARDING = "safeguarding"


def act(stage: Stage, link_id: str, action: str, user: str = SAFEGUARDING) -> Answer:
    path = f"/staff/links/{link_id}/action"
    stage.clock.advance(seconds=1)
    return stage.desk(user).send("POST", path, {"action": action})


def not_me_token(stage: Stage, two: Pair, kind: str) -> str:
    found = re.search(r"#(nm_[\w-]+)", texts(stage, two.relative, kind)[0])
    assert found
    return found[1]


def report(stage: Stage, token: str) -> Answer:
    return stage.phone().send("POST", "/not-me", {"token": token})


# --- time ---------------------------------------------------------------------------------------


def test_an_application_can_be_resumed_until_the_seventh_day(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    stage.clock.advance(days=7, seconds=-30)
    two.again()
    assert two.phone.must("GET", f"/links/{link_id}")["next"] == "add_evidence"
    stage.clock.advance(seconds=30)
    shown = two.phone.must("GET", f"/links/{link_id}")
    assert (shown["state"], shown["reason"], shown["next"]) == (
        "expired",
        "lapsed",
        "open_application",
    )
    assert name(two.phone, link_id, two.relative, "parent").code == "application_expired"
    for verb in ("withdrawal", "end"):
        answer = two.phone.send("POST", f"/links/{link_id}/{verb}")
        assert (answer.status, answer.code) == (409, "application_expired")
    assert [change.to_state for change in changes(stage, link_id)] == ["draft", "noticed"]


def test_the_sweep_expires_what_lapsed_once_and_says_so(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    stage.clock.advance(days=7)
    call = stage.joined.call()
    assert (family.sweep(call), family.sweep(call)) == (1, 0)
    last = changes(stage, link_id)[-1]
    assert (last.to_state, last.reason, last.actor_kind, last.channel) == (
        "expired",
        "lapsed",
        "system",
        "system",
    )
    assert kinds(stage, two.holder).count("link_expired") == 1


def test_what_was_typed_is_forgotten_thirty_days_after_the_link_is_over(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    two.phone.must("POST", f"/links/{link_id}/withdrawal")
    stage.clock.advance(days=30, seconds=-1)
    assert family.forget_typed(stage.joined.call()) == 0
    stage.clock.advance(seconds=2)
    assert family.forget_typed(stage.joined.call()) == 1
    two.again()
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["name"], seen["number_masked"]) == ("withdrawn", None, None)
    standing = named(stage, two.phone, two.relative, "parent")
    stage.clock.advance(days=40)
    assert family.forget_typed(stage.joined.call()) == 0, standing


def test_reminders_come_four_days_and_one_day_before_each_once(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    came: list[datetime] = []
    for _ in range(28):
        stage.clock.advance(hours=6)
        seen = len(came)
        came += [stage.clock.time] * (kinds(stage, two.holder).count("link_lapses_soon") - seen)
    family.remind(stage.joined.call(), link_id, 1)  # a worker that died runs a job again
    assert kinds(stage, two.holder).count("link_lapses_soon") == 2
    opened = changes(stage, link_id)[0].at
    days = [round((at - opened) / timedelta(days=1)) for at in came]
    assert days == [3, 6]
    said = texts(stage, two.holder, "link_lapses_soon")
    assert [re.findall(r": (\d)\b", text) for text in said] == [["1"], ["4"]]


def test_time_in_review_costs_nothing_and_reminders_start_anew(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    bring_to(stage, link_id, "submitted")
    move(stage, link_id, "in_review", "evidence_needs_person")
    stage.clock.advance(days=12)
    assert family.sweep(stage.joined.call()) == 0
    assert "link_lapses_soon" not in kinds(stage, two.holder)
    move(stage, link_id, "evidence_accepted", "evidence_accepted_by_reviewer")
    two.again()
    shown = two.phone.must("GET", f"/links/{link_id}")
    assert shown["state"] == "evidence_accepted"
    stage.clock.advance(days=3)
    assert kinds(stage, two.holder).count("link_lapses_soon") == 1
    stage.clock.advance(days=3)
    assert kinds(stage, two.holder).count("link_lapses_soon") == 2


def test_a_counter_code_keeps_the_application_open_and_moves_its_reminders(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    bring_to(stage, link_id, "awaiting_face")
    stage.clock.advance(days=4)
    assert kinds(stage, two.holder).count("link_lapses_soon") == 1
    two.again()
    two.phone.must("POST", f"/links/{link_id}/counter-code")
    stage.clock.advance(days=2.5)
    assert kinds(stage, two.holder).count("link_lapses_soon") == 1
    stage.clock.advance(days=0.5)
    assert kinds(stage, two.holder).count("link_lapses_soon") == 2


# --- reading ------------------------------------------------------------------------------------


def test_the_list_is_newest_first_in_pages_and_holds_ones_own_only(stage: Stage) -> None:
    two = pair(stage)
    for number in range(5):
        stage.clock.advance(seconds=1)
        hold(stage, two.holder, invent(stage, f"kin{number}", born(80)), "parent", "ended")
        hold(stage, invent(stage, f"other{number}", born(45)), two.relative, "parent", "ended")
    seen: list[Any] = []
    path: str | None = "/links?limit=2"
    while path:
        page = two.phone.must("GET", path)
        assert len(page["items"]) <= 2
        seen += page["items"]
        path = page["next_cursor"] and f"/links?limit=2&cursor={page['next_cursor']}"
    assert len({item["id"] for item in seen}) == len(seen) == 5
    times = [item["opened_at"] for item in seen]
    assert times == sorted(times, reverse=True)
    assert two.phone.send("GET", "/links?limit=51").code == "invalid_input"
    assert two.phone.send("GET", "/links?cursor=nonsense").code == "invalid_input"


def test_a_foreign_link_answers_exactly_like_one_that_does_not_exist(stage: Stage) -> None:
    two = pair(stage)
    foreign = named(stage, two.phone, two.relative, "parent")
    stranger = sign_in(stage, invent(stage, "stranger", born(50)))
    account = {"name": "N. N.", "number": two.relative.number, "relation": "parent"}
    acknowledged = {"notice_id": str(uuid.uuid4()), "text_sha256": "0" * 64}
    for method, rest, body in [
        ("GET", "", None),
        ("GET", "/changes", None),
        ("POST", "/withdrawal", None),
        ("POST", "/end", None),
        ("PUT", "/family-account", account),
        ("POST", "/acknowledgement", acknowledged),
    ]:
        answers = [
            stranger.send(method, f"/links/{link_id}{rest}", body, if_match='"2"')
            for link_id in (foreign, uuid.uuid4())
        ]
        bodies = [{k: v for k, v in one.body.items() if k != "instance"} for one in answers]
        assert [one.status for one in answers] == [404, 404], rest
        assert bodies[0] == bodies[1], rest
    on_me = [f"/links-on-me/{link_id}/end" for link_id in (foreign, uuid.uuid4())]
    assert [stranger.send("POST", path).status for path in on_me] == [404, 404]


def test_the_relative_sees_every_link_on_them_but_not_what_is_still_typed(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    mother = sign_in(stage, two.relative)
    assert mother.must("GET", "/links-on-me")["items"] == []
    assert mother.send("GET", f"/links/{link_id}/changes").status == 404
    assert mother.send("POST", f"/links-on-me/{link_id}/end").status == 404
    bring_to(stage, link_id, "submitted")
    (seen,) = mother.must("GET", "/links-on-me")["items"]
    assert (seen["id"], seen["name"], seen["number_masked"]) == (link_id, two.holder.name, None)
    assert mother.must("GET", f"/links/{link_id}/changes")["items"]
    assert mother.send("GET", f"/links/{link_id}").status == 404  # the holder's view is not hers


@pytest.mark.gate
def test_the_relative_hears_nothing_of_what_was_given_up_before_it_concerned_them(
    stage: Stage,
) -> None:
    two = pair(stage)
    given_up = named(stage, two.phone, two.relative, "parent")
    two.phone.must("POST", f"/links/{given_up}/withdrawal")
    named(stage, two.phone, two.relative, "parent")
    stage.clock.advance(days=8)
    family.sweep(stage.joined.call())
    assert stage.mailbox(str(two.relative.contact.phone)) == []
    assert sign_in(stage, two.relative).must("GET", "/links-on-me")["items"] == []


# --- ending -------------------------------------------------------------------------------------


def test_the_holder_ends_a_link_and_the_next_request_knows(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    before = two.phone.must("GET", f"/links/{link_id}")
    assert (before["may_act"], before["may_read"]) == (True, True)
    ended = two.phone.must("POST", f"/links/{link_id}/end")
    after = two.phone.must("GET", f"/links/{link_id}")
    assert ended == after
    assert (after["state"], after["reason"]) == ("ended", "requested_by_holder")
    assert (after["may_act"], after["may_read"], after["ended_at"] is None) == (False, False, False)
    assert two.phone.send("POST", f"/links/{link_id}/end").code == "illegal_move"


def test_the_relative_stops_an_application_without_the_holder(stage: Stage) -> None:
    two = pair(stage)
    mother = sign_in(stage, two.relative)
    for state in ("submitted", "evidence_accepted", "awaiting_face", "in_review"):
        link_id = hold(stage, two.holder, two.relative, "parent", state)
        stopped = mother.must("POST", f"/links-on-me/{link_id}/end")
        assert (stopped["state"], stopped["reason"]) == ("withdrawn", "requested_by_relative")
        assert two.phone.must("GET", f"/links/{link_id}")["state"] == "withdrawn"


def test_the_relative_ends_a_link_and_the_holder_reads_it_at_once(stage: Stage) -> None:
    two = pair(stage)
    mother = sign_in(stage, two.relative)
    for state in ("active", "suspended", "disputed"):
        link_id = hold(stage, two.holder, two.relative, "parent", state)
        mother.must("POST", f"/links-on-me/{link_id}/end")
        seen = two.phone.must("GET", f"/links/{link_id}")
        assert (seen["state"], seen["reason"]) == ("ended", "requested_by_relative")
        assert (seen["may_act"], seen["may_read"]) == (False, False)


@pytest.mark.gate
def test_a_withdrawn_application_is_over(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    gone = two.phone.must("POST", f"/links/{link_id}/withdrawal")
    assert (gone["state"], gone["next"]) == ("withdrawn", None)
    assert name(two.phone, link_id, two.relative, "parent").code == "illegal_move"
    assert two.phone.send("POST", f"/links/{link_id}/withdrawal").code == "illegal_move"
    assert name(two.phone, begin(stage, two.phone), two.relative, "parent").ok


def test_an_active_link_is_ended_not_withdrawn(stage: Stage) -> None:
    two = pair(stage)
    answer = two.phone.send("POST", f"/links/{two.active()}/withdrawal")
    assert (answer.status, answer.code) == (409, "illegal_move")


def test_a_repeated_end_with_its_key_is_answered_alike(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    answers = [two.phone.send("POST", f"/links/{link_id}/end", key="k" * 24) for _ in range(2)]
    assert [one.status for one in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert [change.to_state for change in changes(stage, link_id)].count("ended") == 1


# --- this was not me ----------------------------------------------------------------------------


def test_not_me_withdraws_an_open_application_once(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    bring_to(stage, link_id, "submitted")
    token = not_me_token(stage, two, "link_submitted_relative")
    assert report(stage, token).status == 204
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["reason"]) == ("withdrawn", "reported_not_me")
    again = report(stage, token)
    assert (again.status, again.code) == (404, "not_me_link_not_valid")


def test_an_address_that_says_not_me_is_forgotten_a_month_after_it_lapsed(stage: Stage) -> None:
    two = pair(stage)
    two.active()
    stage.clock.advance(hours=240, days=30)
    assert family.forget_not_me(stage.joined.call()) == 0
    stage.clock.advance(seconds=1)
    assert family.forget_not_me(stage.joined.call()) > 0
    assert family.forget_not_me(stage.joined.call()) == 0


@pytest.mark.gate
def test_not_me_suspends_an_active_link_at_once(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    assert report(stage, not_me_token(stage, two, "link_active_relative")).status == 204
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["may_act"], seen["may_read"]) == ("suspended", False, False)


@pytest.mark.gate
def test_not_me_is_good_for_240_hours(stage: Stage) -> None:
    two = pair(stage)
    links = [two.active()]
    token = not_me_token(stage, two, "link_active_relative")
    stage.clock.advance(hours=240)
    two.again()
    unknown = report(stage, "nm_" + "A" * 43)
    late = report(stage, token)
    assert (late.status, late.body["code"]) == (unknown.status, unknown.body["code"])
    assert late.status == 404
    assert two.phone.must("GET", f"/links/{links[0]}")["state"] == "active"


@pytest.mark.gate
def test_not_me_works_in_the_last_second_of_its_life(stage: Stage) -> None:
    two = pair(stage)
    two.active()
    token = not_me_token(stage, two, "link_active_relative")
    stage.clock.advance(hours=240, seconds=-1)
    assert report(stage, token).status == 204


@pytest.mark.gate
def test_no_not_me_address_ever_reaches_the_holder(stage: Stage) -> None:
    two = pair(stage)
    two.phone.must("POST", f"/links/{two.active()}/end")
    said = [item["text"] for item in stage.mailbox(str(two.holder.contact.phone))]
    assert said
    assert not [text for text in said if "nm_" in text]
    answers = str([two.phone.must("GET", path) for path in ("/links", "/links-on-me")])
    assert "nm_" not in answers


# --- safeguarding -------------------------------------------------------------------------------


@pytest.mark.gate
def test_safeguarding_stops_a_link_and_its_reason_is_hidden_from_the_holder(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    assert act(stage, link_id, "suspend").status == 204
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["reason"], seen["may_read"]) == (
        "suspended",
        "not_disclosed",
        False,
    )
    history = two.phone.must("GET", f"/links/{link_id}/changes")["items"]
    assert history[0]["reason"] == "not_disclosed"
    told = texts(stage, two.holder, "link_suspended")
    assert "safeguarding" not in str([seen, history, told])
    (hers,) = sign_in(stage, two.relative).must("GET", "/links-on-me")["items"]
    assert hers["reason"] == "safeguarding"
    assert act(stage, link_id, "resume").status == 204
    back = two.phone.must("GET", f"/links/{link_id}")
    assert (back["state"], back["reason"]) == ("active", "not_disclosed")
    assert act(stage, link_id, "end").status == 204
    assert two.phone.must("GET", f"/links/{link_id}")["reason"] == "not_disclosed"


@pytest.mark.gate
def test_to_resume_never_opens_what_was_not_open(stage: Stage) -> None:
    two = pair(stage)
    desk = stage.desk(SAFEGUARDING)
    never = ("noticed", "submitted", "evidence_accepted", "awaiting_face", "in_review", "rejected")
    for state in (*never, "ended", "withdrawn"):
        link_id = hold(stage, two.holder, two.relative, "parent", state)
        for action in ("resume", "suspend", "end"):
            answer = desk.send("POST", f"/staff/links/{link_id}/action", {"action": action})
            assert (answer.status, answer.code) == (409, "illegal_move"), (state, action)
        assert two.phone.must("GET", f"/links/{link_id}")["state"] == state


@pytest.mark.gate
def test_only_safeguarding_staff_of_the_region_may_act(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    for user in ("reviewer-north", "clerk-north", "auditor"):
        assert act(stage, link_id, "suspend", user).status == 403
    assert two.phone.send("POST", f"/staff/links/{link_id}/action", {"action": "end"}).status == 403
    _move_desk_to(stage, "south-harbour")
    foreign, missing = act(stage, link_id, "suspend"), act(stage, str(uuid.uuid4()), "suspend")
    assert (foreign.status, missing.status) == (404, 404)
    assert foreign.body["detail"] == missing.body["detail"]
    assert two.phone.must("GET", f"/links/{link_id}")["state"] == "active"


@pytest.mark.parametrize("side", ["holder", "relative"])
def test_safeguarding_staff_decide_nothing_about_a_link_of_their_own(
    stage: Stage, side: str
) -> None:
    two = pair(stage)
    link_id = two.active()
    with stage.joined.db.write() as session:
        member = session.query(StaffMember).filter_by(user_name=SAFEGUARDING).one()
        person = two.holder if side == "holder" else two.relative
        member.person_number_index = persons.number_index(stage.joined.call(), person.number)
        session.commit()
    for action in ("suspend", "end"):
        refused = act(stage, link_id, action)
        assert (refused.status, refused.code) == (403, "not_allowed")
    assert two.phone.must("GET", f"/links/{link_id}")["state"] == "active"


def _move_desk_to(stage: Stage, region: str) -> None:
    with stage.joined.db.write() as session:
        member = session.query(StaffMember).filter_by(user_name=SAFEGUARDING).one()
        member.region_id = agencies.region_by_code(session, region).id
        session.commit()


# --- history and messages -----------------------------------------------------------------------


def test_the_history_names_actor_channel_and_reason_newest_first(stage: Stage) -> None:
    two = pair(stage)
    link_id = two.active()
    two.phone.must("POST", f"/links/{link_id}/end")
    rows = two.phone.must("GET", f"/links/{link_id}/changes")["items"]
    numbered = changes(stage, link_id)
    assert [row.number for row in numbered] == list(range(1, len(numbered) + 1))
    assert [row.to_state for row in numbered] == [
        "draft",
        "noticed",
        "submitted",
        "evidence_accepted",
        "awaiting_face",
        "active",
        "ended",
    ]
    assert {row["to_state"] for row in rows} == {row.to_state for row in numbered}
    ended = next(row for row in rows if row["to_state"] == "ended")
    assert (ended["actor_kind"], ended["channel"]) == ("holder", "app")
    assert ended["reason"] == "requested_by_holder"
    told = {"from_state", "to_state", "reason", "actor_kind", "channel", "at", "ends_on"}
    assert set(ended) == told


@pytest.mark.gate
@pytest.mark.parametrize(("theirs", "hers"), [("es", "zh-Hans"), ("zh-Hans", "en")])
def test_both_sides_are_told_in_their_own_language(stage: Stage, theirs: str, hers: str) -> None:
    two = pair(stage, theirs, hers)
    link_id = two.active()
    two.phone.must("POST", f"/links/{link_id}/end")
    told = sorted(kinds(stage, two.holder))
    assert told == [
        "link_active",
        "link_awaiting_face",
        "link_ended",
        "link_evidence_accepted",
        "link_submitted",
    ]
    assert sorted(kinds(stage, two.relative)) == [f"{kind}_relative" for kind in told]
    said = texts(stage, two.holder, "link_ended")[0]
    assert said == sentence("message.link_ended", theirs, name=two.relative.name)
    heard = texts(stage, two.relative, "link_ended_relative")[0]
    words = {"name": two.holder.name, "not_me_days": 10, "not_me_address": ""}
    assert heard.startswith(sentence("message.link_ended_relative", hers, **words)[:25])
    assert re.search(r"#nm_[\w-]{43}", heard)


@pytest.mark.gate
def test_the_holder_is_told_nothing_of_a_number_and_the_relative_nothing_that_was_typed(
    stage: Stage,
) -> None:
    two = pair(stage)
    two.active()
    everything = str([stage.mailbox(str(one.contact.phone)) for one in (two.holder, two.relative)])
    assert two.relative.number not in everything
    assert two.holder.number not in everything


# --- opening ------------------------------------------------------------------------------------


def activate(stage: Stage, link_id: str) -> None:
    with stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(link_id))
        family.activate(session, stage.joined.call(), link, "face_matched")
        session.commit()


def test_of_three_proven_holders_the_first_two_open_their_links(stage: Stage) -> None:
    relative = invent(stage, "mother", born(72))
    links = [
        hold(stage, invent(stage, f"holder{n}", born(45)), relative, "parent", "awaiting_face")
        for n in range(3)
    ]
    activate(stage, links[0])
    activate(stage, links[1])
    with pytest.raises(CannotActivateNow):
        activate(stage, links[2])


def test_an_application_that_comes_back_by_appeal_does_not_pass_a_full_cap(stage: Stage) -> None:
    two = pair(stage)
    spouse = invent(stage, "husband", born(44))
    returned = hold(stage, two.holder, spouse, "spouse", "rejected")
    hold(stage, two.holder, invent(stage, "second", born(43)), "spouse", "active")
    move(stage, returned, "in_review", "appealed")
    with pytest.raises(CannotActivateNow):
        activate(stage, returned)


def test_one_holder_never_has_two_open_links_on_one_person(stage: Stage) -> None:
    two = pair(stage)
    returned = hold(stage, two.holder, two.relative, "parent", "rejected")
    hold(stage, two.holder, two.relative, "parent", "active")
    move(stage, returned, "in_review", "appealed")
    with pytest.raises(CannotActivateNow):
        activate(stage, returned)


@pytest.mark.gate
def test_who_turned_sixteen_during_review_accepts_before_anything_opens(stage: Stage) -> None:
    mother = invent(stage, "mum", born(40))
    teenager = invent(stage, "teenager", born(16, 11, 20), card="")
    phone = sign_in(stage, mother)
    link_id = named(stage, phone, teenager, "child")
    bring_to(stage, link_id, "awaiting_face")
    move(stage, link_id, "in_review", "face_needs_person")
    stage.clock.advance(days=2)
    activate(stage, link_id)
    sign_in(stage, mother, phone)
    seen = phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["next"]) == ("evidence_accepted", "invite_or_hand_over")
    assert seen["activated_at"] is None


def test_the_version_changes_with_every_move(stage: Stage) -> None:
    two = pair(stage)
    opened = two.phone.open_application(grant(stage, two.phone))
    acknowledged = two.phone.acknowledge(opened["id"])
    named_now = name(two.phone, opened["id"], two.relative, "parent")
    versions = [opened["version"], acknowledged["version"], named_now.body["version"]]
    assert versions == sorted(set(versions))
    assert named_now.headers["ETag"] == f'"{versions[-1]}"'
