"""Printed cards that are read by their labels: what identifies one, and where its values stand.

A template says which words are printed on the card, and for each field the words before its value
and the form of the value. `docs/documents.md` tells how to add one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric
from stdnum.es import dni
from stdnum.exceptions import ValidationError

from uploads.documents.dates import NO_END
from uploads.documents.pages import Line, PageText, level
from uploads.documents.types import DocumentFormat, Field, FieldName, Status


@dataclass(frozen=True, slots=True)
class Printed:
    """One field of a template.

    `labels`: what is printed before or above the value; none where the form alone tells it.
    `form`: the value's own form. `lines`: how many lines it may take. `value`: from the match of
    the form, "" where it cannot be. `check`: whether the value's own check digit agrees.
    """

    name: FieldName
    labels: tuple[str, ...]
    form: str
    value: Callable[[re.Match[str]], str]
    lines: int = 1
    check: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """One side of one card. `signs`: forms of which at least `least` are printed on it; `never`:
    forms that stand on another paper with the same labels, and not on this one."""

    format: DocumentFormat
    signs: tuple[str, ...]
    least: int
    fields: tuple[Printed, ...]
    never: tuple[str, ...] = ()


# ---- values --------------------------------------------------------------------------------------


def _text(match: re.Match[str]) -> str:
    return match[0].strip()


def _day(match: re.Match[str]) -> str:
    """Named groups y, m and d to YYYY-MM-DD; "" where there is no such day."""
    try:
        return date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
    except ValueError:
        return ""


def _end(match: re.Match[str]) -> str:
    return NO_END.isoformat() if match["open"] else _day(match)


def _sex(match: re.Match[str]) -> str:
    return {"男": "male", "女": "female", "M": "male", "F": "female"}[match[0]]


def _number(match: re.Match[str]) -> str:
    return re.sub(r"\W", "", match[0]).upper()


def _resident_agrees(number: str) -> bool:
    """By the check digit alone: the package's list of places knows no number that was given out
    after its holder's district had been renamed."""
    return ric.calc_check_digit(number) == number[-1]


# ---- the cards -----------------------------------------------------------------------------------

_RIC = r"(?<!\d)\d{17}[\dXx](?!\d)"
_DNI = r"(?<!\d)\d{8}[ -]?[A-Z](?![A-Z])"
_DMY = r"(?P<d>\d{2})[ .\-/]*(?P<m>\d{2})[ .\-/]*(?P<y>\d{4})"
_CN_SPAN = (
    r"\d{4}\.?\d{2}\.?\d{2}[-—–一~至]+"
    r"(?:(?P<open>长期)|(?P<y>\d{4})\.?(?P<m>\d{2})\.?(?P<d>\d{2}))"
)
_LATIN = r"[^\W\d_][^\W\d_' \-·.]*(?:[ '\-·][^\W\d_]+)*"

TEMPLATES = (
    Template(
        DocumentFormat.CN_ID_FRONT,
        ("姓名", "公民身份号码", "住址", "民族", "出生", _RIC),
        3,
        (
            Printed(FieldName.NAME, ("姓名",), r"[\u3400-\u9fff·]{2,20}", _text),
            Printed(FieldName.SEX, ("性别",), r"[男女]", _sex),
            Printed(
                FieldName.BIRTH_DATE,
                ("出生",),
                r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日?",
                _day,
            ),
            Printed(FieldName.PERSONAL_NUMBER, (), _RIC, _number, check=_resident_agrees),
        ),
        never=("常住人口登记", "户主关系", "户口专用", "籍贯", "婚姻状况"),
    ),
    Template(
        DocumentFormat.CN_ID_BACK,
        ("居民身份证", "签发机关", "有效期限", "中华人民共和国"),
        2,
        (Printed(FieldName.EXPIRY_DATE, ("有效期限",), _CN_SPAN, _end),),
    ),
    Template(
        DocumentFormat.ES_DNI_FRONT,
        ("DOCUMENTO NACIONAL", "APELLIDOS", "NOMBRE", "NACIONALIDAD", "NACIMIENTO", "ESPA.A", _DNI),
        4,
        (
            Printed(FieldName.SURNAME, ("APELLIDOS",), _LATIN, _text, lines=2),
            Printed(FieldName.GIVEN_NAMES, ("NOMBRE",), _LATIN, _text),
            Printed(FieldName.SEX, ("SEXO",), r"\b[MF]\b", _sex),
            Printed(FieldName.BIRTH_DATE, ("NACIMIENTO",), _DMY, _day),
            Printed(FieldName.EXPIRY_DATE, ("VALIDEZ", "VALIDO HASTA"), _DMY, _day),
            Printed(FieldName.PERSONAL_NUMBER, (), _DNI, _number, check=dni.is_valid),
        ),
    ),
)


def read_card(page: PageText) -> tuple[DocumentFormat, tuple[Field, ...]] | None:
    """The fields of the card that most signs speak for; None where it is none of ours."""
    lines = level(page)
    texts = [_plain(line.text) for line in lines]
    scores = [(_signs(template, texts), template) for template in TEMPLATES]
    score, template = max(scores, key=lambda item: item[0] - item[1].least)
    if score < template.least:
        return None
    labels = tuple(label for field in template.fields for label in field.labels)
    found = [_found(lines, field, labels) for field in template.fields]
    return template.format, tuple(field for field in found if field is not None)


def card_formats(page: PageText) -> frozenset[DocumentFormat]:
    """Every card whose signs are on the page: a sheet may show both sides of one."""
    texts = [_plain(line.text) for line in level(page)]
    return frozenset(one.format for one in TEMPLATES if _signs(one, texts) >= one.least)


def _signs(template: Template, texts: Sequence[str]) -> int:
    if any(re.search(sign, text) for text in texts for sign in template.never):
        return 0
    return sum(any(re.search(sign, text) for text in texts) for sign in template.signs)


def _plain(text: str) -> str:
    """As labels are compared: full-width letters as usual ones, no accents on Latin letters."""
    known = unicodedata.normalize("NFKD", text)
    return "".join(one for one in known if not unicodedata.combining(one)).strip()


# ---- where a value stands ------------------------------------------------------------------------


def _found(lines: Sequence[Line], field: Printed, labels: Sequence[str]) -> Field | None:
    places = _after_labels(lines, field, labels) if field.labels else [[line] for line in lines]
    for place in places:
        matches = [(re.search(field.form, _shown(line, field)), line) for line in place]
        held = [(match, line) for match, line in matches if match][: field.lines]
        value = " ".join(field.value(match) for match, _ in held).strip()
        if value:
            return _field(field, value, min(line.confidence for _, line in held))
    return None


def _field(field: Printed, value: str, confidence: float) -> Field:
    if field.check is None:
        return Field(field.name, value, value, confidence)
    try:
        agrees = field.check(value)
    except ValidationError:
        agrees = False
    return Field(field.name, value, value, confidence, _STATUS[agrees])


_STATUS = {True: Status.CONFIRMED, False: Status.UNREAD}


def _shown(line: Line, field: Printed) -> str:
    """The line without the field's own label before its value."""
    text = unicodedata.normalize("NFKC", line.text)
    for label in field.labels:
        at = _plain(text).find(label)
        if at >= 0:
            text = text[at + len(label) :]
    return text


def _after_labels(lines: Sequence[Line], field: Printed, labels: Sequence[str]) -> list[list[Line]]:
    """For each label of the field: its own line, what stands right of it, what stands below."""
    places = []
    for label in (line for line in lines if any(one in _plain(line.text) for one in field.labels)):
        others = [one for one in lines if one is not label and not _is_label(one, labels)]
        right = sorted((one for one in others if _right_of(label, one)), key=lambda one: one.left)
        below = sorted((one for one in others if _below(label, one)), key=lambda one: one.middle)
        places += [[label], right, below]
    return places


def _is_label(line: Line, labels: Sequence[str]) -> bool:
    return any(_plain(line.text).startswith(label) for label in labels)


def _right_of(label: Line, other: Line) -> bool:
    middle = (label.left + label.right) / 2  # boxes reach over each other a little
    near = middle < other.left < label.right + 0.25
    return near and abs(other.middle - label.middle) < 0.7 * max(label.height, other.height)


def _below(label: Line, other: Line) -> bool:
    """Under the label, beginning about where it begins, and not further than three lines."""
    height = max(label.height, other.height)
    down = other.middle - label.middle
    return 0 < down < 3.4 * height and abs(other.left - label.left) < max(0.06, 2 * height)
