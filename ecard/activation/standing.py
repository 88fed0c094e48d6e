"""How the last step stands: tries left, waiting time, and always the routes without a face."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ecard.activation import policy as rules
from ecard.activation.counter import (
    code_waiting_until,
)
from ecard.activation.facts import facts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.locale import sentence

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route without a face; it gives the same rights."""

    route: str
    sentence: str
    counters: list[agencies.CounterView]
    code_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActivationView:
    """How the last step stands, as the holder sees it."""

    link_id: uuid.UUID
    state: str
    route: str
    face_subject: str
    face_open: bool
    tries_left: int
    wait_seconds: int
    consent_by: str
    consent: str
    routes: list[RouteView]
    next: str


def read_activation(call: Call, link_id: uuid.UUID) -> ActivationView:
    """Tries left, waiting time, and always the routes without a face."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        known = facts(session, call, link)
        return ActivationView(
            link_id=link.id,
            state=family.view(session, call, link).state,
            route=link.route,
            face_subject=link.face_subject,
            face_open=not known.allowed.shut and known.consent not in rules.REFUSED,
            tries_left=known.allowed.tries_left,
            wait_seconds=known.allowed.wait_seconds,
            consent_by=known.consent_by,
            consent=known.consent,
            routes=_routes(session, call, link),
            next=holders_step(session, call, link),
        )


def _routes(session: Session, call: Call, link: Link) -> list[RouteView]:
    counters = agencies.counters_in(session, link.region_id, call.language)
    until = code_waiting_until(session, call, link.id)
    return [
        RouteView(
            route,
            sentence(f"route.{route}", call.language),
            counters if route != rules.DIGITS_VIDEO else [],
            until if route == rules.COUNTER else None,
        )
        for route in rules.FACELESS_ROUTES
    ]


def holders_step(session: Session, call: Call, link: Link) -> str:
    """The person's steps are taken in a session; the holder's step is to open one."""
    known = facts(session, call, link)
    if link.state not in rules.ANSWERING:
        return family.view(session, call, link).next or known.next
    way = "invite_or_hand_over" if known.adult else "open_capture_session"
    return way if known.next in ("accept", "give_consent", rules.DRAW_CHALLENGE) else known.next
