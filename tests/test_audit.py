"""The audit is chained at the commit, last of all: what was rolled back did not happen."""

import uuid

import pytest
import sqlalchemy as sa

from ecard import audit
from ecard.audit import AuditHead, AuditRow
from ecard.audit_verify import verify
from ecard.joined import Joined


class Broken(Exception):
    """What goes wrong inside a savepoint."""


def reasons(joined: Joined) -> list[tuple[int, str | None]]:
    with joined.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.seq))
        return [(row.seq, row.reason) for row in rows]


def note(joined: Joined, session: sa.orm.Session, reason: str) -> None:
    audit.record(session, joined.call(), "test.line", "test", uuid.uuid4(), reason=reason)


def test_the_head_of_the_chain_is_taken_at_the_commit_and_not_before(joined: Joined) -> None:
    with joined.db.write() as session:
        note(joined, session, "one")
        note(joined, session, "two")
        assert session.get(AuditHead, 1) is None
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditRow)) == 0
        session.commit()
    assert reasons(joined) == [(1, "one"), (2, "two")]
    assert verify(joined.call()).rows == 2


def test_what_was_rolled_back_is_not_on_record_and_leaves_no_gap(joined: Joined) -> None:
    with joined.db.write() as session:
        note(joined, session, "undone")
        session.rollback()
        note(joined, session, "done")
        session.commit()
    with joined.db.write() as session:
        note(joined, session, "never committed")
    with joined.db.write() as session:
        note(joined, session, "later")
        session.commit()
    assert reasons(joined) == [(1, "done"), (2, "later")]


def test_a_broken_savepoint_takes_nothing_off_the_record(joined: Joined) -> None:
    with joined.db.write() as session:
        note(joined, session, "before")
        with pytest.raises(Broken), session.begin_nested():
            raise Broken
        with session.begin_nested():
            session.flush()
        note(joined, session, "after")
        session.commit()
    assert reasons(joined) == [(1, "before"), (2, "after")]
