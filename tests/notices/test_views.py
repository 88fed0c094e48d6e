"""Notices over HTTP: in the holder's language, with the hash to send back."""

import hashlib
from typing import Any

import pytest

from tests.support import Stage

WORDS = [("en", "Family"), ("es", "familiares"), ("zh-Hans", "家庭")]


@pytest.mark.parametrize(("language", "word"), WORDS)
def test_the_notice_comes_in_the_phone_s_language(stage: Stage, language: str, word: str) -> None:
    phone = stage.signed_in("lucia", password=None)
    phone.language = language
    notice = phone.must("GET", "/notices/family_services")
    assert notice["language"] == language
    assert word in notice["title"]
    assert notice["text_sha256"] == hashlib.sha256(notice["text"].encode()).hexdigest()


def test_the_face_notice_is_there_and_other_kinds_are_not(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    face = phone.must("GET", "/notices/face_processing")
    assert face["kind"] == "face_processing"
    assert "say no" in face["text"]
    answer = phone.send("GET", "/notices/weather")
    assert (answer.status, answer.code) == (404, "not_found")


def test_notices_are_for_those_signed_in(client: Any) -> None:
    assert client.get("/api/v1/notices/family_services").status_code == 401
