"""Whether a name on a document is the name that was declared, across scripts. Pure.

A document writes a name in its own way: without accents, as ICAO Doc 9303 (part 3, section 6)
transliterates it, in pinyin, surname first, cut off where the line ends. Each of these is one of
the forms that a declared name may take; a part that is missing or another letter is another name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice, product

from pypinyin import Style, pinyin
from rapidfuzz.fuzz import ratio

FORMS_MOST = 256
"""Readings of one name that are tried: four characters with several readings each."""
NEARLY = 80
"""Likeness, of 100, from which a difference looks like a slip of the pen. For a hint only."""
LEAST_CUT_OFF = 20
"""Letters that a name must have before it may be one that was cut off."""

ICAO = {
    "Ä": ("AE", "A"),
    "Å": ("AA", "A"),
    "Æ": ("AE",),
    "Ð": ("D",),
    "Đ": ("D",),
    "Ñ": ("N", "NXX"),
    "Ö": ("OE", "O"),
    "Ø": ("OE", "O"),
    "Œ": ("OE",),
    "Ü": ("UE", "U", "UXX"),
    "ẞ": ("SS",),
    "Þ": ("TH",),
    "Ł": ("L",),
    "Ħ": ("H",),
    "Ĳ": ("IJ",),
}
"""Letters for which a document may print something else than the letter without its accent."""
SURNAMES = {
    "曾": ("zeng",),
    "单": ("shan",),
    "解": ("xie",),
    "仇": ("qiu",),
    "任": ("ren",),
    "区": ("ou",),
    "查": ("zha",),
    "盖": ("ge", "gai"),
    "朴": ("piao",),
    "翟": ("zhai", "di"),
    "乐": ("yue", "le"),
    "尉": ("wei",),
    "尉迟": ("yuchi",),
    "万俟": ("moqi",),
    "长孙": ("zhangsun",),
    "覃": ("qin", "tan"),
    "缪": ("miao",),
    "繁": ("po",),
    "华": ("hua",),
    "宁": ("ning",),
    "冼": ("xian",),
    "員": ("yun",),
    "员": ("yun",),
    "召": ("shao",),
    "种": ("chong",),
    "秘": ("bi",),
    "幺": ("yao",),
    "那": ("na",),
    "黑": ("he", "hei"),
    "盛": ("sheng",),
    "葛": ("ge",),
    "石": ("shi",),
    "逄": ("pang",),
    "折": ("she",),
    "牟": ("mu", "mou"),
}
"""Surnames that are read otherwise than the same characters in other words."""


class Likeness(StrEnum):
    """How two written names compare."""

    SAME = "same"
    NEARLY = "nearly"
    """Another name, by the look of it a slip; a person is told so, nothing is accepted for it."""
    OTHER = "other"


def compare(declared: str, surname: str, given: str, *, cut_off: bool = False) -> Likeness:
    """The declared name with a document's; `given` is empty where the document does not part it.

    `cut_off`: the document's line was full, so that the end of the name may be missing.
    """
    read = [surname, given] if given else [surname]
    orders = [_joined(read), _joined(read[::-1])]
    words = sorted(word for part in read for word in _words(part))
    forms = list(islice(_forms(declared), FORMS_MOST))
    if any(sorted(form) == words or "".join(form) in orders for form in forms):
        return Likeness.SAME
    if cut_off and any(_begins(form, orders[0]) for form in forms):
        return Likeness.SAME
    best = max((ratio("".join(form), order) for form in forms for order in orders), default=0.0)
    return Likeness.NEARLY if best >= NEARLY else Likeness.OTHER


def names_on_paper(name: str, lines: Iterable[str]) -> bool:
    """Whether all words of a name stand on a paper, in any of the name's forms."""
    words = {word for line in lines for word in _words(line)}
    text = "".join(_joined([line]) for line in lines)
    forms = islice(_forms(name), FORMS_MOST)
    return any(set(form) <= words or "".join(form) in text for form in forms if form)


def _begins(form: list[str], read: str) -> bool:
    """Whether the name as read is the beginning of the form, whichever word stands first."""
    whole = ["".join(form[at:] + form[:at]) for at in range(len(form))]
    return len(read) >= LEAST_CUT_OFF and any(one.startswith(read) for one in whole)


def _joined(parts: Iterable[str]) -> str:
    return "".join(word for part in parts for word in _words(part))


def _words(text: str) -> list[str]:
    """Words in capitals without accents; Chinese characters stay."""
    known = unicodedata.normalize("NFKD", text.upper())
    bare = "".join(one for one in known if not unicodedata.combining(one))
    return "".join(one if one.isalpha() else " " for one in bare).split()


def _forms(declared: str) -> Iterator[list[str]]:
    """Every way in which a document may write the name, as words, the plainest first."""
    yield _words(declared)
    characters = "".join(one for one in declared if _is_chinese(one))
    if characters:
        yield from _pinyin_forms(characters)
        return
    capitals = unicodedata.normalize("NFC", declared.upper().replace("ß", "ẞ"))
    choices = [ICAO.get(one, (one,)) for one in capitals]
    for letters in islice(product(*choices), FORMS_MOST):
        yield _words("".join(letters))


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def _pinyin_forms(characters: str) -> Iterator[list[str]]:
    for length in (2, 1):
        surname, given = characters[:length], characters[length:]
        known = SURNAMES.get(surname)
        if not given or (length == 2 and known is None):
            continue
        first = known or _readings(surname)[0]
        rest = _readings(given)
        for reading in product(first, *rest):
            yield from _spellings(reading[0], "".join(reading[1:]))
    if len(characters) > 2:
        for reading in product(*_readings(characters)):
            yield from _spellings("".join(reading[:2]), "".join(reading[2:]))


def _spellings(surname: str, given: str) -> Iterator[list[str]]:
    """ü is YU in passports since 2012; U or V before, and at banks."""
    for letter in ("yu", "u", "v") if "ü" in surname + given else ("",):
        yield [part.replace("ü", letter).upper() for part in (surname, given) if part]


def _readings(characters: str) -> list[list[str]]:
    found = pinyin(characters, style=Style.NORMAL, heteronym=True, v_to_u=True)
    return [[one.lower() for one in readings] for readings in found]
