"""policies name how far ahead a link's last day may lie

Revision: 0015. Follows: 0014. Written: 2026-11-27 19:00:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

RULE, MONTHS = "end_date_most_months", 120
"""Ten years, as the demo region has it; a later row of a region says otherwise."""
REGIONS = sa.table("regions", sa.column("id", sa.Uuid()), sa.column("parent_id", sa.Uuid()))
POLICIES = sa.table(
    "policies",
    sa.column("id", sa.Uuid()),
    sa.column("region_id", sa.Uuid()),
    sa.column("values", sa.JSON()),
)


def upgrade() -> None:
    """From the revision before to this one: the rule that a region without a parent has to set, and
    could not before it existed. Without it no policy is complete, and nothing is served."""
    for row_id, values in _of_the_highest():
        if RULE not in values:
            _write(row_id, {**values, RULE: MONTHS})


def downgrade() -> None:
    """Back to the revision before, where no policy has the rule."""
    for row_id, values in _all():
        _write(row_id, {name: value for name, value in values.items() if name != RULE})


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
