"""Migrations lead to the models, keep what is in the database, and happen whole or not at all."""

import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import audit, immutable, migrations, tables
from ecard.audit import AuditRow
from ecard.joined import Joined
from tests.operations.conftest import new_database
from tests.support import ON_POSTGRES

NEXT = '''
"""{message}"""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{head}"

def upgrade():
    with op.batch_alter_table("audit_rows", recreate="{recreate}") as table:
        table.add_column(sa.Column("place", sa.String(20), server_default="nowhere"))
    {more}

def downgrade():
    with op.batch_alter_table("audit_rows") as table:
        table.drop_column("place")
'''


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def names(address: str) -> set[str]:
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    return found


def scripts_with(tmp_path: Path, more: str = "pass") -> Path:
    """The migrations of the tree, and one more that rebuilds the audit's table."""
    copy = tmp_path / "scripts"
    shutil.copytree(migrations.HOME, copy)
    (head,) = migrations.heads()
    recreate = "auto" if ON_POSTGRES else "always"
    text = NEXT.format(message="a place", head=head, recreate=recreate, more=more)
    (copy / "versions" / "9999_place.py").write_text(text)
    return copy


def test_the_newest_revision_is_what_the_models_say(address: str) -> None:
    migrations.upgrade(address)
    with migrations.migrating(address) as connection:
        assert migrations.drift(connection) == []
        assert migrations.present(connection) == migrations.heads()


def test_every_table_of_the_tree_is_known_to_migrations() -> None:
    home = Path(tables.__file__).parent
    declared = {
        line.split('"')[1]
        for path in home.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("__tablename__")
    }
    assert set(tables.metadata().tables) == declared


def test_migrating_twice_changes_nothing(address: str) -> None:
    migrations.upgrade(address)
    before = names(address)
    migrations.upgrade(address)
    assert names(address) == before


@pytest.mark.gate
def test_down_to_base_leaves_no_table_and_up_again_brings_all(address: str) -> None:
    migrations.upgrade(address)
    before = names(address)
    migrations.downgrade(address, "base")
    assert names(address) == {"alembic_version"}
    migrations.upgrade(address)
    assert names(address) == before


def test_two_processes_may_migrate_at_once(address: str) -> None:
    both = [threading.Thread(target=migrations.upgrade, args=(address,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with migrations.migrating(address) as connection:
        assert migrations.present(connection) == migrations.heads()


@pytest.fixture
def written(joined: Joined) -> Joined:
    with joined.db.write() as session:
        for _ in range(3):
            audit.record(session, joined.call(), "link.opened", "link", uuid.uuid4())
        session.commit()
    joined.db.close()
    return joined


def rows(joined: Joined) -> list[int]:
    with joined.db.read() as session:
        return list(session.scalars(sa.select(AuditRow.seq).order_by(AuditRow.seq)))


@pytest.mark.parametrize("verb", ["UPDATE audit_rows SET reason = 'x'", "DELETE FROM audit_rows"])
def test_rows_that_nobody_changes_are_kept_by_the_database_itself(
    written: Joined, verb: str
) -> None:
    with written.db.write() as session, pytest.raises(DBAPIError, match="never changed"):
        session.execute(sa.text(verb))
    assert rows(written) == [1, 2, 3]


def test_an_upgrade_keeps_rows_and_their_protection(written: Joined, tmp_path: Path) -> None:
    scripts, address = scripts_with(tmp_path), written.settings.database_address
    migrations.upgrade(address, scripts=scripts)
    assert rows(written) == [1, 2, 3]
    with written.db.read() as session:
        assert set(session.scalars(sa.text("SELECT place FROM audit_rows"))) == {"nowhere"}
    with written.db.write() as session, pytest.raises(DBAPIError, match="never changed"):
        session.execute(sa.text("DELETE FROM audit_rows"))
    written.db.close()
    (head,) = migrations.heads()
    migrations.downgrade(address, head, scripts=scripts)
    assert rows(written) == [1, 2, 3]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(written: Joined, tmp_path: Path) -> None:
    scripts = scripts_with(tmp_path, more='op.execute("SELECT * FROM no_such_table")')
    with pytest.raises(DBAPIError):
        migrations.upgrade(written.settings.database_address, scripts=scripts)
    with migrations.migrating(written.settings.database_address) as connection:
        assert migrations.present(connection) == migrations.heads()
        assert migrations.drift(connection) == []
    assert rows(written) == [1, 2, 3]


def test_every_protected_table_exists() -> None:
    assert set(immutable.TABLES) <= set(tables.metadata().tables)
