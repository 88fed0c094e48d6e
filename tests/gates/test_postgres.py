"""The shipped roles on a real PostgreSQL: the service can do its work and nothing beyond."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from ecard import audit, audit_verify, health, immutable, migrations
from ecard.config import Settings
from ecard.demo import loader
from ecard.jobs import work
from ecard.joined import Joined, join
from ecard.vault import create_keys
from ecard.worker import Worker
from tests import postgres
from tests.support import Clock, verifier

pytestmark = pytest.mark.gate

ROLES = (Path(__file__).resolve().parents[2] / "deploy" / "postgresql.sql").read_text()


def set_roles(address: str) -> None:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.connection.cursor().execute(ROLES)
    engine.dispose()


def as_role(address: str, role: str) -> str:
    return sa.make_url(address).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def address() -> Iterator[str]:
    """A database as the guide makes it: roles, migrations, roles again."""
    with postgres.fresh_database(postgres.empty) as found:
        set_roles(found)
        migrations.upgrade(as_role(found, "ecard_migrator"))
        set_roles(found)
        yield found


@pytest.fixture
def service(address: str, tmp_path: Path) -> Iterator[Joined]:
    create_keys(tmp_path / "keys")
    settings = Settings(var=tmp_path, database_url=as_role(address, "ecard_app"))
    process = join(settings, now=Clock(), verifier=verifier)
    yield process
    process.db.close()


def test_the_service_s_role_can_do_all_its_work(service: Joined) -> None:
    loader.load(service)
    call = service.call()
    with service.db.write() as session:
        audit.record(session, call, "link.opened", "link", uuid.uuid4())
        session.commit()
    doer = Worker(call, work())
    doer.tick()
    while doer.drain():
        pass
    assert health.failing(call) == []
    assert audit_verify.verify(call).finding is None


@pytest.mark.parametrize("table", immutable.TABLES)
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"])
def test_the_service_s_role_cannot_remove_what_nobody_changes(
    service: Joined, table: str, verb: str
) -> None:
    with (
        service.db.write() as session,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
    ):
        session.execute(sa.text(verb.format(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_rows SET reason = 'x'",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE TABLE mine (x int)",
        "ALTER TABLE audit_rows DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_rows_no_update ON audit_rows",
    ],
)
def test_the_service_s_role_can_change_neither_tables_nor_triggers(
    service: Joined, statement: str
) -> None:
    with (
        service.db.write() as session,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
    ):
        session.execute(sa.text(statement))


def test_the_auditor_s_role_verifies_the_audit_and_reads_nothing_else(
    service: Joined, address: str
) -> None:
    with service.db.write() as session:
        audit.record(session, service.call(), "link.opened", "link", uuid.uuid4())
        session.commit()
    audit_verify.anchor(service.call(), force=True)
    settings = replace(service.settings, database_url=as_role(address, "ecard_auditor"))
    auditor = join(settings, now=Clock(), verifier=verifier)
    assert audit_verify.verify(auditor.call()).rows == 1
    with (
        auditor.db.read() as session,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        session.execute(sa.text("SELECT * FROM persons"))
    auditor.db.close()
