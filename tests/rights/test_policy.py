"""Gaps in what was paid in, and how codes and names are written."""

from datetime import date

from ecard.registry.port import Benefit, Contribution
from ecard.rights.policy import gaps, masked_name, read_code, shown_code

ALL = tuple(range(1, 13))
TODAY = date(2026, 11, 18)


def paid(year: int, months: tuple[int, ...] = ALL, kind: str = "pension") -> Contribution:
    return Contribution(year, kind, months, 100)


def spans(*paid_in: Contribution, benefits: tuple[Benefit, ...] = ()) -> list[tuple[str, str, int]]:
    found = gaps(paid_in, benefits, TODAY)
    return [(f"{one.first:%Y-%m}", f"{one.last:%Y-%m}", one.months) for one in found]


def test_months_between_two_contributions_are_a_gap_also_over_a_new_year() -> None:
    found = spans(paid(2025, (1, 2, 3, 4, 9)), paid(2026, (2, 3, 4, 5, 6, 7, 8, 9, 10)))
    assert found == [("2025-05", "2025-08", 4), ("2025-10", "2026-01", 4)]


def test_the_running_month_is_no_gap_yet_and_nothing_is_missing_before_the_first() -> None:
    assert spans(paid(2026, (3, 4, 5, 6, 7, 8, 9, 10))) == []
    assert spans(paid(2026, (10,))) == []
    assert spans(paid(2026, (9,))) == [("2026-10", "2026-10", 1)]
    assert spans() == []


def test_each_kind_has_gaps_of_its_own() -> None:
    found = gaps([paid(2026, (9,)), paid(2026, (8, 10), "medical")], (), TODAY)
    assert [(one.kind, one.months) for one in found] == [("medical", 1), ("pension", 1)]


def test_whoever_draws_an_old_age_pension_pays_in_no_longer() -> None:
    pension = Benefit("b", "old_age", date(2026, 3, 15), None, 100)
    survivors = Benefit("c", "survivors", date(2020, 1, 1), None, 100)
    assert spans(paid(2025), benefits=(pension, survivors)) == [("2026-01", "2026-02", 2)]


def test_a_code_is_read_however_it_is_typed_and_a_name_only_by_its_owner() -> None:
    assert shown_code("ABCDEFGH23456789") == "ABCD-EFGH-2345-6789"
    assert read_code(" abcd-EFGH 2345–6789 ") == "ABCDEFGH23456789"
    assert masked_name("Lucía Prado 王小明") == "L•••• P•••• 王••"
