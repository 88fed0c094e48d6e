"""`make run` from nothing: what it makes, what it prints, how it stops, and what it refuses."""

import http.client
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ecard.commands import Stop, alone_on, require_local_disk
from ecard.config import Settings
from tests.operations import production

START_SECONDS = 60
SECOND_START_SECONDS = 5 if os.environ.get("ECARD_FULL") else 7.5
"""Of processor time; beside other work a second of it does less."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "ECARD_VAR": str(var), "PORT": str(port), "PYTHONWARNINGS": "default", **more}


def ecard(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecard", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


class Running:
    """A server that was started as a person would start it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.welcome = ""
        self.processor_seconds = 0.0
        """Spent until ready, by all processes; the clock also counts what else the machine does."""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.welcome += line
            if line.startswith("or, in a second terminal"):
                self.processor_seconds = sum(spent(one) for one in family(self.process.pid))
                return
        pytest.fail(f"the server ended: {self.welcome}")

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def running(var: Path, errors: Path) -> Iterator[Running]:
    port = free_port()
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ecard", "run"],
            env=environment(var, port),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    server = Running(process, port)
    try:
        server.wait_until_ready()
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.gate
@pytest.mark.alone
def test_a_first_start_makes_everything_and_a_second_is_quick(tmp_path: Path) -> None:
    var, errors = tmp_path / "var", tmp_path / "stderr"
    with running(var, errors) as first:
        assert first.get("/healthz")[0] == 200
        assert first.get("/readyz")[0] == 200
        assert first.get("/api/docs")[0] == 200
        assert first.get("/api/v1/card?number=281234567840")[0] == 401
        assert f"http://127.0.0.1:{first.port}/api/docs" in first.welcome
        assert "Demo holders" in first.welcome
        assert "Demo staff" in first.welcome
        assert f"make demo PORT={first.port}" in first.welcome
    assert first.process.returncode == 0
    logged = errors.read_text()
    assert "SIGABRT" not in logged
    assert "terminate" not in logged
    assert '"route": "/healthz"' in logged
    assert "2812345" not in logged
    with running(var, errors) as second:
        assert second.processor_seconds < SECOND_START_SECONDS
        assert people(second.welcome) == people(first.welcome)
    open_to_others = [
        path for path in (var, *var.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_nothing_with_threads_of_its_own_is_imported_before_the_fork() -> None:
    look = "import sys, ecard.commands, ecard.server; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "onnxruntime"} & set(ran.stdout.split())


def people(welcome: str) -> list[str]:
    return re.findall(r"card \S+, phone \S+", welcome)


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = ecard("run", **environment(tmp_path / "var", port))
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        f"Port {port} on 127.0.0.1 is in use. Choose another: make run PORT={port + 1}"
    ]


@pytest.mark.gate
def test_a_data_directory_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = ecard("run", **environment(tmp_path / "file" / "var", free_port()))
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "Cannot write to" in ran.stderr


@pytest.mark.gate
def test_a_server_of_one_s_own_refuses_what_run_refuses(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    for command in ("init-keys", "migrate", "prepare"):
        made = ecard(command, **environment(folder, free_port()))
        assert made.returncode == 0, made.stderr
    (folder / "keys").rename(tmp_path / "keys")
    settings = {**environment(folder, free_port()), **production.environment(tmp_path, 25)}
    own = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0"]
    started = subprocess.run(
        [*own, "wsgi:application"],
        env=settings,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert started.returncode == 3, started.stderr
    assert "staff with passwords of the demo" in started.stderr


@pytest.mark.gate
def test_two_servers_do_not_share_one_sqlite_database(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    with alone_on(settings):
        with pytest.raises(Stop, match="Another server runs"), alone_on(settings):
            pass
        ran = ecard("run", **environment(settings.var, free_port()))
        assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1)
    with alone_on(settings):
        pass


@pytest.mark.gate
@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        ({"HOST": "0.0.0.0"}, "loopback"),  # noqa: S104 - refused, which is the point
        ({"ECARD_PROFILE": "production"}, "ECARD_KEYS"),
        ({"ECARD_PROFILE": "production", "ECARD_DOCUMENT_READING": "0"}, "reads documents"),
        ({"ECARD_WEB_WORKERS": "4"}, "PostgreSQL"),
        ({"ECARD_STATEMENT_SECONDS": "0"}, "ECARD_STATEMENT_SECONDS: must be more than 0"),
        (
            {"ECARD_HOUSEHOLD_REFERENCES_MAX": "0"},
            "ECARD_HOUSEHOLD_REFERENCES_MAX: must be more than 0",
        ),
        ({"PORT": "many"}, "PORT: must be a whole number"),
        ({"PORT": "65536"}, "PORT: must be 1 to 65535"),
        ({"ECARD_TRUSTED_PROXIES": "1"}, "ECARD_PROFILE=production"),
    ],
)
def test_an_unsafe_configuration_is_refused_with_status_two(
    tmp_path: Path, unsafe: dict[str, str], named: str
) -> None:
    ran = ecard("run", **{**environment(tmp_path / "var", free_port()), **unsafe})
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert named in ran.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.gate
@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        ({"ECARD_FACE_ENGINE": "foo"}, "no engine 'foo'"),
        ({"ECARD_FACE_ENGINE": "yunet-sface"}, "install yunet-mobilefacenet or yunet-sface"),
        ({"ECARD_LIVENESS_PACK": "minifasnet"}, "biometrics.models install minifasnet"),
    ],
)
def test_no_other_engine_is_taken_instead_of_one_that_is_not_there(
    tmp_path: Path, unsafe: dict[str, str], named: str
) -> None:
    ran = ecard("run", **{**environment(tmp_path / "var", free_port()), **unsafe})
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    (said,) = (line for line in ran.stderr.splitlines() if line.startswith("Refused to start: "))
    assert named in said


PRODUCTION = {
    "ECARD_PROFILE": "production",
    "ECARD_PUBLIC_ADDRESS": "https://family.example",
    "ECARD_SMTP_URL": "smtps://mail.example",
    "ECARD_SMTP_SENDER": "family@family.example",
    "ECARD_SCANNER": "none",
}


@pytest.mark.gate
def test_production_starts_neither_without_keys_nor_on_an_old_database(tmp_path: Path) -> None:
    keys = {"ECARD_KEYS": str(tmp_path / "keys")}
    variables = environment(tmp_path / "var", free_port(), **PRODUCTION, **keys)
    ran = ecard("run", **variables)
    assert (ran.returncode, "Keys are missing" in ran.stderr) == (2, True)
    assert ecard("init-keys", **variables).returncode == 0
    ran = ecard("run", **variables)
    assert (ran.returncode, "python -m ecard migrate" in ran.stderr) == (2, True)
    assert ecard("migrate", **variables).returncode == 0
    assert ecard("migrate", "--check", **variables).returncode == 0


LOCAL = "/dev/vda1 / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n"


@pytest.mark.parametrize(
    ("mount", "refused"),
    [
        ("server:/share /srv nfs4 rw 0 0", True),
        ("//server/share /srv cifs rw 0 0", True),
        ("user@host: /srv fuse.sshfs rw 0 0", True),
        ("drive /srv 9p rw 0 0", True),
        ("/dev/vdb /srv xfs rw 0 0", False),
        ("server:/share /srv/other nfs rw 0 0", False),
        ("server:/share /srv nfs rw 0 0\n/dev/vdb /srv/data ext4 rw 0 0", False),
    ],
)
def test_sqlite_is_refused_on_a_network_file_system(mount: str, refused: bool) -> None:
    settings = Settings(var=Path("/srv/data/var"))
    if refused:
        with pytest.raises(Stop, match="network file system"):
            require_local_disk(settings, LOCAL + mount)
    else:
        require_local_disk(settings, LOCAL + mount)


def test_postgresql_may_be_used_with_files_on_any_disk() -> None:
    settings = Settings(var=Path("/srv/var"), database_url="postgresql://db.example/ecard")
    require_local_disk(settings, LOCAL + "server:/share /srv nfs4 rw 0 0")
