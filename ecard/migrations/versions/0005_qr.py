"""qr

Revision: 0005. Follows: 0003. Written: 2026-11-26 17:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_qr_codes_expires_at": ["expires_at"],
    "ix_qr_codes_shown_by": ["shown_by_id", "used_at"],
    "ix_qr_codes_shown_for": ["shown_for_id", "used_at"],
}


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "qr_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_qr_keys_key_id")),
    )
    op.create_table(
        "qr_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shown_by_id", sa.Uuid(), nullable=False),
        sa.Column("shown_for_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by_id", sa.Uuid(), nullable=True),
        sa.Column("used_at_id", sa.Uuid(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_qr_codes_{column}_{table}")
            )
            for column, table in (
                ("shown_by_id", "persons"),
                ("shown_for_id", "persons"),
                ("link_id", "links"),
                ("place_id", "counters"),
                ("used_by_id", "staff"),
                ("used_at_id", "counters"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_codes")),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "qr_codes", columns)


def downgrade() -> None:
    """Back to the revision before."""
    for name in INDEXES:
        op.drop_index(name, "qr_codes")
    op.drop_table("qr_codes")
    op.drop_table("qr_keys")
