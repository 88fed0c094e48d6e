"""notices.csv and the texts it names: versions of the notices, in each language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.administration.changes import ADDED, KEPT, MOMENT, Changes, moment
from ecard.administration.places import Tree
from ecard.agencies import service as agencies
from ecard.agencies.models import Region
from ecard.csv_files import Finding, Row, Rows, repeats
from ecard.locale import DEFAULT, LANGUAGES
from ecard.notices import service as notices
from ecard.notices.policy import text_hash

COLUMNS = ("region", "kind", "version", "language", "effective_from", "title", "file")
KEY = ("region", "kind", "version", "language")
VERSION_CHARACTERS, TITLE_CHARACTERS = 64, 200


def findings(session: Session, folder: Path, rows: Rows, regions: Tree) -> Iterator[Finding]:
    """What is wrong with notices.csv."""
    yield from repeats(rows, KEY)
    there = _there(session)
    for line, row in rows.items():
        rules = {
            "region: no region has this code": row["region"] in regions,
            f"kind: must be one of {', '.join(notices.KINDS)}": row["kind"] in notices.KINDS,
            f"version: 1 to {VERSION_CHARACTERS} characters": _fits(row["version"], 64),
            f"language: must be one of {', '.join(LANGUAGES)}": row["language"] in LANGUAGES,
            f"effective_from: {MOMENT}": moment(row["effective_from"]) is not None,
            f"title: 1 to {TITLE_CHARACTERS} characters": _fits(row["title"], TITLE_CHARACTERS),
            "file: must be a text (UTF-8) of the folder": bool(_text(folder, row)),
        }
        yield from ((line, meant) for meant, ok in rules.items() if not ok)
        if not _as_published(there, folder, row):
            yield line, "version: published already with another text; give it a new version"
    yield from _incomplete(rows, set(there))


def _fits(text: str, most: int) -> bool:
    return 0 < len(text) <= most


def _incomplete(rows: Rows, there: set[tuple[str, ...]]) -> Iterator[Finding]:
    keys = there | {_key(row) for row in rows.values()}
    for line, row in rows.items():
        if (*_key(row)[:3], DEFAULT) not in keys:
            yield line, f"language: this version has no text in {DEFAULT}"


def _as_published(there: dict[tuple[str, ...], notices.Notice], folder: Path, row: Row) -> bool:
    known, text = there.get(_key(row)), _text(folder, row)
    if known is None or text is None:
        return True
    given = (text_hash(text), row["title"], moment(row["effective_from"]))
    return given == (known.text_sha256, known.title, known.effective_from)


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[column] for column in KEY)


def _text(folder: Path, row: Row) -> str | None:
    """The text that a row names: a plain file name of this folder, or None."""
    path = folder / row["file"]
    if not row["file"] or path.parent != folder or path.is_symlink() or not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8-sig").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _there(session: Session) -> dict[tuple[str, ...], notices.Notice]:
    query = sa.select(Region.code, notices.Notice).join(
        notices.Notice, notices.Notice.region_id == Region.id
    )
    return {
        (code, one.kind, one.version, one.language): one for code, one in session.execute(query)
    }


def store(session: Session, folder: Path, rows: Rows, to: Changes) -> None:
    """Publish the texts that are not there. Not committed."""
    there = _there(session)
    for row in rows.values():
        known, since, text = there.get(_key(row)), moment(row["effective_from"]), _text(folder, row)
        if known is not None or since is None or text is None:
            if known is not None:
                to.note("notice", known.id, KEPT)
            continue
        made = notices.publish(
            session,
            agencies.region_by_code(session, row["region"]).id,
            kind=row["kind"],
            version=row["version"],
            language=row["language"],
            title=row["title"],
            text=text,
            effective_from=since,
        )
        to.note("notice", made.id, ADDED)
