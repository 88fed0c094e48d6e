"""Small servers on this machine that answer as a scanner would, or as it should not."""

import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EICAR = b"".join(
    (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE", b"!$H+H*")
)
"""The harmless file that every scanner is asked to call a virus; in pieces, or this file is one."""

Answering = Callable[[bytes], bytes | None]
"""What came after the command → the answer; None: say nothing and hold the line."""


def knows_eicar(content: bytes) -> bytes:
    """As the real one answers."""
    return b"stream: Test.EICAR FOUND\0" if EICAR in content else b"stream: OK\0"


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        command = self.rfile.read(6)
        content = self._streamed() if command.startswith(b"zINSTR") else b""
        answer = b"PONG\0" if command == b"zPING\0" else self.server.answering(content)
        if answer is None:
            self.server.let_go.wait(30)
        else:
            self.wfile.write(answer)

    def _streamed(self) -> bytes:
        self.rfile.read(4)  # the rest of zINSTREAM and its zero byte
        parts = []
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            parts.append(self.rfile.read(length))
        return b"".join(parts)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    answering: Answering
    let_go: threading.Event


class _LocalServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    answering: Answering
    let_go: threading.Event


@contextmanager
def scanner(answering: Answering, path: Path | None = None) -> Iterator[str]:
    """A server with these answers; the setting that leads to it."""
    local = _LocalServer(str(path), _Conversation) if path else None
    server = local or _Server(("127.0.0.1", 0), _Conversation)
    server.answering, server.let_go = answering, threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"unix:{path}" if local else f"tcp:127.0.0.1:{server.server_address[1]}"
    finally:
        server.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


def slowly(answer: bytes, pause: float) -> Answering:
    """The answer, but only after a pause."""

    def answering(_content: bytes) -> bytes:
        time.sleep(pause)
        return answer

    return answering
