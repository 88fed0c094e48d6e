"""Sweeps in small bites: whatever lies there, no statement runs long and no lock is held long."""

from __future__ import annotations

import sqlalchemy as sa

from ecard.call import Call


def in_batches(call: Call, change: sa.Delete | sa.Update, *which: sa.ColumnElement[bool]) -> int:
    """Delete or change the rows that ``which`` names; returns how many.

    At most ``sweep_rows`` in one transaction, until none is left: a sweep that was down for a month
    would otherwise run into the time limit of a statement, and again in the next hour. What
    ``change`` writes must take a row out of ``which``.
    """
    (key,) = sa.inspect(change.table).primary_key
    some = sa.select(key).where(*which).limit(call.settings.sweep_rows)
    done = 0
    while (batch := _change(call, change.where(key.in_(some.scalar_subquery())))) > 0:
        done += batch
    return done


def _change(call: Call, change: sa.Delete | sa.Update) -> int:
    with call.db.write() as session:
        result = session.execute(change, execution_options={"synchronize_session": False})
        session.commit()
    return int(result.rowcount)  # type: ignore[attr-defined]
