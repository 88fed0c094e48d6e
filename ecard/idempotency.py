"""A POST that creates something is safe to repeat: the same key gets the same answer.

The key's row is reserved and committed before the work; the answer is kept sealed. A repeat while
the first is in work is told to wait; a repeat after a crash in the middle is told that the outcome
is unknown and must be read, because doing it twice would be worse. A refusal leaves the key free,
unless it cost a try: that one is kept like any answer, or a network that repeats would cost two. A
database that is busy or full before anything was committed leaves it free too: whoever is told to
come again comes with this key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

import sqlalchemy as sa
from flask import Response, make_response, request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from ecard.call import Call
from ecard.db import Base, Code, Id
from ecard.errors import Refusal
from ecard.owed import passes
from ecard.request import current_call
from ecard.sweeping import in_batches

KEY = re.compile(r"[A-Za-z0-9_-]{20,100}")
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Content-Language")


class IdempotencyKey(Base):
    """One key of one actor: what was asked (a keyed hash) and what was answered (sealed)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (sa.UniqueConstraint("actor_id", "key_hash"),)
    id: Mapped[Id]
    actor_id: Mapped[uuid.UUID]
    key_hash: Mapped[Code]
    request_hash: Mapped[Code]
    created_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime]
    answer: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


class KeyMissing(Refusal):
    """A POST that creates something needs an Idempotency-Key of 20 to 100 characters."""

    code = "idempotency_key_missing"
    status = 400


class KeyReused(Refusal):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    status = 422


class KeyInWork(Refusal):
    """The first request with this key is still in work."""

    code = "idempotency_in_progress"
    status = 409


class OutcomeUnknown(Refusal):
    """The first request with this key broke off; read the present state before trying anew."""

    code = "idempotency_outcome_unknown"
    status = 409
    next = "read_again"


def once(view: Callable[..., Any], answer_of: Callable[[Refusal], Response]) -> Callable[..., Any]:
    """Run the view once per key and actor; replay its answer afterwards.

    ``answer_of`` makes the answer of a refusal that cost something.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = current_call()
        key = request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            raise KeyMissing(fields={"Idempotency-Key": ["invalid" if key else "required"]})
        kept = _reserve(call, key)
        if isinstance(kept, Response):
            return kept
        owed, before = call.dependencies.owed, call.db.commits()
        try:
            response = make_response(view(*args, **kwargs))
        except (Refusal, HTTPException) as refused:
            if isinstance(refused, Refusal) and refused.spent:
                owed.write(partial(_keep, call, kept, answer_of(refused)))
            else:
                owed.write(partial(_forget, call, kept))  # it had no effect: the key stays free
            raise
        except SQLAlchemyError as error:
            if passes(error) and call.db.commits() == before:  # nothing was done: to come again
                owed.write(partial(_forget, call, kept), after=error)
            raise
        owed.write(partial(_keep, call, kept, response))
        return response

    return wrapper


def _reserve(call: Call, key: str) -> uuid.UUID | Response:
    vault = call.dependencies.vault
    row = IdempotencyKey(
        id=uuid.uuid4(),
        actor_id=call.actor.id or uuid.UUID(int=0),
        key_hash=vault.token_hash(key),
        request_hash=vault.token_hash(_request_digest()),
        created_at=call.now,
        locked_until=call.now + timedelta(seconds=call.settings.idempotency_lock_seconds),
    )
    with call.db.write() as session:
        session.add(row)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
        else:
            return row.id
    return _replay(call, row)


def _replay(call: Call, asked: IdempotencyKey) -> Response:
    query = sa.select(IdempotencyKey).filter_by(actor_id=asked.actor_id, key_hash=asked.key_hash)
    with call.db.read() as session:
        kept = session.scalar(query)
    if kept is None:
        raise KeyInWork(retry_after=1)
    if kept.request_hash != asked.request_hash:
        raise KeyReused
    if kept.answer is None:
        if kept.locked_until > call.now:
            raise KeyInWork(retry_after=2)
        raise OutcomeUnknown
    answer = json.loads(call.dependencies.vault.open_for("idempotency", kept.id, kept.answer))
    response = make_response(base64.b64decode(answer["body"]), answer["status"])
    for name, value in answer["headers"].items():
        response.headers[name] = value
    response.headers["Idempotent-Replay"] = "true"
    return response


def _keep(call: Call, row_id: uuid.UUID, response: Response) -> None:
    answer = {
        "status": response.status_code,
        "headers": {k: v for k, v in response.headers.items() if k in KEPT_HEADERS},
        "body": base64.b64encode(response.get_data()).decode(),
    }
    sealed = call.dependencies.vault.seal_for("idempotency", row_id, json.dumps(answer))
    with call.db.write() as session:
        row = session.get(IdempotencyKey, row_id)
        if row is not None:
            row.answer = sealed
        session.commit()


def _forget(call: Call, row_id: uuid.UUID) -> None:
    with call.db.write() as session:
        session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.id == row_id))
        session.commit()


def _request_digest() -> str:
    """Digest of what was asked. A client draws a new multipart boundary for each repeat."""
    boundary = request.mimetype_params.get("boundary", "").encode()
    body = request.get_data()
    if boundary:
        body = body.replace(b"--" + boundary, b"--")
    content = f"{request.method} {request.full_path}\n".encode() + body
    return hashlib.sha256(content).hexdigest()


def sweep(call: Call) -> int:
    """Forget keys older than the settings say; returns how many."""
    before = call.now - timedelta(seconds=call.settings.idempotency_seconds)
    return in_batches(call, sa.delete(IdempotencyKey), IdempotencyKey.created_at < before)
