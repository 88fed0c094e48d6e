"""The front door, ``/``: where to go from here. A browser is taken to the family's app."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as Answer

APP = "/app/"
PLACES = {
    "service": "e-card family services",
    "app": APP,
    "documentation": "/api/docs",
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
        return redirect(APP)
    return jsonify(PLACES)
