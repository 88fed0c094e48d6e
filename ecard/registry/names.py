"""When two written names are the same name. Pure.

People write names without accents, in capitals, surname first or last, with or without spaces;
none of that makes another person of them. A missing part does.
"""

from __future__ import annotations

import re
import unicodedata

ACCENTS = re.compile("[\u0300-\u036f]")
"""Accents of Latin, Greek and Cyrillic letters; other scripts' marks are letters of their own."""


def same_name(one: str, other: str) -> bool:
    """Whether the two are one name but for accents, case, spaces and the order of their parts."""
    first, second = name_parts(one), name_parts(other)
    if not first or not second:
        return False
    return first == second or _joined(one) == _joined(other)


def name_parts(name: str) -> list[str]:
    """The parts of a name, folded and sorted."""
    return sorted(_words(name))


def _words(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", name.casefold())
    bare = unicodedata.normalize("NFKC", ACCENTS.sub("", folded)).casefold()
    letters = "".join(c if c.isalpha() or unicodedata.combining(c) else " " for c in bare)
    return letters.split()


def _joined(name: str) -> str:
    return "".join(_words(name))
