"""What a load changed: counted for the person at the terminal, recorded in the audit."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call

ADDED, CHANGED, KEPT = "added", "changed", "as they were"


@dataclass
class Changes:
    """Collects what is stored; its audit rows are written last, since they hold the chain."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    done: list[tuple[str, str, uuid.UUID]] = field(default_factory=list)

    def note(self, kind: str, object_id: uuid.UUID, what: str) -> None:
        """One row of a kind (``region``) was added, changed, or kept as it was."""
        self.counts.setdefault(kind, Counter())[what] += 1
        if what != KEPT:
            self.done.append((f"{kind}.{what}", kind, object_id))

    def keep(self, kind: str, row: Any, values: Mapping[str, object]) -> None:
        """Set the values that differ on a row that is there."""
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in differing.items():
            setattr(row, name, value)
        self.note(kind, row.id, CHANGED if differing else KEPT)

    def record(self, session: Session, call: Call) -> None:
        """An audit row for each thing that was added or changed."""
        for action, kind, object_id in self.done:
            audit.record(session, call, action, kind, object_id)

    def lines(self) -> list[str]:
        """``region: 4 added, 1 as they were``."""
        return [
            f"{kind}: " + ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
            for kind, found in self.counts.items()
        ]


def moment(text: str) -> datetime | None:
    """A time with its offset from UTC (``2026-01-01T00:00:00+08:00``), or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


MOMENT = "must be a time with its offset, such as 2026-01-01T00:00:00+08:00"
