"""What was proven stays proven: the database itself refuses to change or delete it."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import audit, tables
from ecard.immutable import TABLES, protect, unprotect
from tests.demo.ground import Ground
from tests.support import ON_POSTGRES

VERBS = ("UPDATE", "DELETE", "TRUNCATE") if ON_POSTGRES else ("UPDATE", "DELETE")


def change(verb: str, table: str) -> str:
    words = {"UPDATE": "UPDATE {0} SET {1} = {1}", "DELETE": "DELETE FROM {0}"}
    words["TRUNCATE"] = "TRUNCATE {0} CASCADE"
    column = next(iter(tables.metadata().tables[table].columns)).name
    return words[verb].format(table, column)


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """An audit row and notices are there; the other tables get a row without its neighbours."""
    with ground.joined.db.write() as session:
        audit.record(session, ground.call, "test", "nothing", None)
        session.commit()
    if not ON_POSTGRES:  # SQLite's triggers look at each row, so there must be one
        with sa.create_engine(ground.joined.db.url).begin() as connection:
            for table in set(TABLES) - {"audit_rows", "notices"}:
                columns: Any = tables.metadata().tables[table].columns
                values = ", ".join(f"'{number}'" for number, _ in enumerate(columns))
                insert = "INSERT INTO {} VALUES ({})".format(table, values)  # noqa: UP032, S608
                connection.exec_driver_sql(insert)
            connection.engine.dispose()
    return ground


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", VERBS)
def test_the_database_refuses_to_change_or_remove_a_proof(
    filled: Ground, table: str, verb: str
) -> None:
    with filled.joined.db.write() as session, pytest.raises(DBAPIError, match="are never changed"):
        session.execute(sa.text(change(verb, table)))


def test_the_orm_is_refused_too(filled: Ground) -> None:
    with filled.joined.db.write() as session:
        row = session.scalars(sa.select(audit.AuditRow)).one()
        row.outcome = "nothing happened"
        with pytest.raises(DBAPIError, match="audit_rows rows are never changed"):
            session.flush()


def test_other_tables_can_be_changed(filled: Ground) -> None:
    with filled.joined.db.write() as session:
        changed = session.execute(sa.text("UPDATE regions SET time_zone = 'UTC'"))
        assert changed.rowcount == 4  # type: ignore[attr-defined]
        session.rollback()


def test_protecting_twice_is_harmless_and_a_migration_can_open_and_shut(filled: Ground) -> None:
    with filled.joined.db.engine.begin() as connection:
        protect(connection)
        unprotect(connection, ["audit_rows"])
        connection.exec_driver_sql("UPDATE audit_rows SET reason = reason")
        protect(connection, ["audit_rows"])
    with filled.joined.db.write() as session, pytest.raises(DBAPIError, match="are never changed"):
        session.execute(sa.text(change("DELETE", "audit_rows")))
