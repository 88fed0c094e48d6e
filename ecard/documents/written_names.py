"""Whether a name on a document is the name that was declared, across scripts. Pure.

A document writes a name in its own way: without accents, as ICAO Doc 9303 (part 3, section 6)
transliterates it, in pinyin, surname first, cut off where the line ends. Each of these is one of
the forms that a declared name may take; a part that is missing or another letter is another name.

A document parts surname and given names, and so does every form: García López is not López García,
nor Zhang An Zhan Gan. What is the same only if that border, the order of the words or an unusual
reading is overlooked is unsure: neither accepted nor refused, but for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice, product

from pypinyin import Style, lazy_pinyin, pinyin
from rapidfuzz.fuzz import ratio

FORMS_MOST = 256
"""Readings of one name that are tried: four characters with several readings each."""
MOST_PARTED = 4_096
"""The same, each parted wherever it may be."""
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
    "单于": ("chanyu",),
    "卜": ("bu",),
    "阚": ("kan",),
    "能": ("nai",),
    "乜": ("nie",),
    "祭": ("zhai",),
    "佴": ("nai",),
    "隗": ("wei", "kui"),
    "谌": ("chen", "shen"),
    "柏": ("bai", "bo"),
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
_TWO_CHARACTERS = (
    "欧阳司马上官诸葛夏侯东方皇甫公孙慕容令狐宇文司徒司空轩辕独孤南宫西门端木百里呼延东郭澹台"
    "濮阳淳于太史申屠公羊赫连钟离闻人鲜于闾丘拓跋左丘梁丘第五纳兰公冶宗政仲孙"
)
COMPOUND = frozenset(re.findall("..", _TWO_CHARACTERS))
"""Surnames of two characters, read as words are; SURNAMES has those that are not."""
_NOT_COMPOSED = str.maketrans(
    {"Ł": "L", "Đ": "D", "Ð": "D", "Ø": "O", "Æ": "AE", "Œ": "OE", "Þ": "TH", "Ħ": "H", "Ə": "A"}
)
"""Letters that are no letter with an accent, as they are written where that letter is missing."""
_TWO_LETTERS = {"AE": "A", "OE": "O", "UE": "U"}
"""Ä, Ö and Ü as some documents print them: a name typed with the plain letter may be the same."""


Block = tuple[str, str]
"""Surname and given names, each without blanks."""


class Likeness(StrEnum):
    """How two written names compare."""

    SAME = "same"
    NEARLY = "nearly"
    """Another name, by the look of it a slip; a person is told so, nothing is accepted for it."""
    UNSURE = "unsure"
    """The same words or letters, parted, ordered or read otherwise: only a person can tell."""
    OTHER = "other"


def compare(declared: str, surname: str, given: str, *, cut_off: bool = False) -> Likeness:
    """The declared name with a document's; `given` is empty where the document does not part it.

    `cut_off`: the document's line was full, so that the end of the name may be missing.
    """
    read = _joined([surname]), _joined([given])
    names = list(islice(_parted(declared), MOST_PARTED))
    if any(_is_one(name, read) for name in names):
        return Likeness.UNSURE if _is_mixed(declared) else Likeness.SAME
    if cut_off and begins(declared, surname, given):
        return Likeness.SAME if given else Likeness.UNSURE
    forms = list(islice(_forms(declared), FORMS_MOST))
    whole = [read[0] + read[1], read[1] + read[0]]
    best = max((ratio("".join(form), one) for form in forms for one in whole), default=0.0)
    if _may_be_one(declared, [*_words(surname), *_words(given)], read):
        return Likeness.UNSURE
    if best < NEARLY:
        return Likeness.OTHER
    return Likeness.UNSURE if cut_off else Likeness.NEARLY


def begins(declared: str, surname: str, given: str) -> bool:
    """Whether the declared name may go on as a document's line that was full ends."""
    first, rest = _joined([surname]), _joined([given])
    if len(first + rest) < LEAST_CUT_OFF:
        return False
    return any(
        (whole == first if rest else whole.startswith(first)) and after.startswith(rest)
        for whole, after in islice(_parted(declared), MOST_PARTED)
    )


def _is_one(name: Block, read: Block) -> bool:
    """A document that does not part the name may begin with either."""
    if read[1]:
        return name == read
    return read[0] in (name[0] + name[1], name[1] + name[0])


def _may_be_one(declared: str, words: Sequence[str], read: Block) -> bool:
    """Whether only the border between the names, their order or a reading stands against it."""
    characters = _characters(declared)
    if characters:
        return any(name in (read, read[::-1]) for name in _unusual(characters))
    mine = _words(declared)
    if _is_latin(mine) != _is_latin(words):
        return True  # another script, for which nothing here knows the letters
    forms = list(islice(_forms(declared), FORMS_MOST))
    same_words = any(sorted(form) == sorted(words) for form in forms)
    same_letters = any("".join(form) in (read[0] + read[1], read[1] + read[0]) for form in forms)
    return same_words or same_letters or sorted(_plainer(mine)) == sorted(_plainer(words))


def _is_mixed(declared: str) -> bool:
    """Whether a name is written in characters and in letters: only the characters are compared."""
    return bool(_characters(declared)) and any(one.isascii() and one.isalpha() for one in declared)


def _plainer(words: Iterable[str]) -> list[str]:
    return [re.sub("AE|OE|UE", lambda two: _TWO_LETTERS[two[0]], word) for word in words]


def _is_latin(words: Iterable[str]) -> bool:
    return all("A" <= letter <= "Z" for word in words for letter in word)


def names_on_paper(name: str, lines: Iterable[str]) -> bool:
    """Whether all words of a name stand on a paper, in any of the name's forms."""
    words = {word for line in lines for word in _words(line)}
    text = "".join(_joined([line]) for line in lines)
    forms = islice(_forms(name), FORMS_MOST)
    return any(set(form) <= words or "".join(form) in text for form in forms if form)


def _joined(parts: Iterable[str]) -> str:
    return "".join(word for part in parts for word in _words(part))


def _words(text: str) -> list[str]:
    """Words in capitals without accents; Chinese characters stay. Mª is María on Spanish papers."""
    written = re.sub(r"\bM\.?ª", "MARIA", text.upper()).translate(_NOT_COMPOSED)
    known = unicodedata.normalize("NFKD", written)
    bare = "".join(one for one in known if not unicodedata.combining(one))
    return "".join(one if one.isalpha() else " " for one in bare).split()


def _parted(declared: str) -> Iterator[Block]:
    """What surname and given names may be, as a document parts them: whoever types a name writes
    either first and does not say where it ends. Words within each keep their order."""
    yield _joined([declared]), ""
    characters = _characters(declared)
    if characters:
        yield from _pinyin_names(characters)
        return
    for form in islice(_forms(declared), FORMS_MOST):
        for at in range(1, len(form)):
            first, rest = "".join(form[:at]), "".join(form[at:])
            yield from ((first, rest), (rest, first))


def _forms(declared: str) -> Iterator[list[str]]:
    """Every way in which a document may write the name, as words, the plainest first."""
    yield _words(declared)
    characters = _characters(declared)
    if characters:
        yield from ([part for part in name if part] for name in _pinyin_names(characters))
        return
    capitals = unicodedata.normalize("NFC", declared.upper().replace("ß", "ẞ"))
    choices = [ICAO.get(one, (one,)) for one in capitals]
    for letters in islice(product(*choices), FORMS_MOST):
        yield _words("".join(letters))


def _characters(text: str) -> str:
    return "".join(one for one in text if _is_chinese(one))


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def _pinyin_names(characters: str) -> Iterator[Block]:
    """Surname and given name in pinyin: the surname as it is read as one, the rest in any way."""
    for length in (2, 1):
        surname, given = characters[:length], characters[length:]
        if not given or (length == 2 and surname not in COMPOUND and surname not in SURNAMES):
            continue
        usual = ("".join(lazy_pinyin(surname, v_to_u=True)),)
        for reading in product(SURNAMES.get(surname, usual), *_readings(given)):
            yield from _spellings(reading[0], "".join(reading[1:]))


def _unusual(characters: str) -> Iterator[Block]:
    """Surname and given name in any reading, parted anywhere: what a person may still tell."""
    for reading in islice(product(*_readings(characters)), FORMS_MOST):
        for at in range(1, len(characters)):
            yield from _spellings("".join(reading[:at]), "".join(reading[at:]))
        yield from _spellings("".join(reading), "")


def _spellings(surname: str, given: str) -> Iterator[Block]:
    """ü is YU in passports since 2012; U or V before, and at banks."""
    for letter in ("yu", "u", "v") if "ü" in surname + given else ("",):
        yield surname.replace("ü", letter).upper(), given.replace("ü", letter).upper()


def _readings(characters: str) -> list[list[str]]:
    found = pinyin(characters, style=Style.NORMAL, heteronym=True, v_to_u=True)
    return [[one.lower() for one in readings] for readings in found]
