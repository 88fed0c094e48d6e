"""Stopping loses no request, and the service runs under a WSGI server of one's own too."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 35


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@contextmanager
def serving(command: list[str], var: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    variables = os.environ | {"ECARD_VAR": str(var), "PORT": str(port)}
    with (var.parent / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_SECONDS
        while status_of(port, "/readyz") != 200:
            if time.monotonic() > until or process.poll() is not None:
                pytest.fail((var.parent / "log").read_text())
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def ecard(var: Path, *arguments: str) -> None:
    variables = os.environ | {"ECARD_VAR": str(var)}
    command = [sys.executable, "-m", "ecard", *arguments]
    subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True)


def test_a_request_in_work_is_answered_before_the_service_stops(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "ecard", "run"]
    body = json.dumps({"card_number": "900000000101"}).encode()
    with serving(command, tmp_path / "var", port) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.putrequest("POST", "/api/v1/sign-in/codes")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Idempotency-Key", secrets.token_hex(16))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:5])
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        connection.send(body[5:])
        answer = connection.getresponse()
        assert answer.status == 202
        assert json.loads(answer.read())
        connection.close()
        assert process.wait(STOP_SECONDS) == 0


def test_the_application_runs_under_a_server_of_one_s_own(tmp_path: Path) -> None:
    var, port = tmp_path / "var", free_port()
    ecard(var, "init-keys")
    ecard(var, "migrate")
    gunicorn = [sys.executable, "-m", "gunicorn", "--threads", "4", "--no-control-socket"]
    command = [*gunicorn, "--bind", f"127.0.0.1:{port}", "wsgi:application"]
    with serving(command, var, port) as process:
        assert status_of(port, "/healthz") == 200
        assert status_of(port, "/api/v1/links") == 401
    assert process.returncode == 0
