"""Which documents are enough, by relation and age: the rules as properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.documents.policy import (
    SEVERAL_PAGES,
    DocumentKind,
    FaceSource,
    Standing,
    add_months,
    document_lapses,
    examine,
    face_kinds,
    face_source,
    needs,
    reasons_for_a_person,
    reference_months,
    standing,
)

ADULT, FACE_MIN = 16, 6
K = DocumentKind
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
RELATIONS = (
    "child",
    "ward",
    "parent",
    "parent_in_law",
    "grandparent",
    "spouse",
    "sibling",
    "other",
)
days = st.integers(-9000, 9000)
ages = st.integers(0, 110)
relations = st.sampled_from(RELATIONS)
kinds = st.lists(st.sampled_from(list(DocumentKind)), max_size=6)


def wanted(relation: str, age: int):
    source = face_source(age=age, adult_age=ADULT, guardian_face=age < FACE_MIN)
    return needs(relation=relation, age=age, adult_age=ADULT, source=source)


def enough(relation: str, age: int, *given_kinds: DocumentKind) -> bool:
    return examine(wanted(relation, age), given_kinds).complete


@pytest.mark.parametrize(
    ("relation", "age", "documents"),
    [
        ("parent", 72, [K.ID_CARD_FRONT, K.ID_CARD_BACK]),
        ("parent", 72, [K.PASSPORT]),
        ("child", 16, [K.PASSPORT]),
        ("child", 9, [K.BIRTH_CERTIFICATE, K.FACE_PHOTO]),
        ("child", 15, [K.HOUSEHOLD_PAGE, K.HOUSEHOLD_PAGE, K.FACE_PHOTO]),
        ("child", 6, [K.COURT_ORDER, K.FACE_PHOTO]),
        ("ward", 9, [K.GUARDIANSHIP_ORDER, K.FACE_PHOTO]),
        ("ward", 40, [K.COURT_ORDER, K.ID_CARD_FRONT, K.ID_CARD_BACK]),
        ("child", 3, [K.BIRTH_CERTIFICATE, K.FACE_PHOTO, K.GUARDIAN_PASSPORT]),
        ("child", 3, [K.COURT_ORDER, K.FACE_PHOTO, K.GUARDIAN_ID_FRONT, K.GUARDIAN_ID_BACK]),
    ],
)
def test_these_documents_are_enough(relation: str, age: int, documents: list[DocumentKind]) -> None:
    assert enough(relation, age, *documents)


@pytest.mark.parametrize(
    ("relation", "age", "documents"),
    [
        ("parent", 72, [K.ID_CARD_FRONT]),
        ("parent", 72, [K.ID_CARD_BACK]),
        ("parent", 72, [K.BIRTH_CERTIFICATE]),
        ("child", 9, [K.BIRTH_CERTIFICATE]),
        ("child", 9, [K.FACE_PHOTO]),
        ("ward", 9, [K.BIRTH_CERTIFICATE, K.FACE_PHOTO]),
        ("ward", 40, [K.PASSPORT]),
        ("child", 3, [K.BIRTH_CERTIFICATE]),
        ("child", 3, [K.BIRTH_CERTIFICATE, K.GUARDIAN_PASSPORT]),
        ("child", 3, [K.BIRTH_CERTIFICATE, K.GUARDIAN_ID_FRONT]),
    ],
)
def test_these_documents_are_not_enough(
    relation: str, age: int, documents: list[DocumentKind]
) -> None:
    assert examine(wanted(relation, age), documents).missing


def test_the_answer_names_what_each_alternative_still_lacks() -> None:
    findings = examine(wanted("parent", 72), [K.ID_CARD_FRONT])
    assert findings.missing == {"identity": ["id_card_back", "passport"]}


@given(relations, ages, kinds)
def test_no_document_beyond_the_needs_is_ever_taken(
    relation: str, age: int, documents: list[DocumentKind]
) -> None:
    allowed = {kind for need in wanted(relation, age) for way in need.any_of for kind in way}
    if examine(wanted(relation, age), documents).complete:
        assert set(documents) <= allowed


@given(relations, ages, kinds)
def test_complete_evidence_always_carries_the_face_that_will_be_compared(
    relation: str, age: int, documents: list[DocumentKind]
) -> None:
    source = face_source(age=age, adult_age=ADULT, guardian_face=age < FACE_MIN)
    if examine(wanted(relation, age), documents).complete:
        assert set(documents) & set(face_kinds(source))


@given(relations, ages)
def test_a_document_more_never_makes_complete_evidence_lack_something(
    relation: str, age: int
) -> None:
    needed = wanted(relation, age)
    full = [kind for need in needed for kind in need.any_of[0]]
    assert examine(needed, full).complete
    for kind in DocumentKind:
        assert not examine(needed, [*full, kind]).missing


@given(relations, ages)
def test_one_kind_twice_is_refused_unless_it_has_pages(relation: str, age: int) -> None:
    needed = wanted(relation, age)
    full = [kind for need in needed for kind in need.any_of[0]]
    for kind in full:
        assert (kind in examine(needed, [*full, kind]).repeated) == (kind not in SEVERAL_PAGES)


@given(ages)
def test_a_face_photo_is_asked_of_everybody_under_sixteen_and_of_no_adult(age: int) -> None:
    asked = {kind for need in wanted("child", age) for way in need.any_of for kind in way}
    assert (K.FACE_PHOTO in asked) == (age < ADULT)


@given(relations, ages, st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_accepted_that_the_registry_does_not_confirm(
    relation: str, age: int, kinship: bool, portrait: bool, read: bool
) -> None:
    reasons = reasons_for_a_person(
        relation=relation,
        age=age,
        adult_age=ADULT,
        kinship_confirmed=kinship,
        registry_portrait=portrait,
        read_and_agreed=read,
    )
    if not reasons:
        assert portrait or read if age >= ADULT else kinship
        assert kinship or relation != "ward"


def test_an_adult_without_a_registry_portrait_goes_to_a_person() -> None:
    reasons = reasons_for_a_person(
        relation="parent",
        age=72,
        adult_age=ADULT,
        kinship_confirmed=True,
        registry_portrait=False,
        read_and_agreed=False,
    )
    assert reasons == ("no_registry_portrait",)


# --- how long -----------------------------------------------------------------------------------


def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month() -> None:
    assert add_months(datetime(2024, 1, 31, tzinfo=UTC), 1) == datetime(2024, 2, 29, tzinfo=UTC)
    assert add_months(datetime(2024, 2, 29, tzinfo=UTC), 24) == datetime(2026, 2, 28, tzinfo=UTC)
    assert add_months(datetime(2026, 11, 18, tzinfo=UTC), 36) == datetime(2029, 11, 18, tzinfo=UTC)


@given(days.map(lambda number: NOW + timedelta(days=number)), st.integers(0, 60))
def test_months_add_up_to_no_more_than_a_few_days_off(start: datetime, months: int) -> None:
    later = add_months(start, months)
    assert (later.year - start.year) * 12 + later.month - start.month == months
    assert start.day - later.day in range(4)


@pytest.mark.parametrize(
    ("source", "age", "months"),
    [
        (FaceSource.FACE_PHOTO, 9, 24),
        (FaceSource.FACE_PHOTO, 5, 12),
        (FaceSource.RELATIVE_PORTRAIT, 72, 36),
        (FaceSource.GUARDIAN_PORTRAIT, 3, 36),
    ],
)
def test_a_childs_photo_lapses_sooner(source: FaceSource, age: int, months: int) -> None:
    lengths = {"portrait": 36, "child": 24, "small_child": 12, "small_age": 6}
    assert reference_months(source, age, **lengths) == months


@pytest.mark.parametrize(
    ("state", "pending", "expected"),
    [
        ("noticed", False, Standing.UNDER_WAY),
        ("in_review", True, Standing.UNDER_WAY),
        ("awaiting_face", False, Standing.UNDER_WAY),
        ("rejected", True, Standing.UNDER_WAY),
        ("rejected", False, Standing.DECIDED),
        ("active", False, Standing.DECIDED),
        ("ended", False, Standing.DECIDED),
        ("withdrawn", False, Standing.GIVEN_UP),
        ("expired", True, Standing.GIVEN_UP),
    ],
)
def test_how_far_an_application_is(state: str, pending: bool, expected: Standing) -> None:
    assert standing(state, case_pending=pending) is expected


def test_documents_of_a_decided_application_go_thirty_days_after_it_was_settled() -> None:
    until = document_lapses(
        Standing.DECIDED,
        now=NOW,
        application_lapses=NOW,
        settled_at=NOW - timedelta(days=10),
        decided_days=30,
    )
    assert until == NOW + timedelta(days=20)


@given(st.integers(-40, 40))
def test_evidence_is_never_taken_away_while_the_application_is_under_way(days: int) -> None:
    until = document_lapses(
        Standing.UNDER_WAY,
        now=NOW,
        application_lapses=NOW + timedelta(days=days),
        settled_at=None,
        decided_days=30,
    )
    assert until >= NOW + timedelta(days=1)
    assert until >= NOW + timedelta(days=days)


def test_documents_of_a_withdrawn_application_go_at_once() -> None:
    until = document_lapses(
        Standing.GIVEN_UP,
        now=NOW,
        application_lapses=NOW + timedelta(days=5),
        settled_at=None,
        decided_days=30,
    )
    assert until == NOW
