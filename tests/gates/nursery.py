"""A service whose children can be killed: prepared once, forked for each request that will not end.

Commands come line by line on standard input, one JSON object a line is the answer. `serve` forks a
child that serves on a port of its own until it is killed; `check` and `sweep` are done in a child
too, so that this process never holds the database open while somebody dies.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from werkzeug.serving import make_server

from ecard import files
from ecard.documents.models import Document, DocumentPage
from ecard.files import StoredFile
from tests import support
from tests.support import Stage


def serve(stage: Stage) -> None:
    """One request after the other in this one thread, until killed."""
    server = make_server("127.0.0.1", 0, stage.app)
    tell({"pid": os.getpid(), "port": server.server_port})
    server.serve_forever()


def check(stage: Stage) -> None:
    """What is there: documents that can be read to the end, and what fits to nothing."""
    store = stage.joined.dependencies.file_store
    with stage.joined.db.read() as session:
        whole = [str(row.id) for row in session.scalars(sa.select(Document)) if _read(stage, row)]
        rows = set(session.scalars(sa.select(StoredFile.location)))
        documents = session.scalar(sa.select(sa.func.count()).select_from(Document))
    blobs = {entry.name for entry in store.entries()}
    temporary = len(os.listdir(stage.joined.settings.files_folder / "temporary"))
    tell(
        {
            "documents": documents,
            "whole": whole,
            "orphans": len(blobs - rows),
            "missing": len(rows - blobs),
            "temporary": temporary,
        }
    )


def _read(stage: Stage, document: Document) -> bool:
    with stage.joined.db.read() as session:
        pages = list(session.scalars(sa.select(DocumentPage).filter_by(document_id=document.id)))
        kept = [files.read(session, stage.joined.call(), page.file_id) for page in pages]
    ends = [page.startswith(b"\xff\xd8") and page.endswith(b"\xff\xd9") for page in kept]
    return len(pages) == document.pages and all(ends)


def sweep(stage: Stage) -> None:
    """As it will be done in an hour."""
    stage.clock.time = datetime.now(UTC) + timedelta(hours=1)
    files.sweep(stage.joined.call())
    tell({"swept": True})


def tell(fact: dict[str, Any]) -> None:
    print(json.dumps(fact), flush=True)


def in_a_child(stage: Stage, command: str) -> None:
    """Do it in a fork; `serve` is waited for by whoever kills it."""
    pid = os.fork()
    if pid == 0:
        try:
            {"serve": serve, "check": check, "sweep": sweep}[command](stage)
            stage.joined.db.close()  # the next one finds a database that nobody has open
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    if command == "serve":
        tell({"ended": pid})


def main() -> None:
    """Prepare, tell the token, and do what is asked."""
    day = 10**9
    with support.stage(Path(sys.argv[1]), document_bytes_a_day=day) as stage:
        stage.clock.time = datetime.now(UTC)
        phone = stage.signed_in("lucia", password=None)
        stage.joined.db.close()
        tell({"token": phone.token, "var": str(stage.joined.settings.var)})
        for line in sys.stdin:
            in_a_child(stage, line.strip())


if __name__ == "__main__":
    main()
