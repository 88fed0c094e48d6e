"""The shipped nginx file before the real service: slow telephones do not keep others waiting.

Without it they do, which is shown too: were that part to pass, the first would prove nothing.
"""

import asyncio
import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ecard import locale
from tests.operations import production

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "deploy" / "nginx.conf"
SLOW_CLIENTS = 500 if os.environ.get("ECARD_FULL") else 40
"""More than the service's 16 threads; the figure that issues name is 32."""
OTHERS = 20
PATIENCE_SECONDS = 3.0
SLOW_BODY_BYTES = 200
"""At one byte a second: longer than the whole test."""
START_SECONDS = 60
BODIES = "/dev/shm/ecard-bodies"  # noqa: S108 - as in the shipped file: a file system in memory

Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Answer:
    """What came back, read to the end."""

    status: int
    headers: dict[str, str]
    body: dict[str, object]


@dataclass(frozen=True)
class Place:
    """Where something listens, and how to speak to it."""

    port: int
    tls: ssl.SSLContext | None

    def get(self, path: str) -> tuple[int, float]:
        """Status and seconds of one request by somebody who is not slow; 0 if it took too long."""
        began = time.monotonic()
        connection = self._connection(PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (TimeoutError, OSError):
            status = 0
        finally:
            connection.close()
        return status, time.monotonic() - began

    def post(self, path: str, body: bytes, languages: str = "") -> "Answer":
        connection = self._connection(20)
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        headers |= {"Accept-Language": languages} if languages else {}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return Answer(answer.status, dict(answer.getheaders()), content)

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if self.tls is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=timeout, context=self.tls
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], errors: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"does not listen: {errors.read_text()}")


@contextmanager
def started(command: list[str], port: int, errors: Path, **variables: str) -> Iterator[None]:
    with errors.open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **variables}, cwd=ROOT, stdout=log, stderr=log
        )
    try:
        wait_for(port, process, errors)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service in production, first started as docs/deploy.md says, told of one proxy."""
    folder, port = tmp_path_factory.mktemp("service"), free_port()
    variables = production.environment(
        folder, free_port(), PORT=str(port), ECARD_REQUESTS_PER_ADDRESS="100000"
    )
    ecard = [sys.executable, "-m", "ecard"]
    for command in (
        ["init-keys"],
        ["migrate"],
        ["load-administration", str(production.administration(folder))],
        ["load-registry", str(production.registry(folder))],
    ):
        environment = {**os.environ, **variables}
        subprocess.run([*ecard, *command], env=environment, cwd=ROOT, check=True)
    with started([*ecard, "run"], port, folder / "log", **variables):
        place = Place(port, None)
        while place.get("/readyz")[0] != 200:
            time.sleep(0.2)
        yield place


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate and key for 127.0.0.1, good for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "family.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


def nginx() -> str:
    where = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("nginx", path=where)
    if found is None:
        pytest.fail("nginx is missing: make gates installs it")
    return found


def configuration(folder: Path, service_port: int, http_port: int, tls_port: int) -> Path:
    """The shipped file with its CHANGE lines changed, and around it what nginx.conf has."""
    chain, private = self_signed(folder)
    changes = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{service_port};",
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{tls_port} ssl http2;",
        "/etc/ssl/ecard/fullchain.pem": str(chain),
        "/etc/ssl/ecard/privkey.pem": str(private),
        "/var/log/nginx": str(folder),
        BODIES: f"{BODIES}-{tls_port}",
    }
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped, ours in changes.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    (folder / "site.conf").write_text(text)
    kinds = ("proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    around = folder / "nginx.conf"
    around.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/start.log; events "
        f"{{ worker_connections 2048; }} http {{ {temporary} include {folder}/site.conf; }}"
    )
    return around


@pytest.fixture(scope="module")
def proxy(service: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """nginx with the shipped file, before the service."""
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    tls_port = free_port()
    around = configuration(folder, service.port, free_port(), tls_port)
    trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    with started([nginx(), "-p", str(folder), "-c", str(around)], tls_port, folder / "log"):
        yield Place(tls_port, trust)
    shutil.rmtree(f"{BODIES}-{tls_port}", ignore_errors=True)


class SlowClients:
    """Many telephones that send one byte of a body each second, from addresses of their own."""

    def __init__(self, place: Place, number: int) -> None:
        self._place, self._number = place, number
        self._sending = threading.Semaphore(0)
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self._loop: asyncio.AbstractEventLoop | None = None
        self.cut_off = 0

    def __enter__(self) -> "SlowClients":
        self._thread.start()
        for _ in range(self._number):
            assert self._sending.acquire(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _all(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.gather(*(self._one(number) for number in range(self._number)))

    async def _one(self, number: int) -> None:
        own_address = (f"127.1.{number // 250}.{number % 250 + 1}", 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._place.port, ssl=self._place.tls, local_addr=own_address
        )
        head = (
            "POST /api/v1/sign-in/codes HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {secrets.token_hex(16)}\r\n"
            f"Content-Length: {SLOW_BODY_BYTES}\r\n\r\n"
        )
        writer.write(head.encode())
        self._sending.release()
        for _ in range(SLOW_BODY_BYTES):
            writer.write(b" ")
            try:
                await writer.drain()
                await asyncio.wait_for(self._stop.wait(), 1)
            except TimeoutError:
                continue
            except OSError:
                self.cut_off += 1
            break
        writer.transport.abort()
        del reader


def measured(place: Place, path: str) -> tuple[int, float]:
    """How many of OTHERS were answered in time, and the median of all seconds."""
    answers = [place.get(path) for _ in range(OTHERS)]
    served = sum(status == 200 for status, _ in answers)
    return served, statistics.median(seconds for _, seconds in answers)


def test_with_nginx_everybody_else_is_served(proxy: Place, record_property: Record) -> None:
    _, alone = measured(proxy, "/readyz")
    with SlowClients(proxy, SLOW_CLIENTS) as slow:
        time.sleep(3)
        served, seconds = measured(proxy, "/readyz")
        assert slow.cut_off == 0
    record_property("slow clients", SLOW_CLIENTS)
    record_property(f"served of {OTHERS} with nginx", served)
    record_property("median seconds alone / beside slow clients", f"{alone:.3f} / {seconds:.3f}")
    assert served == OTHERS


def test_without_nginx_everybody_else_starves(service: Place, record_property: Record) -> None:
    with SlowClients(service, SLOW_CLIENTS):
        time.sleep(3)
        answers = [service.get("/readyz") for _ in range(3)]
        gone = time.monotonic()
    served = sum(status == 200 for status, _ in answers)
    record_property("served of 3 without nginx", served)
    assert served == 0
    while service.get("/readyz")[0] != 200:
        assert time.monotonic() < gone + START_SECONDS, "does not recover when they are gone"
    record_property("seconds until it serves again", round(time.monotonic() - gone, 1))


def test_it_is_the_production_profile_that_is_served(proxy: Place) -> None:
    """The demo's open mailbox is not there, and neither are its people."""
    assert proxy.get("/api/v1/demo/mailbox?address=x")[0] == 404
    assert proxy.get("/readyz")[0] == 200


@pytest.mark.parametrize(
    "languages",
    [
        "",
        "es-MX,en;q=0.8",
        "ca, es;q=0.9, en;q=0.5",
        "zh-CN",
        "zh-Hans-CN,zh;q=0.9",
        "zh-TW",
        "en,es",
    ],
)
def test_what_nginx_refuses_is_problem_details_in_the_callers_language(
    proxy: Place, languages: str
) -> None:
    answer = proxy.post("/api/v1/sign-in/codes", b" " * (13 * 2**20), languages)
    spoken = locale.negotiate(languages)
    assert (answer.status, answer.body["code"]) == (413, "body_too_large")
    assert answer.body["detail"] == locale.sentence("body_too_large", spoken)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == spoken


def test_a_service_that_is_down_is_a_503_that_says_when_to_come_back(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    tls_port = free_port()
    around = configuration(tmp_path, free_port(), free_port(), tls_port)
    trust = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    with started([nginx(), "-p", str(tmp_path), "-c", str(around)], tls_port, tmp_path / "log"):
        answer = Place(tls_port, trust).post("/api/v1/sign-in/codes", b"{}")
    shutil.rmtree(f"{BODIES}-{tls_port}", ignore_errors=True)
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "30"
    assert answer.body["detail"] == locale.sentence("unavailable", "en")


def test_the_service_sees_the_client_and_answers_through_the_proxy(proxy: Place) -> None:
    answer = proxy.post("/api/v1/sign-in/codes", b"{not json")
    assert (answer.status, answer.body["code"]) == (400, "malformed_body")
    assert answer.headers["Strict-Transport-Security"]
