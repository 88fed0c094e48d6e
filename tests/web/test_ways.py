"""Where a refusal's `next` and a message lead: to a page that is there, or the page is the way."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import ecard.app  # noqa: F401 - every room declares its refusals
from ecard.errors import all_refusals

PACKAGE = Path(str(files("ecard")))
APP, STAFF = PACKAGE / "web" / "app", PACKAGE / "web" / "staff"
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


# --- where messages lead -----------------------------------------------------------------------

LEADS = re.compile(r'^  (\w+): \["([\w.]+)", "([^"]+)"\],$', re.MULTILINE)
ROOMS = re.compile(r'(\w+): "(/\w+)"')
ADDRESS = re.compile(r"public_address\}/([\w-]+)")


def told(start: str) -> set[str]:
    """Kinds of messages that are sent."""
    parts = (PACKAGE / "locale" / "parts").glob("*.json")
    known = {key for part in parts for key in json.loads(part.read_text(encoding="utf-8"))}
    return {key.removeprefix(start) for key in known if key.startswith(start)}


def test_a_message_that_leads_on_is_sent_and_leads_to_a_page_of_its_reader() -> None:
    source = (APP / "pages" / "messages.js").read_text(encoding="utf-8")
    inside = source[source.index("const LEADS") : source.index("export ")]
    leads = LEADS.findall(inside)
    assert len(leads) == inside.count("[")
    assert not {kind for kind, _, _ in leads} - told("message.")
    assert not {path for _, _, path in leads if not any(one.fullmatch(path) for one in routes())}
    assert not {path for _, _, path in leads if "/link/" in path}  # which may be over by then


def test_a_message_to_a_desk_leads_to_a_room_that_says_when_it_is_elsewhere_now() -> None:
    source = (STAFF / "pages" / "messages.js").read_text(encoding="utf-8")
    rooms = dict(ROOMS.findall(source[source.index("const ROOMS") : source.index("export ")]))
    assert rooms
    assert not set(rooms) - told("desk.")
    doors = (STAFF / "routes.js").read_text(encoding="utf-8")
    said = json.loads((STAFF / "strings" / "en.json").read_text(encoding="utf-8"))
    for room in rooms.values():
        assert f"[path(`{room}/${{ID}}`)," in doors
        assert f"said{room.replace('/', '.')}.not_found" in said


def test_every_address_in_a_message_is_served_and_opens_in_the_demos_mailbox(
    client: FlaskClient,
) -> None:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    sent = {place for text in texts for place in ADDRESS.findall(text)} - {"check"}
    shown = (APP / "pages" / "mailbox.js").read_text(encoding="utf-8")
    for place in sent:
        assert client.get(f"/{place}").status_code in (200, 302)
        assert place in shown
