"""What the relative's screen shows in a capture session."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from biometrics.challenge import Profile
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.facts import FACE_PROCESSING, facts
from ecard.activation.opening import guests_step
from ecard.call import Call
from ecard.locale import sentence
from ecard.notices import service as notices
from ecard.persons import service as persons


@dataclass(frozen=True, slots=True)
class ScopeView:
    """One thing the holder asks to do, as a sentence."""

    scope: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """Everything the relative's screen shows; ``read_aloud`` is the same as one text."""

    id: uuid.UUID
    via: str
    expires_at: datetime
    language: str
    """The language on file of the person at the camera."""
    holder_name: str
    must_accept: bool
    accepted: bool
    scopes: list[ScopeView]
    how_to_end: str
    read_aloud: str
    face_subject: str
    consent_by: str
    consent: str
    profiles: list[str]
    frames_min: int
    frames_max: int
    tries_left: int
    wait_seconds: int
    unusable_left: int
    routes: list[str]
    next: str


def read_session(call: Call, session_id: uuid.UUID) -> SessionView:
    """Who asks for what, how to end it, and the step now allowed."""
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        holder = rules.shown_name(persons.particulars(session, call, link.holder_id).name)
    scopes = [_scope_view(call, scope) for scope in link.scopes]
    return SessionView(
        id=opened.id,
        via=opened.via,
        expires_at=opened.expires_at,
        language=opened.language,
        holder_name=holder,
        must_accept=known.must_accept,
        accepted=link.accepted_at is not None,
        scopes=scopes,
        how_to_end=sentence("accept.how_to_end", call.language),
        read_aloud=_read_aloud(call, holder, scopes),
        face_subject=link.face_subject,
        consent_by=known.consent_by,
        consent=known.consent,
        profiles=[profile.value for profile in Profile],
        frames_min=call.settings.frames_min,
        frames_max=call.settings.frames_max,
        tries_left=known.allowed.tries_left,
        wait_seconds=known.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - opened.unusable),
        routes=list(rules.FACELESS_ROUTES),
        next=guests_step(known, opened.via),
    )


def _scope_view(call: Call, scope: str) -> ScopeView:
    return ScopeView(scope, sentence(f"accept.scope.{scope}", call.language))


def _read_aloud(call: Call, holder: str, scopes: Sequence[ScopeView]) -> str:
    parts = [
        sentence("accept.asks", call.language, name=holder),
        *(scope.sentence for scope in scopes),
        sentence("accept.how_to_end", call.language),
        sentence("accept.free_choice", call.language),
    ]
    return "\n".join(parts)


def read_notice(call: Call, session_id: uuid.UUID) -> notices.Notice:
    """The notice about face processing that the person reads before they decide."""
    with call.db.read() as session:
        link, _ = sessions.of_guest(session, call, session_id)
        return notices.current(session, link.region_id, FACE_PROCESSING, call.language, call.now)
