"""Evidence: enough or refused whole, claimed once, confirmed by the registry or by a person."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from biometrics.errors import ModelAltered
from biometrics.verifier import FaceVerifier
from ecard.demo import specimens
from ecard.demo.in_process import AppTransport
from ecard.demo.phone import Phone
from ecard.registry.port import RegistryUnavailable
from tests.documents.applications import (
    Application,
    apply,
    give_registry_portrait,
    sign_in_again,
    specimen,
)
from tests.support import Stage, another_app, verifier
from tests.uploads import pictures

CHILD_PAPERS = ("birth_certificate", "face_photo")
CARD = ("id_card_front", "id_card_back")


def joined_with(stage: Stage, **dependencies: Any) -> Stage:
    """The same process with some collaborators replaced."""
    joined = stage.joined
    other = replace(joined, dependencies=replace(joined.dependencies, **dependencies))
    return replace(stage, joined=other, app=another_app(other))


def through(application: Application, stage: Stage) -> Application:
    """The same application on a phone that speaks to another process."""
    phone = replace(application.phone, transport=AppTransport(stage.app))
    return replace(application, stage=stage, phone=phone)


def resized(content: bytes, width: int) -> bytes:
    picture = Image.open(io.BytesIO(content))
    return specimens.jpeg(picture.resize((width, round(width * picture.height / picture.width))))


def submit(application: Application, **documents: bytes) -> Any:
    ids = [application.phone.upload(kind, content) for kind, content in documents.items()]
    return application.phone.give_evidence(application.link_id, ids), set(ids)


# --- what follows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holder", "relative", "relation", "documents", "state"),
    [
        ("lucia", "mateo", "child", CHILD_PAPERS, "awaiting_face"),
        pytest.param("fang", "xiaoyu", "child", CHILD_PAPERS, "in_review", marks=pytest.mark.gate),
        pytest.param(
            *("helen", "iris", "ward", ("guardianship_order", "face_photo"), "awaiting_face"),
            marks=pytest.mark.gate,
        ),
        ("tomas", "elena", "parent", CARD, "in_review"),
        pytest.param(
            "lucia",
            "nora",
            "child",
            ("household_page", "face_photo", "guardian_id_front", "guardian_id_back"),
            "awaiting_face",
            marks=pytest.mark.gate,
        ),
    ],
)
def test_the_registry_confirms_or_a_person_looks(
    stage: Stage,
    holder: str,
    relative: str,
    relation: str,
    documents: tuple[str, ...],
    state: str,
) -> None:
    application = apply(stage, holder, relative, relation)
    answer = application.give(*documents)
    assert answer.status == 201, answer.body
    assert answer.body["documents"] == sorted(documents)
    assert application.state() == state
    assert application.unclaimed() == set()


def test_an_adult_whose_portrait_the_registry_holds_goes_on_to_accept(stage: Stage) -> None:
    give_registry_portrait(stage, "elena")
    application = apply(stage, "tomas", "elena", "parent")
    assert application.give(*CARD).status == 201
    assert application.state() == "evidence_accepted"


def test_the_application_says_what_it_needs_before_anything_is_uploaded(stage: Stage) -> None:
    evidence = apply(stage, "lucia", "mateo", "child").evidence()
    assert {need["name"]: need["any_of"] for need in evidence["needs"]} == {
        "kinship": [
            ["birth_certificate"],
            ["household_page"],
            ["guardianship_order"],
            ["court_order"],
        ],
        "face": [["face_photo"]],
    }
    assert (evidence["documents"], evidence["tries_left"]) == ([], 5)


@pytest.mark.gate
def test_what_is_still_missing_shrinks_with_each_upload(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    missing = [application.evidence()["missing"]]
    for kind in CARD:
        application.upload(kind)
        missing.append(application.evidence()["missing"])
    assert missing == [
        {"identity": ["id_card_back+id_card_front", "passport"]},
        {"identity": ["id_card_back", "passport"]},
        {},
    ]
    application.phone.must("DELETE", f"/documents/{min(application.unclaimed())}")
    assert application.evidence()["missing"]


# --- refused whole ------------------------------------------------------------------------------


def assert_untouched(application: Application, ids: set[str], tries_left: int) -> None:
    assert application.unclaimed() == ids
    assert application.state() == "noticed"
    assert application.evidence()["tries_left"] == tries_left


@pytest.mark.gate
def test_missing_evidence_is_named_and_costs_no_try(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    answer, ids = submit(application, id_card_front=specimen("id_card_front"))
    assert (answer.status, answer.code) == (422, "evidence_incomplete")
    assert answer.body["fields"] == {"identity": ["id_card_back", "passport"]}
    assert_untouched(application, ids, tries_left=5)


@pytest.mark.gate
def test_a_document_that_is_not_needed_is_refused(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    answer = application.give(*CHILD_PAPERS, "passport")
    assert (answer.status, answer.code) == (422, "evidence_not_needed")
    assert answer.body["fields"] == {"passport": ["not_needed"]}


@pytest.mark.gate
def test_a_card_without_a_portrait_is_refused_and_stays_unclaimed(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    back = resized(specimen("id_card_back"), 150)
    answer, ids = submit(application, id_card_front=back, id_card_back=back)
    assert (answer.status, answer.code) == (422, "portrait_not_found")
    assert_untouched(application, ids, tries_left=4)


@pytest.mark.gate
def test_a_portrait_under_20_pixels_is_refused_and_a_small_one_warned_of(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    front, back = specimen("id_card_front"), specimen("id_card_back")
    answer, ids = submit(application, id_card_front=resized(front, 450), id_card_back=back)
    assert (answer.status, answer.code) == (422, "portrait_too_small")
    assert_untouched(application, ids, tries_left=4)
    answer, _ = submit(application, id_card_front=resized(front, 650), id_card_back=back)
    assert (answer.status, answer.body["warnings"]) == (201, ["portrait_small"])


@pytest.mark.gate
def test_a_face_photo_that_cannot_be_compared_is_refused_with_its_reason(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    photo = Image.open(io.BytesIO(specimen("face_photo")))
    two = Image.new("RGB", (2 * photo.width, photo.height))
    two.paste(photo, (0, 0))
    two.paste(photo, (photo.width, 0))
    papers = {"birth_certificate": specimen("birth_certificate"), "face_photo": specimens.jpeg(two)}
    answer, ids = submit(application, **papers)
    assert (answer.status, answer.code) == (422, "face_photo_unusable")
    assert answer.body["fields"] == {"face_photo": ["several_faces"]}
    assert_untouched(application, ids, tries_left=4)


@pytest.mark.gate
def test_the_sixth_try_in_six_hours_is_refused_until_they_have_passed(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    paper, tries = application.phone.upload("birth_certificate", specimen("birth_certificate")), []
    for number in range(6):  # each another picture: one that was refused would be known again
        faceless = pictures.encoded(pictures.noise(seed=number))
        ids = [paper, application.phone.upload("face_photo", faceless)]
        tries.append(application.phone.give_evidence(application.link_id, ids))
    assert [answer.code for answer in tries[:5]] == ["face_photo_unusable"] * 5
    assert (tries[5].status, tries[5].code) == (429, "evidence_tries_spent")
    assert 0 < int(tries[5].headers["Retry-After"]) <= 6 * 3600 + 1
    stage.clock.advance(hours=6, seconds=1)
    sign_in_again(stage, "lucia", application.phone)
    assert application.evidence()["tries_left"] == 5


@pytest.mark.gate
def test_a_fresh_application_brings_no_fresh_tries(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    faceless = specimen("birth_certificate")
    answer, _ = submit(application, birth_certificate=faceless, face_photo=faceless)
    assert answer.code == "face_photo_unusable"
    application.phone.must("POST", f"/links/{application.link_id}/withdrawal")
    again = apply(stage, "lucia", "mateo", "child", phone=application.phone)
    assert again.evidence()["tries_left"] == 4


# --- out of order, foreign, twice ---------------------------------------------------------------


@pytest.mark.gate
def test_evidence_is_not_taken_before_the_relative_is_named_nor_twice(stage: Stage) -> None:
    phone = stage.signed_in("lucia")
    link_id = phone.open_application(phone.step_up("730518"))["id"]
    ids = [phone.upload(kind, specimen(kind)) for kind in CHILD_PAPERS]
    early = phone.give_evidence(link_id, ids)
    assert (early.status, early.code) == (409, "evidence_not_expected")
    application = apply(stage, "lucia", "mateo", "child", phone)
    assert application.phone.give_evidence(application.link_id, ids).status == 201
    late = application.give(*CHILD_PAPERS)
    assert (late.status, late.code) == (409, "evidence_not_expected")


@pytest.mark.gate
def test_a_document_supports_one_application_only(stage: Stage) -> None:
    first = apply(stage, "sofia", "clara", "child")
    second = apply(stage, "sofia", "emma", "child", first.phone)
    ids = first.upload(*CHILD_PAPERS)
    assert first.phone.give_evidence(first.link_id, ids).status == 201
    answer = second.phone.give_evidence(second.link_id, ids)
    assert (answer.status, answer.code) == (409, "document_claimed")
    removed = first.phone.send("DELETE", f"/documents/{ids[0]}")
    assert (removed.status, removed.code) == (409, "document_claimed")
    assert second.state() == "noticed"


@pytest.mark.gate
def test_two_applications_that_claim_one_document_at_once_get_it_once(stage: Stage) -> None:
    first = apply(stage, "sofia", "clara", "child")
    second = apply(stage, "sofia", "emma", "child", first.phone)
    ids = first.upload(*CHILD_PAPERS)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(one.phone.give_evidence, one.link_id, ids) for one in (first, second)]
    assert sorted(one.result().status for one in sent) == [201, 409]
    assert sorted([first.state(), second.state()]) == ["awaiting_face", "noticed"]


@pytest.mark.gate
def test_a_document_says_what_became_of_it_to_its_holder_alone(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload("birth_certificate", "face_photo")
    assert application.phone.give_evidence(application.link_id, ids).status == 201
    other = stage.signed_in("andres", password=None)
    for document in ids:
        path = f"/documents/{document}"
        assert application.phone.must("GET", path)["status"] == "accepted"
        assert other.send("GET", path).status == 404
    application.phone.must("POST", f"/links/{application.link_id}/withdrawal")
    assert application.phone.must("GET", f"/documents/{ids[0]}")["status"] == "given_up"


@pytest.mark.gate
def test_a_document_of_a_case_is_with_a_person(stage: Stage) -> None:
    application = apply(stage, "peter", "rosa", "parent")
    ids = application.upload("passport")
    assert application.phone.give_evidence(application.link_id, ids).status == 201
    assert application.state() == "in_review"
    told = application.phone.must("GET", f"/documents/{ids[0]}")
    assert told["status"] == "with_a_person"


@pytest.mark.gate
def test_foreign_links_and_documents_look_as_if_they_did_not_exist(stage: Stage) -> None:
    mine = apply(stage, "lucia", "mateo", "child")
    other = stage.signed_in("andres", password=None)
    foreign_link = other.give_evidence(mine.link_id, mine.upload(*CHILD_PAPERS))
    assert (foreign_link.status, foreign_link.code) == (404, "not_found")
    ids = [other.upload(kind, specimen(kind)) for kind in CHILD_PAPERS]
    foreign_documents = mine.phone.give_evidence(mine.link_id, ids)
    assert (foreign_documents.status, foreign_documents.code) == (404, "not_found")


# --- our own troubles cost nobody anything ------------------------------------------------------


class DeafRegistry:
    """A registry that does not answer about kin."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def kinships(self, ref: str, relative_ref: str) -> frozenset[str]:
        raise RegistryUnavailable


@pytest.mark.gate
def test_a_registry_that_does_not_answer_costs_no_try(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)
    deaf = joined_with(stage, registry=DeafRegistry(stage.joined.dependencies.registry))
    answer = through(application, deaf).phone.give_evidence(application.link_id, ids)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert_untouched(application, set(ids), tries_left=5)


@pytest.mark.gate
def test_a_full_house_costs_no_try(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)
    settings = replace(stage.joined.settings, judging_wait_seconds=0.01)
    full = replace(stage, joined=replace(stage.joined, settings=settings))
    places = stage.joined.dependencies.judging
    held = [places.acquire() for _ in range(settings.judging_at_once)]
    busy = through(application, replace(full, app=another_app(full.joined)))
    answer = busy.phone.give_evidence(application.link_id, ids)
    places.release(len(held))
    assert (answer.status, answer.code) == (503, "busy")
    assert answer.headers["Retry-After"]
    assert_untouched(application, set(ids), tries_left=5)


@pytest.mark.gate
def test_an_engine_that_fails_costs_no_try(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)

    def fail() -> None:
        raise ModelAltered("the embedder")

    failing = joined_with(stage, verifier=watched(fail))
    answer = through(application, failing).phone.give_evidence(application.link_id, ids)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert_untouched(application, set(ids), tries_left=5)


def watched(meanwhile: Callable[[], None]) -> Callable[[], FaceVerifier]:
    """The real verifier, with something happening just before it judges."""

    def load() -> FaceVerifier:
        meanwhile()
        return verifier()

    return load


@pytest.mark.gate
def test_no_database_connection_is_held_while_a_face_is_looked_for(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)
    held: list[int] = []
    pool: Any = stage.joined.db.engine.pool
    slow = joined_with(stage, verifier=watched(lambda: held.append(pool.checkedout())))
    answer = through(application, slow).phone.give_evidence(application.link_id, ids)
    assert answer.status == 201, answer.body
    assert held == [0]


def name_another(phone: Phone, application: Application) -> None:
    person = application.stage.demo.persons["nora"]
    answer = phone.give_family_account(application.link_id, person.name, person.number, "child")
    assert answer.ok, answer.body


@pytest.mark.gate
def test_what_was_judged_for_one_relative_is_never_taken_for_another(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)
    swapped = joined_with(
        stage, verifier=watched(lambda: name_another(application.phone, application))
    )
    answer = through(application, swapped).phone.give_evidence(application.link_id, ids)
    assert (answer.status, answer.code) == (409, "conflict")
    assert_untouched(application, set(ids), tries_left=4)
