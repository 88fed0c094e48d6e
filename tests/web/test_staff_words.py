"""Every word of the staff console in every language, none missing and none left over."""

import json
import re
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest

import ecard.app  # noqa: F401 - every room declares its refusals
from biometrics.fusion import WEIGHTS, Attack
from biometrics.quality import MEASURES
from biometrics.texture import CUES
from ecard.card_applications.policy import ALL_FAILURE_REASONS
from ecard.certification.policy import REASONS as PROOF_REASONS
from ecard.errors import all_refusals
from ecard.family.policy import CONFIRMED, REJECTED_FOR
from ecard.locale import LANGUAGES
from ecard.review.schemas import KINDS, OUTCOMES, REASONS
from ecard.transfers.policy import REFUSAL_REASONS
from tests.web.test_words import TAGS, WHOLE, placeholders
from tests.web.test_words import words as words_of_app

STAFF = Path(str(files("ecard.web"))) / "staff"
PART = re.compile(r"\b(?:t|coded)\(`([^`$]*)\$\{")
NAMED = re.compile(r'\bnamed\([^;]*?, "([a-z_.]+)"\)')
ASKED = re.compile(r'\bt\("([^"]+)"')


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STAFF / "strings" / f"{language}.json").read_text("utf-8"))
    return found


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(STAFF.rglob("*.js")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_in_every_language_with_the_same_placeholders(language: str) -> None:
    here, english = words(language), words("en")
    assert set(here) == set(english)
    wrong = [key for key in english if placeholders(here[key]) != placeholders(english[key])]
    wrong += [key for key, text in here.items() if not text.strip() or TAGS.search(text)]
    assert not wrong


def test_the_console_says_nothing_otherwise_than_the_app() -> None:
    assert not set(words("en")) & set(words_of_app("en"))


def test_no_word_is_asked_for_that_is_not_there() -> None:
    assert not set(ASKED.findall(code())) - set(words("en")) - set(words_of_app("en"))


def test_what_is_said_and_led_to_in_another_way_is_a_refusal_of_the_service() -> None:
    refusals = all_refusals()
    named = {key.split(".")[-1] for key in words("en") if key.startswith("said.")}
    assert not named - {kind.code for kind in refusals}
    ways = re.search(r"const WAYS = \{(.*?)\};", code(), re.DOTALL)
    assert ways
    known = {kind.next for kind in refusals}
    assert not set(re.findall(r"(\w+): \"", ways[1])) - known


def test_no_word_is_left_over_that_no_page_asks_for() -> None:
    named, starts = set(WHOLE.findall(code())), set(PART.findall(code())) - {""}
    starts |= {f"{start}." for start in NAMED.findall(code())}
    left = [k for k in words("en") if k not in named and not k.startswith(tuple(starts))]
    assert not left


@pytest.mark.parametrize(
    ("start", "values"),
    [
        ("kind_of", [*KINDS, "face", "visit", "appeal", "stop_appeal"]),
        ("reason_of", [*ALL_FAILURE_REASONS, *chain(*REFUSAL_REASONS.values())]),
        ("outcome_of", [*OUTCOMES, CONFIRMED]),
        ("reason_of", REJECTED_FOR),
        ("measure", [*MEASURES, *WEIGHTS, *(f"life_against_{kind}" for kind in Attack)]),
        ("measure", [f"light_{what}" for what in ("background", "agreement", "nose", "lag")]),
        ("measure", [f"texture_{cue}" for cue in CUES]),
        ("measure", ["light_seen", "depth_seen", "light_apart", "relief_seen", "same_person"]),
        ("unit", {one.unit for one in MEASURES.values()} - {"ratio"}),
        ("reason_of", [*REASONS, *PROOF_REASONS[True], *PROOF_REASONS[False]]),
    ],
)
def test_what_the_service_may_answer_has_a_word(start: str, values: list[str]) -> None:
    assert not {f"{start}.{value}" for value in values} - set(words("en"))
