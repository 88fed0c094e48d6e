"""the last day of a link

Revision: 0013. Follows: 0012. Written: 2026-11-27 13:00:00.
"""

import sqlalchemy as sa
from alembic import op

from ecard import immutable

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHANGES = sa.table(
    "link_changes",
    sa.column("from_state", sa.String()),
    sa.column("to_state", sa.String()),
)


def upgrade() -> None:
    """From the revision before to this one: a link may have a last day; no link of before has one,
    and what happened to it without a move stays where it was written down, in the audit."""
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_on", sa.Date(), nullable=True))
        batch_op.create_index("ix_links_state_ends_on", ["state", "ends_on"])
    op.add_column("link_changes", sa.Column("ends_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Back to the revision before, where a history has moves alone, and no link a last day."""
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index("ix_links_state_ends_on")
        batch_op.drop_column("ends_on")
    connection = op.get_bind()
    immutable.unprotect(connection, ["link_changes"])
    connection.execute(sa.delete(CHANGES).where(CHANGES.c.from_state == CHANGES.c.to_state))
    with op.batch_alter_table("link_changes", schema=None) as batch_op:
        batch_op.drop_column("ends_on")
    immutable.protect(connection, ["link_changes"])
