"""Structured logs, one JSON object a line, and nothing of a person in any of them.

What is logged of a request is its route's template, never its address: ids in a path, search words
and bodies stay out. Whatever else reaches a line is looked at before it is written: a value that
looks like a number of a person, a card or a telephone, an e-mail address, a token or a picture is
withheld and counted. Exceptions are named by type and place; their messages carry values.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor

HARMLESS = re.compile(
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # an id of ours
    r"|\b[0-9a-f]{32}\b"  # a request id
    r"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"  # a time
)
PERSONAL = re.compile(
    r"\S@\S+\.\w"  # e-mail address
    r"|\+?\d(?:[ ().\-/]{0,2}\d){6,}"  # seven digits and more: an identity, card, telephone
    r"|\b(?:eh|er|ed|es|ec|iv|nm|rc)_[A-Za-z0-9_-]{16,}"  # token of ours
    r"|[A-Za-z0-9+/_=-]{200,}"  # base64: a picture, a key
    r"|[^\x00-\x7f]"  # names have accents and characters; nothing we log has
)
NUMBER_DIGITS = 9
"""An integer with this many digits is an identifier, not a measure."""
WITHHELD = "[withheld]"
OWN_FIELDS = frozenset({"timestamp", "level", "ms", "status"})


class Withheld:
    """How many values were kept out of the logs since the process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self, number: int) -> None:
        """Count values that were withheld."""
        with self._lock:
            self.count += number


withheld = Withheld()


def configure(stream: IO[str] | None = None, level: str = "INFO") -> None:
    """Send structlog's and every library's lines, as JSON, to ``stream`` (standard error)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_exception,
        withhold_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ecard").setLevel(level)


def name_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it came through."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error)
    event.pop("exception", None)
    event.pop("stack_info", None)
    return event


def places(error: BaseException) -> list[str]:
    """The last places an exception came through: file, line and function, no values."""
    found = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-12:]


def withhold_personal(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Withhold every value that looks like something of a person, and say how many there were."""
    kept: EventDict = {}
    number = 0
    for name, value in event.items():
        if name.startswith("_") or name in OWN_FIELDS:
            kept[name] = value
            continue
        kept[name], found = _cleaned(value)
        number += found
    if number:
        withheld.add(number)
        kept["withheld"] = number
    return kept


def _cleaned(value: Any) -> tuple[Any, int]:
    """The value without what looks personal, and how much was withheld."""
    if value is None or isinstance(value, bool | float):
        return value, 0
    if isinstance(value, int):
        return (value, 0) if abs(value) < 10 ** (NUMBER_DIGITS - 1) else (WITHHELD, 1)
    if isinstance(value, Mapping):
        pairs = [(_cleaned(str(name)), _cleaned(inner)) for name, inner in value.items()]
        number = sum(name[1] + inner[1] for name, inner in pairs)
        return {name[0]: inner[0] for name, inner in pairs}, number
    if isinstance(value, list | tuple | set | frozenset):
        items = [_cleaned(item) for item in value]
        return [item for item, _ in items], sum(found for _, found in items)
    if isinstance(value, bytes):
        return WITHHELD, 1
    text = str(value)
    return (WITHHELD, 1) if looks_personal(text) else (text, 0)


def looks_personal(text: str) -> bool:
    """Whether a text could hold something of a person; ids and times of ours do not count."""
    return PERSONAL.search(HARMLESS.sub(" ", text)) is not None


def log_requests(app: Flask) -> None:
    """One line for each request: its id, method, route, status and time taken."""
    log = structlog.get_logger("ecard.request")

    def start() -> None:
        g.started = time.perf_counter()

    def finish(response: Response) -> Response:
        log.info(
            "request",
            request_id=g.get("request_id", "-"),
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "unmatched",
            status=response.status_code,
            ms=round((time.perf_counter() - g.started) * 1000, 1),
        )
        return response

    app.before_request(start)
    app.after_request(finish)
