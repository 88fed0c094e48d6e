"""A link's last day: set by the relative or an order, told of, put off, over with its midnight."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ecard.acts import service as acts
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.family.errors import LinkNotActive
from tests.activation.steps import last_step
from tests.activation.test_counter import code_of, redeem
from tests.family.scene import (
    as_holder,
    bring_to,
    change,
    changes,
    give_last_day,
    kinds,
    move,
    named,
    pair,
    sign_in,
    texts,
)
from tests.family.test_scopes import Tie
from tests.qr.scene import showing
from tests.review.test_disputes import Dispute, dispute  # noqa: F401 - a fixture
from tests.support import Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2027, 3, 1)
OVER = datetime(2027, 3, 2, tzinfo=SHANGHAI)
"""The midnight with which that day is over."""


@dataclass
class Bound:
    """A tie that can be given a last day."""

    tie: Tie
    phone: Phone | None = None
    """The relative's own."""

    @property
    def stage(self) -> Stage:
        return self.tie.stage

    def holders(self) -> Phone:
        return sign_in(self.stage, self.tie.holder, self.tie.holders)

    def put(self, ends_on: date | None, version: int | None = None) -> Answer:
        """As the relative says it."""
        self.phone = phone = sign_in(self.stage, self.tie.relative, self.phone)
        (link,) = phone.must("GET", "/links-on-me")["items"]
        path, tag = f"/links-on-me/{self.tie.link_id}/end-date", version or link["version"]
        return phone.send("PUT", path, {"ends_on": said(ends_on)}, if_match=f'"{tag}"')

    def at_counter(self, ends_on: date | None, seen: str, clerk: str = "clerk-north") -> Answer:
        """As a clerk writes it down."""
        desk, number = self.stage.desk(clerk), self.tie.relative.number
        who = {"number": number, "identity_document": "id_card"}
        listed = desk.send("POST", "/staff/links-on-person/list", who).body.get("items", [])
        tag = listed[0]["version"] if listed else 1
        body = {"ends_on": said(ends_on), "seen": seen, "number": number}
        path = f"/staff/links/{self.tie.link_id}/end-date"
        return desk.send("PUT", path, body, if_match=f'"{tag}"')

    def at(self, when: datetime) -> None:
        self.stage.clock.time = when.astimezone(UTC)

    def history(self) -> list[tuple[str, str]]:
        return [(line.to_state, line.reason) for line in changes(self.stage, self.tie.link_id)][1:]


def said(ends_on: date | None) -> str | None:
    return ends_on.isoformat() if ends_on else None


@pytest.fixture
def mother(stage: Stage) -> Bound:
    return Bound(Tie(stage, "parent", 70))


@pytest.fixture
def child(stage: Stage) -> Bound:
    return Bound(Tie(stage, "child", 9))


def test_the_relative_gives_a_link_its_last_day_and_both_see_it_and_are_told(
    mother: Bound,
) -> None:
    answer = mother.put(DAY)
    assert (answer.status, answer.body["ends_on"]) == (200, "2027-03-01")
    assert mother.put(DAY).body["version"] == answer.body["version"]  # said twice, done once
    seen = mother.holders().must("GET", f"/links/{mother.tie.link_id}")
    assert (seen["ends_on"], seen["state"], seen["next"]) == ("2027-03-01", "active", None)
    (line, _) = mother.tie.holders.must("GET", f"/links/{mother.tie.link_id}/changes")["items"]
    assert (line["reason"], line["ends_on"], line["from_state"]) == (
        *("end_date_set", "2027-03-01", "active"),
    )
    for who, kind in ((mother.tie.holder, ""), (mother.tie.relative, "_relative")):
        (told,) = texts(mother.stage, who, f"link_last_day{kind}")
        assert "1 March 2027" in told


def test_with_its_midnight_acting_is_refused_without_any_sweep_and_the_sweep_says_so(
    mother: Bound,
) -> None:
    mother.put(DAY)
    mother.at(OVER - timedelta(seconds=7))
    assert mother.holders().must("GET", "/links")["items"][0]["state"] == "active"
    mother.at(OVER)
    phone = mother.holders()
    (shown,) = phone.must("GET", "/links")["items"]
    assert (shown["state"], shown["reason"]) == ("ended", "end_date_reached")
    assert datetime.fromisoformat(shown["ended_at"]) == OVER
    with pytest.raises(LinkNotActive) as refusal:
        acts.for_relative(as_holder(mother.stage, phone), uuid.UUID(mother.tie.link_id), "rights")
    assert refusal.value.params["state"] == "ended"
    assert mother.put(None).code == "illegal_move"
    assert phone.send("POST", f"/links/{mother.tie.link_id}/end").code == "illegal_move"
    call = mother.stage.joined.call()
    assert (family.sweep(call), family.sweep(call)) == (1, 0)
    last = changes(mother.stage, mother.tie.link_id)[-1]
    assert (last.to_state, last.reason, last.actor_kind) == ("ended", "end_date_reached", "system")
    assert "link_ended" in kinds(mother.stage, mother.tie.holder)
    assert "link_ended_relative" in kinds(mother.stage, mother.tie.relative)


def test_both_are_told_before_and_the_holder_is_sent_to_the_relative_who_puts_it_off(
    mother: Bound,
) -> None:
    mother.put(DAY)
    for days, told in ((31, 0), (30, 1), (29, 1), (7, 2), (1, 2)):
        mother.at(OVER - timedelta(days=days) + timedelta(seconds=1))
        mother.stage.work_off()
        assert kinds(mother.stage, mother.tie.holder).count("link_ends_soon") == told, days
        assert kinds(mother.stage, mother.tie.relative).count("link_ends_soon_relative") == told
        seen = mother.holders().must("GET", f"/links/{mother.tie.link_id}")
        assert seen["next"] == ("ask_relative" if told else None)
    assert mother.put(DAY + timedelta(days=365)).status == 200
    mother.at(OVER + timedelta(days=1))
    seen = mother.holders().must("GET", f"/links/{mother.tie.link_id}")
    assert (seen["state"], seen["next"]) == ("active", None)
    assert mother.put(None).body["ends_on"] is None
    assert "link_no_last_day_relative" in kinds(mother.stage, mother.tie.relative)
    mother.at(OVER + timedelta(days=366))
    assert family.sweep(mother.stage.joined.call()) == 0


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 11, 17), "end_date_passed"),
        (date(2036, 11, 19), "end_date_too_far"),
        (date(9999, 12, 31), "end_date_too_far"),
    ],
)
def test_a_day_that_passed_or_lies_too_far_ahead_is_refused_by_name(
    mother: Bound, day: date, code: str
) -> None:
    refused = mother.put(day)
    assert (refused.status, refused.code) == (422, code)
    assert mother.put(date(2026, 11, 18)).ok  # today, and ten years ahead
    assert mother.put(date(2036, 11, 18)).ok


def test_what_was_changed_meanwhile_is_not_written_over(mother: Bound) -> None:
    first = mother.put(DAY).body["version"]
    assert mother.put(DAY + timedelta(days=9), version=first - 1).status == 412
    path = f"/links-on-me/{mother.tie.link_id}/end-date"
    assert mother.phone is not None
    assert mother.phone.send("PUT", path, {"ends_on": None}).status == 428
    assert mother.tie.holders.send("PUT", path, {"ends_on": None}, if_match='"1"').status == 404


def test_a_child_decides_about_no_last_day_nor_does_a_clerk_with_their_document(
    child: Bound,
) -> None:
    refused = child.put(DAY)
    assert (refused.status, refused.code) == (409, "end_date_needs_order")
    assert child.at_counter(DAY, "id_card").code == "end_date_needs_order"
    assert child.at_counter(DAY, "court_order").body["fields"] == {"seen": ["unknown_value"]}


def test_an_adult_without_a_phone_says_it_at_a_counter_to_one_clerk(mother: Bound) -> None:
    assert mother.at_counter(DAY, "passport").ok
    assert mother.history() == [("active", "end_date_set")]


def test_a_stopped_card_extends_nothing_and_cuts_short(mother: Bound) -> None:
    assert mother.put(DAY).ok
    card = mother.tie.relative.card
    assert card is not None
    mother.stage.joined.dependencies.registry.change_card_state(card.number, "lost")
    assert mother.put(None).code == "card_not_usable"
    assert mother.put(DAY - timedelta(days=9)).ok


@pytest.mark.parametrize("state", ["suspended", "disputed"])
def test_what_is_held_up_is_cut_short_never_extended_and_ends_all_the_same(
    stage: Stage, state: str
) -> None:
    bound = Bound(Tie(stage, "parent", 70, state))
    assert bound.put(DAY).ok
    for longer in (DAY + timedelta(days=1), None):
        assert bound.put(longer).code == "illegal_move"
    bound.at(OVER)
    assert bound.holders().must("GET", "/links")["items"][0]["reason"] == "end_date_reached"
    assert family.sweep(stage.joined.call()) == 1


@pytest.mark.gate
def test_stopped_in_a_dispute_and_cut_short_it_goes_back_into_the_dispute(stage: Stage) -> None:
    bound = Bound(Tie(stage, "parent", 70, "disputed"))
    move(stage, bound.tie.link_id, "suspended", "safeguarding")
    assert bound.put(DAY).ok
    desk = stage.desk("safeguarding")
    desk.must("POST", f"/staff/links/{bound.tie.link_id}/action", {"action": "resume"})
    assert bound.history()[-1] == ("disputed", "safeguarding_lifted")


@pytest.mark.gate
def test_a_death_that_is_taken_back_after_the_last_day_brings_nothing_back(mother: Bound) -> None:
    mother.put(DAY)
    look = family.look_for_deaths
    dead = change(mother.stage, mother.tie.relative, died_on=date(2027, 2, 1))
    assert look(mother.stage.joined.call()) == 1
    mother.at(OVER)
    change(mother.stage, dead, died_on=None)
    assert look(mother.stage.joined.call()) == 0
    assert mother.history()[-1] == ("ended", "person_died")


# --- before it is active --------------------------------------------------------------------------


def test_who_accepts_says_until_when_and_an_application_does_not_outlast_it(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.open("handed_over")
    for day, code in (("2026-11-17", "end_date_passed"), ("2040-01-01", "end_date_too_far")):
        assert capture.accept(["rights"], ends_on=day).code == code
    assert step.row().state == "evidence_accepted"
    assert capture.accept(["rights"], ends_on="2026-11-20").ok
    step.take_back()
    assert (step.link()["state"], step.link()["ends_on"]) == ("awaiting_face", "2026-11-20")
    stage.clock.time = datetime(2026, 11, 21, tzinfo=SHANGHAI).astimezone(UTC)
    step.sign_in_again("tomas")
    shown = step.link()
    assert (shown["state"], shown["reason"]) == ("expired", "end_date_reached")
    assert step.post("/counter-code").code == "application_expired"
    assert family.sweep(stage.joined.call()) == 1


@pytest.mark.gate
def test_at_the_counter_an_adult_says_until_when(stage: Stage) -> None:
    step = last_step(stage)
    code, desk = code_of(step), stage.desk("clerk-north")
    assert redeem(desk, code, ends_on="2026-11-17").code == "end_date_passed"
    assert redeem(desk, code, ends_on="2027-03-01").ok
    assert (step.link()["state"], step.link()["ends_on"]) == ("active", "2027-03-01")


@pytest.mark.gate
def test_what_waits_for_a_person_ends_with_the_day_too(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    bring_to(stage, link_id, "awaiting_face")
    move(stage, link_id, "in_review", "face_needs_person")
    give_last_day(stage, link_id, DAY)
    stage.clock.time = OVER.astimezone(UTC)
    seen = two.again().must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["reason"]) == ("expired", "end_date_reached")
    assert family.sweep(stage.joined.call()) == 1
    assert changes(stage, link_id)[-1].to_state == "expired"


# --- by whoever looks at the papers ---------------------------------------------------------------


@pytest.mark.gate
def test_whoever_settles_a_dispute_writes_down_the_last_day_of_the_order(
    dispute: Dispute,  # noqa: F811 - the fixture
) -> None:
    assert dispute.order().status == 201
    desk = dispute.desk()
    refused = desk.decide("rejected", "no_legal_basis", ends_on="2027-03-01")
    assert refused.body["fields"] == {"ends_on": ["not_needed"]}
    assert desk.decide("approved", "order_allows_it", ends_on="2020-01-01").code == (
        "end_date_passed"
    )
    assert dispute.link()["state"] == "disputed"
    assert desk.decide("approved", "order_allows_it", ends_on="2027-03-01").status == 201
    assert (dispute.link()["state"], dispute.link()["ends_on"]) == ("active", "2027-03-01")


@pytest.mark.gate
def test_a_code_shown_on_the_last_day_is_refused_after_its_midnight(stage: Stage) -> None:
    scene = showing(stage)
    give_last_day(stage, scene.link_id, DAY)
    stage.clock.time = OVER.astimezone(UTC) - timedelta(seconds=26)
    scene.two.again()
    desk, shown = stage.desk("clerk-north"), scene.show()
    assert shown.ok
    stage.clock.time = OVER.astimezone(UTC)
    assert scene.scan(shown.body["text"], desk=desk).code == "qr_revoked"
    assert scene.show().code == "link_not_active"
