"""Numbers: what is well formed, what a number says, and what is shown of it."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric

from ecard.demo.loader import invented_number
from ecard.registry.numbers import check, mask, naf_check_digits, normalise

BORN = st.dates(date(1900, 1, 1), date(2025, 12, 31))
SEX = st.sampled_from(["female", "male"])


@given(BORN, SEX)
def test_a_resident_s_number_says_birth_date_and_sex(born: date, sex: str) -> None:
    facts = check(invented_number("110101", born, sex, set()), "cn.ric")
    assert (facts.valid, facts.birth_date, facts.sex) == (True, born, sex)


PLACES = """110221 changping_county_to_1999
110112 tongzhou_from_1997
310226 fengxian_county_to_2001
512323 fuling_before_chongqing
440301 shenzhen
810000 hong_kong_residence_permit
820000 macao_residence_permit
830000 taiwan_residence_permit"""


@pytest.mark.parametrize("place", PLACES.splitlines())
@pytest.mark.parametrize("year", [1925, 1955, 1984, 2010])
def test_a_number_is_right_whatever_its_district_was_called_in_the_year_of_birth(
    place: str, year: int
) -> None:
    born = date(year, 3, 14)
    facts = check(invented_number(place[:6], born, "female", set()), "cn.ric")
    assert (facts.valid, facts.birth_date, facts.sex) == (True, born, "female")


@given(st.integers(100_000, 999_999), BORN, SEX)
def test_the_place_of_a_number_decides_nothing(place: int, born: date, sex: str) -> None:
    assert check(invented_number(str(place), born, sex, set()), "cn.ric").valid


@pytest.mark.parametrize("day", ["19550230", "19551301", "19550000", "00010101", "17991231"])
def test_a_birth_date_that_cannot_be_is_no_number(day: str) -> None:
    start = f"110221{day}002"
    assert not check(start + ric.calc_check_digit(start + "0"), "cn.ric").valid


@given(BORN, SEX, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(born: date, sex: str, place: int, add: int) -> None:
    number = invented_number("110101", born, sex, set())
    wrong = number[:place] + str((int(number[place]) + add) % 10) + number[place + 1 :]
    assert not check(wrong, "cn.ric").valid


@given(BORN, SEX, st.integers(0, 15))
def test_two_swapped_digits_are_always_found(born: date, sex: str, place: int) -> None:
    number = invented_number("110101", born, sex, set())
    assume(number[place] != number[place + 1])
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not check(wrong, "cn.ric").valid


NO_NUMBERS = """1
11010119900101000
110101199002300009
999999199001010000
１１０１０１19900101000X9
11010119900101000\x00
------------------
xxxxxxxxxxxxxxxxxx
٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣"""


@pytest.mark.parametrize("number", ["", *NO_NUMBERS.splitlines()])
def test_what_is_no_number_is_not_valid(number: str) -> None:
    assert not check(number, "cn.ric").valid
    assert not check(number, "es.naf").valid


@given(st.text(max_size=24))
def test_no_text_breaks_the_check(text: str) -> None:
    for number_format in ("cn.ric", "es.naf"):
        facts = check(text, number_format)
        assert facts.valid or facts.birth_date is None
        assert facts.valid == check(normalise(text), number_format).valid


def test_separators_small_letters_and_wide_digits_do_not_matter() -> None:
    starts = (f"110101199001010{order:02d}" for order in range(100))
    start = next(one for one in starts if ric.calc_check_digit(f"{one}0") == "X")
    wide = "".join(chr(ord(c) + 0xFEE0) for c in start)
    for written in (f"{start}x", f" {start[:6]} {start[6:14]}-{start[14:]}X", f"{wide}Ｘ"):
        assert check(written, "cn.ric").valid
        assert normalise(written) == f"{start}X"


@pytest.mark.parametrize("number", ["281234567840", "28 12345678 40", "28/12345678-40"])
def test_a_known_affiliation_number_is_valid(number: str) -> None:
    """28 12345678 40 is the specimen that Spanish software documentation uses."""
    assert check(number, "es.naf").valid


def test_a_short_serial_is_added_to_the_province() -> None:
    assert naf_check_digits("0800000001") == f"{(8 * 10_000_000 + 1) % 97:02d}"
    assert naf_check_digits("2812345678") == f"{2812345678 % 97:02d}"


@given(st.integers(1, 53), st.integers(0, 99_999_999), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_of_an_affiliation_number_is_found(
    province: int, serial: int, place: int, add: int
) -> None:
    start = f"{province:02d}{serial:08d}"
    number = start + naf_check_digits(start)
    assert check(number, "es.naf").valid
    wrong = number[:place] + str((int(number[place]) + add) % 10) + number[place + 1 :]
    # between short and long serials the formula itself differs, so a digit there may be missed
    assume((serial < 10_000_000) == (int(wrong[2:10]) < 10_000_000))
    assert not check(wrong, "es.naf").valid


def test_an_affiliation_number_says_neither_age_nor_sex() -> None:
    facts = check("281234567840", "es.naf")
    assert (facts.birth_date, facts.sex) == (None, None)


def test_an_unknown_format_is_our_fault_not_the_number_s() -> None:
    with pytest.raises(ValueError, match="not a number format"):
        check("281234567840", "xx.any")


@given(st.text(alphabet="0123456789X -", max_size=30))
def test_a_masked_number_shows_its_last_four_at_most(number: str) -> None:
    plain, shown = normalise(number), mask(number)
    assert len(shown) == len(plain)
    assert shown.lstrip("•") == (plain[-4:] if len(plain) > 4 else "")
