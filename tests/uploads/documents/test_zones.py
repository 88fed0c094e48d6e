"""The zone among a page's lines: what a recogniser may leave out, see twice or take for another."""

from collections.abc import Sequence
from datetime import date

import pytest

from uploads.documents.pages import Line, Mark, PageText, level
from uploads.documents.types import FieldName, Status, Zone
from uploads.documents.zones import find_zone

TODAY = date(2026, 11, 18)
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


def line(text: str, top: float, marks: Sequence[Mark] | None = None, slope: float = 0.0) -> Line:
    found = [((at + 0.5) / len(text), {one: 1.0}) for at, one in enumerate(text)]
    corners = (
        (0.1, top),
        (0.9, top + slope),
        (0.9, top + slope + 0.04),
        (0.1, top + 0.04),
    )
    return Line(corners, text, 0.99, tuple(found if marks is None else marks))


def page(*lines: Line) -> PageText:
    return PageText(0, 1200, 800, lines)


def found(*lines: Line) -> Zone:
    zone = find_zone(page(*lines), TODAY)
    assert zone is not None
    return zone


def test_the_zone_is_found_among_other_lines() -> None:
    other = line("THIS PASSPORT IS A SPECIMEN AND OPENS NOTHING", 0.3, marks=())
    zone = found(other, line(PASSPORT[0], 0.8), line(PASSPORT[1], 0.86))
    assert (zone.lines, zone.agrees) == (PASSPORT, True)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Passport No. L898902C3", Status.CONFIRMED),
        ("No. L 898 902 C3 UTO", Status.CONFIRMED),
        ("No. XL898902C3", Status.DOUBTFUL),
        ("1898902C3", Status.DOUBTFUL),
        ("L898902C3<6", Status.DOUBTFUL),
    ],
)
def test_a_number_is_sure_where_it_is_printed_outside_the_zone_as_well(
    text: str, status: Status
) -> None:
    zone = found(line(text, 0.2, marks=()), line(PASSPORT[0], 0.8), line(PASSPORT[1], 0.86))
    number = next(one for one in zone.fields if one.name is FieldName.DOCUMENT_NUMBER)
    assert (number.value, number.status) == ("L898902C3", status)


def test_a_page_without_a_zone_has_none() -> None:
    assert find_zone(page(line("NOTHING", 0.2, marks=())), TODAY) is None
    assert find_zone(page(), TODAY) is None


def test_a_character_that_was_left_out_shows_as_a_gap() -> None:
    whole = line(PASSPORT[0], 0.8)
    gap = line(PASSPORT[0], 0.8, marks=[*whole.marks[:30], *whole.marks[31:]])
    assert found(gap, line(PASSPORT[1], 0.86)).lines == PASSPORT


def test_letters_behind_the_end_of_a_name_are_fillers() -> None:
    seen = PASSPORT[0][:36] + "CKC" + PASSPORT[0][39:]
    assert found(line(seen, 0.8), line(PASSPORT[1], 0.86)).lines == PASSPORT


def test_a_zero_that_the_recogniser_saw_in_a_name_is_an_o() -> None:
    seen = [
        line(text.replace("O", "0"), top) for text, top in zip(PASSPORT, (0.8, 0.86), strict=True)
    ]
    assert found(*seen).lines == PASSPORT


def test_a_field_that_its_check_digit_contradicts_is_unread_and_of_little_confidence() -> None:
    wrong = PASSPORT[1].replace("7408122", "7409122")
    zone = found(line(PASSPORT[0], 0.8), line(wrong, 0.86))
    birth = next(one for one in zone.fields if one.name is FieldName.BIRTH_DATE)
    assert birth.status is Status.UNREAD
    assert birth.confidence < 0.5
    assert not zone.sound


@pytest.mark.parametrize("slope", [-0.08, 0.08])
def test_a_page_that_leans_is_made_level(slope: float) -> None:
    leaning = [
        line(text, top, slope=slope) for text, top in zip(PASSPORT, (0.7, 0.76), strict=True)
    ]
    assert found(*leaning).lines == PASSPORT
    straight = level(page(*leaning))
    assert abs(straight[0].corners[0][1] - straight[0].corners[1][1]) < abs(slope) / 20
