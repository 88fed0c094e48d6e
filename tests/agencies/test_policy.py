"""How long staff wait after failures in a row."""

from ecard.agencies.policy import wait_after


def waits(*failures: int) -> list[int]:
    return [wait_after(n, free=10, first_seconds=30, longest_seconds=3600) for n in failures]


def test_the_first_failures_cost_no_wait_and_then_it_doubles_up_to_an_hour() -> None:
    assert waits(0, 1, 9) == [0, 0, 0]
    assert waits(10, 11, 12, 16, 17, 18, 99, 10_000) == [30, 60, 120, 1920, 3600, 3600, 3600, 3600]
