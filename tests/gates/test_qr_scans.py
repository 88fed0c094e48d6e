"""One code, scanned by a hundred at once or over and over: one is accepted, on both databases.

Without a network: of many processes of one terminal one accepts it.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecard.qr import tokens
from tests import support
from tests.qr.scene import OPERATION, Showing, showing
from tests.security.parallel import at_once, codes

pytestmark = pytest.mark.gate

FULL = bool(os.environ.get("ECARD_FULL"))
THREADS = 100
ROUNDS = 10 if FULL else 2
REPLAYS = 10_000 if FULL else 200
PROCESSES = 50 if FULL else 12
ROOT = Path(__file__).resolve().parents[2]
PATIENT = {"statement_seconds": 60.0, "database_wait_seconds": 60.0, "database_pool": 60}

Record = Callable[[str, object], None]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Showing]:
    with support.stage(tmp_path, **PATIENT) as stage:
        yield showing(stage)


@pytest.fixture
def record(record_property: Record) -> Record:
    database = "postgresql" if support.ON_POSTGRES else "sqlite"
    return lambda name, value: record_property(f"{name} ({database})", value)


def test_of_a_hundred_parallel_scans_of_one_code_one_is_accepted(
    scene: Showing, record: Record
) -> None:
    for _ in range(ROUNDS):
        text = scene.show().body["text"]
        answers = at_once([partial(scene.scan, text)] * THREADS)
        assert codes(answers) == {"done": 1, "qr_used": THREADS - 1}
    record(f"{ROUNDS} codes, each scanned {THREADS} times at once: accepted", ROUNDS)


def test_a_link_that_ends_while_its_code_is_scanned_ends_before_or_after(scene: Showing) -> None:
    text = scene.show().body["text"]
    end = partial(scene.two.phone.send, "POST", f"/links/{scene.link_id}/end")
    answers = at_once([end, *[partial(scene.scan, text)] * 10])
    assert answers[0].ok
    found = codes(answers[1:])
    assert found.get("done", 0) <= 1
    assert set(found) <= {"done", "qr_used", "qr_revoked"}


def test_a_used_code_is_never_accepted_again(scene: Showing, record: Record) -> None:
    text = scene.show().body["text"]
    assert scene.scan(text).ok
    found = codes([scene.scan(text) for _ in range(REPLAYS)])
    assert found == {"qr_used": REPLAYS}
    record(f"replays of a used code, of {REPLAYS}: accepted", 0)


@pytest.mark.skipif(support.ON_POSTGRES, reason="this run is on PostgreSQL already")
def test_the_same_holds_on_postgresql(record_property: Record) -> None:
    environment = {**os.environ, "TEST_DATABASE": "postgres"}
    environment.pop("ECARD_GATES", None)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "gate", __file__, "-k", "not process"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    name = f"{ROUNDS} codes, each scanned {THREADS} times at once: accepted (postgresql)"
    record_property(name, ROUNDS)


def test_of_many_processes_of_one_terminal_one_accepts_a_code(
    tmp_path: Path, record_property: Record
) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    issued = datetime.now(UTC).isoformat()
    keys = {"keys": [tokens.jwk(public)], "issued_at": issued}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    start = int(time.time()) + 5  # a later begin, and a tolerance, so that slow starts count too
    claims = tokens.Claims(uuid.uuid4(), start, start + 60, OPERATION, b"12345678", "L*", None)
    text = tokens.write(claims, tokens.key_id_of(public), private.sign)
    command = [sys.executable, "-m", "ecard.verifier", text, "--operation", OPERATION]
    command += ["--keys", str(tmp_path / "keys.json"), "--used", str(tmp_path / "used.db")]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(PROCESSES)
    ]
    statuses = sorted(one.wait(timeout=120) for one in running)
    assert statuses == [0] + [17] * (PROCESSES - 1)
    record_property(f"{PROCESSES} processes of one terminal with one code: accepted", 1)
