"""court orders about a last day wait for a second clerk; policies name for how long

Revision: 0016. Follows: 0015. Written: 2026-11-27 20:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RULE, DAYS = "end_date_order_days", 7
"""As the demo region has it; a later row of a region says otherwise."""
REGIONS = sa.table("regions", sa.column("id", sa.Uuid()), sa.column("parent_id", sa.Uuid()))
POLICIES = sa.table(
    "policies",
    sa.column("id", sa.Uuid()),
    sa.column("region_id", sa.Uuid()),
    sa.column("values", sa.JSON()),
)


def upgrade() -> None:
    """From the revision before to this one: a table for what waits, and the rule that a region
    without a parent has to set. Last days that were set before stay as they are."""
    _orders()
    for row_id, values in _of_the_highest():
        if RULE not in values:
            _write(row_id, {**values, RULE: DAYS})


def downgrade() -> None:
    """Back to the revision before, where one clerk is enough: what waits is dropped."""
    op.drop_table("end_date_orders")
    for row_id, values in _all():
        _write(row_id, {name: value for name, value in values.items() if name != RULE})


def _orders() -> None:
    op.create_table(
        "end_date_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        _refers("link_id", "links"),
        _refers("recorded_by", "staff"),
        _refers("answered_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_end_date_orders")),
    )
    op.create_index(op.f("ix_end_date_orders_link_id"), "end_date_orders", ["link_id"])
    op.create_index(
        "ix_end_date_orders_answered_recorded", "end_date_orders", ["answered_at", "recorded_at"]
    )


def _refers(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_end_date_orders_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def _of_the_highest() -> list[tuple[object, dict[str, object]]]:
    highest = sa.select(REGIONS.c.id).where(REGIONS.c.parent_id.is_(None))
    return _all(POLICIES.c.region_id.in_(highest))


def _all(*conditions: sa.ColumnElement[bool]) -> list[tuple[object, dict[str, object]]]:
    query = sa.select(POLICIES.c.id, POLICIES.c["values"]).where(*conditions)
    return [(row_id, values) for row_id, values in op.get_bind().execute(query)]


def _write(row_id: object, values: dict[str, object]) -> None:
    op.get_bind().execute(
        sa.update(POLICIES).where(POLICIES.c.id == row_id).values({"values": values})
    )
