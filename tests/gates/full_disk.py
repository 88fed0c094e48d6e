"""A service on a disk of a few megabytes: filled, asked, emptied, asked again; what it answered.

Started by test_full_disk.py in a mount namespace of its own, where the folder is that disk. One
JSON object on standard output.
"""

import base64
import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ecard.demo.phone import Answer, Phone
from ecard.documents.models import Document
from ecard.files import StoredFile
from ecard.health import failing
from tests import support
from tests.documents.applications import specimen
from tests.support import Stage

PAPER = specimen("birth_certificate")
PIECE = 64 * 1024
FEW_BYTES = 40 * 1024
"""Enough for the rows of an upload, not for its file."""


class Disk:
    """The small disk, and what lies on it besides."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self, free: int = 0) -> None:
        """Write until nothing more fits; then give back `free` bytes."""
        with self._filler.open("wb") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), b"\0" * 4096)
        if free:
            os.truncate(self._filler, self._filler.stat().st_size - free)

    def empty(self) -> None:
        self._filler.unlink()


def send(phone: Phone) -> Answer:
    return phone.send(
        "POST", "/documents?kind=birth_certificate", files=[("file", ("a", PAPER, "image/jpeg"))]
    )


def send_piece(stage: Stage, phone: Phone, upload_id: str) -> str:
    content = os.urandom(PIECE)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    answer = stage.app.test_client().put(
        f"/api/v1/documents/uploads/{upload_id}?offset=0",
        data=content,
        headers={
            "Authorization": f"Bearer {phone.token}",
            "Content-Type": "application/octet-stream",
            "Content-Digest": f"sha-256=:{digest}:",
        },
    )
    return outcome(answer.status_code, answer.json)


def outcome(status: int, body: Any) -> str:
    return f"{status} {(body or {}).get('code', 'done')}"


def standing(stage: Stage, phone: Phone) -> dict[str, Any]:
    """What is there, and whether reading still works."""
    store = stage.joined.dependencies.file_store
    with stage.joined.db.read() as session:
        documents = session.scalar(sa.select(sa.func.count()).select_from(Document))
        rows = set(session.scalars(sa.select(StoredFile.location)))
    blobs = {entry.name for entry in store.entries()}
    temporary = os.listdir(stage.joined.settings.files_folder / "temporary")
    return {
        "documents": documents,
        "listed": len(phone.must("GET", "/documents")["items"]),
        "blobs without a row": len(blobs - rows),
        "rows without a blob": len(rows - blobs),
        "temporary": len(temporary),
        "not ready": sorted(failing(stage.joined.call())),
    }


def play(stage: Stage, disk: Disk) -> dict[str, Any]:
    phone = stage.signed_in("lucia", password=None)
    announced = {"kind": "birth_certificate", "size": 2 * PIECE}
    upload_id = phone.must("POST", "/documents/uploads", announced)["id"]
    told: dict[str, Any] = {}

    def ask(when: str, question: Callable[[], Answer]) -> None:
        answer = question()
        told[when] = [outcome(answer.status, answer.body), standing(stage, phone)]

    ask("before", lambda: send(phone))
    disk.fill()
    ask("full", lambda: send(phone))
    told["a piece, full"] = send_piece(stage, phone, upload_id)
    disk.empty()
    disk.fill(free=FEW_BYTES)
    ask("nearly full", lambda: send(phone))
    disk.empty()
    ask("after", lambda: send(phone))
    told["a piece, after"] = send_piece(stage, phone, upload_id)
    return told


def main() -> None:
    """Play it on the folder that is named."""
    folder = Path(sys.argv[1])
    with support.stage(folder, document_bytes_a_day=2 * PIECE + 2 * len(PAPER)) as stage:
        stage.clock.time = datetime.now(UTC)
        print(json.dumps(play(stage, Disk(folder))), flush=True)


if __name__ == "__main__":
    main()
