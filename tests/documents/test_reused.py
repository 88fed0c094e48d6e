"""A document that was somebody else's before: a person is told, the holder never is."""

import json

import pytest

from tests.documents.applications import Application, apply, sign_in_again
from tests.support import Stage

PAPERS = ("birth_certificate", "face_photo")


def reasons(application: Application) -> set[str]:
    """Why a person looks at it."""
    return {reason for case in application.cases() for reason in case.reasons}


@pytest.mark.gate
def test_a_picture_of_one_person_given_for_another_goes_to_a_person_unnamed(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    assert (first.state(), reasons(first)) == ("awaiting_face", set())
    second = apply(stage, "sofia", "clara", "child")
    answer = second.give(*PAPERS)
    assert (answer.status, second.state()) == (201, "in_review")
    assert reasons(second) == {"picture_reused"}
    told = [answer.body, second.evidence(), second.phone.must("GET", f"/links/{second.link_id}")]
    assert "reused" not in json.dumps(told)


@pytest.mark.gate
def test_the_same_picture_for_the_same_person_again_is_no_reason(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    first.phone.must("POST", f"/links/{first.link_id}/withdrawal")
    again = apply(stage, "lucia", "mateo", "child", sign_in_again(stage, "lucia", first.phone))
    assert again.give(*PAPERS).status == 201
    assert (again.state(), reasons(again)) == ("awaiting_face", set())
