"""Everything a process wrote down, and the search for what must not be in it."""

import base64
import re
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from ecard import tables
from tests.support import Stage

SHORT = 8
"""Shorter marks (codes, passwords) are looked for as words: in a digest they occur by chance."""


def written(stage: Stage) -> dict[str, bytes]:
    """Every file below the data directory but the keys, and every value of every table."""
    var = stage.joined.settings.var
    found = {
        str(path.relative_to(var)): path.read_bytes()
        for path in sorted(var.rglob("*"))
        if path.is_file() and path.parent.name != "keys"
    }
    return found | table_values(stage)


def table_values(stage: Stage) -> dict[str, bytes]:
    """Table → its values; what a database keeps in pages of its own is seen on any engine."""
    found = {}
    with stage.joined.db.read() as session:
        for table in tables.metadata().sorted_tables:
            rows = session.execute(sa.select(table))
            values = [v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row]
            found[f"table {table.name}"] = b"\n".join(values)
    return found


def forms(mark: str) -> Iterable[bytes]:
    """How a text could have been written down."""
    plain = mark.encode()
    yield plain
    yield mark.encode("utf-16-le")
    yield mark.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield from _base64_forms(plain)


def _base64_forms(plain: bytes) -> Iterable[bytes]:
    """The middle of its base64 at each of the three alignments, in both alphabets."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + plain)
        inner = coded[4 if before else 0 : (len(coded) // 4 - 1) * 4]
        if len(inner) >= SHORT:
            yield inner
            yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def hits(haystacks: Mapping[str, bytes], marks: Mapping[str, str]) -> list[str]:
    """Which mark is where: ``what in where``."""
    found = []
    for what, mark in marks.items():
        assert len(mark) >= 4, what
        if len(mark) < SHORT:
            pattern = re.compile(rb"(?<![0-9a-zA-Z_-])" + re.escape(mark.encode()) + rb"(?![\w-])")
            found += [
                f"{what} in {where}" for where, hay in haystacks.items() if pattern.search(hay)
            ]
            continue
        wanted = list(forms(mark))
        found += [
            f"{what} in {where}"
            for where, hay in haystacks.items()
            if any(form in hay for form in wanted)
        ]
    return found
