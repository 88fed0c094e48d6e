"""The whole history as a file: the same lines for both sides, in the reader's language."""

import csv
import io
import re
import uuid
from pathlib import Path

import pypdfium2
import pytest

import ecard
from ecard.locale import LANGUAGES, catalogue
from tests.family.scene import born, change, invent, move, sign_in
from tests.rights.test_rights import Family
from tests.support import Stage

READ = 11
"""More than a page of the list."""


@pytest.fixture
def family(stage: Stage) -> Family:
    found = Family(stage)
    assert found.read().ok
    return found


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def words(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def test_both_sides_get_every_line_as_csv(family: Family) -> None:
    for _ in range(READ - 1):
        assert family.read().ok
    mother = sign_in(family.stage, family.mother)
    paths = (f"/links/{family.link_id}/acts/file", "/acts-on-me/file?format=csv")
    holders = family.phone.send("GET", paths[0])
    assert holders.headers["Content-Type"].startswith("text/csv")
    assert "history.csv" in holders.headers["Content-Disposition"]
    found = rows(holders.body)
    assert len(found) == READ
    assert {(row["who"], row["action"]) for row in found} == {(family.daughter.name, "rights.read")}
    assert all(re.fullmatch(r"2026-\d\d-\d\dT.*[+-]\d\d:\d\d", row["at"]) for row in found)
    for path in paths:
        assert rows(mother.send("GET", path).body) == found


@pytest.mark.gate
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_in_the_reader_s_language(family: Family, language: str) -> None:
    family.phone.language = language
    path = f"/links/{family.link_id}/acts/file?format=pdf"
    printed = words(family.phone.send("GET", path).body)
    assert catalogue()["history.title"][language] in printed
    said = catalogue()["act.rights.read"][language]
    assert re.sub(r"\s", "", printed).count(re.sub(r"\s", "", said)) == 1


def test_in_a_dispute_the_file_tells_no_more_than_the_list(family: Family) -> None:
    mother = sign_in(family.stage, family.mother)
    move(family.stage, family.link_id, "disputed", "objected_by_guardian")
    for form in ("csv", "pdf"):
        path = f"/links/{family.link_id}/acts/file?format={form}"
        content = mother.send("GET", path).body
        told = rows(content) if form == "csv" else words(content).count(family.daughter.name)
        assert not told


def test_a_name_is_never_a_formula(stage: Stage) -> None:
    person = change(stage, invent(stage, "ada", born(40)), name='=HYPERLINK("http://x")')
    phone = sign_in(stage, person)
    assert phone.send("GET", "/rights").ok
    (row,) = rows(phone.send("GET", "/acts-on-me/file").body)
    assert row["who"] == "'" + person.name


@pytest.mark.gate
def test_so_many_files_a_day_and_no_more(family: Family) -> None:
    path = f"/links/{family.link_id}/acts/file"
    assert all(family.phone.send("GET", path).ok for _ in range(20))
    refused = family.phone.send("GET", path)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_401


def test_another_s_history_is_not_there(family: Family) -> None:
    stranger = sign_in(family.stage, invent(family.stage, "zoe", born(50)))
    for link_id in (family.link_id, uuid.uuid4()):
        answer = stranger.send("GET", f"/links/{link_id}/acts/file")
        assert (answer.status, answer.code) == (404, "not_found")


def test_every_act_in_the_code_has_a_sentence() -> None:
    code = "".join(path.read_text() for path in Path(ecard.__file__).parent.rglob("*.py"))
    actions = set(re.findall(r"acts\.note\([^)]*\"([a-z_]+\.[a-z_]+)\"", code))
    actions |= set(re.findall(r"action=\"((?:certification|rights)\.[a-z_]+)\"", code))
    assert len(actions) >= 8
    assert actions <= {name.removeprefix("act.") for name in catalogue()}
