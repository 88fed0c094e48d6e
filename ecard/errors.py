"""Refusals: errors meant for the client, each with a stable ``code``.

A feature declares its refusals in its own ``errors.py`` as subclasses of Refusal::

    class CardLocked(Refusal):
        code = "card_locked"
        status = 423
        next = "reset_card_password"

The sentence people read is looked up by code in ``ecard/locale/<language>.json``; a test fails when
a code has no sentence in one of the languages. ``params`` fill the sentence's placeholders and are
sent too, so that an app can show them its own way (``tries_left``, ``wait_seconds``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class Refusal(Exception):
    """An error meant for the client. Subclasses fix ``code`` and ``status``."""

    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    next: str | None = None
    """The way on: the step now allowed, or None."""
    spent: bool = False
    """Whether it cost something (a try, a session): a repeat with the same key costs no more."""

    def __init__(
        self,
        *,
        fields: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
        next: str | None = None,  # noqa: A002 - the word of the API
        **params: Any,
    ) -> None:
        super().__init__(self.code)
        self.fields = fields
        self.retry_after = retry_after
        self.params = params
        if next is not None:
            self.next = next

    @property
    def said_as(self) -> str:
        """The sentence's name: the code, or one of several that a code has."""
        return self.code


class NotFound(Refusal):
    """Nothing here, or nothing of yours: the two look the same."""

    code = "not_found"
    status = 404


class NotSignedIn(Refusal):
    """No token, or one that is expired, revoked or unknown."""

    code = "not_signed_in"
    status = 401
    next = "sign_in"


class NotAllowed(Refusal):
    """The actor's kind or role may not do this."""

    code = "not_allowed"
    status = 403


class Conflict(Refusal):
    """Two requests met; the caller should read the present state and try again."""

    code = "conflict"
    status = 409
    next = "read_again"


class TooManyRequests(Refusal):
    """A limit on requests was reached."""

    code = "too_many_requests"
    status = 429


class Busy(Refusal):
    """All places for slow work are taken; nothing was spent."""

    code = "busy"
    status = 503

    def __init__(self, retry_after: int = 5, **params: Any) -> None:
        super().__init__(retry_after=retry_after, **params)


class Unavailable(Refusal):
    """A part of the system (registry, store) does not answer; nothing was spent."""

    code = "unavailable"
    status = 503

    def __init__(self, retry_after: int = 30, **params: Any) -> None:
        super().__init__(retry_after=retry_after, **params)


class StorageFull(Refusal):
    """No room for another file; nothing was spent, and it is taken again once there is room."""

    code = "storage_full"
    status = 507

    def __init__(self, retry_after: int = 300, **params: Any) -> None:
        super().__init__(retry_after=retry_after, **params)


class InvalidInput(Refusal):
    """A field is missing or wrong; ``fields`` names each."""

    code = "invalid_input"
    status = 422


class MalformedBody(Refusal):
    """The body is not what its content type says."""

    code = "malformed_body"
    status = 400


class MalformedRequest(Refusal):
    """What came is no HTTP request; the server says so before the application is asked."""

    code = "malformed_request"
    status = 400


class RequestLineTooLong(Refusal):
    """Address and query have more bytes than are read; the server itself says so."""

    code = "request_line_too_long"
    status = 414


class HeadersTooLarge(Refusal):
    """The headers are more, or longer, than are read; the server itself says so."""

    code = "headers_too_large"
    status = 431


class BodyTooLarge(Refusal):
    """The body or one of its parts is over the cap."""

    code = "body_too_large"
    status = 413


class TooManyParts(Refusal):
    """A form has more parts than are looked at."""

    code = "too_many_parts"
    status = 413


class BodyTooSlow(Refusal):
    """The body did not arrive within the time that a body has; nothing of it was kept."""

    code = "body_too_slow"
    status = 408


class WrongMethod(Refusal):
    """The address exists, the method does not."""

    code = "method_not_allowed"
    status = 405


class WrongContentType(Refusal):
    """The content type is not the one this address takes."""

    code = "unsupported_media_type"
    status = 415


class VersionMissing(Refusal):
    """An edit must say which version it changes (If-Match)."""

    code = "version_missing"
    status = 428
    next = "read_again"


class VersionChanged(Refusal):
    """Somebody changed it in the meantime."""

    code = "version_changed"
    status = 412
    next = "read_again"


class InternalError(Refusal):
    """A fault of ours; the request id finds it in the logs."""

    code = "internal_error"
    status = 500


def all_refusals() -> list[type[Refusal]]:
    """Every declared refusal, by code. Import the features first."""
    return sorted(set(_descend(Refusal)), key=lambda kind: kind.code)


def _descend(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        if child.code:
            yield child
        yield from _descend(child)
