"""the audit record is searched by who did something, and by case

Revision: 0014. Follows: 0013. Written: 2026-11-27 14:15:00.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one: two indexes, no row is touched."""
    op.create_index("ix_audit_rows_actor_seq", "audit_rows", ["actor_id", "seq"])
    op.create_index("ix_audit_rows_case_seq", "audit_rows", ["case_id", "seq"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_audit_rows_case_seq", "audit_rows")
    op.drop_index("ix_audit_rows_actor_seq", "audit_rows")
