"""Contributions, balances and benefits: sealed, loaded from CSV or refused by line."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ecard.registry.accounts import months_of
from ecard.registry.port import (
    Arrears,
    Balance,
    Benefit,
    CardHeld,
    Contribution,
    Payment,
    TransferResult,
)
from ecard.registry.sql import SqlRegistry
from tests.demo.ground import Ground
from tests.registry.test_sql import ADA, PERSONS, files, findings, load

CONTRIBUTIONS = "person_ref,year,kind,months,cents"
BALANCES = "person_ref,kind,cents,as_of"
BENEFITS = "ref,person_ref,kind,since,until,cents"
ARREARS = "person_ref,kind,cents"


@pytest.fixture
def registry(ground: Ground) -> SqlRegistry:
    return SqlRegistry(ground.joined.db, ground.joined.dependencies.vault)


def core(folder: Path, **lines: str) -> Path:
    made = files(folder, f"{PERSONS}\n{ADA}\n")
    heads = {"contributions": CONTRIBUTIONS, "balances": BALANCES, "benefits": BENEFITS}
    heads["arrears"] = ARREARS
    for name, text in lines.items():
        (made / f"{name}.csv").write_text(f"{heads[name]}\n{text}\n", encoding="utf-8")
    return made


def test_accounts_are_loaded_and_loading_again_doubles_nothing(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    folder = core(
        tmp_path,
        contributions="ada,2024,pension,1-6 9,120000\nada,2023,medical,,0",
        balances="ada,medical,4210,2026-11-01",
        benefits="b-ada,ada,survivors,2025-02-28,,50000",
    )
    for _ in range(2):
        done = load(ground, folder)
        assert (done.contributions, done.balances, done.benefits) == (2, 1, 1)
    assert registry.contributions("ada") == (
        Contribution(2023, "medical", (), 0),
        Contribution(2024, "pension", (1, 2, 3, 4, 5, 6, 9), 120_000),
    )
    assert registry.balances("ada") == (Balance("medical", 4_210, date(2026, 11, 1)),)
    drawn = Benefit("b-ada", "survivors", date(2025, 2, 28), None, 50_000)
    assert registry.benefits("ada") == (drawn,)
    assert registry.benefits("nobody") == ()


def test_arrears_are_loaded_and_gone_once_they_are_paid(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    owing = core(tmp_path, arrears="ada,pension,1250\nada,medical,0")
    assert load(ground, owing).arrears == 2
    assert registry.arrears("ada") == (Arrears("pension", 1_250),)
    (owing / "arrears.csv").write_text(f"{ARREARS}\nada,pension,0\n", encoding="utf-8")
    load(ground, owing)
    assert registry.arrears("ada") == registry.arrears("nobody") == ()


def test_a_transfer_is_noted_once_and_only_a_completed_one_moves_the_person(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    load(ground, core(tmp_path))
    told = TransferResult("t1", "ada", "north-harbour", "lakes", "refused", date(2026, 11, 18))
    registry.tell_transfer(told)
    assert region_of(registry) == "north-harbour"
    registry.tell_transfer(replace(told, outcome="completed"))  # the same one again
    assert region_of(registry) == "north-harbour"
    registry.tell_transfer(replace(told, ref="t2", outcome="completed"))
    assert region_of(registry) == "lakes"
    with pytest.raises(LookupError):
        registry.tell_transfer(replace(told, ref="t3", person_ref="nobody"))


def region_of(registry: SqlRegistry) -> str:
    known = registry.person("ada")
    assert known is not None
    return known.region_code


def test_a_card_asked_for_in_the_name_of_one_order_is_one_card(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    load(ground, core(tmp_path))
    until = date(2036, 11, 18)
    card = registry.issue_card("ada", until, order="a")
    assert registry.issue_card("ada", until, order="a") == card
    with pytest.raises(CardHeld):
        registry.issue_card("ada", until, order="b")


def test_every_wrong_column_of_an_account_is_named_by_file_and_line(
    ground: Ground, tmp_path: Path
) -> None:
    folder = core(
        tmp_path,
        contributions="ada,24,lottery,6-1,-3\nzed,2024,pension,1-13,5",
        balances="ada,medical,1.5,yesterday",
        benefits="b,ada,old_age,2025-02-30,2024-01-01,5",
    )
    found = [one.split(": ")[0] for one in findings(ground, folder)]
    assert found == [
        "contributions.csv line 2",
        "contributions.csv line 2",
        "contributions.csv line 2",
        "contributions.csv line 2",
        "contributions.csv line 3",
        "contributions.csv line 3",
        "balances.csv line 2",
        "balances.csv line 2",
        "benefits.csv line 2",
        "benefits.csv line 2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1-3 12", (1, 2, 3, 12)), ("", ()), ("0-2", None), ("5 4", None), ("1-3 3-5", None)],
)
def test_months_are_in_order_and_each_stands_once(
    text: str, expected: tuple[int, ...] | None
) -> None:
    assert months_of(text) == expected


def test_the_registry_is_told_of_a_payment_and_keeps_it_when_loaded_again(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    folder = core(tmp_path, benefits="b-ada,ada,old_age,2025-02-28,,50000")
    load(ground, folder)
    registry.tell_payment(Payment("b-ada", False, date(2026, 3, 16), "stopped"))
    load(ground, folder)
    (drawn,) = registry.benefits("ada")
    assert drawn == replace(drawn, paid=False, cents=50_000)
    with pytest.raises(LookupError):
        registry.tell_payment(Payment("b-zed", True, date(2026, 3, 16), "certified"))


def test_beneficiaries_come_in_order_a_few_at_a_time(registry: SqlRegistry) -> None:
    first = registry.beneficiaries("", 2)
    assert len(first) == 2
    assert registry.beneficiaries(first[-1], 50)[0] > first[-1]
