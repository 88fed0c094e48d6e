"""From a token to an actor. Closed by default: a blueprint nobody opened answers 401.

``admit`` is called where blueprints are registered (``app.py``), so who may enter which room can
be read in one place. A token's prefix says what it opens; who it stands for is looked up on every
request, so that an ended session or link is refused on the very next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, g, request

from ecard.actors import Actor
from ecard.call import Call
from ecard.errors import NotAllowed, NotFound, NotSignedIn, Refusal
from ecard.request import current_call

PUBLIC = "public"
HOLDER = "holder"
LENT = "lent"
"""A holder, also while their phone is in somebody else's hands: only what leads out of that."""
STAFF = "staff"
CAPTURE = "capture"
SCHEMES = {HOLDER: "holderToken", STAFF: "staffToken", CAPTURE: "captureToken"}
TOKENS = {LENT: HOLDER}
"""Rooms that take another room's kind of token."""
PREFIXES = {"eh": HOLDER, "es": STAFF, "ec": CAPTURE}
OPEN_ENDPOINTS = frozenset({"static"})
TOKEN_CHARACTERS = 200

Resolver = Callable[[Call, str], Actor]
"""Finds the actor of a token or raises NotSignedIn (or a refusal that says more)."""


@dataclass(frozen=True)
class Gate:
    """Who may enter which blueprint, and how tokens are resolved."""

    rooms: Mapping[str, str]
    """Blueprint name → public, holder, lent, staff or capture."""
    resolvers: Mapping[str, Resolver]

    def install(self, app: Flask) -> None:
        """Check every request before its view."""
        app.before_request(self._enter)

    def _enter(self) -> None:
        if "\0" in request.path:
            raise NotFound  # no name of ours has one, and not every database takes it
        if request.endpoint is None:
            return  # no such address: 404 or 405, which says nothing about anyone
        kind = self.rooms.get(request.blueprint or "")
        if kind == PUBLIC or request.endpoint in OPEN_ENDPOINTS:
            return
        if kind is None:
            raise NotSignedIn
        g.actor = self._actor(kind)

    def _actor(self, kind: str) -> Actor:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > TOKEN_CHARACTERS:
            raise NotSignedIn
        held = PREFIXES.get(token.partition("_")[0])
        if held is None:
            raise NotSignedIn
        asked = TOKENS.get(kind, kind)
        try:
            actor = self.resolvers[kind if held == asked else held](current_call(), token)
        except Refusal as refusal:
            if held == asked or isinstance(refusal, NotSignedIn):
                raise
            raise NotAllowed from refusal  # what is wrong with it is told at its own doors only
        if held != asked:
            raise NotAllowed
        return actor
