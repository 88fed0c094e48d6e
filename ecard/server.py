"""gunicorn, started from Python: threads for requests, limits on what a client may send first.

Nothing that starts threads of its own may be imported before the fork (numpy, OpenCV and ONNX
Runtime do): a child would wait for threads that it does not have. So the application, with all that
it needs, is imported in the worker; of it, what is in `EARLY` alone may be there before.

Behind a proxy that buffers uploads (docs/deploy.md) this serves phones of any speed. Alone, as in
the demo, a slow upload holds a thread until it has arrived.
"""

from __future__ import annotations

import errno
import importlib
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger

from ecard import logs
from ecard.config import Settings, UnsafeConfiguration
from ecard.server_worker import PlainWorker

if TYPE_CHECKING:
    from ecard.worker import Worker

GRACEFUL_SECONDS = 30
"""How long a stopping worker may finish the requests it has begun."""
SILENT_SECONDS = 60
"""A worker process that does not say it is alive for this long is started anew."""
KEEP_ALIVE_SECONDS = 5
REQUEST_LINE_BYTES = 4094
HEADER_BYTES = 8190
HEADERS = 50
EARLY = (
    *("alembic.command", "argon2", "cryptography.x509", "flask_limiter", "flask_swagger_ui"),
    *("pypinyin", "rapidfuzz", "ecard.api", "ecard.accounts.models", "ecard.agencies.models"),
)
"""Modules that take long to import and start no thread."""
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - for gunicorn's own sign of life, on no disk


class AddressTaken(Exception):
    """Something else listens there; the message says what to do."""


class NotServed(Exception):
    """The configuration must not be served."""


def require_free(host: str, port: int) -> None:
    """Raise AddressTaken (or OSError for an impossible address) before any work is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is in use" if error.errno == errno.EADDRINUSE else "needs more rights"
            raise AddressTaken(
                f"Port {port} on {host} {why}. Choose another: make run PORT={port + 1}"
            ) from error


def import_early() -> None:
    """Import what the workers need and may share; for while something else is waited for."""
    for name in EARLY:
        importlib.import_module(name)


def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Serve until told to stop; ``announce`` is called once the first worker takes requests.

    Raises NotServed where a worker must not be started; it has said why on standard error."""
    master = os.getpid()
    try:
        Server(settings, announce).run()
    except SystemExit as ended:  # a worker's, too, passes here on its way out
        if ended.code == Arbiter.APP_LOAD_ERROR and os.getpid() == master:
            raise NotServed from ended
        raise


class Server(BaseApplication):
    """The application, joined in each worker process after the fork, and its outbox thread."""

    def __init__(self, settings: Settings, announce: Callable[[], None]) -> None:
        self._settings, self._announce = settings, announce
        self._joined: Any = None
        self._outbox: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)
        self.cfg.set("post_worker_init", self._begin)
        self.cfg.set("worker_exit", lambda _server, _worker: self._stop_outbox())

    def load(self) -> Any:
        """The WSGI application of one worker process; its faces are loaded before it serves."""
        from ecard.joined import join, warn_of_what_is_off

        logs.configure()
        try:
            warn_of_what_is_off(self._settings)
            self._joined = join(self._settings)
            with ThreadPoolExecutor(1) as beside:  # both take a second
                faces = beside.submit(self._joined.dependencies.verifier)
                from ecard.app import create_app

                app = create_app(self._joined)
                faces.result()
        except UnsafeConfiguration as unsafe:
            raise AppImportError(f"Refused to start: {unsafe}") from unsafe  # and no other worker
        return app

    def _begin(self, worker: Any) -> None:
        from ecard.jobs import work
        from ecard.worker import Worker

        self._outbox = Worker(self._joined.call(), work())
        self._outbox.start()
        if worker.age == 1:  # the first of all; not one that replaces another
            self._announce()

    def _stop_outbox(self) -> None:
        if self._outbox is not None:
            self._outbox.stop()
        if self._joined is not None:
            self._joined.db.close()


class JsonLog(Logger):
    """gunicorn's own messages, through the same door as all the others (``ecard/logs.py``)."""

    def setup(self, cfg: Any) -> None:
        """Let go of gunicorn's handlers; the root's one writes JSON and withholds persons."""
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings. No access log: it would write addresses with their query strings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "workers": settings.web_workers,
        "worker_class": PlainWorker,
        "threads": settings.web_threads,
        "graceful_timeout": GRACEFUL_SECONDS,
        "timeout": SILENT_SECONDS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "limit_request_line": REQUEST_LINE_BYTES,
        "limit_request_fields": HEADERS,
        "limit_request_field_size": HEADER_BYTES,
        "worker_tmp_dir": str(MEMORY_FOLDER) if os.access(MEMORY_FOLDER, os.W_OK) else None,
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": JsonLog,
        "proc_name": "ecard",
        "control_socket_disable": True,
    }
