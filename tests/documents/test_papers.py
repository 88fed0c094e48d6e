"""Hints on papers that only a person can judge."""

from datetime import date

import pytest

from ecard.documents.papers import found_on

BORN = date(2017, 3, 9)
MATEO = {"name": "Mateo Sol Prado", "number": "11010120170309001X", "born": BORN}


@pytest.mark.parametrize(
    "line",
    [
        "2017-03-09",
        "Born on 09/03/2017",
        "9. 3. 2017",
        "20170309",
        "2017年3月9日",
        "Nº 7, 09.03.2017",
    ],
)
def test_a_birth_date_is_found_in_every_usual_form(line: str) -> None:
    assert found_on([line], **MATEO) == ("birth_date",)


def test_name_and_number_are_found_and_nothing_else_is() -> None:
    lines = ["Child: SOL PRADO, Mateo", "110101 20170309 001x"]
    assert found_on(lines, **MATEO) == ("name", "number", "birth_date")
    others = ["Mateo Sol", "110101201703090010", "2017-09-03", "19/03/2017", "31.02.2017", ""]
    assert found_on(others, **MATEO) == ()
