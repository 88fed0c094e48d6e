"""A code is shown: for the own card, or by an active link with the scope on, asked at that call."""

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.agencies import service as agencies
from ecard.family.errors import LinkNotActive
from ecard.family.models import Link
from ecard.policy import service as policies
from ecard.qr import service as qr
from ecard.qr import tokens
from ecard.qr.models import QrCode
from tests import support
from tests.family.scene import as_holder, born, hold, invent, move, sign_in
from tests.qr.scene import OPERATION, Showing, refused, showing

OVER = {"suspended": "reported_not_me", "disputed": "objected_by_guardian"}


def read(text: str) -> tokens.Claims:
    return tokens.read(text).claims


def test_a_code_for_a_relative_says_who_shows_it_for_whom_and_for_what(scene: Showing) -> None:
    body = scene.show().body
    claims = read(body["text"])
    assert (claims.shown_by, claims.shown_for) == ("D* A*", "M* A*")
    assert (claims.operation, claims.place) == ("register_patient", None)
    assert claims.expires - claims.issued == 60
    assert str(claims.id) == body["id"]
    assert (body["shown_by"], body["shown_for"]) == ("D* A*", "M* A*")
    assert scene.audited() == [("qr.show", "done", None)]


def test_a_code_for_the_own_card_names_one_person(scene: Showing) -> None:
    claims = read(scene.show_own().body["text"])
    assert (claims.shown_by, claims.shown_for) == ("D* A*", None)


def test_no_number_and_no_whole_name_is_in_a_code(scene: Showing) -> None:
    inside = tokens.from_base45(scene.show().body["text"].removeprefix(tokens.PREFIX))
    for person in (scene.two.holder, scene.two.relative):
        assert person.card is not None
        for secret in (person.number, person.card.number, person.name.split()[0], person.ref):
            assert secret.encode() not in inside


def test_codes_of_one_day_and_operation_alone_share_a_pseudonym(
    own_scene: Showing,
) -> None:
    first, again = (read(own_scene.show().body["text"]) for _ in range(2))
    assert first.id != again.id
    assert first.pseudonym == again.pseudonym
    others = [
        own_scene.show(operation="identify"),
        own_scene.show(place="north-1"),
        own_scene.show_own(),
    ]
    own_scene.stage.clock.advance(days=1)
    own_scene.two.again()
    others.append(own_scene.show())
    found = {first.pseudonym, *(read(one.body["text"]).pseudonym for one in others)}
    assert len(found) == 5


def test_a_foreign_link_looks_as_if_it_did_not_exist(scene: Showing) -> None:
    stranger = invent(scene.stage, "stranger", born(40))
    foreign = hold(scene.stage, stranger, scene.two.relative, "parent")
    for link_id in (foreign, str(uuid.uuid4())):
        assert refused(scene.show(link_id=link_id)) == (404, "not_found")


@pytest.mark.parametrize("state", ["suspended", "disputed"])
def test_a_link_that_is_stopped_shows_nothing_from_the_next_call_on(
    scene: Showing, state: str
) -> None:
    assert scene.show().ok
    move(scene.stage, scene.link_id, state, OVER[state])
    answer = scene.show()
    assert refused(answer) == (409, "link_not_active")
    assert answer.body["params"] == {"state": state}


def test_an_ended_link_shows_nothing_from_the_next_call_on(scene: Showing) -> None:
    scene.two.phone.must("POST", f"/links/{scene.link_id}/end")
    assert refused(scene.show()) == (409, "link_not_active")


class EndingRegistry:
    """The real one; somebody ends the link while it is asked."""

    def __init__(self, scene: Showing) -> None:
        self.real = scene.stage.joined.dependencies.registry
        self.end: Any = partial(scene.two.phone.must, "POST", f"/links/{scene.link_id}/end")

    def person(self, ref: str) -> Any:
        if self.end is not None:
            end, self.end = self.end, None
            end()
        return self.real.person(ref)


def test_a_link_that_ends_while_a_code_is_made_shows_nothing(scene: Showing) -> None:
    call = as_holder(scene.stage, scene.two.phone)
    ending: Any = EndingRegistry(scene)
    call = replace(call, dependencies=replace(call.dependencies, registry=ending))
    with pytest.raises(LinkNotActive):
        qr.show(call, OPERATION, uuid.UUID(scene.link_id))
    with scene.stage.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count(QrCode.id))) == 0


@pytest.mark.parametrize(("since", "until"), [(1, None), (-60, -1), (None, None)])
def test_outside_its_time_of_acting_a_link_shows_nothing(
    scene: Showing, since: int | None, until: int | None
) -> None:
    with scene.stage.joined.db.write() as session:
        link = session.get_one(Link, uuid.UUID(scene.link_id))
        now = scene.stage.clock()
        link.acts_from = now + timedelta(hours=since) if since is not None else None
        link.acts_until = now + timedelta(hours=until) if until is not None else None
        session.commit()
    assert refused(scene.show()) == (409, "acting_not_allowed_now")


def test_a_scope_that_is_off_shows_nothing(scene: Showing) -> None:
    scene.scopes("rights", "certification", "money")
    answer = scene.show()
    assert refused(answer) == (403, "scope_off")
    assert answer.body["params"] == {"scope": "qr"}
    assert scene.show_own().ok


@pytest.mark.parametrize("state", ["suspended", "lost", "cancelled"])
def test_a_card_that_is_stopped_shows_nothing_from_the_next_call_on(
    scene: Showing, state: str
) -> None:
    scene.card(scene.two.relative, state)
    assert refused(scene.show()) == (409, "qr_card_not_usable")
    assert scene.show_own().ok
    scene.card(scene.two.holder, state)
    for answer in (scene.show_own(), scene.show()):
        assert refused(answer) == (409, "card_not_usable")
        assert answer.body["params"] == {"state": state}


def test_nobody_shows_the_card_of_the_dead_or_of_one_without_a_card(
    own_scene: Showing,
) -> None:
    own_scene.dies(own_scene.two.relative)
    assert refused(own_scene.show()) == (409, "qr_card_not_usable")
    child = invent(own_scene.stage, "child", born(9), card="")
    link_id = hold(own_scene.stage, own_scene.two.holder, child, "child")
    own_scene.link_id = link_id
    own_scene.scopes("qr")
    assert refused(own_scene.show()) == (409, "qr_card_not_usable")


def test_a_place_is_one_that_there_is(scene: Showing) -> None:
    answer = scene.show(place="nowhere-1")
    assert refused(answer) == (422, "invalid_input")
    assert answer.body["fields"] == {"place": ["unknown_value"]}
    named = scene.show(place="north-1").body
    assert read(named["text"]).place == "north-1"
    assert named["place"]


def test_where_the_policy_wants_it_a_code_names_its_place(own_scene: Showing) -> None:
    set_policy(own_scene, qr_names_place=1)
    answer = own_scene.show()
    assert (refused(answer), answer.body["fields"]) == (
        (422, "invalid_input"),
        {"place": ["required"]},
    )
    assert own_scene.show(place="north-1").ok


def set_policy(scene: Showing, **values: int) -> None:
    joined, now = scene.stage.joined, scene.stage.clock()
    with joined.db.write() as session:
        region = agencies.region_by_code(session, "north-harbour")
        policies.add(session, region.id, dict(values), effective_from=now, now=now)
        session.commit()


def test_an_unknown_operation_is_refused(scene: Showing) -> None:
    for operation in ("withdraw_money", "", None, 1):
        assert refused(scene.show(operation=operation)) == (422, "invalid_input")


def test_a_holder_shows_only_so_many_codes_in_an_hour(tmp_path: Path) -> None:
    with support.stage(tmp_path, qr_codes_an_hour=2) as stage:
        scene = showing(stage)
        assert scene.show().ok
        assert scene.show_own().ok
        answer = scene.show_own()
        assert refused(answer) == (429, "too_many_requests")
        stage.clock.advance(seconds=answer.body["retry_after"])
        sign_in(stage, scene.two.holder, scene.two.phone)
        assert scene.show_own().ok
