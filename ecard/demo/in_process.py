"""A phone without a network and without waiting: the application is called in this process, and the
clock is moved by hand. For the demonstration of ten years, and for tests."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from urllib3.filepost import encode_multipart_formdata

from ecard.demo.capture_client import Part
from ecard.demo.phone import Answer

PHONE_IS_OFF_MS = 123_456
"""No phone's clock is the server's."""


class MovedClock:
    """A clock that stands still until it is moved, or moves on with every look."""

    def __init__(self, start: datetime) -> None:
        self.began, self.time, self.tick = start, start, timedelta(0)

    def __call__(self) -> datetime:
        self.time += self.tick
        return self.time

    def advance(self, **by: float) -> None:
        """Move on by a timedelta's keywords (``days=1``)."""
        self.time += timedelta(**by)


class HandClock:
    """A phone's clock in step with a clock that is moved: minutes off, and moved by waiting."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock

    def now_ms(self) -> float:
        """Milliseconds since the phone was switched on, or so."""
        return (self._clock.time - self._clock.began).total_seconds() * 1000 + PHONE_IS_OFF_MS

    def wait(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self._clock.advance(seconds=seconds)


class AppTransport:
    """A transport that calls the application itself, without a network."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        json: object | None,
        files: Sequence[Part] | None,
    ) -> Answer:
        """One request and its answer."""
        given: dict[str, Any] = {}
        if files is not None:
            body, content_type = encode_multipart_formdata(list(files))
            given = {"data": body, "content_type": content_type}
        elif json is not None:
            given = {"json": json}
        got = self.app.test_client().open(path, method=method, headers=dict(headers), **given)
        is_json = got.data and "json" in (got.content_type or "")
        return Answer(
            got.status_code, dict(got.headers), jsonlib.loads(got.data) if is_json else got.data
        )
