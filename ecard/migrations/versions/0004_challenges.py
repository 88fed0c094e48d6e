"""challenges

Revision: 0004. Follows: 0003. Written: 2026-11-26 17:10:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "capture_challenges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_in", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("device_key", sa.String(length=200), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_as", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture_challenges")),
    )
    op.create_table(
        "capture_prints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["persons.id"], name=op.f("fk_capture_prints_holder_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["persons.id"], name=op.f("fk_capture_prints_subject_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture_prints")),
    )
    for table, columns in INDEXES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("challenge_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("capture_sessions", schema=None) as batch_op:
        batch_op.drop_column("challenge")


INDEXES = {
    "capture_challenges": ("asked_in", "drawn_at"),
    "capture_prints": ("holder_id", "subject_id", "taken_at"),
}


def downgrade() -> None:
    """Back to the revision before. Open sessions get an empty challenge: nothing ever read it."""
    with op.batch_alter_table("capture_sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("challenge", sa.String(length=64), nullable=False, server_default="")
        )
    with op.batch_alter_table("capture_sessions", schema=None) as batch_op:
        batch_op.alter_column("challenge", server_default=None)
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("challenge_id")
    for table, columns in INDEXES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_index(batch_op.f(f"ix_{table}_{column}"))
    op.drop_table("capture_prints")
    op.drop_table("capture_challenges")
