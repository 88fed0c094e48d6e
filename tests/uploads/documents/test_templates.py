"""Cards read by their labels: where a value stands, and what tells that it is one."""

from uploads.documents.pages import Line, PageText
from uploads.documents.templates import read_card
from uploads.documents.types import DocumentFormat, FieldName, Status


def words(*placed: tuple[float, float, str]) -> PageText:
    """A page of 1000 × 630 with texts at (left, top), as parts of its sides."""
    return PageText(0, 1000, 630, tuple(_line(*one) for one in placed))


def _line(left: float, top: float, text: str) -> Line:
    right = left + 0.02 * len(text)
    corners = ((left, top), (right, top), (right, top + 0.05), (left, top + 0.05))
    return Line(corners, text, 0.98)


def read(page: PageText) -> tuple[DocumentFormat, dict[FieldName, tuple[str, Status]]]:
    found = read_card(page)
    assert found is not None
    return found[0], {one.name: (one.value, one.status) for one in found[1]}


def test_the_front_of_a_chinese_card_is_read() -> None:
    kind, fields = read(
        words(
            (0.05, 0.1, "姓名"),
            (0.18, 0.1, "王秀英"),
            (0.05, 0.25, "性别女民族汉"),
            (0.05, 0.4, "出生1958年3月13日"),
            (0.05, 0.85, "公民身份号码"),
            (0.35, 0.85, "11010519491231002X"),
        )
    )
    assert kind is DocumentFormat.CN_ID_FRONT
    assert fields == {
        FieldName.NAME: ("王秀英", Status.READ),
        FieldName.SEX: ("female", Status.READ),
        FieldName.BIRTH_DATE: ("1958-03-13", Status.READ),
        FieldName.PERSONAL_NUMBER: ("11010519491231002X", Status.CONFIRMED),
    }


def test_a_number_whose_check_digit_is_wrong_is_unread() -> None:
    page = words(
        (0.05, 0.1, "姓名王芳"), (0.05, 0.3, "住址某处"), (0.05, 0.85, "110105194912310021")
    )
    assert read(page)[1][FieldName.PERSONAL_NUMBER][1] is Status.UNREAD


def test_a_card_that_does_not_lapse_has_no_end() -> None:
    page = words(
        (0.2, 0.3, "中华人民共和国"), (0.2, 0.7, "有效期限"), (0.4, 0.7, "2010.05.06-长期")
    )
    kind, fields = read(page)
    assert kind is DocumentFormat.CN_ID_BACK
    assert fields[FieldName.EXPIRY_DATE][0] == "9999-12-31"


def test_the_values_of_a_spanish_card_stand_below_their_labels() -> None:
    kind, fields = read(
        words(
            (0.05, 0.03, "DOCUMENTO NACIONAL DE IDENTIDAD"),
            (0.36, 0.18, "APELLIDOS"),
            (0.36, 0.25, "NÚÑEZ"),
            (0.36, 0.33, "SANZ"),
            (0.36, 0.42, "NOMBRE"),
            (0.36, 0.49, "MARÍA"),
            (0.7, 0.56, "FECHA DE NACIMIENTO"),
            (0.7, 0.63, "01 01 1980"),
            (0.7, 0.72, "VALIDEZ"),
            (0.7, 0.79, "31 12 2030"),
            (0.05, 0.9, "DNI 12345678Z"),
        )
    )
    assert kind is DocumentFormat.ES_DNI_FRONT
    assert fields[FieldName.SURNAME][0] == "NÚÑEZ SANZ"
    assert fields[FieldName.GIVEN_NAMES][0] == "MARÍA"
    assert fields[FieldName.BIRTH_DATE][0] == "1980-01-01"
    assert fields[FieldName.EXPIRY_DATE][0] == "2030-12-31"
    assert fields[FieldName.PERSONAL_NUMBER] == ("12345678Z", Status.CONFIRMED)


def test_any_other_paper_is_none_of_the_cards() -> None:
    assert read_card(words((0.1, 0.1, "CERTIFICADO DE NACIMIENTO"), (0.1, 0.2, "NOMBRE"))) is None
    assert read_card(words()) is None


def test_a_household_page_is_not_taken_for_the_card_whose_labels_it_bears() -> None:
    card = (
        (0.05, 0.2, "姓名王秀英"),
        (0.05, 0.3, "民族汉"),
        (0.05, 0.4, "出生日期1958年3月13日"),
        (0.05, 0.5, "住址某处"),
        (0.05, 0.85, "公民身份号码11010519491231002X"),
    )
    assert read_card(words(*card)) is not None
    assert read_card(words((0.3, 0.05, "常住人口登记卡"), *card)) is None
    assert read_card(words((0.5, 0.2, "户主或与户主关系户主"), *card)) is None
