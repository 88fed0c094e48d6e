"""Specimens are those printed in ICAO Doc 9303, parts 4 to 7; their person does not exist."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.es import dni

from uploads.documents.check_digits import LOOK_ALIKES, check_digit, equals, untold
from uploads.documents.dates import NO_END, birth_date, expiry_date
from uploads.documents.mrz import is_spanish_number, parse, parse_text
from uploads.documents.mrz_formats import ALPHABET, DIGITS, LAYOUTS
from uploads.documents.types import DocumentFormat, FieldName, Status, Zone

TODAY = date(2026, 11, 18)
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
CARD = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
SMALL_CARD = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
VISA_A = (
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
)
NUMBER = "L898902C3"
VISA_B = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<")
CONFIRMED = (FieldName.DOCUMENT_NUMBER, FieldName.BIRTH_DATE, FieldName.EXPIRY_DATE)
WHERE = {
    FieldName.DOCUMENT_NUMBER: range(9),
    FieldName.BIRTH_DATE: range(13, 19),
    FieldName.EXPIRY_DATE: range(21, 27),
}
"""Positions in the second line of a passport."""


def read(lines: tuple[str, ...], printed: tuple[str, ...] = ()) -> Zone:
    zone = parse_text(lines, TODAY, printed)
    assert zone is not None
    return zone


def value(zone: Zone, name: FieldName) -> str:
    return next(one.value for one in zone.fields if one.name is name)


def confirmed(zone: Zone) -> dict[FieldName, str]:
    return {one.name: one.value for one in zone.fields if one.confirmed}


@pytest.mark.parametrize(
    ("lines", "layout", "number"),
    [
        (PASSPORT, DocumentFormat.TD3, "L898902C3"),
        (CARD, DocumentFormat.TD1, "D23145890"),
        (SMALL_CARD, DocumentFormat.TD2, "D23145890"),
        (VISA_A, DocumentFormat.MRV_A, "L8988901C"),
        (VISA_B, DocumentFormat.MRV_B, "L8988901C"),
    ],
)
def test_every_format_is_told_and_its_fields_are_read(
    lines: tuple[str, ...], layout: DocumentFormat, number: str
) -> None:
    zone = read(lines, (number,))
    assert (zone.format, zone.lines, zone.agrees) == (layout, lines, True)
    assert value(zone, FieldName.DOCUMENT_NUMBER) == number
    assert value(zone, FieldName.SURNAME) == "ERIKSSON"
    assert value(zone, FieldName.GIVEN_NAMES) == "ANNA MARIA"
    assert value(zone, FieldName.SEX) == "female"
    assert set(CONFIRMED) <= confirmed(zone).keys()


def test_dates_are_of_the_century_that_fits() -> None:
    zone = read(PASSPORT)
    assert value(zone, FieldName.BIRTH_DATE) == "1974-08-12"
    assert value(zone, FieldName.EXPIRY_DATE) == "2012-04-15"
    assert birth_date("251118", TODAY) == date(2025, 11, 18)
    assert birth_date("261119", TODAY) == date(1926, 11, 19)
    assert birth_date("260230", TODAY) is None
    assert expiry_date("990101", TODAY, "ESP") == NO_END


def test_a_name_has_no_check_digit_and_is_never_confirmed() -> None:
    names = {FieldName.SURNAME, FieldName.GIVEN_NAMES}
    assert not names & confirmed(read(PASSPORT)).keys()


def test_a_name_that_fills_its_line_may_go_on() -> None:
    filled = ("P<UTO" + "A" * 19 + "<<" + "B" * 18, PASSPORT[1])
    assert read(filled).truncated
    assert not read(PASSPORT).truncated


def test_a_letter_read_in_a_date_is_put_right_by_the_check_digit() -> None:
    zone = read((PASSPORT[0], PASSPORT[1].replace("7408122", "74O8I22")))
    assert confirmed(zone)[FieldName.BIRTH_DATE] == "1974-08-12"


def test_a_long_document_number_goes_on_in_the_optional_data() -> None:
    number = "D23145890734"
    first = f"I<UTO{number[:9]}<{number[9:]}{check_digit(number[:9] + '<' + number[9:])}"
    zone = read((first.ljust(30, "<"), *CARD[1:]))
    assert value(zone, FieldName.DOCUMENT_NUMBER) == number


@pytest.mark.parametrize(
    "lines",
    [(), ("",), PASSPORT[:1], (PASSPORT[0], PASSPORT[1][:-1]), (PASSPORT[0], "É" * 44), CARD[:2]],
)
def test_what_is_no_zone_is_none(lines: tuple[str, ...]) -> None:
    assert parse_text(lines, TODAY) is None


@pytest.mark.gate
@given(st.sampled_from(CONFIRMED), st.data())
def test_one_wrong_character_is_never_confirmed_as_another_value(
    name: FieldName, data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(WHERE[name]))
    wrong = data.draw(st.sampled_from(ALPHABET))
    line = PASSPORT[1][:at] + wrong + PASSPORT[1][at + 1 :]
    found = confirmed(read((PASSPORT[0], line), (NUMBER,))).get(name)
    assert found in (None, confirmed(read(PASSPORT, (NUMBER,)))[name])


def test_the_specimen_of_icao_with_its_l_read_as_a_one_is_not_confirmed() -> None:
    zone = read((PASSPORT[0], "1" + PASSPORT[1][1:]))
    assert (value(zone, FieldName.DOCUMENT_NUMBER), zone.sound) == ("1898902C3", False)
    assert FieldName.DOCUMENT_NUMBER not in confirmed(zone)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=9, max_size=9), st.data())
def test_a_number_read_with_a_character_of_equal_remainder_is_never_confirmed(
    number: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, 8))
    wrong = data.draw(st.sampled_from(sorted(equals(number[at]))))
    seen = number[:at] + wrong + number[at + 1 :]
    assert check_digit(seen) == check_digit(number)
    zone = read(passport(seen), (number,))
    assert FieldName.DOCUMENT_NUMBER not in confirmed(zone)
    assert not zone.sound


def passport(number: str) -> tuple[str, str]:
    start, dates = f"{number}{check_digit(number)}", "7408122F1204159" + "<" * 15
    whole = check_digit(start + dates[:7] + dates[8:])
    return PASSPORT[0], f"{start}UTO{dates}{whole}"


def test_a_number_that_the_page_says_twice_is_confirmed() -> None:
    zone = read(passport(NUMBER), (NUMBER,))
    assert (confirmed(zone)[FieldName.DOCUMENT_NUMBER], zone.sound) == (NUMBER, True)
    other = read(passport(NUMBER), ("1" + NUMBER[1:],))
    assert FieldName.DOCUMENT_NUMBER not in confirmed(other)


def test_the_letter_of_a_spanish_number_tells_what_the_zones_digit_does_not() -> None:
    zone = read(spanish_card("12345678Z"))
    assert confirmed(zone)[FieldName.OPTIONAL_1] == "12345678Z"
    assert FieldName.OPTIONAL_1 not in confirmed(read(spanish_card("L2345678Z")))
    assert FieldName.OPTIONAL_1 not in confirmed(read(spanish_card("123456785")))


@given(st.integers(0, 99_999_999), st.data())
def test_no_spanish_number_becomes_another_by_a_character_of_equal_remainder(
    digits: int, data: st.DataObject
) -> None:
    number = f"{digits:08d}{dni.calc_check_digit(f'{digits:08d}')}"
    at = data.draw(st.integers(0, 8))
    others = [number[:at] + one + number[at + 1 :] for one in sorted(equals(number[at]))]
    assert is_spanish_number("IDESP", number)
    assert not any(is_spanish_number("IDESP", one.replace("<", "")) for one in others)


def spanish_card(personal: str) -> tuple[str, str, str]:
    number = f"AAA000000{check_digit('AAA000000')}{personal.ljust(15, '<')}"
    dates = "7408122F1204159"
    whole = check_digit(number + dates[:7] + dates[8:] + "<" * 11)
    return f"IDESP{number}", f"{dates}ESP{'<' * 11}{whole}", CARD[2]


def test_what_looks_alike_does_so_either_way() -> None:
    assert {(a, b) for a in LOOK_ALIKES for b in LOOK_ALIKES[a]} == {
        (b, a) for a in LOOK_ALIKES for b in LOOK_ALIKES[a]
    }


def test_digits_are_told_where_no_letter_may_stand_and_fillers_only_where_a_text_ends() -> None:
    assert not untold("740812", DIGITS)
    assert untold("740812", ALPHABET)
    assert not untold("<<<<", ALPHABET)
    assert untold("<<<K", ALPHABET)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_breaks_the_parser(lines: list[str]) -> None:
    parse_text(lines, TODAY)


def test_lines_of_a_zones_shape_whose_digits_all_disagree_say_nothing() -> None:
    """The old French card has two lines of 36 too, and other fields in them."""
    french = ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")
    zone = read(french)
    assert {field.status for field in zone.fields} == {Status.UNREAD}


def test_an_empty_fields_check_digit_speaks_for_no_zone() -> None:
    empty = [check for check in read((PASSPORT[0], ALL_WRONG)).checks if check.agrees]
    assert [check.speaks for check in empty] == [False]


ALL_WRONG = "L898902C30UTO7408120F1204150<<<<<<<<<<<<<<<9"


def test_a_name_with_a_digit_is_unread() -> None:
    zone = parse(
        LAYOUTS[DocumentFormat.TD3],
        [
            [{one: 1.0} for one in line]
            for line in (PASSPORT[0].replace("ANNA", "AN3A"), PASSPORT[1])
        ],
        TODAY,
    )
    found = {field.name: field.status for field in zone.fields}
    assert found[FieldName.GIVEN_NAMES] is Status.UNREAD
    assert found[FieldName.SURNAME] is Status.READ


def test_a_k_behind_a_document_number_may_be_a_filler() -> None:
    line = f"L898902CK{check_digit('L898902C<')}{PASSPORT[1][10:]}"
    (number,) = [
        field
        for field in read((PASSPORT[0], line)).fields
        if field.name is FieldName.DOCUMENT_NUMBER
    ]
    assert (number.value, number.status) == ("L898902CK", Status.DOUBTFUL)
