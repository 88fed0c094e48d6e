"""An application stays in the region where it was opened: its notices, when the holder moves."""

import uuid
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ecard.agencies import service as agencies
from ecard.demo.phone import Phone
from ecard.family.models import Link
from ecard.notices import service as notices
from ecard.registry.port import RegistryPerson
from tests.family.scene import (
    begin,
    born,
    change,
    grant,
    hold,
    invent,
    named,
    person_id,
    sign_in,
)
from tests.support import Stage

KINDS = ("family_services", "face_processing")


def publish_in_the_south(stage: Stage) -> None:
    """South harbour has notices of its own."""
    with stage.joined.db.write() as session:
        region = agencies.region_by_code(session, "south-harbour")
        for kind in KINDS:
            notices.publish(
                session, region.id, kind=kind, version="s-1", language="en", title="South",
                text=f"Only in the south: {kind}", effective_from=stage.clock(),
            )  # fmt: skip
        session.commit()


def moves_south(stage: Stage, mother: RegistryPerson, phone: Phone) -> Phone:
    """Our record of her learns of her new region; she signs in again."""
    mother = change(stage, mother, region_code="south-harbour")
    person_id(stage, mother)
    return sign_in(stage, mother, phone)


@pytest.mark.parametrize("kind", KINDS)
def test_the_notice_of_an_application_is_that_of_its_region_whoever_moved(
    stage: Stage, kind: str
) -> None:
    publish_in_the_south(stage)
    mother = invent(stage, "mum", born(36))
    phone = sign_in(stage, mother)
    link_id = str(phone.open_application(grant(stage, phone))["id"])
    moves_south(stage, mother, phone)
    assert phone.must("GET", f"/notices/{kind}")["version"] == "s-1"
    assert phone.must("GET", f"/links/{link_id}/notices/{kind}")["version"] == "2026-1"


def test_who_moved_acknowledges_and_consents_to_what_the_application_shows(stage: Stage) -> None:
    publish_in_the_south(stage)
    mother = invent(stage, "mum", born(36))
    phone = sign_in(stage, mother)
    link_id = str(phone.open_application(grant(stage, phone))["id"])
    moves_south(stage, mother, phone)
    south = phone.must("GET", "/notices/family_services")
    body = {"notice_id": south["id"], "text_sha256": south["text_sha256"]}
    refused = phone.send("POST", f"/links/{link_id}/acknowledgement", body)
    assert (refused.status, refused.code) == (409, "notice_outdated")
    assert phone.acknowledge(link_id)["state"] == "noticed"
    child = invent(stage, "child", born(9), card="")
    assert phone.give_family_account(link_id, child.name, child.number, "child").ok
    assert phone.consent_as_guardian(link_id).ok
    with stage.joined.db.read() as session:
        row = session.get_one(Link, uuid.UUID(link_id))
        consent = notices.consent(session, row.id, "face_processing")
    assert consent is not None
    assert consent.version == "2026-1"


def test_a_strangers_application_shows_no_notice(stage: Stage) -> None:
    phone = sign_in(stage, invent(stage, "mum", born(36)))
    other = sign_in(stage, invent(stage, "other", born(37)))
    link_id = named(stage, phone, invent(stage, "child", born(9), card=""), "child")
    assert other.send("GET", f"/links/{link_id}/notices/family_services").status == 404
    assert phone.send("GET", f"/links/{link_id}/notices/rumours").status == 404
    assert begin(stage, other) != link_id


def test_a_relatives_card_is_good_to_the_end_of_its_last_day_at_its_own_place(
    stage: Stage,
) -> None:
    """The holder's clocks are a day behind."""
    with stage.joined.db.write() as session:
        for code, zone in (
            ("north-harbour", "America/Adak"),
            ("south-harbour", "Pacific/Kiritimati"),
        ):
            agencies.region_by_code(session, code).time_zone = zone
        session.commit()
    daughter = invent(stage, "daughter", born(45))
    mother = invent(stage, "mother", born(72), region="south-harbour")
    link_id, phone = hold(stage, daughter, mother, "parent"), sign_in(stage, daughter)
    last = stage.clock().astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    assert mother.card is not None
    for expires_on, code in ((last, ""), (last - timedelta(days=1), "relative_not_confirmed")):
        change(stage, mother, card=replace(mother.card, expires_on=expires_on))
        assert phone.send("GET", f"/links/{link_id}/rights").code == code
