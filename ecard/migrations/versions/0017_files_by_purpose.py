"""files are found by what they are kept for: of how many people a face is kept

Revision: 0017. Follows: 0016. Written: 2026-11-27 21:40:00.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one: an index."""
    op.create_index(op.f("ix_stored_files_purpose"), "stored_files", ["purpose"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index(op.f("ix_stored_files_purpose"), table_name="stored_files")
