"""What documents say against what was declared: agreed, for a person, or refused and named."""

from dataclasses import replace
from datetime import date

import pytest

from ecard.documents.checking import Declared, Result, Shown, check
from ecard.documents.written_names import Likeness, compare, names_on_paper
from uploads.documents.types import DocumentFormat, Field, FieldName, Status

TODAY = date(2026, 11, 18)
NUMBER = "11010519491231002X"
WANG = Declared("王秀英", NUMBER, "cn.ric", date(1949, 12, 31), "female")


def field(name: FieldName, value: str, status: Status = Status.READ) -> Field:
    return Field(name, value, value, 0.97, status)


FRONT = Shown(
    "id_card_front",
    DocumentFormat.CN_ID_FRONT,
    (
        field(FieldName.NAME, "王秀英"),
        field(FieldName.SEX, "female"),
        field(FieldName.BIRTH_DATE, "1949-12-31"),
        field(FieldName.PERSONAL_NUMBER, NUMBER, Status.CONFIRMED),
    ),
)
BACK = Shown(
    "id_card_back", DocumentFormat.CN_ID_BACK, (field(FieldName.EXPIRY_DATE, "2030-01-01"),)
)


def altered(shown: Shown, name: FieldName, value: str) -> Shown:
    fields = (replace(one, value=value) if one.name is name else one for one in shown.fields)
    return replace(shown, fields=tuple(fields))


def judged(*shown: Shown, declared: Declared = WANG, grace: int = 0) -> tuple[Result, set[str]]:
    found = check(declared, shown, TODAY, number_format="cn.ric", days_after_expiry=grace)
    return found.result, {f"{one.field}_{one.how}" for one in found.findings}


def test_documents_that_say_what_was_declared_are_accepted() -> None:
    assert judged(FRONT, BACK) == (Result.ACCEPTED, set())


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        (FieldName.NAME, "李小雨", "name_differs"),
        (FieldName.BIRTH_DATE, "1949-12-30", "birth_date_differs"),
        (FieldName.SEX, "male", "sex_differs"),
        (FieldName.PERSONAL_NUMBER, "110101195808210021", "number_differs"),
    ],
)
def test_one_altered_field_is_refused_and_named(name: FieldName, value: str, finding: str) -> None:
    result, findings = judged(altered(FRONT, name, value), BACK)
    assert result is Result.REFUSED
    assert finding in findings


def test_an_expired_document_is_refused_unless_the_region_takes_it() -> None:
    old = altered(BACK, FieldName.EXPIRY_DATE, "2026-11-01")
    assert judged(FRONT, old) == (Result.REFUSED, {"expiry_date_expired"})
    assert judged(FRONT, old, grace=30) == (Result.ACCEPTED, set())


def test_what_could_not_be_read_is_for_a_person() -> None:
    blank = Shown("id_card_back", None, ())
    assert judged(FRONT, blank) == (Result.PERSON, {"document_unread", "expiry_date_unread"})


def test_a_contradicted_check_digit_is_for_a_person() -> None:
    wrong = tuple(
        replace(one, status=Status.UNREAD) if one.name is FieldName.PERSONAL_NUMBER else one
        for one in FRONT.fields
    )
    result, findings = judged(replace(FRONT, fields=wrong), BACK)
    assert (result, "number_contradicted" in findings) == (Result.PERSON, True)


def test_another_document_than_it_is_said_to_be_is_refused() -> None:
    found = judged(replace(BACK, kind="passport"))
    assert "document_not_this_document" in found[1]


def test_two_sides_of_two_people_are_no_card() -> None:
    other = Shown(
        "id_card_back",
        DocumentFormat.TD1,
        (field(FieldName.BIRTH_DATE, "1950-01-01", Status.CONFIRMED), *BACK.fields),
    )
    assert "birth_date_contradicted" in judged(FRONT, other)[1]


@pytest.mark.parametrize(
    ("declared", "surname", "given"),
    [
        ("María José Núñez", "NUNEZ", "MARIA JOSE"),
        ("Núñez María José", "NUNEZ", "MARIA JOSE"),
        ("Jürgen Müller", "MUELLER", "JUERGEN"),
        ("Jürgen Müller", "MULLER", "JURGEN"),
        ("Peña Sol", "PENXXA", "SOL"),
        ("Jean-Luc O'Neil", "ONEIL", "JEAN LUC"),
        ("王秀英", "WANG", "XIUYING"),
        ("曾伟", "ZENG", "WEI"),
        ("单雄", "SHAN", "XIONG"),
        ("吕强", "LYU", "QIANG"),
        ("欧阳修", "OUYANG", "XIU"),
    ],
)
def test_a_name_is_the_same_in_every_way_of_writing_it(
    declared: str, surname: str, given: str
) -> None:
    assert compare(declared, surname, given) is Likeness.SAME


@pytest.mark.parametrize(
    ("declared", "surname", "given"),
    [
        ("Juan García López", "LÓPEZ GARCÍA", "JUAN"),
        ("Luis José Martín Ruiz", "MARTIN RUIZ", "JOSE LUIS"),
        ("Juan Pablo García López", "GARCIA PABLO", "JUAN LOPEZ"),
        ("Marian Ace", "NACE", "MARIA"),
        ("Hans Muller", "MUELLER", "HANS"),
        ("曾国藩", "CENG", "GUOFAN"),
        ("沈腾", "CHEN", "TENG"),
        ("朴槿", "PU", "JIN"),
        ("李小明", "LIXIAO", "MING"),
        ("伟曾", "ZENG", "WEI"),
        ("Иван Иванов", "IVANOV", "IVAN"),
    ],
)
def test_what_is_the_same_only_in_another_order_border_or_reading_is_for_a_person(
    declared: str, surname: str, given: str
) -> None:
    assert compare(declared, surname, given) is Likeness.UNSURE


@pytest.mark.parametrize(
    ("declared", "surname", "given"), [("方安", "FAN", "GAN"), ("张安", "ZHAN", "GAN")]
)
def test_syllables_parted_elsewhere_are_another_name(
    declared: str, surname: str, given: str
) -> None:
    assert compare(declared, surname, given) in (Likeness.NEARLY, Likeness.OTHER)


@pytest.mark.parametrize(
    ("declared", "surname", "given"),
    [
        ("María del Carmen Rey", "REY", "Mª DEL CARMEN"),
        ("Lukasz Nowak", "NOWAK", "ŁUKASZ"),
        ("García López Juan", "GARCIA LOPEZ", "JUAN"),
        ("单于飞", "CHANYU", "FEI"),
        ("单于飞", "SHAN", "YUFEI"),
        ("诸葛亮", "ZHUGE", "LIANG"),
        ("隗磊", "WEI", "LEI"),
    ],
)
def test_honest_ways_of_writing_a_name_are_the_same(
    declared: str, surname: str, given: str
) -> None:
    assert compare(declared, surname, given) is Likeness.SAME


def test_another_letter_or_a_missing_part_is_another_name() -> None:
    assert compare("María Núñez Rey", "NUNEZ", "MARIA") is not Likeness.SAME
    assert compare("María Núñez", "NUNES", "MARIA") is Likeness.NEARLY
    assert compare("王芳", "LI", "QIANG") is Likeness.OTHER


def test_a_name_that_was_cut_off_is_the_same_as_far_as_it_goes() -> None:
    long = "Maximiliana Valdeolivas Fernandez"
    assert compare(long, "VALDEOLIVAS", "MAXIMILIANA") is not Likeness.SAME
    assert compare(long, "VALDEOLIVAS FERNANDEZ", "MAXIMIL", cut_off=True) is Likeness.SAME
    swapped = compare(long, "FERNANDEZ VALDEOLIVAS", "MAXIMIL", cut_off=True)
    assert swapped is not Likeness.SAME


def test_a_name_is_found_on_a_paper() -> None:
    lines = ("ACTA DE NACIMIENTO", "Nombre: MATEO SOL PRADO")
    assert names_on_paper("Mateo Sol Prado", lines)
    assert not names_on_paper("Nora Sol Prado", lines)


def test_a_name_in_characters_and_letters_goes_to_a_person() -> None:
    assert compare("张三", "ZHANG", "SAN") is Likeness.SAME
    for mixed in ("张三 Ana", "Ana García 张三"):
        assert compare(mixed, "ZHANG", "SAN") is not Likeness.SAME
