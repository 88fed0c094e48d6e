"""The port to a virus scanner: asked about the bytes as they came, before any decoder sees them.

Pictures are rebuilt from pixels, so what a scanner could find does not survive in them; a digits
video is kept as it came. Where a scanner is set it is asked about both, and where it cannot be
asked nothing is taken: every doubt is a ScannerFault.

ClamAV's daemon is spoken to in its own words (INSTREAM): length and bytes in turn, an empty chunk
at the end, one line as the answer. Its own cap (StreamMaxLength, 100 MiB in Debian's packages) must
be above ours, or it says so in place of a verdict and we take that for the fault it is.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import struct
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from uploads.errors import FileInfected, ScannerFault
from uploads.types import MIB

CHUNK_BYTES = 256 * 1024
ANSWER_BYTES = 4096
MAX_BYTES = 24 * MIB
"""Longer ones are not asked about: above the largest video, below the daemon's own cap."""
SECONDS = 10.0
"""For one file, from the first byte to the verdict; 20 MiB take a second."""
PING_SECONDS = 2.0


class Verdict(StrEnum):
    """What a scanner can say."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


class Scanner(Protocol):
    """Looks at an untrusted file before anything else does."""

    def scan(self, content: bytes) -> Verdict:
        """The verdict; raises ScannerFault when the scanner cannot be asked."""
        ...

    def is_there(self) -> bool:
        """Whether it would answer now."""
        ...


class NoScanner:
    """No scanner is installed; nothing is called clean."""

    def scan(self, content: bytes) -> Verdict:  # noqa: ARG002 - the port's signature
        """Always NOT_SCANNED."""
        return Verdict.NOT_SCANNED

    def is_there(self) -> bool:
        """What was not asked for is not missing."""
        return True


def refuse_infected(scanner: Scanner, content: bytes) -> None:
    """Raise FileInfected for what the scanner knows, ScannerFault where it cannot be asked."""
    if scanner.scan(content) is Verdict.INFECTED:
        raise FileInfected


@dataclass(frozen=True)
class ClamdAddress:
    """Where the daemon listens: a socket in the file system, or a port of this machine."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    @classmethod
    def read(cls, text: str) -> ClamdAddress:
        """From `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`. Raises ValueError.

        Only this machine's own addresses: the protocol has neither encryption nor a name, and what
        goes over it are identity papers.
        """
        if (found := re.fullmatch(r"unix:(/.+)", text)) is not None:
            return cls(path=Path(found[1]))
        found = re.fullmatch(r"tcp:(?:\[(.+)\]|([^:]+)):(\d{1,5})", text)
        if found is None:
            raise ValueError("must be unix:/path or tcp:127.0.0.1:port")
        host, port = found[1] or found[2], int(found[3])
        if not ipaddress.ip_address(host).is_loopback or not 0 < port < 65_536:
            raise ValueError("must be a port of this machine itself")
        return cls(host=host, port=port)

    def connect(self, seconds: float) -> socket.socket:
        """An open connection. Raises OSError."""
        if self.path is None:
            return socket.create_connection((self.host, self.port), timeout=seconds)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(str(self.path))
        except OSError:
            connection.close()
            raise
        return connection


class Clamd:
    """ClamAV's daemon. Safe to share between threads: a connection for each file."""

    def __init__(
        self, address: ClamdAddress, *, seconds: float = SECONDS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._address, self._seconds, self._max_bytes = address, seconds, max_bytes

    def scan(self, content: bytes) -> Verdict:
        """See Scanner."""
        if len(content) > self._max_bytes:
            raise ScannerFault("larger than what the scanner is asked about")
        answer = self._ask(b"zINSTREAM\0", content, self._seconds)
        if answer == b"stream: OK":
            return Verdict.CLEAN
        if re.fullmatch(rb"stream: .{1,300} FOUND", answer):
            return Verdict.INFECTED
        raise ScannerFault("the scanner does not answer in its own words")

    def is_there(self) -> bool:
        """See Scanner."""
        try:
            return self._ask(b"zPING\0", None, PING_SECONDS) == b"PONG"
        except ScannerFault:
            return False

    def _ask(self, command: bytes, content: bytes | None, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        try:
            with self._address.connect(seconds) as connection:
                _send(connection, command, deadline)
                if content is not None:
                    _stream(connection, content, deadline)
                return _answer(connection, deadline)
        except OSError as error:  # a time-out too
            raise ScannerFault(f"the scanner cannot be asked: {type(error).__name__}") from error


def _stream(connection: socket.socket, content: bytes, deadline: float) -> None:
    for at in range(0, len(content), CHUNK_BYTES):
        chunk = content[at : at + CHUNK_BYTES]
        _send(connection, struct.pack(">I", len(chunk)) + chunk, deadline)
    _send(connection, struct.pack(">I", 0), deadline)


def _send(connection: socket.socket, content: bytes, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(content)


def _answer(connection: socket.socket, deadline: float) -> bytes:
    """One line, up to its zero byte; a line that ends without it was cut off and says nothing."""
    answer = b""
    while not answer.endswith(b"\0"):
        connection.settimeout(_left(deadline))
        part = connection.recv(ANSWER_BYTES)
        if not part or len(answer) + len(part) > ANSWER_BYTES:
            raise ScannerFault("the scanner does not answer in its own words")
        answer += part
    return answer[:-1]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
