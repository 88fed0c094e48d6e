"""The terminal without a network: the same judgement, once per terminal, and exit codes."""

import io
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecard.qr import tokens
from ecard.qr.tokens import Claims
from ecard.verifier.__main__ import STATUS, main
from ecard.verifier.used import ClockWentBack, UsedCodes

NOW = 1_795_000_000
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
SHOWN = Claims(
    uuid.UUID(int=7), NOW, NOW + 60, "identify", b"12345678", "L* M*", "E* R*", "north-1"
)
ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., tuple[int, dict[str, Any]]]


def written(claims: Claims, private: Ed25519PrivateKey = PRIVATE) -> str:
    public = private.public_key().public_bytes_raw()
    return tokens.write(claims, tokens.key_id_of(public), private.sign)


def publish(folder: Path, *, at: int = NOW, **more: object) -> Path:
    path = folder / "keys.json"
    issued = datetime.fromtimestamp(at, UTC).isoformat()
    path.write_text(json.dumps({"keys": [tokens.jwk(PUBLIC)], "issued_at": issued, **more}))
    return path


def options(folder: Path) -> list[str]:
    named = ["--keys", str(folder / "keys.json"), "--used", str(folder / "used.db")]
    return [*named, "--operation", "identify", "--place", "north-1"]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A terminal with a key set that was fetched just now."""
    publish(tmp_path)

    def call(text: str, *more: str, now: int = NOW + 5) -> tuple[int, dict[str, Any]]:
        status = main([text, *options(tmp_path), "--json", *more], now=lambda: now)
        said = capsys.readouterr().out
        return status, json.loads(said) if said else {}

    return call


def test_a_good_code_says_who_shows_it_for_whom(run: Run) -> None:
    status, said = run(written(SHOWN))
    assert status == 0
    assert said == {
        "accepted": True,
        "id": str(SHOWN.id),
        "operation": "identify",
        "shown_by": "L* M*",
        "shown_for": "E* R*",
        "pseudonym": b"12345678".hex(),
        "place": "north-1",
        "expires": NOW + 60,
    }


def test_a_code_is_accepted_once_at_a_terminal(run: Run) -> None:
    assert run(written(SHOWN))[0] == 0
    assert run(written(SHOWN)) == (17, {"accepted": False, "code": "qr_used"})
    assert run(written(replace(SHOWN, id=uuid.UUID(int=8))))[0] == 0


@pytest.mark.parametrize(
    ("text", "more", "now", "code"),
    [
        ("hello", (), NOW, "qr_unreadable"),
        (written(SHOWN, Ed25519PrivateKey.generate()), (), NOW, "qr_key_unknown"),
        (tokens.write(SHOWN, tokens.key_id_of(PUBLIC), lambda _: b"s" * 64), (), NOW, "qr_forged"),
        (written(SHOWN), (), NOW - 11, "qr_not_yet"),
        (written(SHOWN), (), NOW + 60, "qr_expired"),
        (written(SHOWN), ("--operation", "collect_document"), NOW, "qr_other_operation"),
        (written(SHOWN), ("--place", "south-1"), NOW, "qr_other_place"),
    ],
)
def test_each_refusal_has_its_code_and_exit_status(
    run: Run, text: str, more: tuple[str, ...], now: int, code: str
) -> None:
    assert run(text, *more, now=now) == (STATUS[code], {"accepted": False, "code": code})


def test_the_exit_statuses_are_ten_to_seventeen() -> None:
    assert list(STATUS.values()) == list(range(10, 18))


def test_a_refused_code_is_not_used_up(run: Run) -> None:
    assert run(written(SHOWN), "--place", "south-1")[0] == STATUS["qr_other_place"]
    assert run(written(SHOWN))[0] == 0


def test_a_code_comes_from_an_argument_a_file_or_the_input(tmp_path: Path) -> None:
    publish(tmp_path)
    scanned = tmp_path / "scanned.txt"
    scanned.write_text(written(SHOWN) + "\n", encoding="utf-8")
    wanted = options(tmp_path)
    assert main([*wanted, "--file", str(scanned)], now=lambda: NOW) == 0
    again = io.StringIO(written(SHOWN) + "\r\n")
    assert main(wanted, typed=again, now=lambda: NOW) == STATUS["qr_used"]
    scanned.write_bytes(b"\xff\xfe")
    assert main([*wanted, "--file", str(scanned)], now=lambda: NOW) == STATUS["qr_unreadable"]
    assert main([*wanted, "--file", str(tmp_path / "gone")], now=lambda: NOW) == 3


def test_a_person_reads_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(tmp_path)
    for _ in range(2):
        main([written(SHOWN), *options(tmp_path)], now=lambda: NOW)
    first, again = capsys.readouterr().out.splitlines()
    assert first == "ACCEPTED: Shown by L* M* for E* R*, to identify."
    assert again == "REFUSED qr_used: This terminal accepted it before."


def test_a_key_set_that_is_old_or_is_none_is_not_believed(tmp_path: Path, run: Run) -> None:
    publish(tmp_path, at=NOW - 73 * 3600)
    assert run(written(SHOWN)) == (3, {})
    for content in ("", "[]", "{}", '{"keys": []}', '{"keys": [], "issued_at": 7}'):
        (tmp_path / "keys.json").write_text(content)
        assert run(written(SHOWN)) == (3, {})


def test_a_clock_that_goes_back_stops_the_terminal(run: Run) -> None:
    later = replace(SHOWN, id=uuid.UUID(int=8), issued=NOW + 3600, expires=NOW + 3660)
    assert run(written(later), now=NOW + 3600)[0] == 0
    assert run(written(SHOWN), now=NOW + 5) == (3, {})


def test_a_file_of_used_codes_that_is_broken_stops_the_terminal(tmp_path: Path, run: Run) -> None:
    (tmp_path / "used.db").write_bytes(b"this is no database" * 100)
    assert run(written(SHOWN)) == (3, {})


def test_codes_that_are_over_are_forgotten_and_still_refused(tmp_path: Path) -> None:
    used = UsedCodes(tmp_path / "used.db")
    for number in range(100):
        assert used.accept(uuid.UUID(int=number), NOW + number, NOW, 10)
    assert used.accept(uuid.UUID(int=1000), NOW + 200, NOW + 110, 10)
    with UsedCodes(tmp_path / "used.db")._writing() as connection:
        assert connection.execute("SELECT count(*) FROM used").fetchone() == (1,)
    with pytest.raises(ClockWentBack):
        used.accept(uuid.UUID(int=5), NOW + 5, NOW, 10)


def test_of_many_at_one_moment_a_terminal_accepts_one(tmp_path: Path) -> None:
    used = UsedCodes(tmp_path / "used.db")

    def accept(_: int) -> bool:
        return used.accept(SHOWN.id, SHOWN.expires, NOW, 10)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(accept, range(24))) == 1


def test_a_terminal_needs_neither_the_backend_nor_a_network(tmp_path: Path) -> None:
    """In a process of its own: nothing of the backend is loaded but the token's format."""
    program = (
        "import socket, sys\n"
        "socket.socket = None\n"
        "from ecard.verifier.__main__ import main\n"
        f"status = main(sys.argv[1:], now=lambda: {NOW})\n"
        "ours = sorted(name for name in sys.modules if name.split('.')[0] == 'ecard')\n"
        "print(ours, 'sqlalchemy' in sys.modules, 'flask' in sys.modules)\n"
        "sys.exit(status)\n"
    )
    publish(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", program, written(SHOWN), *options(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    parts = ["ecard", "ecard.qr", "ecard.qr.tokens"]
    verifier = ["ecard.verifier", "ecard.verifier.__main__", "ecard.verifier.used"]
    assert ran.stdout.splitlines()[-1] == f"{parts + verifier} False False"
