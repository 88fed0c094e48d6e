"""A code is scanned: checked and used up in one call, and revocation bites at once."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecard.agencies.models import StaffMember
from ecard.family.models import Link
from ecard.locale import LANGUAGES
from ecard.persons import service as persons
from ecard.qr import tokens
from ecard.qr.models import QrCode
from tests.family.scene import kinds, move, sign_in, texts
from tests.qr.scene import OPERATION, Showing, refused, showing
from tests.security.parallel import at_once, codes
from tests.support import Stage


def test_a_clerk_reads_who_shows_the_code_for_whom_and_no_more(scene: Showing) -> None:
    answer = scene.scan(scene.show().body["text"])
    assert answer.status == 200
    assert {name: answer.body[name] for name in answer.body if name not in ("id", "used_at")} == {
        "operation": OPERATION,
        "shown_by": "D* A*",
        "shown_for": "M* A*",
        "relation": "parent",
        "number_masked": "•" * 14 + scene.two.relative.number[-4:],
    }


def test_the_own_card_is_shown_without_any_link(scene: Showing) -> None:
    body = scene.scan(scene.show_own().body["text"]).body
    assert (body["shown_by"], body["shown_for"], body["relation"]) == ("D* A*", "D* A*", "self")
    assert body["number_masked"].endswith(scene.two.holder.number[-4:])


def test_a_code_is_good_once(scene: Showing) -> None:
    text = scene.show().body["text"]
    assert scene.scan(text).ok
    for desk in (scene.desk, scene.stage.desk("clerk-north")):
        assert refused(scene.scan(text, desk=desk)) == (409, "qr_used")
    assert scene.audited()[1:] == [
        ("qr.use", "done", None),
        ("qr.use", "refused", "qr_used"),
        ("qr.use", "refused", "qr_used"),
    ]


def test_a_scan_whose_answer_was_lost_is_answered_again_by_its_key(scene: Showing) -> None:
    body = {"text": scene.show().body["text"], "operation": OPERATION}
    first, again = (
        scene.desk.send("POST", "/staff/qr-codes/use", body, key="a-key-of-this-scan-1")
        for _ in range(2)
    )
    assert first.ok
    assert first.body == again.body


def test_a_screenshot_shown_a_minute_later_is_refused(scene: Showing) -> None:
    text = scene.show().body["text"]
    scene.stage.clock.advance(seconds=59)
    other = scene.show().body["text"]
    scene.stage.clock.advance(seconds=1)
    assert refused(scene.scan(text)) == (409, "qr_expired")
    scene.stage.clock.advance(seconds=58)
    assert scene.scan(other).ok


def test_the_minute_begins_at_the_whole_second_before(scene: Showing) -> None:
    scene.stage.clock.advance(microseconds=900_000)
    text = scene.show().body["text"]
    scene.stage.clock.advance(seconds=59, microseconds=100_000)
    assert refused(scene.scan(text)) == (409, "qr_expired")


def test_yesterdays_code_is_refused(own_scene: Showing) -> None:
    text = own_scene.show().body["text"]
    own_scene.stage.clock.advance(days=1)
    desk = own_scene.stage.desk("clerk-north")
    assert refused(own_scene.scan(text, desk=desk)) == (409, "qr_expired")


def test_a_code_from_the_future_is_refused_and_a_small_difference_of_clocks_is_not(
    scene: Showing,
) -> None:
    text = scene.show().body["text"]
    scene.stage.clock.advance(seconds=-11)
    assert refused(scene.scan(text)) == (409, "qr_not_yet")
    scene.stage.clock.advance(seconds=2)
    assert scene.scan(text).ok


def test_a_clock_that_goes_back_gives_no_second_use(scene: Showing) -> None:
    text = scene.show().body["text"]
    scene.stage.clock.advance(seconds=30)
    assert scene.scan(text).ok
    scene.stage.clock.advance(seconds=-30)
    assert refused(scene.scan(text)) == (409, "qr_used")


def test_one_turned_bit_another_key_or_another_text_is_refused_by_its_own_code(
    scene: Showing,
) -> None:
    text = scene.show().body["text"]
    inside = bytearray(tokens.from_base45(text.removeprefix(tokens.PREFIX)))
    inside[-1] ^= 1
    turned = tokens.PREFIX + tokens.to_base45(bytes(inside))
    other = Ed25519PrivateKey.generate()
    claims, mine = tokens.read(text).claims, tokens.read(text).key_id
    theirs = tokens.key_id_of(other.public_key().public_bytes_raw())
    assert refused(scene.scan(turned)) == (409, "qr_forged")
    assert refused(scene.scan(tokens.write(claims, mine, other.sign))) == (409, "qr_forged")
    assert refused(scene.scan(tokens.write(claims, theirs, other.sign))) == (409, "qr_key_unknown")
    assert refused(scene.scan("https://example.org/")) == (422, "qr_unreadable")
    assert refused(scene.scan("x" * 2000)) == (422, "invalid_input")
    assert scene.scan(text).ok


def test_a_signed_code_that_was_never_shown_is_refused(scene: Showing) -> None:
    text = scene.show().body["text"]
    with scene.stage.joined.db.write() as session:
        session.execute(sa.delete(QrCode))
        session.commit()
    assert refused(scene.scan(text)) == (409, "qr_forged")


def test_another_operation_is_named_and_uses_nothing_up(scene: Showing) -> None:
    text = scene.show().body["text"]
    assert refused(scene.scan(text, "collect_document")) == (409, "qr_other_operation")
    assert scene.scan(text).ok


def test_another_place_is_named_and_uses_nothing_up(scene: Showing) -> None:
    for shown, desk in (
        ({"place": "south-1"}, "clerk-north"),
        ({"place": "north-1"}, "clerk-south"),
    ):
        text = scene.show(**shown).body["text"]
        found = scene.scan(text, desk=scene.stage.desk(desk))
        assert refused(found) == (409, "qr_other_place")
    assert scene.scan(text).ok


def test_a_code_that_names_a_place_abroad_is_good_there(scene: Showing) -> None:
    text = scene.show(place="south-1").body["text"]
    assert scene.scan(text, desk=scene.stage.desk("clerk-south")).ok


def test_without_a_named_place_a_clerk_of_another_region_accepts_nothing(scene: Showing) -> None:
    text = scene.show().body["text"]
    desk = scene.stage.desk("clerk-south")
    assert refused(scene.scan(text, desk=desk)) == (409, "qr_other_place")


def test_only_clerks_scan_a_code(scene: Showing) -> None:
    text = scene.show().body["text"]
    for user in ("reviewer-north", "safeguarding", "auditor"):
        assert refused(scene.scan(text, desk=scene.stage.desk(user))) == (403, "not_allowed")


def test_nobody_accepts_a_code_of_their_own(own_scene: Showing) -> None:
    for person in (own_scene.two.holder, own_scene.two.relative):
        belongs_to(own_scene, person.number)
        assert refused(own_scene.scan(own_scene.show().body["text"])) == (403, "not_allowed")


def belongs_to(scene: Showing, number: str) -> None:
    """The clerk's own number is this one."""
    joined = scene.stage.joined
    with joined.db.write() as session:
        clerk = session.scalars(sa.select(StaffMember).filter_by(user_name="clerk-north")).one()
        clerk.person_number_index = persons.number_index(joined.call(), number)
        session.commit()


# --- revocation between showing and scanning ----------------------------------------------------


def end_by_holder(scene: Showing) -> None:
    scene.two.phone.must("POST", f"/links/{scene.link_id}/end")


def end_by_relative(scene: Showing) -> None:
    assert scene.relative is not None
    scene.relative.must("POST", f"/links-on-me/{scene.link_id}/end")


def suspend(scene: Showing) -> None:
    move(scene.stage, scene.link_id, "suspended", "reported_not_me")


def dispute(scene: Showing) -> None:
    move(scene.stage, scene.link_id, "disputed", "objected_by_guardian")


def scope_off(scene: Showing) -> None:
    scene.scopes("rights")


def holders_card(state: str, scene: Showing) -> None:
    scene.card(scene.two.holder, state)


def relatives_card(state: str, scene: Showing) -> None:
    scene.card(scene.two.relative, state)


def relative_dies(scene: Showing) -> None:
    scene.dies(scene.two.relative)


REVOKED = [end_by_holder, end_by_relative, suspend, dispute, scope_off]
CARDS = [
    relative_dies,
    *(partial(side, s) for side in (holders_card, relatives_card) for s in ("suspended", "lost")),
]


@pytest.mark.parametrize("happens", REVOKED)
def test_what_ends_between_showing_and_scanning_bites_at_once(scene: Showing, happens: Any) -> None:
    text = scene.show().body["text"]
    happens(scene)
    assert refused(scene.scan(text)) == (409, "qr_revoked")
    assert scene.audited()[-1] == ("qr.use", "refused", "qr_revoked")


@pytest.mark.parametrize("happens", CARDS)
def test_a_card_stopped_between_showing_and_scanning_bites_at_once(
    scene: Showing, happens: Any
) -> None:
    text = scene.show().body["text"]
    happens(scene)
    assert refused(scene.scan(text)) == (409, "qr_card_not_usable")


def test_acting_that_runs_out_between_showing_and_scanning_bites_at_once(scene: Showing) -> None:
    text = scene.show().body["text"]
    with scene.stage.joined.db.write() as session:
        link = session.get_one(Link, uuid.UUID(scene.link_id))
        link.acts_until = scene.stage.clock() + timedelta(seconds=20)
        session.commit()
    scene.stage.clock.advance(seconds=20)
    assert refused(scene.scan(text)) == (409, "qr_revoked")


def test_no_code_outlives_the_sign_in_that_showed_it(own_scene: Showing) -> None:
    shown = [one.body["text"] for one in (own_scene.show_own(), own_scene.show())]
    own_scene.two.phone.must("DELETE", "/session")
    assert [refused(own_scene.scan(text)) for text in shown] == [(409, "qr_revoked")] * 2


# --- in parallel ----------------------------------------------------------------------------------


def test_of_many_parallel_scans_of_one_code_exactly_one_is_accepted(scene: Showing) -> None:
    text = scene.show().body["text"]
    answers = at_once([partial(scene.scan, text)] * 12)
    assert codes(answers) == {"done": 1, "qr_used": 11}


# --- what both sides read -------------------------------------------------------------------------


def uses(phone: Any, **query: str) -> list[dict[str, Any]]:
    return list(phone.must("GET", "/card/qr-codes")["items"])


def test_both_sides_read_who_showed_the_card_for_whom_and_where(scene: Showing) -> None:
    scene.scan(scene.show().body["text"])
    mine, hers = uses(scene.two.phone), uses(scene.relative)
    assert [one | {"by_me": True} for one in hers] == mine
    assert (mine[0]["by_me"], hers[0]["by_me"]) == (True, False)
    assert mine[0]["shown_by"] == scene.two.holder.name
    assert mine[0]["shown_for"] == scene.two.relative.name
    assert mine[0]["operation"] == OPERATION
    assert mine[0]["place"] == "Counter at the old pier"


def test_nobody_else_reads_it_and_what_was_never_scanned_is_not_in_it(scene: Showing) -> None:
    scene.show()
    scene.scan(scene.show_own().body["text"])
    assert (len(uses(scene.two.phone)), uses(scene.relative)) == (1, [])


def test_the_history_of_uses_comes_in_pages_newest_first(scene: Showing) -> None:
    for _ in range(3):
        scene.stage.clock.advance(seconds=1)
        assert scene.scan(scene.show().body["text"]).ok
    whole = uses(scene.two.phone)
    assert [one["used_at"] for one in whole] == sorted(
        (one["used_at"] for one in whole), reverse=True
    )
    first = scene.two.phone.must("GET", "/card/qr-codes?limit=2")
    rest = scene.two.phone.must("GET", f"/card/qr-codes?limit=2&cursor={first['next_cursor']}")
    assert first["items"] + rest["items"] == whole
    assert rest["next_cursor"] is None


def test_while_a_link_is_disputed_the_relative_sees_neither_place_nor_time(scene: Showing) -> None:
    scene.scan(scene.show().body["text"])
    dispute(scene)
    assert (len(uses(scene.two.phone)), uses(scene.relative)) == (1, [])
    move(scene.stage, scene.link_id, "active", "dispute_settled")
    assert len(uses(scene.relative)) == 1


def test_nor_in_a_message_of_their_own_data(own_scene: Showing) -> None:
    own_scene.scan(own_scene.show().body["text"])
    mother = sign_in(own_scene.stage, own_scene.two.relative)

    def told() -> int:
        data = {one["name"]: one for one in mother.must("GET", "/my-data")["categories"]}
        kept = [one["facts"]["kind"] for one in data["messages"]["items"]]
        return kept.count("qr_used_relative")

    assert told() == 1
    dispute(own_scene)
    assert told() == 0
    move(own_scene.stage, own_scene.link_id, "suspended", "safeguarding")
    assert told() == 0
    move(own_scene.stage, own_scene.link_id, "disputed", "safeguarding_lifted")
    move(own_scene.stage, own_scene.link_id, "active", "dispute_settled")
    assert told() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_relative_is_told_in_their_language_and_can_say_that_it_was_not_them(
    stage: Stage, language: str
) -> None:
    scene = showing(stage, relative_language=language)
    scene.scan(scene.show().body["text"])
    assert "qr_used_relative" in kinds(stage, scene.two.relative)
    text = texts(stage, scene.two.relative, "qr_used_relative")[0]
    assert scene.two.holder.name in text
    token = text.split("#")[1].split()[0].rstrip("。.")
    assert stage.phone().send("POST", "/not-me", {"token": token}).ok
    assert refused(scene.show()) == (409, "link_not_active")


def test_the_own_code_tells_nobody(own_scene: Showing) -> None:
    own_scene.scan(own_scene.show_own().body["text"])
    assert kinds(own_scene.stage, own_scene.two.holder) == []
    assert kinds(own_scene.stage, own_scene.two.relative) == []


def test_a_clerk_without_a_counter_is_named_by_their_region(own_scene: Showing) -> None:
    with own_scene.stage.joined.db.write() as session:
        clerk = session.scalars(sa.select(StaffMember).filter_by(user_name="clerk-north")).one()
        clerk.counter_id = None
        session.commit()
    assert own_scene.scan(own_scene.show().body["text"]).ok
    assert "North Harbour" in texts(own_scene.stage, own_scene.two.relative, "qr_used_relative")[0]
    named = own_scene.show(place="north-1").body["text"]
    assert refused(own_scene.scan(named)) == (409, "qr_other_place")


def test_showing_and_scanning_stand_in_the_history_that_both_sides_read(scene: Showing) -> None:
    text = scene.show().body["text"]
    scene.show()  # whether or not anybody scans it
    assert scene.scan(text).ok
    assert not scene.scan(text).ok
    path = f"/links/{scene.link_id}/acts"
    seen = [
        sorted((one["action"], one["actor_kind"]) for one in phone.must("GET", path)["items"])
        for phone in (scene.two.phone, scene.relative)
        if phone is not None
    ]
    told = [("qr.shown", "holder"), ("qr.shown", "holder"), ("qr.used", "staff")]
    assert seen == [told, told]
