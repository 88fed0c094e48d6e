"""The API's shape: problem details for every refusal, rooms that declare what they refuse.

``Room`` is a flask-smorest Blueprint with three more declarations, so that a view reads as a table:
``@room.refuses(...)`` (documented refusals), ``@room.versioned`` (If-Match on what can be edited)
and ``@room.idempotent`` (Idempotency-Key on what creates something; ``ecard/idempotency.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import marshmallow as ma
import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask_smorest import Api, Blueprint
from werkzeug.exceptions import HTTPException

from ecard import errors
from ecard.errors import Refusal
from ecard.idempotency import KeyInWork, KeyMissing, KeyReused, OutcomeUnknown, once
from ecard.locale import negotiate, sentence

PROBLEM = "application/problem+json"
log = structlog.get_logger()


class Schema(ma.Schema):
    """A schema that refuses fields it does not know."""

    class Meta:
        """Unknown fields are an error: a misspelt field must not be ignored in silence."""

        unknown = ma.RAISE


class ProblemSchema(ma.Schema):
    """RFC 9457 problem details; ``code`` is stable, ``detail`` is for people."""

    type = ma.fields.String(required=True, metadata={"description": "urn:ecard:problem:<code>"})
    title = ma.fields.String(required=True, metadata={"description": "The code in words"})
    status = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Stable name of the refusal"})
    detail = ma.fields.String(required=True, metadata={"description": "In the caller's language"})
    instance = ma.fields.String(required=True, metadata={"description": "Request id"})
    field_codes = ma.fields.Dict(
        data_key="fields",
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        metadata={"description": "Field → codes of what is wrong with it"},
    )
    next = ma.fields.String(metadata={"description": "The step that leads on, where one exists"})
    params = ma.fields.Dict(metadata={"description": "Numbers the sentence speaks of"})
    retry_after = ma.fields.Integer(metadata={"description": "Seconds to wait"})


class JsonInt(ma.fields.Integer):
    """An integer in a JSON body: no strings, no booleans, no fractions."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return int(super()._validated(value))


class CursorSchema(ma.Schema):
    """Where a page starts and how long it is."""

    cursor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=200),
        metadata={"description": "From `next_cursor`"},
    )
    limit = ma.fields.Integer(load_default=20, validate=ma.validate.Range(min=1, max=50))


@cache
def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a page of ``item``."""
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next_cursor": ma.fields.String(required=True, allow_none=True),
        },
        name=item.__name__.removesuffix("Schema") + "PageSchema",
    )


class Room(Blueprint):
    """A feature's blueprint. Who may enter is decided where it is registered, in ``app.py``."""

    PAGINATION_HEADER_NAME = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.security_scheme: str | None = None
        self._prepare_doc_cbks.append(self._document_needs)

    def _document_needs(
        self, doc: dict[str, Any], info: dict[str, Any], **_: Any
    ) -> dict[str, Any]:
        """The headers an operation takes, and the token its room asks for."""
        doc.setdefault("parameters", []).extend(info.get("needs_headers", []))
        if self.security_scheme:
            doc["security"] = [{self.security_scheme: []}]
        return doc

    def refuses(self, *kinds: type[Refusal]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Document refusals of an operation, grouped by status."""
        by_status: dict[int, list[str]] = {}
        for kind in kinds:
            by_status.setdefault(kind.status, []).append(kind.code)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            for status, codes in by_status.items():
                text = "Refused: " + ", ".join(f"`{code}`" for code in sorted(codes))
                view = self.alt_response(
                    status, schema=ProblemSchema, description=text, content_type=PROBLEM
                )(view)
            return view

        return decorate

    def versioned(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Take the version from If-Match (as ``version=``) and send the new one as ETag."""

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = view(*args, version=_version(), **kwargs)
            return result, {"ETag": f'"{result.version}"'}

        _document_header(wrapper, IF_MATCH)
        return self.refuses(errors.VersionMissing, errors.VersionChanged)(wrapper)

    def tagged(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Send the version of what is read as ETag."""

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = view(*args, **kwargs)
            return result, {"ETag": f'"{result.version}"'}

        return wrapper

    def idempotent(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """The outermost declaration of a POST that creates: repeats replay the first answer."""
        wrapper = once(view)
        _document_header(wrapper, IDEMPOTENCY_KEY)
        return self.refuses(KeyMissing, KeyReused, KeyInWork, OutcomeUnknown)(wrapper)


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of the version that is being changed.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{20,100}$"},
    "description": "Chosen by the caller, 20 to 100 characters; a repeat is answered alike.",
}


def _document_header(view: Callable[..., Any], header: dict[str, Any]) -> None:
    known = dict(getattr(view, "_apidoc", {}))
    known["needs_headers"] = [*known.get("needs_headers", []), header]
    view._apidoc = known  # type: ignore[attr-defined]


def _version() -> int:
    given = request.headers.get("If-Match", "")
    if not given:
        raise errors.VersionMissing
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', given.strip())
    if not found:
        raise errors.VersionChanged
    return int(found[1])


class ProblemApi(Api):
    """The Api whose every error is problem details."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        keep: str = self.DEFAULT_RESPONSE_CONTENT_TYPE  # type: ignore[has-type]
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        try:
            super()._register_responses()
        finally:
            self.DEFAULT_RESPONSE_CONTENT_TYPE = keep

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Turn werkzeug's and webargs' errors into refusals."""
        response = problem(_as_refusal(error))
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response


BY_STATUS: dict[int, type[Refusal]] = {
    kind.status: kind
    for kind in (
        errors.MalformedBody,
        errors.NotFound,
        errors.WrongMethod,
        errors.BodyTooLarge,
        errors.WrongContentType,
        errors.InvalidInput,
        errors.TooManyRequests,
        errors.InternalError,
    )
}


def _as_refusal(error: HTTPException) -> Refusal:
    kind = BY_STATUS.get(error.code or 500, errors.MalformedBody)
    if kind is errors.InvalidInput:
        messages = (getattr(error, "data", None) or {}).get("messages", {})
        return errors.InvalidInput(fields=flat_fields(messages))
    return kind()


def flat_fields(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Marshmallow's nested messages as ``path`` → codes; the location (json, query…) is dropped."""
    found: dict[str, list[str]] = {}
    if isinstance(messages, dict):
        for name, inner in messages.items():
            location = not path and name in ("json", "query", "form", "files", "headers")
            longer = "" if location else f"{path}.{name}".strip(".")
            found.update(flat_fields(inner, longer))
    elif messages:
        found[path or "body"] = [_field_code(str(message)) for message in messages]
    return found


def _field_code(message: str) -> str:
    known = {
        "Missing data for required field.": "required",
        "Field may not be null.": "null",
        "Unknown field.": "unknown_field",
    }
    if re.fullmatch(r"[a-z_]{3,40}", message):
        return message
    return known.get(message, "invalid")


def problem(refusal: Refusal) -> Response:
    """The response for a refusal, in the caller's language."""
    language = negotiate(request.headers.get("Accept-Language", ""))
    body: dict[str, Any] = {
        "type": f"urn:ecard:problem:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status,
        "code": refusal.code,
        "detail": sentence(refusal.code, language, **refusal.params),
        "instance": f"urn:ecard:request:{g.request_id}",
    }
    extras = {
        "fields": refusal.fields,
        "next": refusal.next,
        "params": refusal.params,
        "retry_after": refusal.retry_after,
    }
    body.update({name: value for name, value in extras.items() if value})
    response = jsonify(body)
    response.status_code = refusal.status
    response.content_type = PROBLEM
    response.headers["Content-Language"] = language
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == errors.NotSignedIn.status:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register_error_handlers(app: Flask) -> None:
    """One handler for refusals, one for faults of ours: its type is logged, never its message."""
    app.register_error_handler(Refusal, problem)

    def fault(error: Exception) -> Response:  # boundary: the last line before the client
        if isinstance(error, HTTPException):
            return problem(_as_refusal(error))
        log.error("fault", error=type(error).__name__, where=_where(error))
        if current_app.testing:
            raise error
        return problem(errors.InternalError())

    app.register_error_handler(Exception, fault)


def _where(error: Exception) -> list[str]:
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return lines[-12:]
