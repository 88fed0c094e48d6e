"""Where a refusal's `next` leads in the app: to a page that is there, or the page is the way."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

import ecard.app  # noqa: F401 - every room declares its refusals
from ecard.errors import all_refusals

APP = Path(str(files("ecard.web"))) / "app"
SOURCE = (APP / "ways.js").read_text(encoding="utf-8")
ROUTES = (APP / "routes.js").read_text(encoding="utf-8")
LINK = "/link/00000000-0000-4000-8000-000000000000"
ID = "([0-9a-f-]{36})"
TABLE = re.compile(r"const (ANYWHERE|OF_SOMEBODY|IN_APPLICATION) = \{(.*?)\};", re.DOTALL)
ENTRY = re.compile(r'^  (\w+): "([^"]*)",$', re.MULTILINE)

ON_THE_PAGE = {
    "ask_for_invitation", "ask_guardian", "ask_relative", "choose_end_date", "collect_card",
    "continue_upload", "draw_challenge", "draw_digits", "face", "list_documents",
    "read_capture_session", "sign_out",
}  # fmt: skip
"""The sentence says whom to ask, or the page that was refused has the button that goes on."""
AT_A_DESK = {
    "administrator", "another_person", "answer_correction", "ask_for_opening", "compare_code",
    "list_cases", "list_end_date_orders", "read_case", "redeem_certification_code",
    "refuse_transfer", "see_identity_document", "show_new_code",
}  # fmt: skip
"""Said to staff and at agencies only."""


def ways() -> dict[str, dict[str, str]]:
    return {name: dict(ENTRY.findall(inside)) for name, inside in TABLE.findall(SOURCE)}


def routes() -> list[re.Pattern[str]]:
    forms = re.findall(r"\[path\([`\"](.+?)[`\"]\),", ROUTES)
    forms = [form.replace("${WHOSE}", f"(?:/link/{ID})?").replace("${ID}", ID) for form in forms]
    return [re.compile(form) for form in forms]


def test_every_next_of_a_refusal_has_a_way_on() -> None:
    known = {name for table in ways().values() for name in table} | ON_THE_PAGE | AT_A_DESK
    assert not {kind.next for kind in all_refusals() if kind.next} - known


@pytest.mark.parametrize("table", ["ANYWHERE", "OF_SOMEBODY", "IN_APPLICATION"])
def test_every_way_on_leads_to_a_page_that_is_there(table: str) -> None:
    paths = set(ways()[table].values())
    if table != "ANYWHERE":
        paths = {LINK + rest for rest in paths} | (
            paths - {""} if table == "OF_SOMEBODY" else set()
        )
    assert paths
    assert not {path for path in paths if not any(one.fullmatch(path) for one in routes())}
