"""Every word of the app in every language, none missing and none left over."""

import json
import re
import string
from importlib.resources import files
from pathlib import Path

import pytest

from biometrics.challenge import Move
from biometrics.types import UnusableReason
from ecard.activation.policy import FACELESS_ROUTES
from ecard.card_applications import policy as cards
from ecard.cards.schemas import STATES as CARD_STATES
from ecard.certification import policy as proofs
from ecard.certification.appealing import APPEAL, STOP_APPEAL
from ecard.documents.policy import DocumentKind
from ecard.documents.schemas import NeedSchema
from ecard.family.policy import OVER, RELATIONS, SCOPES, STATES
from ecard.locale import LANGUAGES
from ecard.own_data import policy as own_data
from ecard.own_data.erasing import DESTROYED, HELD, UNDER_WAY
from ecard.policy.policy import NUMBER_FORMATS
from ecard.qr.tokens import OPERATIONS
from ecard.registry.port import BENEFIT_KINDS, CONTRIBUTION_KINDS
from ecard.review.policy import (
    DECISION_REASONS,
    DISPUTE_REASONS,
    NOT_DISCLOSED,
    DecisionOutcome,
)
from ecard.transfers import policy as transfers

APP = Path(str(files("ecard.web"))) / "app"
REJECTED = {*DECISION_REASONS[DecisionOutcome.REJECTED], NOT_DISCLOSED}
NEEDS = NeedSchema().fields["name"].validate.choices  # type: ignore[attr-defined]
PART = re.compile(r"\bt\(`([^`$]*)\$\{[^}]*\}([^`$]*)`")
WHOLE = re.compile(r'"([a-z_]+(?:\.[a-z_0-9]+)+|[a-z]+)"')
ASKED = re.compile(r'\bt\("([^"]+)"')
TAGS = re.compile(r"<[a-z/!]")


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((APP / "strings" / f"{language}.json").read_text("utf-8"))
    return found


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(APP.rglob("*.js")))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_in_every_language_with_the_same_placeholders(language: str) -> None:
    here, english = words(language), words("en")
    assert set(here) == set(english)
    wrong = [key for key in english if placeholders(here[key]) != placeholders(english[key])]
    wrong += [key for key, text in here.items() if not text.strip() or TAGS.search(text)]
    assert not wrong


def test_no_word_is_asked_for_that_is_not_there() -> None:
    assert not set(ASKED.findall(code())) - set(words("en"))


def test_no_word_is_left_over_that_no_page_asks_for() -> None:
    named = set(WHOLE.findall(code()))
    parts = [(start, end) for start, end in PART.findall(code()) if start]
    unused = [
        key
        for key in words("en")
        if key not in named
        and not any(key.startswith(start) and key.endswith(end) for start, end in parts)
    ]
    assert not unused


@pytest.mark.parametrize(
    ("start", "values"),
    [
        ("relation", RELATIONS),
        ("state", STATES),
        ("scope", SCOPES),
        ("paper", DocumentKind),
        ("operation", OPERATIONS),
        ("move", Move),
        ("kind", {*CONTRIBUTION_KINDS, *BENEFIT_KINDS}),
        ("card", (*CARD_STATES, "none")),
        ("account.number_hint", NUMBER_FORMATS),
        ("reason", (*UnusableReason, "liveness_undecided")),
        ("need", NEEDS),
        ("standing", {*OVER, "suspended", "disputed"} - {"rejected"}),
        ("outcome", ("no_match", "presentation_attack")),
        ("ways", FACELESS_ROUTES),
        ("proof.state", proofs.STATES),
        ("proof.route", (proofs.COUNTER, proofs.VISIT, proofs.FACE)),
        ("proof.case", (proofs.VISIT, proofs.FACE, APPEAL, STOP_APPEAL)),
        ("proof.reason", (*proofs.REASONS[True], *proofs.REASONS[False], proofs.OVERTAKEN)),
        ("decided.reason", (*REJECTED, *(one for of in DISPUTE_REASONS.values() for one in of))),
        ("transfers.state", transfers.STATES),
        ("transfers.stage", (*transfers.STAGES, transfers.COMPLETED)),
        ("transfers.withdrawal", transfers.WITHDRAWAL.values()),
        ("cards.state", cards.STATES),
        ("why", (*transfers.ALL_REFUSAL_REASONS, *cards.ALL_FAILURE_REASONS)),
        ("field", own_data.FIELDS),
        ("data.outcome", own_data.REASONS),
        ("data.face_state", (UNDER_WAY, HELD, DESTROYED)),
        ("card.password", ("not_set", "set", "locked")),
    ],
)
def test_what_the_service_may_answer_has_a_word(start: str, values: object) -> None:
    wanted = {f"{start}.{value}" for value in values}  # type: ignore[attr-defined]
    assert not wanted - set(words("en"))
