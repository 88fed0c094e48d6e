"""Notices in force, the proof that they were read, and consents that nobody can change."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family.models import Link
from ecard.notices import service
from ecard.notices.policy import text_hash
from tests.demo.ground import Ground
from tests.support import START

FAMILY, FACE = "family_services", "face_processing"


def notice(
    ground: Ground, kind: str = FAMILY, language: str = "en", code: str = "north-harbour"
) -> service.Notice:
    with ground.joined.db.read() as session:
        region = agencies.region_by_code(session, code)
        return service.current(session, region.id, kind, language, ground.clock())


def publish(ground: Ground, code: str, version: str, days: float, **texts: str) -> None:
    with ground.joined.db.write() as session:
        region = agencies.region_by_code(session, code)
        for language, text in texts.items():
            service.publish(
                session,
                region.id,
                kind=FAMILY,
                version=version,
                language=language,
                title="Title",
                text=text,
                effective_from=START + timedelta(days=days),
            )
        session.commit()


def link(ground: Ground, call: Call) -> uuid.UUID:
    """A draft of the holder's, just enough to hang proofs on."""
    with ground.joined.db.write() as session:
        row = Link(
            id=uuid.uuid4(),
            holder_id=call.holder.person_id,
            region_id=call.holder.region_id,
            state="draft",
            scopes=[],
            opened_at=ground.clock(),
            lapses_at=ground.clock() + timedelta(days=7),
        )
        session.add(row)
        session.commit()
        return row.id


def acknowledge(ground: Ground, link_id: uuid.UUID, **given: Any) -> service.Acknowledgement:
    shown = notice(ground)
    person_id = given.pop("person_id", None) or ground.holder("lucia").holder.person_id
    values = {
        "notice_id": shown.id,
        "text_sha256": shown.text_sha256,
        "region_id": ground.holder("lucia").holder.region_id,
        **given,
    }
    with ground.joined.db.write() as session:
        row = service.acknowledge(
            session, ground.call, person_id=person_id, link_id=link_id, **values
        )
        session.commit()
    return row


def decide(
    ground: Ground, link_id: uuid.UUID | None, decision: str, **given: Any
) -> service.Consent:
    shown = notice(ground, FACE)
    values: dict[str, Any] = {
        "person_id": ground.holder("lucia").holder.person_id,
        "given_by": "guardian",
        "kind": "face_processing",
        "region_id": ground.holder("lucia").holder.region_id,
        "notice_id": shown.id,
        "text_sha256": shown.text_sha256,
    }
    with ground.joined.db.write() as session:
        row = service.decide(
            session, ground.call, link_id=link_id, decision=decision, **(values | given)
        )
        session.commit()
    return row


@given(st.text(max_size=50))
def test_a_text_s_hash_is_sha_256_of_its_exact_bytes(text: str) -> None:
    assert text_hash(text) == hashlib.sha256(text.encode()).hexdigest()
    assert text_hash(text) != text_hash(text + " ")


@pytest.mark.parametrize("kind", [FAMILY, FACE])
@pytest.mark.parametrize("language", ["en", "es", "zh-Hans"])
def test_the_demo_region_has_both_notices_in_three_languages(
    ground: Ground, kind: str, language: str
) -> None:
    shown = notice(ground, kind, language)
    assert (shown.language, shown.kind) == (language, kind)
    assert len(shown.text) > 300
    assert not shown.title.startswith("#")
    assert shown.text_sha256 == hashlib.sha256(shown.text.encode()).hexdigest()


def test_a_language_that_a_version_lacks_is_shown_in_english(ground: Ground) -> None:
    publish(ground, "demo", "2026-2", 0, en="New words", es="Palabras nuevas")
    assert notice(ground, language="zh-Hans").text == "New words"
    assert notice(ground, language="es").text == "Palabras nuevas"


def test_a_new_version_holds_from_its_date_on(ground: Ground) -> None:
    publish(ground, "demo", "2026-2", 1, en="New words")
    assert notice(ground).version == "2026-1"
    ground.clock.advance(days=1)
    assert notice(ground).text == "New words"


def test_the_nearest_region_s_own_notice_goes_first(ground: Ground) -> None:
    publish(ground, "north-harbour", "n-1", 0, en="North only")
    assert notice(ground).text == "North only"
    assert notice(ground, code="south-harbour").version == "2026-1"


def test_the_holder_is_shown_the_notice_of_their_region_and_language(ground: Ground) -> None:
    publish(ground, "south-harbour", "s-1", 0, en="South only")
    assert service.shown(ground.holder("anna"), FAMILY).text == "South only"
    assert service.shown(ground.holder("lucia"), FAMILY).version == "2026-1"
    with pytest.raises(NotFound):
        service.shown(ground.holder("lucia"), "anything_else")


def test_an_acknowledgement_reproduces_the_exact_text_shown(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    shown = notice(ground)
    row = acknowledge(ground, link_id)
    publish(ground, "demo", "2026-2", 0, en="New words")
    with ground.joined.db.read() as session:
        then = session.get_one(service.Notice, row.notice_id)
    assert (then.text, row.text_sha256) == (shown.text, shown.text_sha256)
    assert hashlib.sha256(then.text.encode()).hexdigest() == row.text_sha256
    assert (row.version, row.language, row.at) == ("2026-1", "en", ground.clock())


def test_an_outdated_notice_cannot_be_acknowledged(ground: Ground) -> None:
    link_id, old = link(ground, ground.holder("lucia")), notice(ground)
    publish(ground, "demo", "2026-2", 0, en="New words")
    with pytest.raises(service.NoticeOutdated):
        acknowledge(ground, link_id, notice_id=old.id, text_sha256=old.text_sha256)
    with ground.joined.db.read() as session:
        assert session.scalar(sa.select(service.Acknowledgement)) is None


def test_a_neighbour_region_s_notice_cannot_be_acknowledged(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    publish(ground, "south-harbour", "s-1", 0, en="South only")
    south = notice(ground, code="south-harbour")
    with pytest.raises(service.NoticeOutdated):
        acknowledge(ground, link_id, notice_id=south.id, text_sha256=south.text_sha256)
    row = acknowledge(
        ground,
        link_id,
        notice_id=south.id,
        text_sha256=south.text_sha256,
        region_id=south.region_id,
    )
    assert row.version == "s-1"


@pytest.mark.parametrize("sha256", ["", "0" * 64, "ñ" * 64])
def test_another_text_than_the_notice_s_cannot_be_acknowledged(ground: Ground, sha256: str) -> None:
    link_id = link(ground, ground.holder("lucia"))
    with pytest.raises(service.NoticeTextDiffers):
        acknowledge(ground, link_id, text_sha256=sha256)


def test_the_hash_may_come_in_capitals(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    acknowledge(ground, link_id, text_sha256=notice(ground).text_sha256.upper())


def test_a_notice_of_the_other_kind_or_of_none_is_not_found(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    face = notice(ground, FACE)
    for notice_id in (face.id, uuid.uuid4()):
        with pytest.raises(NotFound):
            acknowledge(ground, link_id, notice_id=notice_id, text_sha256=face.text_sha256)


def test_the_latest_decision_about_a_face_holds_and_the_earlier_stay(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    with ground.joined.db.read() as session:
        assert service.consent(session, link_id, "face_processing") is None
    for decision in ("declined", "given", "withdrawn"):
        decide(ground, link_id, decision)
        with ground.joined.db.read() as session:
            latest = service.consent(session, link_id, "face_processing")
        assert latest is not None
        assert latest.decision == decision
    with ground.joined.db.read() as session:
        rows = session.scalars(sa.select(service.Consent).order_by(service.Consent.number))
        assert [row.decision for row in rows] == ["declined", "given", "withdrawn"]


def test_all_that_was_consented_to_alone_is_taken_back_and_nobody_elses(ground: Ground) -> None:
    lucia, tomas = (ground.holder(ref).holder.person_id for ref in ("lucia", "tomas"))
    proof = notice(ground, "face_certification")
    shown = {"notice_id": proof.id, "text_sha256": proof.text_sha256}
    decide(ground, None, "given", kind="face_certification", **shown)
    decide(ground, None, "given")
    decide(ground, None, "given", person_id=tomas)
    with ground.joined.db.write() as session:
        taken_back = service.withdraw_own(session, ground.call, lucia)
        assert {row.kind for row in taken_back} == {"face_certification", "face_processing"}
        assert sorted(row.number for row in taken_back) == [3, 4]
        session.flush()
        assert service.withdraw_own(session, ground.call, lucia) == []
        assert [row.number for row in service.withdraw_own(session, ground.call, tomas)] == [2]
        session.commit()


def test_keeping_a_portrait_is_a_consent_of_its_own(ground: Ground) -> None:
    link_id = link(ground, ground.holder("lucia"))
    decide(ground, link_id, "given")
    decide(ground, link_id, "declined", kind="portrait_kept")
    with ground.joined.db.read() as session:
        face = service.consent(session, link_id, "face_processing")
        portrait = service.consent(session, link_id, "portrait_kept")
    assert face is not None
    assert portrait is not None
    assert (face.decision, portrait.decision) == ("given", "declined")


def test_a_consent_upon_the_wrong_notice_is_not_found(ground: Ground) -> None:
    link_id, family = link(ground, ground.holder("lucia")), notice(ground)
    with pytest.raises(NotFound):
        decide(ground, link_id, "given", notice_id=family.id, text_sha256=family.text_sha256)


@pytest.mark.parametrize(
    "wrong", [{"decision": "maybe"}, {"kind": "anything"}, {"given_by": "neighbour"}]
)
def test_a_decision_that_has_no_word_is_our_fault(ground: Ground, wrong: dict[str, str]) -> None:
    link_id = link(ground, ground.holder("lucia"))
    decision = wrong.pop("decision", "given")
    with pytest.raises(ValueError, match="is not one of"):
        decide(ground, link_id, decision, **wrong)


def test_a_notice_for_a_region_without_any_is_not_found(ground: Ground) -> None:
    ground.clock.advance(days=-3650)
    with pytest.raises(NotFound):
        notice(ground)
