"""Servers on this machine that take what we send: SMTP with and without TLS, and an SMS webhook."""

import base64
import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@cache
def certificate() -> Path:
    """A PEM file with the key and the self-signed certificate of 127.0.0.1 and localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = Path(mkdtemp()) / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def trusting() -> ssl.SSLContext:
    """A client that trusts exactly the certificate above."""
    return ssl.create_default_context(cafile=str(certificate()))


def serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate())
    return context


@dataclass
class Post:
    """What a mail server took: envelope, text, and how the conversation was."""

    mails: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    offers_tls: bool = True
    implicit_tls: bool = False
    password: str = "secret"
    refuses_recipients: bool = False


class MailConversation(socketserver.StreamRequestHandler):
    """Just enough of RFC 5321 for smtplib."""

    def handle(self) -> None:
        self.post: Post = self.server.post  # type: ignore[attr-defined]
        self.encrypted = False
        if self.post.implicit_tls and not self.wrap():
            return
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper().split(":")[0]
            answer = getattr(self, f"do_{verb.lower()}", None)
            if verb == "QUIT":
                self.say("221 bye")
                return
            self.say("502 unknown") if answer is None else answer(line)

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the TLS socket that took the plain one's place

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def wrap(self) -> bool:
        try:
            self.request = serving().wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, ConnectionError):
            return False
        self.rfile.close()
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.encrypted = True
        return True

    def do_ehlo(self, _line: str) -> None:
        self.say("250-here")
        if self.post.offers_tls and not self.encrypted:
            self.say("250-STARTTLS")
        self.say("250 AUTH PLAIN")

    def do_starttls(self, _line: str) -> None:
        self.say("220 go")
        self.wrap()

    def do_auth(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.post.logins.append(user)
        self.say("235 in" if password == self.post.password else "535 no")

    def do_mail(self, _line: str) -> None:
        self.say("250 ok")

    def do_rset(self, _line: str) -> None:
        self.say("250 ok")

    def do_rcpt(self, line: str) -> None:
        self.post.recipients.append(line)
        self.say("550 nobody" if self.post.refuses_recipients else "250 ok")

    def do_data(self, _line: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.post.mails.append(b"".join(lines).decode())
        self.post.encrypted.append(self.encrypted)
        self.say("250 taken")


@dataclass
class Calls:
    """What an SMS webhook was called with, and what it answers."""

    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 202


class Webhook(BaseHTTPRequestHandler):
    """Takes a POST and answers with the status it was told."""

    def do_POST(self) -> None:
        calls: Calls = self.server.post  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        calls.taken.append((self.path, dict(self.headers.items()), body))
        self.send_response(calls.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


class Silence(socketserver.BaseRequestHandler):
    """Takes a connection and never says a word."""

    def handle(self) -> None:
        self.request.recv(1)


class MailServer(socketserver.ThreadingTCPServer):
    """Its threads are waited for when it closes."""

    allow_reuse_address = True


@contextmanager
def running(server: socketserver.TCPServer, post: object) -> Iterator[int]:
    """The port of a server in a thread; closed afterwards."""
    server.post = post  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def mail_server(post: Post) -> Any:
    """A mail server of this machine."""
    return running(MailServer(("127.0.0.1", 0), MailConversation), post)


def sms_server(calls: Calls) -> Any:
    """A webhook of this machine, over TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.daemon_threads = False
    server.socket = serving().wrap_socket(server.socket, server_side=True)
    return running(server, calls)


def silent_server() -> Any:
    """Something that listens and never answers."""
    return running(MailServer(("127.0.0.1", 0), Silence), None)
