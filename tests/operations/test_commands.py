"""The commands of a terminal, one after the other, as an operator gives them."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from ecard import audit, immutable
from ecard.audit import AuditRow
from ecard.commands import main
from ecard.config import Settings, read_settings
from ecard.joined import join
from tests import postgres
from tests.operations.conftest import new_database
from tests.support import ON_POSTGRES, verifier

Command = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a machine on which nothing is yet."""
    if ON_POSTGRES and (folder := postgres.programs()):
        monkeypatch.setenv("PATH", str(folder), prepend=":")
    for name in ("DATABASE_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return {"ECARD_VAR": str(tmp_path / "var")}


@pytest.fixture
def ecard(environ: dict[str, str], tmp_path: Path) -> Command:
    """Runs a command; keywords change the environment."""

    def run(*arguments: object, **more: object) -> Result:
        variables = environ | {name: str(value) for name, value in more.items()}
        return CliRunner().invoke(main, [str(one) for one in arguments], env=variables)

    return run


def well(result: Result) -> str:
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


def add_rows(settings: Settings) -> None:
    process = join(settings, verifier=verifier)
    with process.db.write() as session:
        for _ in range(3):
            audit.record(session, process.call(), "link.opened", "link", uuid.uuid4())
        session.commit()
    process.db.close()


def tamper(settings: Settings) -> None:
    process = join(settings, verifier=verifier)
    with process.db.write() as session:
        immutable.unprotect(session.connection())
        session.execute(sa.update(AuditRow).where(AuditRow.seq == 2).values(reason="never"))
        session.commit()
    process.db.close()


def test_from_nothing_to_a_backup_and_back(
    ecard: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    with new_database(tmp_path / "first") as first, new_database(tmp_path / "second") as second:
        here = {"ECARD_DATABASE_URL": first}
        assert "master.key" in well(ecard("init-keys", **here))
        assert "all are there" in well(ecard("init-keys", **here))
        assert "Up to date" in well(ecard("migrate", **here))
        assert "Up to date" in well(ecard("migrate", "--check", **here))
        settings = read_settings(environ | here)
        add_rows(settings)
        assert "no anchor" in ecard("audit-verify", **here).output
        assert "Anchored row 3" in well(ecard("anchor", **here))
        assert "Nothing new" in well(ecard("anchor", **here))
        assert "3 rows, 1 anchors" in well(ecard("audit-verify", **here))
        assert "jobs: 0" in well(ecard("sweep", **here))
        archive = tmp_path / "monday.tar"
        assert "MOVE THE KEYS" in well(ecard("backup", archive, **here))
        there = {"ECARD_DATABASE_URL": second, "ECARD_VAR": tmp_path / "other"}
        answer = well(ecard("restore", archive, **there))
        assert "none missing" in answer
        assert "Audit unbroken: 3 rows" in answer
        again = ecard("restore", archive, **there)
        assert (again.exit_code, "not empty" in again.output) == (1, True)
        tamper(settings)
        broken = ecard("audit-verify", **here)
        assert (broken.exit_code, broken.output) == (
            1,
            "AUDIT BROKEN: row 2 is not as it was written.\n",
        )


def test_what_cannot_be_done_is_said_in_one_line(ecard: Command, tmp_path: Path) -> None:
    for arguments in (
        ["audit-verify"],
        ["anchor"],
        ["sweep"],
        ["backup", tmp_path / "monday.tar"],
        ["restore", tmp_path / "nowhere.tar"],
        ["migrate", "--check"],
    ):
        result = ecard(*arguments)
        assert result.exit_code == 1, arguments
        assert len(result.output.splitlines()) == 1, (arguments, result.output)


def test_settings_are_listed(ecard: Command) -> None:
    listed = well(ecard("settings"))
    assert "ECARD_WEB_THREADS" in listed
    assert "PORT" in listed


def test_keys_for_qr_codes_are_rotated_one_at_a_time_or_all_at_once(ecard: Command) -> None:
    well(ecard("init-keys"))
    well(ecard("migrate"))
    first, second = (well(ecard("rotate-qr-keys")) for _ in range(2))
    assert "is published" in first
    assert first != second
    waits = ecard("rotate-qr-keys")
    assert waits.exit_code == 1
    assert "waits already" in waits.output
    assert "is withdrawn" in well(ecard("rotate-qr-keys", "--at-once"))
