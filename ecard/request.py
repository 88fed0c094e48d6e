"""From a Flask request to a Call, and the frames of a capture kept in memory.

Werkzeug spools multipart files over 500 kB to disk; a face must never rest there in the clear, so
this request class keeps every part in memory (bodies are capped, see the settings).
"""

from __future__ import annotations

import io
import re
import uuid
from typing import IO, Any

from flask import Request, current_app, g, request

from ecard.actors import Nobody
from ecard.call import Call
from ecard.locale import negotiate

REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID and nothing else: it goes into the logs and the audit, where no number may hide in it."""


class MemoryRequest(Request):
    """A request whose uploaded parts stay in memory."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def current_call() -> Call:
    """The Call of the request being served."""
    joined = current_app.extensions["ecard"]
    return Call(
        actor=g.get("actor") or Nobody(),
        db=joined.db,
        settings=joined.settings,
        dependencies=joined.dependencies,
        language=negotiate(request.headers.get("Accept-Language", "")),
        channel="counter" if getattr(g.get("actor"), "kind", "") == "staff" else "app",
        request_id=g.request_id,
        network=request.remote_addr or "",
    )


def request_id(offered: str | None) -> str:
    """The caller's request id where it is well formed, else a fresh one."""
    if offered and REQUEST_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex
