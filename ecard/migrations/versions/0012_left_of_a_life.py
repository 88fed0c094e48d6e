"""what was left of the life of a link

Revision: 0012. Follows: 0011. Written: 2026-11-27 07:00:00.
"""

import sqlalchemy as sa
from alembic import op

from ecard import immutable

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one: a withdrawal may be written down by a clerk."""
    connection = op.get_bind()
    immutable.unprotect(connection, ["face_withdrawals"])
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_face_withdrawals_staff_id_staff"), "staff", ["staff_id"], ["id"]
        )
    immutable.protect(connection, ["face_withdrawals"])


def downgrade() -> None:
    """Back to the revision before, where a clerk's withdrawal stays as the person's own."""
    connection = op.get_bind()
    immutable.unprotect(connection, ["face_withdrawals"])
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_face_withdrawals_staff_id_staff"), type_="foreignkey"
        )
        batch_op.drop_column("staff_id")
    immutable.protect(connection, ["face_withdrawals"])
