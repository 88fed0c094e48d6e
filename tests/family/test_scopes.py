"""What a standing link allows: taken back at once by either side, given only by who may."""

import pytest

from ecard.audit import AuditRow
from ecard.cards.grants import add_grant
from ecard.demo.phone import Answer, Phone
from tests.family.scene import as_holder, born, hold, invent, kinds, pair, sign_in, texts
from tests.support import Stage

HAD = ["certification", "rights"]
MORE = [*HAD, "qr"]


def put(phone: Phone, link_id: str, scopes: list[str], side: str = "links", **more: str) -> Answer:
    version = phone.must("GET", f"/{side}")["items"][0]["version"]
    body = {"scopes": scopes, **more}
    return phone.send("PUT", f"/{side}/{link_id}/scopes", body, if_match=f'"{version}"')


class Tie:
    """A holder and a relative whose link stands, each with a phone."""

    def __init__(self, stage: Stage, relation: str, age: int, state: str = "active") -> None:
        self.stage = stage
        self.holder = invent(stage, "holder", born(40))
        self.relative = invent(stage, "relative", born(age))
        self.link_id = hold(stage, self.holder, self.relative, relation, state)
        self.holders = sign_in(stage, self.holder)

    def relatives(self) -> Phone:
        return sign_in(self.stage, self.relative)


def grant(stage: Stage, phone: Phone) -> str:
    """As the right e-card password opens it (tests/cards prove that)."""
    return str(add_grant(as_holder(stage, phone), "give_scope").id)


def recorded(stage: Stage) -> list[str | None]:
    with stage.joined.db.read() as session:
        return [row.reason for row in session.query(AuditRow).filter_by(action="link.scope")]


@pytest.mark.parametrize("side", ["links", "links-on-me"])
def test_either_side_takes_a_scope_back_and_both_are_told(stage: Stage, side: str) -> None:
    tie = Tie(stage, "parent", 70)
    phone = tie.holders if side == "links" else tie.relatives()
    answer = put(phone, tie.link_id, ["rights"], side)
    assert (answer.status, answer.body["scopes"]) == (200, ["rights"])
    assert recorded(stage) == ["certification_taken_back"]
    assert "link_scopes" in kinds(stage, tie.holder)
    assert "link_scopes_relative" in kinds(stage, tie.relative)
    (told,) = texts(stage, tie.relative, "link_scopes_relative")
    assert tie.holder.name in told


def test_an_adult_s_new_scope_is_given_by_themselves_alone(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70)
    given = grant(stage, tie.holders)
    asked = put(tie.holders, tie.link_id, MORE, step_up_id=given)
    assert (asked.status, asked.code) == (409, "scope_needs_relative")
    given = put(tie.relatives(), tie.link_id, MORE, "links-on-me")
    assert given.body["scopes"] == sorted(MORE)
    assert recorded(stage) == ["qr_given"]


def test_for_a_child_the_guardian_gives_a_scope_with_the_password_once(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    without = put(tie.holders, tie.link_id, MORE)
    assert (without.status, without.code) == (403, "step_up_needed")
    given = grant(stage, tie.holders)
    assert put(tie.holders, tie.link_id, MORE, step_up_id=given).status == 200
    again = put(tie.holders, tie.link_id, [*MORE, "money"], step_up_id=given)
    assert (again.status, again.code) == (403, "step_up_needed")


@pytest.mark.parametrize("age", [16, 30])
def test_a_grown_child_decides_like_any_adult(stage: Stage, age: int) -> None:
    tie = Tie(stage, "child", age)
    given = grant(stage, tie.holders)
    asked = put(tie.holders, tie.link_id, MORE, step_up_id=given)
    assert (asked.status, asked.code) == (409, "scope_needs_relative")
    assert put(tie.relatives(), tie.link_id, MORE, "links-on-me").status == 200


def test_a_minor_takes_back_and_gives_nothing(stage: Stage) -> None:
    tie = Tie(stage, "child", 14)
    child = tie.relatives()
    asked = put(child, tie.link_id, MORE, "links-on-me")
    assert (asked.status, asked.code) == (409, "scope_needs_guardian")
    assert put(child, tie.link_id, ["rights"], "links-on-me").status == 200


def test_with_a_stopped_card_a_grant_of_before_widens_nothing(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    given = grant(stage, tie.holders)
    tie.holders.must("POST", "/card/state", {"state": "lost"})
    stopped = put(tie.holders, tie.link_id, MORE, step_up_id=given)
    assert (stopped.status, stopped.code) == (409, "card_not_usable")
    assert put(tie.holders, tie.link_id, ["rights"]).status == 200


def test_the_child_s_other_guardian_hears_what_was_added(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    other = invent(stage, "other", born(41))
    hold(stage, other, tie.relative, "child")
    given = grant(stage, tie.holders)
    assert put(tie.holders, tie.link_id, MORE, step_up_id=given).status == 200
    assert "other_guardian_scopes" in kinds(stage, other)


@pytest.mark.parametrize("state", ["suspended", "disputed"])
def test_what_is_held_up_is_narrowed_and_never_widened(stage: Stage, state: str) -> None:
    tie = Tie(stage, "parent", 70, state)
    relatives = tie.relatives()
    wider = put(relatives, tie.link_id, MORE, "links-on-me")
    assert (wider.status, wider.code) == (409, "illegal_move")
    assert put(relatives, tie.link_id, ["rights"], "links-on-me").status == 200


def test_an_ended_link_is_not_changed_any_more(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70, "ended")
    answer = put(tie.holders, tie.link_id, ["rights"])
    assert (answer.status, answer.code) == (409, "illegal_move")


def test_somebody_else_finds_no_such_link(stage: Stage) -> None:
    tie, other = Tie(stage, "parent", 70), pair(stage)
    for side in ("links", "links-on-me"):
        body = {"scopes": ["rights"]}
        answer = other.phone.send("PUT", f"/{side}/{tie.link_id}/scopes", body, if_match='"1"')
        assert (answer.status, answer.code) == (404, "not_found")


def test_an_old_version_changes_nothing(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70)
    assert put(tie.holders, tie.link_id, ["rights"]).status == 200
    body = {"scopes": HAD}
    late = tie.holders.send("PUT", f"/links/{tie.link_id}/scopes", body, if_match='"1"')
    assert late.status == 412
    assert tie.holders.must("GET", f"/links/{tie.link_id}")["scopes"] == ["rights"]


def test_saying_what_holds_already_changes_nothing(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70)
    answer = put(tie.holders, tie.link_id, list(reversed(HAD)))
    assert (answer.status, answer.body["version"]) == (200, 1)
    assert recorded(stage) == []
