"""Every sentence in every language, and the right language for what phones send."""

import json
import string
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ecard.errors import all_refusals
from ecard.family.errors import CapReached
from ecard.family.policy import GROUPS
from ecard.locale import LANGUAGES, catalogue, last_day_before, negotiate, sentence
from ecard.tables import metadata

PARTS = Path(str(files("ecard.locale").joinpath("parts")))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_exists_in_every_language_with_the_same_placeholders() -> None:
    wrong = []
    for code, texts in catalogue().items():
        if set(texts) != set(LANGUAGES):
            wrong.append(f"{code}: {sorted(texts)}")
        elif len({frozenset(placeholders(text)) for text in texts.values()}) > 1:
            wrong.append(f"{code}: placeholders differ")
    assert not wrong, wrong


def test_no_code_is_claimed_by_two_files() -> None:
    codes = Counter(
        code for part in PARTS.glob("*.json") for code in json.loads(part.read_text("utf-8"))
    )
    assert [code for code, times in codes.items() if times > 1] == []


def test_every_refusal_has_a_sentence() -> None:
    metadata()
    import ecard.app  # noqa: F401 - every room declares its refusals when it is imported

    missing = [kind.code for kind in all_refusals() if kind.code not in catalogue()]
    assert not missing


def test_codes_are_unique_and_well_formed() -> None:
    import ecard.app  # noqa: F401 - every room declares its refusals when it is imported

    codes = [kind.code for kind in all_refusals()]
    assert len(codes) == len(set(codes))
    assert all(set(code) <= set(string.ascii_lowercase + "_") for code in codes)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-Hans-CN", "zh-Hans"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-TW", "en"),
        ("zh-Hant-TW, es;q=0.5", "es"),
        ("es-419", "es"),
        ("fr-FR, es;q=0.3, en;q=0.2", "es"),
        ("en-GB;q=0.2, es;q=0.8", "es"),
        ("", "en"),
        ("*", "en"),
        ("xx-garbage-" + "y" * 600, "en"),
        ("es;q=abc, zh;q=0.1", "zh-Hans"),
        ("es;q=0", "en"),
    ],
)
def test_the_language_that_a_phone_means_is_chosen(header: str, language: str) -> None:
    assert negotiate(header) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_cap_is_said_in_words_of_its_own_and_no_code_is_shown(language: str) -> None:
    groups = {*GROUPS.values(), "all", "month"}
    refusals = [CapReached(group=group, cap=3) for group in groups]
    said = {sentence(one.said_as, language, **one.params) for one in refusals}
    assert len(said) == len(groups)
    assert not [text for text in said if "(" in text]


def test_a_sentence_is_filled_with_its_numbers() -> None:
    assert "3" in sentence("cap_reached", "es", cap=3)


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert last_day_before(datetime(2026, 12, 19, tzinfo=zone)) == date(2026, 12, 18)
    assert last_day_before(datetime(2026, 12, 19, 0, 1, tzinfo=zone)) == date(2026, 12, 19)
