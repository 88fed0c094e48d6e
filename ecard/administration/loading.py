"""Loads the CSV files of a folder: all of them or nothing, and again without doubling anything.

``regions.csv``, ``agencies.csv``, ``counters.csv``, ``policies.csv``, ``notices.csv`` and
``staff.csv``; a file that is missing changes nothing. Columns: docs/deploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.administration import places, rules, staff, texts
from ecard.administration.changes import Changes
from ecard.agencies.models import Agency, Counter, Region
from ecard.call import Call
from ecard.csv_files import FilesRefused, Rows, named, read
from ecard.errors import NotFound
from ecard.notices import service as notices
from ecard.policy import service as policies

FILES: Mapping[str, tuple[str, ...]] = {
    "regions.csv": places.REGION_COLUMNS,
    "agencies.csv": places.AGENCY_COLUMNS,
    "counters.csv": places.COUNTER_COLUMNS,
    "policies.csv": rules.COLUMNS,
    "notices.csv": texts.COLUMNS,
    "staff.csv": staff.COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, and what is still wanting before people can be served."""

    lines: list[str]
    wanting: list[str]


def load(call: Call, folder: Path) -> Loaded:
    """Load the folder's files and commit. Raises FilesRefused before anything is stored."""
    with call.db.write() as session:
        files = _read_all(folder)
        _refuse_wrong(session, call, folder, files)
        changes = Changes()
        places.store(
            session, files["regions.csv"], files["agencies.csv"], files["counters.csv"], changes
        )
        rules.store(session, files["policies.csv"], call.now, changes)
        texts.store(session, folder, files["notices.csv"], changes)
        staff.store(session, call, files["staff.csv"], changes)
        wanting = _wanting(session, call)
        changes.record(session, call)
        session.commit()
    return Loaded(changes.lines(), wanting)


def _read_all(folder: Path) -> dict[str, Rows]:
    if not any((folder / name).exists() for name in FILES):
        raise FilesRefused([f"none of {', '.join(FILES)} is there"])
    findings: list[str] = []
    files = {name: read(folder, name, FILES[name], findings, needed=False) for name in FILES}
    if findings:
        raise FilesRefused(findings)
    return files


def _refuse_wrong(session: Session, call: Call, folder: Path, files: Mapping[str, Rows]) -> None:
    regions = places.tree(session, files["regions.csv"])
    offices = _codes(session, Agency) | {row["code"] for row in files["agencies.csv"].values()}
    counters = _codes(session, Counter) | {row["code"] for row in files["counters.csv"].values()}
    found = {
        "regions.csv": places.region_findings(files["regions.csv"], regions),
        "agencies.csv": places.agency_findings(files["agencies.csv"], regions),
        "counters.csv": places.counter_findings(files["counters.csv"], offices),
        "policies.csv": rules.findings(session, files["policies.csv"], regions, call.now),
        "notices.csv": texts.findings(session, folder, files["notices.csv"], regions),
        "staff.csv": staff.findings(files["staff.csv"], regions, counters),
    }
    findings = [line for name, wrong in found.items() for line in named(name, wrong)]
    if findings:
        raise FilesRefused(findings)


def _codes(session: Session, kind: type[Agency | Counter]) -> set[str]:
    return set(session.scalars(sa.select(kind.code)))


def _wanting(session: Session, call: Call) -> list[str]:
    """What keeps a region from serving anybody now, and staff who cannot sign in yet."""
    found = []
    for region in session.scalars(sa.select(Region).order_by(Region.code)):
        try:
            policies.current(session, region.id, call.now)
        except policies.PolicyRefused as refused:
            missing = ", ".join(line.partition(":")[0] for line in str(refused).splitlines())
            found.append(f"{region.code} has no rule now for: {missing}")
        for kind in notices.KINDS:
            try:
                notices.current(session, region.id, kind, "en", call.now)
            except NotFound:
                found.append(f"{region.code} has no notice now of the kind {kind}")
    names = staff.without_password(session, call)
    return found + [f"{one} has no password: python -m ecard set-staff-password" for one in names]
