"""Anchors of the audit chain, and the walk that finds what was done to it.

An anchor is the chain's head (number and MAC of the last row) written to a file outside the
database and signed with a key of its own; each anchor's signature covers the one before. The chain
alone shows a row that was changed, added, removed or moved; the anchors show what a chain cannot:
a cut tail, or a whole database put back to an older state. Keep the anchors where the database's
administrator cannot write (``ECARD_ANCHORS``).
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.audit import GENESIS, AuditHead, AuditRow, mac_of
from ecard.call import Call

FILE = "anchors.jsonl"
BATCH_ROWS = 5_000
"""Rows read at a time: bounds memory and the time of one statement."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the anchors' file."""

    seq: int
    mac: str
    at: str
    kind: str
    """``head``, or ``restored`` where an operator put back a backup: what came after is lost."""
    signature: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be: where, and what."""

    seq: int | None
    """The first bad row's number, or None where it is not about a row."""
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk over the chain found."""

    rows: int
    anchors: int
    anchored_to: int
    """The last row that an anchor vouches for."""
    finding: Finding | None
    """The first thing that is wrong; None when all is well."""
    lost: tuple[str, ...] = ()
    """What was given up on purpose, by putting back a backup."""


class AnchorError(Exception):
    """The anchors' file is not as it was written; the message names the line."""


# ------------------------------------------------------------------ writing anchors


def anchor(call: Call, *, force: bool = False) -> Anchor | None:
    """Write an anchor when one is due (rows or seconds of the settings) or when forced."""
    with call.db.read() as session:
        head = session.get(AuditHead, 1)
    if head is None:
        return None
    with _locked(call) as path:
        last = _last(path, call.dependencies.vault.anchor_key)
        if last is not None and last.seq == head.seq:
            return None
        if last is not None and not (force or _due(call, last, head.seq)):
            return None
        return _append(call, path, last, head.seq, head.mac, "head")


def declare_restored(call: Call) -> Anchor | None:
    """Say on the record that an older state was put back; written only where rows were lost."""
    with call.db.read() as session:
        head = session.get(AuditHead, 1)
    seq, mac = (head.seq, head.mac) if head else (0, GENESIS)
    with _locked(call) as path:
        last = _last(path, call.dependencies.vault.anchor_key)
        if last is None or last.seq <= seq:
            return None
        return _append(call, path, last, seq, mac, "restored")


def require_anchors(call: Call) -> None:
    """Raise AnchorError or OSError unless an anchor could be written now."""
    with _locked(call) as path:
        _last(path, call.dependencies.vault.anchor_key)


def _due(call: Call, last: Anchor, seq: int) -> bool:
    age = call.now - datetime.fromisoformat(last.at)
    return (
        seq - last.seq >= call.settings.anchor_rows
        or age.total_seconds() >= call.settings.anchor_seconds
    )


@contextmanager
def _locked(call: Call) -> Iterator[Path]:
    """The anchors' file, ours alone meanwhile: several workers write to it."""
    folder = call.settings.anchors_folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)


def _append(call: Call, path: Path, last: Anchor | None, seq: int, mac: str, kind: str) -> Anchor:
    content: dict[str, Any] = {"seq": seq, "mac": mac, "at": call.now.isoformat(), "kind": kind}
    signature = _sign(content, last.signature if last else "", call.dependencies.vault.anchor_key)
    line = json.dumps({**content, "signature": signature}) + "\n"
    with path.open("a+", encoding="ascii") as file:
        file.write(line if _ends_whole(path) else "\n" + line)
        file.flush()
        os.fsync(file.fileno())
    return Anchor(**content, signature=signature)


def _ends_whole(path: Path) -> bool:
    """Whether the last line was written to its end; half of one is what a full disk or a power
    cut leaves. It stays where it is: the file may lie where nothing can be taken away."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _sign(content: dict[str, Any], before: str, key: bytes) -> str:
    text = before + json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _last(path: Path, key: bytes) -> Anchor | None:
    """The last anchor; only the last lines are read, so that this stays cheap for years."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 4096))
        lines = file.read().split(b"\n")
    whole = [one for line in lines[:-1] if (one := _parse(line)) is not None]
    if not whole:
        return None
    before = whole[-2].signature if len(whole) > 1 else ""
    last = whole[-1]
    if not _genuine(last, before, key):
        raise AnchorError("the last anchor is not as it was written")
    return last


def read_anchors(folder: Path, key: bytes) -> list[Anchor]:
    """Every anchor, oldest first; raises AnchorError at the first line that is not genuine.

    Half a line is passed over where the next anchor goes on from the one before it (or where it is
    the end of the file): so it was never an anchor. One that was is missed by the next signature.
    """
    path = folder / FILE
    if not path.exists():
        return []
    *lines, _half = path.read_bytes().split(b"\n")
    found: list[Anchor] = []
    before, torn = "", 0
    for number, line in enumerate(lines, 1):
        one = _parse(line)
        if one is None:
            torn = torn or number
            continue
        if not _genuine(one, before, key):
            raise AnchorError(
                f"anchor {torn} cannot be read"
                if torn
                else f"anchor {number} is not as it was written"
            )
        found.append(one)
        before, torn = one.signature, 0
    if torn:
        raise AnchorError(f"anchor {torn} cannot be read")
    return found


def _parse(line: bytes) -> Anchor | None:
    """The anchor in a line; None where it cannot be read."""
    try:
        return Anchor(**json.loads(line))
    except (ValueError, TypeError, KeyError):
        return None


def _genuine(one: Anchor, before: str, key: bytes) -> bool:
    content = {"seq": one.seq, "mac": one.mac, "at": one.at, "kind": one.kind}
    return hmac.compare_digest(_sign(content, before, key), one.signature)


# ------------------------------------------------------------------ verifying


def verify(call: Call) -> Verdict:
    """Walk the whole chain and compare it with the anchors; stops at the first thing wrong."""
    vault = call.dependencies.vault
    try:
        anchors = read_anchors(call.settings.anchors_folder, vault.anchor_key)
    except AnchorError as damaged:
        return Verdict(0, 0, 0, Finding(None, str(damaged)))
    standing, lost = _standing(anchors)
    with call.db.read() as session:
        _one_snapshot(session)
        walk = _Walk(vault.audit_key, {one.seq: one for one in standing})
        finding = walk.through(_rows(session)) or _at_the_end(session, walk, standing)
    reach = max((one.seq for one in standing), default=0)
    return Verdict(walk.rows, len(anchors), reach, finding, lost)


def _one_snapshot(session: Session) -> None:
    """Rows may be added during the walk; it must see one state only (SQLite does so anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _standing(anchors: list[Anchor]) -> tuple[list[Anchor], tuple[str, ...]]:
    """The anchors that still hold: a declared restore gives up those after its row."""
    standing: list[Anchor] = []
    lost: list[str] = []
    for one in anchors:
        if one.kind == "restored":
            reach = max((kept.seq for kept in standing), default=one.seq)
            lost.append(f"restored at {one.at}: rows {one.seq + 1} to {reach} were given up")
            standing = [kept for kept in standing if kept.seq <= one.seq]
        standing.append(one)
    return [one for one in standing if one.seq > 0], tuple(lost)


def _rows(session: Session) -> Iterator[AuditRow]:
    table = AuditRow.__table__
    last = -(2**31)  # from below any number: a forged row 0 or -1 is walked over too
    while True:
        query = sa.select(table).where(table.c.seq > last).order_by(table.c.seq).limit(BATCH_ROWS)
        batch = session.execute(query).all()
        yield from (cast("AuditRow", row) for row in batch)  # same names, a third of the time
        if len(batch) < BATCH_ROWS:
            return
        last = batch[-1].seq


class _Walk:
    """From row to row, with what the anchors say about each."""

    def __init__(self, key: bytes, anchors: dict[int, Anchor]) -> None:
        self._key, self._anchors = key, anchors
        self.rows, self.mac = 0, GENESIS

    def through(self, rows: Iterator[AuditRow]) -> Finding | None:
        """The first row that is not as it was written, or does not follow the one before."""
        for row in rows:
            wrong = self._wrong(row)
            if wrong is not None:
                return wrong
            self.rows, self.mac = row.seq, row.mac
        return None

    def _wrong(self, row: AuditRow) -> Finding | None:
        expected = self.rows + 1
        if row.seq > expected:
            return Finding(expected, f"row {expected} is missing")
        if row.seq < expected:
            return Finding(row.seq, f"row {row.seq} was added before the first")
        if not hmac.compare_digest(row.mac, mac_of(row, self._key)):
            return Finding(row.seq, f"row {row.seq} is not as it was written")
        if row.prev_mac != self.mac:
            return Finding(row.seq, f"row {row.seq} does not follow the one before it")
        vouched = self._anchors.get(row.seq)
        if vouched is not None and vouched.mac != row.mac:
            return Finding(row.seq, f"row {row.seq} is not the one anchored at {vouched.at}")
        return None


def _at_the_end(session: Session, walk: _Walk, anchors: list[Anchor]) -> Finding | None:
    """What is missing after the last row: by the anchors first, then by the head."""
    reach = max((one.seq for one in anchors), default=0)
    if reach > walk.rows:
        return Finding(
            walk.rows + 1,
            f"rows {walk.rows + 1} to {reach} are missing: the tail was cut or an older database"
            " was put back",
        )
    head = session.get(AuditHead, 1)
    seq, mac = (head.seq, head.mac) if head else (0, GENESIS)
    if seq > walk.rows:
        return Finding(walk.rows + 1, f"rows {walk.rows + 1} to {seq} are missing")
    if (seq, mac) != (walk.rows, walk.mac):
        return Finding(walk.rows, f"the head does not name row {walk.rows} as the last")
    if walk.rows and not anchors:
        return Finding(None, "there are rows and no anchor: nothing vouches for the tail")
    return None
