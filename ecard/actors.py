"""Who is calling: what a token stands for. Plain values, known to every service."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """A signed-in holder of an e-card, on one device, in one session."""

    account_id: uuid.UUID
    person_id: uuid.UUID
    session_id: uuid.UUID
    device_id: uuid.UUID
    region_id: uuid.UUID

    kind = "holder"

    @property
    def id(self) -> uuid.UUID:
        """The person who acts."""
        return self.person_id


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in member of staff; ``region_ids`` is their region and everything below it."""

    staff_id: uuid.UUID
    session_id: uuid.UUID
    region_id: uuid.UUID
    region_ids: frozenset[uuid.UUID]
    roles: frozenset[str]
    counter_id: uuid.UUID | None = None

    kind = "staff"

    @property
    def id(self) -> uuid.UUID:
        """The member of staff who acts."""
        return self.staff_id


@dataclass(frozen=True, slots=True)
class CaptureGuest:
    """Whoever holds a capture session: the relative, or the guardian of a small child."""

    capture_session_id: uuid.UUID
    link_id: uuid.UUID

    kind = "capture"

    @property
    def id(self) -> uuid.UUID:
        """The capture session; the person behind it is known only once the face matched."""
        return self.capture_session_id


@dataclass(frozen=True, slots=True)
class Nobody:
    """A caller without a token (public pages) or the system itself (sweeps, jobs)."""

    kind: str = "nobody"

    @property
    def id(self) -> uuid.UUID | None:
        """Nobody has no id."""
        return None


SYSTEM = Nobody("system")
Actor = Holder | Staff | CaptureGuest | Nobody
