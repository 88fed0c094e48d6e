"""readings

Revision: 0003. Follows: 0002. Written: 2026-11-26 13:50:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "document_readings",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=True),
        sa.Column("turned", sa.Integer(), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("number_mark", sa.String(length=80), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_readings_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_document_readings_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_readings")),
    )
    with op.batch_alter_table("document_readings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_readings_number_mark"), ["number_mark"], unique=False
        )


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("document_readings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_readings_number_mark"))

    op.drop_table("document_readings")
