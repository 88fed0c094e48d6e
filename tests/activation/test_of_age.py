"""Come of age without a face before a machine: a video, watched by a person, confirms the link."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.cards.grants import add_grant
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.files import StoredFile
from ecard.review import service as review
from tests.activation.test_digits import short
from tests.family.scene import as_holder, kinds
from tests.family.test_come_of_age import BIRTHDAY, Family, give_portrait, kin
from tests.review.cases import ABOVE, FIRST, GROUNDS, SECOND, Desk

__all__ = ["kin", "short"]
CHOSEN = ["qr", "rights"]
ABOVE_TOO = "reviewer-ministry"


def draw(of: Family, phone: Phone, **more: Any) -> Answer:
    given = add_grant(as_holder(of.stage, phone), "confirm_link")
    body = {"scopes": CHOSEN, "step_up_id": str(given.id), **more}
    return phone.send("POST", f"/links-on-me/{of.link_id}/confirmation-video", body)


def send(of: Family, phone: Phone, film: bytes) -> Answer:
    path = f"/links-on-me/{of.link_id}/confirmation-video/file"
    return phone.send("POST", path, files=[("video", ("clip", film, "video/webm"))])


def filmed(of: Family, film: bytes) -> Desk:
    """The young person sent the video; a reviewer opened the case with a second person."""
    give_portrait(of)
    phone = of.childs()
    assert draw(of, phone).ok
    assert send(of, phone, film).body == {"next": "wait_for_review"}
    return opened(of)


def opened(of: Family, first: str = FIRST, second: str = SECOND) -> Desk:
    phone = of.stage.desk(first)
    desk = Desk(phone, phone.must("GET", "/staff/cases")["items"][0]["id"])
    assert desk.read().code == "opening_not_approved"
    assert desk.ask().ok
    assert Desk(of.stage.desk(second), desk.case_id).approve().ok
    return desk


def pictures(of: Family) -> set[str]:
    """What can still be read of the young person."""
    query = sa.select(StoredFile.purpose).where(StoredFile.wrapped_key.is_not(None))
    with of.stage.joined.db.read() as session:
        return set(session.scalars(query))


def test_approved_the_link_goes_on_in_the_scopes_chosen_and_nothing_of_the_video_is_kept(
    kin: Family, short: bytes
) -> None:
    desk = filmed(kin, short)
    path = f"/links/{kin.link_id}/decisions"
    for phone in (kin.mothers(), kin.childs()):
        waiting = phone.must("GET", path)["waiting"]
        assert (waiting["kind"], waiting["level"]) == ("confirmation", 1)
    shown = desk.read().body
    assert (shown["kind"], shown["minor"]) == ("confirmation", True)
    assert [one["role"] for one in shown["files"]] == ["digits_video", "portrait"]
    assert shown["facts"]["scopes"] == CHOSEN
    assert desk.file(2).ok
    before = kin.seen(kin.mothers())
    assert (before["state"], before["may_read"], before["may_act"]) == ("active", True, False)
    assert desk.decide("approved", "agreement_confirmed").status == 201
    assert kin.mothers().must("GET", path)["waiting"] is None
    link = kin.seen(kin.mothers())
    assert (link["may_act"], link["scopes"], link["acts_until"]) == (True, CHOSEN, None)
    assert pictures(kin) == set()
    told = kinds(kin.stage, kin.child)
    assert {"link_confirmed_relative", "confirmation_review_approved"} <= set(told)
    assert draw(kin, kin.childs()).code == "confirmed_already"


@pytest.mark.gate
def test_while_a_person_is_asked_reading_does_not_end_and_then_there_are_days_to_appeal(
    kin: Family, short: bytes
) -> None:
    kin.at(BIRTHDAY + timedelta(days=29))
    filmed(kin, short)
    kin.at(BIRTHDAY + timedelta(days=35))
    call = kin.stage.joined.call()
    assert family.sweep(call) == review.sweep(call) == 0
    assert opened(kin).decide("rejected", "person_differs").ok
    kin.at(BIRTHDAY + timedelta(days=48))
    assert kin.seen(kin.mothers())["may_read"] is True
    assert kin.seen(kin.childs(), "links-on-me")["next"] == "confirm_link"
    kin.at(BIRTHDAY + timedelta(days=49))
    ended = kin.seen(kin.mothers())
    assert (ended["state"], ended["reason"]) == ("ended", "age_milestone")
    assert family.sweep(call) == 1


@pytest.mark.gate
def test_one_video_and_one_appeal_that_another_person_decides_one_level_up(
    kin: Family, short: bytes
) -> None:
    assert filmed(kin, short).decide("rejected", "person_differs").ok
    phone = kin.childs()
    assert draw(kin, phone).code == "confirmation_video_used"
    path = f"/links/{kin.link_id}"
    (decision,) = phone.must("GET", f"{path}/decisions")["items"]
    assert (decision["kind"], decision["may_appeal"]) == ("confirmation", True)
    assert phone.send("POST", f"{path}/appeal", {"grounds": GROUNDS}).ok
    assert phone.must("GET", f"{path}/decisions")["waiting"]["level"] == 2
    assert phone.send("POST", f"{path}/appeal", {"grounds": GROUNDS}).code == "appealed_already"
    above = opened(kin, ABOVE, ABOVE_TOO)
    assert above.decide("approved", "agreement_confirmed").ok
    assert kin.seen(kin.mothers())["may_act"] is True
    assert pictures(kin) == set()


@pytest.mark.gate
def test_confirmed_at_a_counter_meanwhile_there_is_nothing_left_to_decide(
    kin: Family, short: bytes
) -> None:
    desk = filmed(kin, short)
    body = {"number": kin.child.number, "identity_document": "id_card", "scopes": ["rights"]}
    path = f"/staff/links/{kin.link_id}/confirmation"
    assert kin.stage.desk("clerk-north").send("POST", path, body).status == 204
    assert desk.decide("approved", "agreement_confirmed").code == "case_not_open"
    assert review.sweep(kin.stage.joined.call()) == 1
    assert pictures(kin) == set()
    assert kin.seen(kin.mothers())["scopes"] == ["rights"]


@pytest.mark.gate
def test_what_was_refused_and_confirmed_otherwise_since_is_not_appealed(
    kin: Family, short: bytes
) -> None:
    assert filmed(kin, short).decide("rejected", "person_differs").ok
    body = {"number": kin.child.number, "identity_document": "id_card", "scopes": ["rights"]}
    path = f"/staff/links/{kin.link_id}/confirmation"
    assert kin.stage.desk("clerk-north").send("POST", path, body).status == 204
    grounds = {"grounds": GROUNDS}
    answer = kin.childs().send("POST", f"/links/{kin.link_id}/appeal", grounds)
    assert answer.code == "nothing_to_appeal"


def test_digits_need_the_card_password_a_portrait_and_the_birthday(kin: Family) -> None:
    phone = kin.childs()
    assert draw(kin, phone).code == "nothing_to_compare"
    give_portrait(kin)
    assert draw(kin, phone, step_up_id="00000000-0000-0000-0000-000000000007").code == (
        "step_up_needed"
    )
    assert draw(kin, kin.mothers()).status == 404
    assert draw(kin, phone).body["digits"] == draw(kin, phone).body["digits"]
    kin.at(BIRTHDAY - timedelta(seconds=20))
    assert draw(kin, kin.childs()).code == "not_of_age_yet"


def test_without_digits_that_are_still_good_no_video_is_taken(kin: Family, short: bytes) -> None:
    give_portrait(kin)
    phone = kin.childs()
    assert send(kin, phone, short).code == "digits_not_drawn"
    assert draw(kin, phone).ok
    assert send(kin, phone, b"no video").code == "file_type_not_allowed"
    kin.stage.clock.advance(minutes=15)
    assert send(kin, kin.childs(), short).code == "digits_not_drawn"
    assert kin.stage.desk(FIRST).must("GET", "/staff/cases")["items"] == []


def test_with_a_stopped_card_no_video_is_taken(kin: Family) -> None:
    give_portrait(kin)
    phone = kin.childs()
    assert draw(kin, phone).ok
    assert kin.child.card is not None
    kin.stage.joined.dependencies.registry.change_card_state(kin.child.card.number, "lost")
    assert send(kin, phone, b"a film").code == "card_not_usable"


@pytest.mark.gate
def test_a_stopped_link_comes_back_to_the_person_who_decides(kin: Family, short: bytes) -> None:
    desk = filmed(kin, short)
    safe, path = kin.stage.desk("safeguarding"), f"/staff/links/{kin.link_id}/action"
    assert safe.send("POST", path, {"action": "suspend"}).ok
    assert desk.decide("approved", "agreement_confirmed").code == "case_not_open"
    assert review.sweep(kin.stage.joined.call()) == 0
    assert safe.send("POST", path, {"action": "resume"}).ok
    assert desk.decide("approved", "agreement_confirmed").ok
