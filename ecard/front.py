"""The front door, ``/``: where to go from here. A browser is taken to the documentation page."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as Answer

DOCUMENTATION = "/api/docs"
PLACES = {
    "service": "e-card family services",
    "documentation": DOCUMENTATION,
    "openapi": "/api/openapi.json",
    "api": "/api/v1",
    "alive": "/healthz",
    "ready": "/readyz",
}

front = Blueprint("front", __name__)


@front.get("/")
def arrive() -> Response | Answer:
    """Where things are, for people and for programs."""
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect(DOCUMENTATION)
    return jsonify(PLACES)
