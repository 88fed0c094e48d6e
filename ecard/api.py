"""The API's shape: problem details for every refusal, rooms that declare what they refuse.

``Room`` is a flask-smorest Blueprint with three more declarations, so that a view reads as a table:
``@room.refuses(...)`` (documented refusals), ``@room.versioned`` (If-Match on what can be edited)
and ``@room.idempotent`` (Idempotency-Key on what creates something; ``ecard/idempotency.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, wraps
from typing import Any

import marshmallow as ma
import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask_smorest import Api, Blueprint
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, HTTPException

from ecard import errors
from ecard.bodies import BYTES, FORM, BodyParser, ChecksumWrong, read_bytes
from ecard.db import is_out_of_room, is_out_of_turn
from ecard.deadline import LATE
from ecard.errors import Refusal
from ecard.idempotency import KeyInWork, KeyMissing, KeyReused, OutcomeUnknown, once
from ecard.locale import negotiate, sentence, written_time

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


class JsonNumber(ma.fields.Float):
    """A number in a JSON body: no strings, no booleans, nothing without end."""

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return float(super()._validated(value))


class QueryInt(ma.fields.Integer):
    """An integer in a query: ASCII digits only, where int() takes ``1_0`` and more."""

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise self.make_error("invalid", input=value)
        return int(super()._validated(value))


class CursorSchema(ma.Schema):
    """Where a page starts and how long it is."""

    cursor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=200),
        metadata={"description": "From `next_cursor`"},
    )
    limit = QueryInt(load_default=20, validate=ma.validate.Range(min=1, max=50))


BINARY = {"type": "string", "format": "binary"}


def shown_once(content: bytes, media_type: str) -> Response:
    """Somebody's picture or video, which no browser keeps, guesses at or runs."""
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


class MadeMoveSchema(ma.Schema):
    """One move that was made; staff are not named."""

    state = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    actor_kind = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True, format="iso")


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
    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.security_scheme: str | None = None
        self.gate_refuses: tuple[type[Refusal], ...] = ()
        self._prepare_doc_cbks.append(self._document_needs)

    def _document_needs(
        self, doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: Any
    ) -> dict[str, Any]:
        """The headers an operation takes, the token its room asks for, and all it refuses."""
        doc.setdefault("parameters", []).extend(info.get("needs_headers", []))
        if "takes_bytes" in info:
            doc["requestBody"] = {"required": True, "content": {BYTES: {"schema": BINARY}}}
        if self.security_scheme:
            doc["security"] = [{self.security_scheme: []}]
        kinds = {
            *self.gate_refuses,
            *info.get("refusals", []),
            *_refused_anywhere(doc, info, method),
        }
        done = _answers(doc.get("responses", {}))
        if "tagged" in info:
            for answer in done.values():
                answer["headers"] = {"ETag": ETAG}
        doc["responses"] = done | _refusal_answers(kinds)
        return doc

    def refuses(self, *kinds: type[Refusal]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Document what an operation refuses, beside what its room and its body do."""

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            return _document(view, refusals=kinds)

        return decorate

    def takes_bytes(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Take a body of plain bytes, whose checksum stands in a header (as ``content=``)."""

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, content=read_bytes(request), **kwargs)

        refusals = (errors.InvalidInput, ChecksumWrong)
        return _document(
            wrapper, refusals=refusals, needs_headers=(CONTENT_DIGEST,), takes_bytes=(True,)
        )

    def versioned(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Take the version from If-Match (as ``version=``) and send the new one as ETag."""

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = view(*args, version=_version(), **kwargs)
            return result, {"ETag": f'"{result.version}"'}

        refusals = (errors.VersionMissing, errors.VersionChanged)
        return _document(wrapper, refusals=refusals, needs_headers=(IF_MATCH,), tagged=(True,))

    def tagged(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Send the version of what is read as ETag."""

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = view(*args, **kwargs)
            return result, {"ETag": f'"{result.version}"'}

        return _document(wrapper, tagged=(True,))

    def idempotent(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """The outermost declaration of a POST that creates: repeats replay the first answer, and a
        refusal that cost a try."""
        refusals = (KeyMissing, KeyReused, KeyInWork, OutcomeUnknown)
        return _document(once(view, problem), refusals=refusals, needs_headers=(IDEMPOTENCY_KEY,))


VERSION = r'"([0-9]{1,9})"'
ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"(?:, *(?:W/)?"[^"]*")*')
"""What RFC 9110 calls an entity tag, or a list of them; of ours only a plain VERSION is one."""
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{VERSION}$"},
    "description": "The ETag of the version that is being changed.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{20,100}$"},
    "description": "Chosen by the caller, 20 to 100 characters; a repeat is answered alike, and"
    " costs no second try where the first one did.",
}


BINARY = {"type": "string", "format": "binary"}
CONTENT_DIGEST = {
    "in": "header",
    "name": "Content-Digest",
    "required": True,
    "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
    "description": "SHA-256 of the body, as in RFC 9530.",
}


ETAG = {"schema": {"type": "string"}, "description": "The version, for If-Match"}
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait"}
WWW_AUTHENTICATE = {"schema": {"type": "string"}, "description": "The kind of token asked for"}
WAITS = (409, 423, 429, 503, 507)


def _document(view: Callable[..., Any], **facts: tuple[Any, ...]) -> Callable[..., Any]:
    """Add facts to what is known of a view for its page, without touching the inner view's."""
    known = dict(getattr(view, "_apidoc", {}))
    for name, added in facts.items():
        known[name] = [*known.get(name, []), *added]
    view._apidoc = known  # type: ignore[attr-defined]
    return view


def _refused_anywhere(
    doc: dict[str, Any], info: dict[str, Any], method: str
) -> list[type[Refusal]]:
    """What every operation refuses, those that write, and those that read something."""
    kinds: list[type[Refusal]] = [errors.TooManyRequests, errors.Busy]
    if method.upper() != "GET":
        kinds.append(errors.StorageFull)
    if "arguments" in info:
        kinds.append(errors.InvalidInput)
    if "requestBody" in doc:
        kinds += [
            errors.MalformedBody,
            errors.WrongContentType,
            errors.BodyTooLarge,
            errors.BodyTooSlow,
        ]
        if FORM in doc["requestBody"]["content"]:
            kinds.append(errors.TooManyParts)
    return kinds


def _answers(responses: dict[Any, Any]) -> dict[str, Any]:
    """The answers of what was done; flask-smorest's catch-all for the rest would hide gaps."""
    done = {str(status): answer for status, answer in responses.items() if status != "default"}
    return {status: answer for status, answer in done.items() if status < "300"}


def _refusal_answers(kinds: set[type[Refusal]]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.code):
        by_status.setdefault(kind.status, []).append(kind.code)
    return {str(status): _refusal_answer(status, codes) for status, codes in by_status.items()}


def _refusal_answer(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {"Retry-After": RETRY_AFTER} if status in WAITS else {}
    if status == errors.NotSignedIn.status:
        headers = {"WWW-Authenticate": WWW_AUTHENTICATE}
    return {
        "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
        "content": {PROBLEM: {"schema": ProblemSchema}},
        "x-codes": codes,
        **({"headers": headers} if headers else {}),
    }


def _version() -> int:
    given = request.headers.get("If-Match", "").strip()
    if not ENTITY_TAG.fullmatch(given):  # "any version" (*) is no version
        raise errors.VersionMissing(fields={"If-Match": ["invalid" if given else "required"]})
    found = re.fullmatch(VERSION, given)
    if not found:
        raise errors.VersionChanged
    return int(found[1])


class ProblemApi(Api):
    """The Api whose every error is problem details."""

    ERROR_SCHEMA = ProblemSchema

    def _init_spec(self, **kwargs: Any) -> None:
        super()._init_spec(**kwargs)
        self.ma_plugin.converter.add_attribute_function(_portable_pattern)

    def _register_responses(self) -> None:
        keep: str = self.DEFAULT_RESPONSE_CONTENT_TYPE  # type: ignore[has-type]
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        try:
            super()._register_responses()
        finally:
            self.DEFAULT_RESPONSE_CONTENT_TYPE = keep

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Turn werkzeug's and webargs' errors into refusals."""
        if isinstance(error.response, Response):
            return (
                error.response
            )  # a problem already: the limit on addresses knows how long to wait
        response = problem(_as_refusal(error))
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response


def _portable_pattern(_: Any, field: ma.fields.Field[Any], **__: Any) -> dict[str, str]:
    """A field's pattern as every language reads it: Python's ``\\Z`` is ``$`` elsewhere."""
    patterns = [v.regex.pattern for v in field.validators if isinstance(v, ma.validate.Regexp)]
    return {"pattern": str(patterns[0]).replace(r"\Z", "$")} if patterns else {}


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
    if isinstance(error, ClientDisconnected) and request.environ.get(LATE):
        return errors.BodyTooSlow()
    kind = BY_STATUS.get(error.code or 500, errors.MalformedBody)
    if kind is errors.InvalidInput:
        messages = (getattr(error, "data", None) or {}).get("messages", {})
        return errors.InvalidInput(fields=flat_fields(messages))
    return kind()


def flat_fields(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Marshmallow's nested messages as ``path`` → codes; the location (json, query…) and
    marshmallow's word for the whole (``_schema``) are dropped."""
    found: dict[str, list[str]] = {}
    if isinstance(messages, dict):
        for name, inner in messages.items():
            location = name == "_schema" or (
                not path and name in ("json", "query", "form", "files", "headers")
            )
            longer = path if location else f"{path}.{name}".strip(".")
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
    if message.startswith("Must be one of: "):
        return "unknown_value"
    return known.get(message, "invalid")


def problem(refusal: Refusal) -> Response:
    """The response for a refusal, in the caller's language."""
    language = negotiate(request.headers.get("Accept-Language", ""))
    body: dict[str, Any] = {
        "type": f"urn:ecard:problem:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status,
        "code": refusal.code,
        "detail": sentence(refusal.said_as, language, **_said(refusal.params, language)),
        "instance": f"urn:ecard:request:{g.request_id}",
    }
    extras = {
        "fields": refusal.fields,
        "next": refusal.next,
        "params": _sent(refusal.params),
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


def _said(params: Mapping[str, Any], language: str) -> dict[str, Any]:
    """As people read it: a time as their language writes it, in the zone that it carries."""
    return {
        name: written_time(value, language) if isinstance(value, datetime) else value
        for name, value in params.items()
    }


def _sent(params: Mapping[str, Any]) -> dict[str, Any]:
    """As programs read it: times by RFC 3339."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in params.items()
    }


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

    def database_fault(error: SQLAlchemyError) -> Response:
        if is_out_of_room(error):
            log.error("database_full")
            return problem(errors.StorageFull())
        if is_out_of_turn(error):
            log.warning("database_busy")
            return problem(errors.Busy())
        return fault(error)

    app.register_error_handler(SQLAlchemyError, database_fault)


def _where(error: Exception) -> list[str]:
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return lines[-12:]
