"""One call to a service: who, when, in which language, with which collaborators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ecard.actors import SYSTEM, Actor, CaptureGuest, Holder, Staff
from ecard.config import Settings
from ecard.db import Database
from ecard.dependencies import Dependencies
from ecard.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Call:
    """What every service verb receives first. It knows nothing of HTTP."""

    actor: Actor
    db: Database
    settings: Settings
    dependencies: Dependencies
    language: str = "en"
    channel: str = "app"
    request_id: str = "-"
    network: str = ""

    @property
    def now(self) -> datetime:
        """The time by the injected clock, aware, UTC."""
        return self.dependencies.now()

    @property
    def holder(self) -> Holder:
        """The actor, known to be a holder (the blueprint's gate saw to it)."""
        if not isinstance(self.actor, Holder):
            raise TypeError("this verb is for a holder")
        return self.actor

    @property
    def staff(self) -> Staff:
        """The actor, known to be staff."""
        if not isinstance(self.actor, Staff):
            raise TypeError("this verb is for staff")
        return self.actor

    @property
    def guest(self) -> CaptureGuest:
        """The actor, known to hold a capture session's token."""
        if not isinstance(self.actor, CaptureGuest):
            raise TypeError("this verb is for a capture session")
        return self.actor

    def require_role(self, *roles: str) -> None:
        """Raise NotAllowed unless the actor is staff and holds one of the roles."""
        if not self.staff.roles.intersection(roles):
            raise NotAllowed

    def as_system(self) -> Call:
        """The same call made by the system itself (sweeps, time-driven moves)."""
        return replace(self, actor=SYSTEM, channel="system")

    def by(self, actor: Actor) -> Call:
        """The same call made by another actor."""
        return replace(self, actor=actor)
