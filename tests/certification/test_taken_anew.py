"""Reference photos lapse and are taken anew: by a live face that matched, with its own consent."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard.certification.models import CertificationCapture
from ecard.demo.phone import Answer
from ecard.documents import service as documents
from ecard.documents.models import ReferencePhoto
from ecard.family import service as family
from ecard.files import StoredFile
from ecard.notices import service as notices
from ecard.registry.insurance import store_benefit
from ecard.registry.port import Benefit, RegistryPerson
from tests.certification.scene import SINCE, Home, at_home
from tests.faces import ADMIRAL, ASTRONAUT, frames, photo
from tests.family.scene import (
    as_holder,
    born,
    give_last_day,
    hold,
    invent,
    move,
    person_id,
    sign_in,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The registry holds a portrait of the mother: the astronaut's."""
    with at_home(tmp_path) as found:
        found.has_portrait(photo(ASTRONAUT))
        yield found


def prove(home: Home, take: int = 0, **more: object) -> Answer:
    """The mother shows her face, and decides about it."""
    capture = home.camera(consent="")
    assert capture.consent(**more).ok
    return capture.show_face(frames(ASTRONAUT, take))


def photos(home: Home) -> list[tuple[ReferencePhoto, StoredFile]]:
    with home.stage.joined.db.read() as session:
        query = sa.select(ReferencePhoto, StoredFile).join(
            StoredFile, StoredFile.id == ReferencePhoto.file_id
        )
        return [(one, file) for one, file in session.execute(query)]


def usable(home: Home, person: RegistryPerson | None = None) -> bool:
    whose = person_id(home.stage, person or home.mother)
    with home.stage.joined.db.read() as session:
        return documents.kept_portrait(session, home.stage.joined.call(), whose) is not None


def sweep(home: Home) -> None:
    documents.sweep(home.stage.joined.call())


def test_nothing_is_kept_where_it_was_not_agreed(home: Home) -> None:
    answer = prove(home)
    assert (answer.body["next"], answer.body["portrait_kept"]) == ("finished", False)
    assert photos(home) == []


def test_a_picture_that_matched_is_kept_under_the_persons_key(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    ((anew, file),) = photos(home)
    assert (anew.source, str(anew.link_id), anew.document_id) == ("capture", home.link_id, None)
    assert anew.lapses_at.date().isoformat() == "2029-11-18"
    assert file.owner_id == person_id(home.stage, home.mother)


@pytest.mark.gate
def test_a_kept_picture_is_compared_with_before_the_registrys(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    home.has_portrait(photo(ADMIRAL))
    sweep(home)
    home.stage.clock.advance(days=8)  # the fingerprints of the first capture are forgotten
    answer = prove(home, 2)
    assert answer.body["next"] == "finished", answer.body


@pytest.mark.gate
def test_the_picture_before_is_destroyed_when_a_new_one_is_taken(home: Home) -> None:
    for take in (0, 2):
        assert prove(home, take, keep_portrait=True).body["portrait_kept"]
    gone = [file for _, file in photos(home) if file.destroyed_at]
    assert [(file.destroy_reason, bool(file.receipt)) for file in gone] == [("taken_anew", True)]


def test_a_kept_picture_lapses_whether_or_not_the_sweep_ran(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    ((anew, _),) = photos(home)
    home.stage.clock.time = anew.lapses_at - timedelta(seconds=1)
    assert usable(home)
    home.stage.clock.time = anew.lapses_at
    assert not usable(home)
    sweep(home)
    assert photos(home)[0][1].destroyed_at is not None


def test_both_sides_are_told_once_a_month_before_it_lapses(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    ((anew, _),) = photos(home)
    for days, told in ((31, 0), (30, 1), (2, 1)):
        home.stage.clock.time = anew.lapses_at - timedelta(days=days)
        sweep(home)
        for side in (home.mother, home.daughter):
            assert sum("later face checks lapses" in text for text in home.told(side)) == told


@pytest.mark.gate
def test_taken_back_it_is_destroyed_at_once_and_the_registrys_serves(
    home: Home,
) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    assert home.phone.send("DELETE", f"/links/{home.link_id}/kept-portrait").status == 204
    assert not usable(home)
    assert photos(home)[0][1].destroyed_at == home.stage.clock.time
    assert home.send("captures").ok


def test_with_the_end_of_the_link_it_goes(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    move(home.stage, home.link_id, "ended", "requested_by_relative")
    assert not usable(home)
    sweep(home)
    assert photos(home)[0][1].destroyed_at is not None


def test_after_the_last_day_of_the_link_it_serves_no_more_before_any_sweep(home: Home) -> None:
    assert prove(home, keep_portrait=True).body["portrait_kept"]
    give_last_day(home.stage, home.link_id, home.stage.clock.time.date())
    assert usable(home)
    home.stage.clock.advance(days=2)
    assert not usable(home)


def test_whoever_is_alone_has_no_link_to_keep_it_on(home: Home) -> None:
    mother = sign_in(home.stage, home.mother)
    refused = home.camera(mother, consent="").consent(keep_portrait=True)
    assert (refused.status, refused.code) == (422, "invalid_input")
    with home.stage.joined.db.read() as session:
        assert session.scalars(sa.select(CertificationCapture)).one().consent_id is None


@pytest.mark.gate
def test_a_childs_photo_taken_anew_stays_a_face_photo_and_lapses_after_24_months(
    home: Home,
) -> None:
    child = invent(home.stage, "kid", born(12))
    with home.stage.joined.db.write() as session:
        vault = home.stage.joined.dependencies.vault
        store_benefit(session, vault, child.ref, Benefit("b-kid", "survivors", SINCE, None, 1))
        session.commit()
    home.link_id = hold(home.stage, home.daughter, child, "child")
    keep_face_photo(home)
    assert usable(home, child)
    home.stage.clock.advance(days=1)
    answer = prove(home, keep_portrait=True)
    assert answer.body["portrait_kept"], answer.body
    newest = max((one for one, _ in photos(home)), key=lambda one: one.created_at)
    assert (newest.source, newest.document_id) == ("face_photo", None)
    assert newest.lapses_at.date().isoformat() == "2028-11-19"


def keep_face_photo(home: Home) -> None:
    """A face photo on the link, which the guardian agreed to keep."""
    call = as_holder(home.stage, home.phone)
    with home.stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(home.link_id))
        documents.take_anew(session, call, link, photo(ASTRONAUT), age=12, vouched_for=False)
        notice = notices.current(session, link.region_id, "face_processing", "en", call.now)
        notices.decide(
            session,
            call,
            link_id=link.id,
            person_id=link.relative_id,
            given_by="guardian",
            kind=notices.PORTRAIT_KEPT,
            decision="given",
            notice_id=notice.id,
            text_sha256=notice.text_sha256,
            region_id=link.region_id,
        )
        session.commit()
