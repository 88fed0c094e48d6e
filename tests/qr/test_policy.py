"""Names as a clerk sees them, and which keys sign and are published when."""

from datetime import UTC, datetime, timedelta

import pytest

from ecard.qr.policy import begun, masked, published

DAY, MINUTE = timedelta(days=1), timedelta(seconds=70)
START = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lucia Marín", "L* M*"),
        ("  élodie   O'Neill ", "é* O*"),
        ("王小明", "王*"),
        ("Åse", "Å*"),
        ("A\u030ase", "Å*"),
        ("One Two Three Four Five", "O* T* T* F*"),
        ("", "*"),
        ("\x07bell", "*"),
    ],
)
def test_a_name_is_shown_by_its_first_letters_only(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_the_key_that_began_last_signs() -> None:
    starts = [START, START + DAY]
    assert begun(starts, START - DAY) is None
    assert begun(starts, START) == START
    assert begun(starts, START + DAY - MINUTE) == START
    assert begun(starts, START + DAY) == START + DAY


def test_a_key_is_published_before_it_signs_and_until_its_last_token_is_over() -> None:
    starts = [START, START + DAY]
    assert published(starts, START, MINUTE) == (START, START + DAY)
    assert published(starts, START + DAY, MINUTE) == (START, START + DAY)
    just_before = START + DAY + MINUTE - timedelta(seconds=1)
    assert published(starts, just_before, MINUTE) == (START, START + DAY)
    assert published(starts, START + DAY + MINUTE, MINUTE) == (START + DAY,)
    assert published([], START, MINUTE) == ()
