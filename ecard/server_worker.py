"""A worker of gunicorn whose own refusals look like all others, and name nobody in a log.

gunicorn answers what it cannot parse by itself, in HTML, and would log the client's address and
what it sent.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    from ecard.errors import Refusal

log = structlog.get_logger()


class PlainWorker(ThreadWorker):
    """gthread, but for what it says where a request cannot be read, and for Ctrl-C."""

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Ends as it does for SIGTERM. A terminal's Ctrl-C reaches the worker twice, from the
        master too; gthread would shut its pool down inside the signal, and the second would wait
        for the lock that the first holds."""
        self.handle_exit(sig, frame)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        """Answer with problem details; nobody could be asked for a language yet."""
        write = log.warning if isinstance(exc, ParseException) else log.error
        write("request_refused", error=type(exc).__name__)
        with suppress(OSError):  # whoever sent it may be gone
            client.sendall(answer_to(exc))


def answer_to(exc: BaseException) -> bytes:
    """The whole response, after which the connection is closed."""
    from ecard.locale import DEFAULT, sentence  # after the fork (ecard/server.py says why)

    refusal = _refusal_of(exc)
    body = json.dumps(
        {
            "type": f"urn:ecard:problem:{refusal.code}",
            "title": refusal.code.replace("_", " "),
            "status": refusal.status,
            "code": refusal.code,
            "detail": sentence(refusal.code, DEFAULT),
            "instance": f"urn:ecard:request:{uuid.uuid4()}",
        }
    ).encode()
    head = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}",
        "Content-Type: application/problem+json",
        f"Content-Language: {DEFAULT}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join([*head, "", ""]).encode() + body


def _refusal_of(exc: BaseException) -> Refusal:
    from ecard import errors

    if isinstance(exc, LimitRequestLine):
        return errors.RequestLineTooLong()
    if isinstance(exc, LimitRequestHeaders):
        return errors.HeadersTooLarge()
    return errors.MalformedRequest() if isinstance(exc, ParseException) else errors.InternalError()
