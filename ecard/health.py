"""Is the process alive, and can it serve? Told to anybody, so without any detail.

What is wrong is in the log, by name. A readiness answer is kept for a moment, so that asking often
costs no disk.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import marshmallow as ma
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from biometrics.errors import BiometricsError
from ecard import audit_verify, migrations
from ecard.api import Room
from ecard.call import Call
from ecard.db import Base
from ecard.errors import Unavailable
from ecard.request import current_call
from ecard.vault import KEY_FILES
from uploads.errors import UploadFault

KEPT_SECONDS = 2.0
"""How long a readiness answer is given again without looking anew."""
DISK_FREE_SHARE = 0.10
DISK_FREE_BYTES = 2**30
"""Ready while a tenth of the disk, or 1 GiB, is free: whichever is less."""
PROBE = b"ecard readiness probe"

health = Room("health", __name__, description="Is the service alive, and ready")
log = structlog.get_logger()


class HealthProbe(Base):
    """One row that readiness checks write, to know that the database takes writes."""

    __tablename__ = "health_probes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class HealthSchema(ma.Schema):
    """One word."""

    status = ma.fields.String(required=True, validate=ma.validate.OneOf(["ok", "ready"]))


@health.route("/healthz")
@health.doc(operationId="checkAlive")
@health.response(200, HealthSchema)
def alive() -> dict[str, str]:
    """Whether the process answers; looks at nothing else."""
    return {"status": "ok"}


@health.route("/readyz")
@health.doc(operationId="checkReady")
@health.refuses(Unavailable)
@health.response(200, HealthSchema)
def ready() -> dict[str, str]:
    """Whether database, store, scanner, disk, keys and face verifier are all there."""
    readiness.require(current_call())
    return {"status": "ready"}


class Readiness:
    """The checks, and the last answer while it is fresh."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self._kept_seconds = kept_seconds
        self._lock = threading.Lock()
        self._known: tuple[int, float, list[str]] | None = None

    def require(self, call: Call) -> None:
        """Raise Unavailable unless everything is there."""
        if self.missing(call):
            raise Unavailable(retry_after=int(KEPT_SECONDS) + 1)

    def missing(self, call: Call) -> list[str]:
        """The names of the checks that fail; one process looks once per ``kept_seconds``."""
        with self._lock:
            now, asked_of = time.monotonic(), id(call.db)
            if self._known is None or self._known[0] != asked_of or self._known[1] < now:
                self._known = (asked_of, now + self._kept_seconds, failing(call))
            return self._known[2]


readiness = Readiness()


def failing(call: Call) -> list[str]:
    """The names of the checks that fail now."""
    names = [name for name, check in CHECKS.items() if not _passes(check, call)]
    if names:
        log.error("not_ready", checks=names)
    return names


def _passes(check: Callable[[Call], bool], call: Call) -> bool:
    try:
        return check(call)
    except (SQLAlchemyError, UploadFault, BiometricsError, OSError, audit_verify.AnchorError):
        return False


def _database(call: Call) -> bool:
    values: dict[str, Any] = {"id": 1, "at": call.now}
    with call.db.write() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(HealthProbe).values(values)
        update = insert.on_conflict_do_update(index_elements=["id"], set_={"at": call.now})
        session.execute(update)
        session.commit()
    return True


def _migrated(call: Call) -> bool:
    with call.db.read() as session:
        return migrations.present(session.connection()) == migrations.heads()


def _store(call: Call) -> bool:
    store = call.dependencies.file_store
    name = store.put(PROBE)
    try:
        return store.get(name) == PROBE
    finally:
        store.delete(name)


def _scanner(call: Call) -> bool:
    return call.dependencies.scanner.is_there()


def _disk(call: Call) -> bool:
    usage = shutil.disk_usage(call.settings.var)
    return enough_disk(usage.free, usage.total)


def enough_disk(free: int, total: int) -> bool:
    """Whether ``free`` of ``total`` bytes are enough to go on taking documents."""
    return free >= min(DISK_FREE_SHARE * total, DISK_FREE_BYTES)


def _keys(call: Call) -> bool:
    return all((call.settings.keys_folder / f"{name}.key").is_file() for name in KEY_FILES)


def _anchors(call: Call) -> bool:
    """Anchors can be written: without them a cut tail of the audit would go unseen."""
    audit_verify.require_anchors(call)
    return True


def _verifier(call: Call) -> bool:
    call.dependencies.verifier()
    return True


CHECKS: dict[str, Callable[[Call], bool]] = {
    "database": _database,
    "migrations": _migrated,
    "store": _store,
    "scanner": _scanner,
    "disk": _disk,
    "keys": _keys,
    "anchors": _anchors,
    "verifier": _verifier,
}
