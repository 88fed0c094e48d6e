"""What a request may say at all, before any schema looks at it.

JSON is read strictly: one meaning whoever reads it (no key twice, no NaN), nothing that a database
or a hash could not take (NUL, half of a surrogate pair), nothing that breaks the reader itself
(nesting without end, numbers of thousands of digits).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser

from ecard.errors import (
    BodyTooLarge,
    InvalidInput,
    MalformedBody,
    Refusal,
    TooManyParts,
    WrongContentType,
)

JSON = "application/json"
BYTES = "application/octet-stream"
DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):", re.ASCII)
FORM = "multipart/form-data"
NUL = "nul_character"
TWICE = "given_twice"


class ChecksumWrong(Refusal):
    """The body is not what its sender meant to send; nothing of it was kept."""

    code = "checksum_wrong"
    status = 422
    next = "continue_upload"


class BodyParser(FlaskParser):
    """Reads JSON bodies, file parts and queries; refuses what says something else.

    A name that the schema does not know is refused wherever it stands: a misspelt one must not be
    ignored in silence.
    """

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as in the base class
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
        "files": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ARG002 - webargs' own
        """The JSON body; nothing at all counts as an empty object, so that fields are named."""
        body = req.get_data(cache=True)
        if len(body) > (req.max_form_memory_size or 0):
            raise BodyTooLarge  # files may be large; text that is read into objects may not
        if not body and not req.mimetype:
            return {}
        if req.mimetype != JSON:
            raise WrongContentType
        return read_json(body)

    def load_files(self, req: Request, schema: ma.Schema) -> Any:
        """The file parts of a multipart form."""
        if req.mimetype != FORM:
            raise WrongContentType
        _refuse_many_parts(req)
        for name, parts in req.files.lists():
            if len(parts) > 1 and not isinstance(schema.fields.get(name), ma.fields.List):
                raise InvalidInput(fields={name: [TWICE]})
        if req.form:  # ids and the like travel in the path
            raise InvalidInput(fields={name: ["unknown_field"] for name in req.form})
        return super().load_files(req, schema)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """The query; no parameter of ours is a list."""
        for name, values in req.args.lists():
            if len(values) > 1:
                raise InvalidInput(fields={name: [TWICE]})
            if "\0" in name + values[0]:
                raise InvalidInput(fields={"query": [NUL]})
        return super().load_querystring(req, schema)


def _refuse_many_parts(req: Request) -> None:
    """Counted before they are taken apart: werkzeug stops at the same number, but does not say why.

    A boundary that stands within a part counts too; no client of ours draws one that can.
    """
    mark = b"--" + req.mimetype_params.get("boundary", "").encode()
    most = req.max_form_parts
    if most is not None and len(mark) > len(b"--") and req.get_data().count(mark) - 1 > most:
        raise TooManyParts


def read_bytes(request: Request) -> bytes:
    """A body of plain bytes that is what its Content-Digest says.

    Raises WrongContentType, InvalidInput, ChecksumWrong; werkzeug refuses what is too large, or
    was cut off before the length that was announced.
    """
    if request.mimetype != BYTES:
        raise WrongContentType
    found = DIGEST.fullmatch(request.headers.get("Content-Digest", ""))
    if found is None:
        raise InvalidInput(fields={"Content-Digest": ["required"]})
    content = request.get_data()
    if base64.b64encode(hashlib.sha256(content).digest()).decode() != found[1]:
        raise ChecksumWrong
    return content


def read_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8; raises MalformedBody, or InvalidInput for a NUL."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # ValueError: JSON, UTF-8 and huge numbers
        raise MalformedBody from error
    for text in _texts(value):
        if "\0" in text:
            raise InvalidInput(fields={"body": [NUL]})
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise MalformedBody from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _texts(value: Any) -> Iterator[str]:
    """Every string in a decoded value, keys too."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, list):
            waiting += inner
        elif isinstance(inner, dict):
            waiting += inner.keys()
            waiting += inner.values()
