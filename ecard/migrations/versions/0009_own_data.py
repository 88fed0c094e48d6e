"""own data

Revision: 0009. Follows: 0007. Written: 2026-11-27 04:18:10.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "data_corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("explanation", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["persons.id"], name=op.f("fk_data_corrections_asked_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_data_corrections_decided_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_data_corrections_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_data_corrections_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_data_corrections_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_corrections")),
    )
    with op.batch_alter_table("data_corrections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_data_corrections_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_data_corrections_region_decided",
            ["region_id", "decided_at", "opened_at"],
            unique=False,
        )

    op.create_table(
        "face_withdrawals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("link_ids", sa.JSON(), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["persons.id"], name=op.f("fk_face_withdrawals_actor_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_face_withdrawals_device_id_devices")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_face_withdrawals_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_withdrawals")),
    )
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_face_withdrawals_actor_id"), ["actor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_face_withdrawals_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "face_erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("withdrawal_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"],
            ["face_withdrawals.id"],
            name=op.f("fk_face_erasures_withdrawal_id_face_withdrawals"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_erasures")),
        sa.UniqueConstraint("withdrawal_id", name=op.f("uq_face_erasures_withdrawal_id")),
    )
    op.create_table(
        "face_withdrawal_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("withdrawal_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_face_withdrawal_files_file_id_stored_files"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"],
            ["face_withdrawals.id"],
            name=op.f("fk_face_withdrawal_files_withdrawal_id_face_withdrawals"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_withdrawal_files")),
        sa.UniqueConstraint(
            "withdrawal_id", "file_id", name=op.f("uq_face_withdrawal_files_withdrawal_id_file_id")
        ),
    )
    with op.batch_alter_table("persons", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chosen_language", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("persons", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("chosen_language")

    op.drop_table("face_withdrawal_files")
    op.drop_table("face_erasures")
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_face_withdrawals_person_id"))
        batch_op.drop_index(batch_op.f("ix_face_withdrawals_actor_id"))

    op.drop_table("face_withdrawals")
    with op.batch_alter_table("data_corrections", schema=None) as batch_op:
        batch_op.drop_index("ix_data_corrections_region_decided")
        batch_op.drop_index(batch_op.f("ix_data_corrections_person_id"))

    op.drop_table("data_corrections")
