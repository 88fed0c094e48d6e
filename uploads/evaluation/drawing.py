"""Specimen documents, drawn: flat, labelled as specimens, with no design or security feature of a
real one. What stands where follows what `uploads/documents` reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from uploads.documents.check_digits import check_digit
from uploads.documents.mrz_formats import FILLER
from uploads.evaluation.people import TRANSLITERATED, Person

CARD, PAGE = (1012, 638), (1476, 1039)
"""ID-1 and a passport's page, at 300 dots per inch."""
INK, SOFT, PAPER, RULE, LABEL = "#1b1b22", "#b9b3a4", "#eef1e8", "#9aa7b4", "#3b5a80"
OCR_B = Path("/usr/share/fonts/opentype/ocr-b/OCRB.otf")
"""Of Debian's package fonts-ocr-b; without it zones are set in another fixed-width face."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page of a specimen: the kind of document that it is uploaded as, and the picture."""

    kind: str
    picture: Image.Image


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])


@cache
def font(kind: str, size: int) -> ImageFont.FreeTypeFont:
    """chinese, latin or machine, `size` in pixels."""
    latin = _folder("matplotlib") / "mpl-data" / "fonts" / "ttf"
    paths = {
        "chinese": _folder("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf",
        "latin": latin / "DejaVuSans.ttf",
        "machine": OCR_B if OCR_B.exists() else latin / "DejaVuSansMono.ttf",
    }
    return ImageFont.truetype(str(paths[kind]), size)


# ---- machine readable zones ----------------------------------------------------------------------


def transliterated(name: str) -> str:
    """A Latin name with the letters of a zone, words parted by fillers."""
    known = "".join(TRANSLITERATED.get(one, one) for one in name.upper())
    bare = unicodedata.normalize("NFKD", known)
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    return "".join(one if one.isalpha() else FILLER for one in letters)


def _names(person: Person, length: int) -> str:
    both = f"{transliterated(person.surname)}<<{transliterated(person.given)}"
    return both[:length].ljust(length, FILLER)


def _checked(text: str) -> str:
    return text + str(check_digit(text))


def passport_zone(person: Person) -> list[str]:
    """TD3: two lines of 44."""
    number = _checked(person.document_number.ljust(9, FILLER))
    dates = _checked(f"{person.born:%y%m%d}") + _sex(person) + _checked(f"{person.expires:%y%m%d}")
    extra = FILLER * 14 + FILLER
    whole = number + dates[:7] + dates[8:] + extra
    second = number + person.nationality + dates + extra + str(check_digit(whole))
    return [f"P<{person.nationality}" + _names(person, 39), second]


def card_zone(person: Person) -> list[str]:
    """TD1: three lines of 30; the person's number in the optional data, as Spain has it."""
    optional = person.personal_number.ljust(15, FILLER)
    number = _checked(person.document_number.ljust(9, FILLER)) + optional
    dates = _checked(f"{person.born:%y%m%d}") + _sex(person) + _checked(f"{person.expires:%y%m%d}")
    rest = FILLER * 11
    whole = number + dates[:7] + dates[8:] + rest
    second = dates + person.nationality + rest + str(check_digit(whole))
    code = "ID" if person.nationality == "ESP" else "I<"
    return [f"{code}{person.nationality}{number}", second, _names(person, 30)]


def _sex(person: Person) -> str:
    return {"female": "F", "male": "M"}[person.sex]


# ---- pages ---------------------------------------------------------------------------------------


def _blank(size: tuple[int, int], title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle((6, 6, size[0] - 7, size[1] - 7), 30, outline=RULE, width=4)
    draw.text((size[0] - 40, 26), title, fill=SOFT, font=font("latin", 26), anchor="ra")
    return page, draw


def _paste(page: Image.Image, portrait: Image.Image, box: tuple[int, int, int, int]) -> None:
    size = (box[2] - box[0], box[3] - box[1])
    page.paste(ImageOps.fit(portrait, size, centering=(0.5, 0.35)), box[:2])


def _zone(draw: ImageDraw.ImageDraw, lines: Sequence[str], left: int, top: int, size: int) -> None:
    pitch = size * 0.72
    for row, line in enumerate(lines):
        for column, one in enumerate(line):
            at = (left + column * pitch, top + row * size * 1.75)
            draw.text(at, one, fill=INK, font=font("machine", size))


def chinese_front(person: Person, portrait: Image.Image) -> Drawn:
    """Name, sex, birth, address, number; the portrait on the right."""
    page, draw = _blank(CARD, "SPECIMEN")
    sex = {"female": "女", "male": "男"}[person.sex]
    born = person.born
    rows = (
        ("姓名", person.surname + person.given),
        ("性别", f"{sex}      民族  汉"),
        ("出生", f"{born.year}年{born.month}月{born.day}日"),
        ("住址", "样本市样本区样本路100号"),
    )
    for number, (label, value) in enumerate(rows):
        top = 90 + 95 * number
        draw.text((60, top), label, fill=LABEL, font=font("chinese", 32))
        draw.text((165, top - 4), value, fill=INK, font=font("chinese", 38))
    draw.text((60, 540), "公民身份号码", fill=LABEL, font=font("chinese", 32))
    draw.text((330, 532), person.personal_number, fill=INK, font=font("latin", 42))
    _paste(page, portrait, (660, 90, 960, 470))
    return Drawn("id_card_front", page)


def chinese_back(person: Person) -> Drawn:
    """Issuer and the span of validity."""
    page, draw = _blank(CARD, "SPECIMEN")
    draw.text((300, 90), "中华人民共和国", fill=INK, font=font("chinese", 56))
    draw.text((290, 190), "居民身份证", fill=INK, font=font("chinese", 80))
    start = person.expires.replace(year=person.expires.year - 10, day=min(person.expires.day, 28))
    span = f"{start:%Y.%m.%d}-{person.expires:%Y.%m.%d}"
    for top, label, value in ((430, "签发机关", "样本市公安局"), (520, "有效期限", span)):
        draw.text((180, top), label, fill=LABEL, font=font("chinese", 32))
        draw.text((370, top - 3), value, fill=INK, font=font("chinese", 36))
    return Drawn("id_card_back", page)


def dni_front(person: Person, portrait: Image.Image) -> Drawn:
    """Surnames, name, sex, nationality, dates, numbers."""
    page, draw = _blank(CARD, "SPECIMEN")
    draw.text((60, 24), "ESPAÑA", fill=LABEL, font=font("latin", 34))
    draw.text((60, 66), "DOCUMENTO NACIONAL DE IDENTIDAD", fill=LABEL, font=font("latin", 26))
    _paste(page, portrait, (50, 140, 340, 520))
    rows = (
        (370, 105, "APELLIDOS", person.surname.split()[0]),
        (370, 160, "", person.surname.split()[1]),
        (370, 256, "NOMBRE", person.given),
        (370, 350, "SEXO", {"female": "F", "male": "M"}[person.sex]),
        (510, 350, "NACIONALIDAD", "ESP"),
        (740, 350, "FECHA DE NACIMIENTO", f"{person.born:%d %m %Y}"),
        (370, 440, "NUM SOPORT", person.document_number),
        (740, 440, "VALIDEZ", f"{person.expires:%d %m %Y}"),
    )
    for left, top, label, value in rows:
        draw.text((left, top), label, fill=LABEL, font=font("latin", 20))
        draw.text((left, top + 28), value, fill=INK, font=font("latin", 34))
    draw.text((60, 550), f"DNI  {person.personal_number}", fill=INK, font=font("latin", 42))
    return Drawn("id_card_front", page)


def card_back(person: Person) -> Drawn:
    """A back with a zone of three lines (TD1)."""
    page, draw = _blank(CARD, "SPECIMEN")
    draw.text((60, 60), "DOMICILIO / ADDRESS", fill=LABEL, font=font("latin", 22))
    draw.text((60, 95), "C. DE LA MUESTRA 1, MUESTRA", fill=INK, font=font("latin", 30))
    _zone(draw, card_zone(person), 50, 370, 43)
    return Drawn("id_card_back", page)


def passport(person: Person, portrait: Image.Image) -> Drawn:
    """The data page with a zone of two lines (TD3)."""
    page, draw = _blank(PAGE, "SPECIMEN")
    draw.text((70, 50), "UTOPIA  PASSPORT / PASSEPORT", fill=LABEL, font=font("latin", 36))
    _paste(page, portrait, (70, 150, 450, 640))
    rows = (
        ("Passport No.", person.document_number),
        ("Surname / Nom", person.surname),
        ("Given names / Prénoms", person.given),
        ("Date of birth", f"{person.born:%d %m %Y}"),
        ("Date of expiry", f"{person.expires:%d %m %Y}"),
    )
    for number, (label, value) in enumerate(rows):
        draw.text((520, 140 + 120 * number), label, fill=LABEL, font=font("latin", 24))
        draw.text((520, 172 + 120 * number), value, fill=INK, font=font("latin", 40))
    _zone(draw, passport_zone(person), 55, 850, 43)
    return Drawn("passport", page)
