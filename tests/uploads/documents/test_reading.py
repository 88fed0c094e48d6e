"""One page, one document: what else lies on it is told."""

from dataclasses import replace
from datetime import date

from tests.uploads.documents import test_zones
from tests.uploads.documents.test_hints import SOUND
from tests.uploads.documents.test_zones import PASSPORT, line
from uploads.documents.check_digits import check_digit
from uploads.documents.pages import Line, PageText
from uploads.documents.reading import read_page
from uploads.documents.types import DocumentFormat

TODAY = date(2026, 11, 18)
CARD = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
DNI_LABELS = ("ESPAÑA", "DOCUMENTO NACIONAL DE IDENTIDAD", "APELLIDOS", "NOMBRE")


def page(*lines: Line) -> PageText:
    return replace(test_zones.page(*lines), measures=SOUND)


def another_passport() -> tuple[str, str]:
    number = "X12345678"
    start = f"{number}{check_digit(number)}{PASSPORT[1][10:43]}"
    whole = start[:10] + start[13:20] + start[21:43]
    return PASSPORT[0].replace("ANNA", "ELSA"), f"{start}{check_digit(whole)}"


def test_a_page_with_one_document_has_no_other() -> None:
    reading = read_page(page(line(PASSPORT[0], 0.8), line(PASSPORT[1], 0.86)), TODAY)
    assert (reading.format, reading.several) == (DocumentFormat.TD3, False)


def test_two_passports_on_one_page_are_told() -> None:
    first, second = another_passport()
    lines = [line(PASSPORT[0], 0.4), line(PASSPORT[1], 0.46), line(first, 0.8), line(second, 0.86)]
    assert read_page(page(*lines), TODAY).several


def test_both_sides_of_a_card_on_one_page_are_told() -> None:
    back = [line(text, 0.7 + 0.06 * at) for at, text in enumerate(CARD)]
    assert not read_page(page(*back), TODAY).several
    front = [line(text, 0.1 * at, marks=()) for at, text in enumerate(DNI_LABELS, start=1)]
    reading = read_page(page(*front, *back), TODAY)
    assert (reading.format, reading.several) == (DocumentFormat.TD1, True)
