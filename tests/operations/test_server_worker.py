"""What the server cannot read it refuses as the application does, and names nobody in a log."""

import http.client
import json
import signal
import subprocess
import sys

import psutil
import pytest
from gunicorn.http.errors import (
    InvalidRequestLine,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)

from ecard.server_worker import PlainWorker, answer_to
from tests.operations.test_run import Running, running

SIGNALS, STOP_SECONDS = 100, 15
REFUSED: list[tuple[BaseException, int, str]] = [
    (LimitRequestLine(5000, 4094), 414, "request_line_too_long"),
    (LimitRequestHeaders("too many"), 431, "headers_too_large"),
    (InvalidRequestLine("GET /links?name=Ana"), 400, "malformed_request"),
    (ParseException("Ana"), 400, "malformed_request"),
    (RuntimeError("Ana"), 500, "internal_error"),
]


@pytest.mark.parametrize(("fault", "status", "code"), REFUSED)
def test_what_cannot_be_read_is_answered_with_problem_details(
    fault: BaseException, status: int, code: str
) -> None:
    head, body = answer_to(fault).split(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    assert f"Content-Length: {len(body)}".encode() in head
    told = json.loads(body)
    assert (told["status"], told["code"]) == (status, code)
    assert told["detail"]
    assert b"Ana" not in head + body


def test_a_signal_in_the_midst_of_another_waits_for_no_lock_of_the_pool() -> None:
    worker = object.__new__(PlainWorker)
    worker.alive, worker.method_queue, worker.tpool = True, Wake(), None
    for _ in range(2):
        worker.handle_quit(signal.SIGINT, None)
    assert not worker.alive


def test_what_is_imported_before_the_fork_starts_no_thread() -> None:
    count = "import os, sys; from ecard import server; server.import_early()"
    count += "; print(len(os.listdir('/proc/self/task')))"
    count += "; print({'numpy', 'cv2', 'onnxruntime'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "set()"]


class Wake:
    """What wakes the loop of a worker, without one."""

    def defer(self, _call: object) -> None: ...


@pytest.mark.gate
def test_a_running_server_says_so_and_goes_on(tmp_path) -> None:
    with running(tmp_path / "var", tmp_path / "errors.log") as server:
        for path, headers, status in (
            ("/api/v1/links?cursor=" + 5000 * "x", {}, 414),
            ("/api/v1/links", {"X-Long": 9000 * "x"}, 431),
        ):
            told = asked(server, path, headers)
            assert told["status"] == status
        assert server.get("/healthz")[0] == 200
        interrupted(server)
    said = (tmp_path / "errors.log").read_text()
    assert "xxxx" not in said
    assert "SIGKILL" not in said


def interrupted(server: Running) -> None:
    """Ctrl-C, which reaches the worker from the terminal and from its master; here more often."""
    for worker in psutil.Process(server.process.pid).children():
        for _ in range(SIGNALS):
            worker.send_signal(signal.SIGINT)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=STOP_SECONDS)


def asked(server: Running, path: str, headers: dict[str, str]) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = dict(json.loads(answer.read()))
    connection.close()
    return told
