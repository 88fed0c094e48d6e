"""A body has so much time to arrive, however it trickles; then its sender is told, and cut off.

The server reads a body in the thread that serves the request, so a sender of a byte a second would
hold that thread for days. When the time is up the reading half of the connection is closed: the
read ends as if the sender had hung up, and the answer still goes out. A proxy that buffers
(docs/deploy.md) keeps most of them away; this holds without one too.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

LATE = "ecard.body_late"
SOCKET = "gunicorn.socket"
"""The server's own name for the connection; under another server there is no such deadline."""


class BodyDeadline:
    """WSGI middleware: closes for reading what has not arrived in time."""

    def __init__(self, app: Callable[..., Iterable[bytes]], seconds: float) -> None:
        self._app, self._seconds = app, seconds

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """One request."""
        connection = environ.get(SOCKET)
        if connection is None or environ.get("CONTENT_LENGTH", "") in ("", "0"):
            return self._app(environ, start)
        alarm = threading.Timer(self._seconds, _close, (environ, connection))
        alarm.daemon = True
        alarm.start()
        try:
            return self._app(environ, start)
        finally:
            alarm.cancel()


def _close(environ: dict[str, Any], connection: socket.socket) -> None:
    environ[LATE] = True
    with contextlib.suppress(OSError):  # gone by itself
        connection.shutdown(socket.SHUT_RD)
