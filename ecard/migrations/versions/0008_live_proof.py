"""the live face as a proof of life

Revision: 0008. Follows: 0007. Written: 2026-11-27 04:30:00.
"""

import sqlalchemy as sa
from alembic import op

from ecard import immutable

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CONSENTS = sa.table("consents", sa.column("link_id", sa.Uuid()), sa.column("kind", sa.String()))
PHOTOS = sa.table("reference_photos", sa.column("document_id", sa.Uuid()))


def upgrade() -> None:
    """From the revision before to this one: a consent may be given without a link, a reference
    photo be taken without a document."""
    _consents(link_needed=False)
    with op.batch_alter_table("reference_photos", schema=None) as batch_op:
        batch_op.alter_column("document_id", existing_type=sa.Uuid(), nullable=True)
    with op.batch_alter_table("certification_cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reasons", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "certification_captures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("keep_portrait", sa.Boolean(), nullable=False),
        sa.Column("unusable", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_outcome", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_certification_captures_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_certification_captures_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["persons.id"], name=op.f("fk_certification_captures_opened_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["consents.id"],
            name=op.f("fk_certification_captures_consent_id_consents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_captures")),
    )
    with op.batch_alter_table("certification_captures", schema=None) as batch_op:
        batch_op.create_index("ix_certification_captures_pair", ["person_id", "opened_by"])
        batch_op.create_index(batch_op.f("ix_certification_captures_link_id"), ["link_id"])
    _attempts()
    _case_files()


def _attempts() -> None:
    op.create_table(
        "certification_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("engine", sa.String(length=64), nullable=True),
        sa.Column("operating_point", sa.String(length=64), nullable=True),
        sa.Column("challenge_id", sa.Uuid(), nullable=True),
        sa.Column("capture_digest", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["certification_captures.id"],
            name=op.f("fk_certification_attempts_capture_id_certification_captures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_attempts")),
    )
    with op.batch_alter_table("certification_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certification_attempts_capture_id"), ["capture_id"])
        batch_op.create_index(
            batch_op.f("ix_certification_attempts_capture_digest"), ["capture_digest"]
        )


def _case_files() -> None:
    op.create_table(
        "certification_case_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_cases.id"],
            name=op.f("fk_certification_case_files_case_id_certification_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_certification_case_files_file_id_stored_files"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_case_files")),
        sa.UniqueConstraint(
            "case_id", "number", name=op.f("uq_certification_case_files_case_id_number")
        ),
    )


def _consents(*, link_needed: bool) -> None:
    """Rebuilt on SQLite, which loses the triggers: they are made anew."""
    connection = op.get_bind()
    immutable.unprotect(connection, ["consents"])
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.alter_column("link_id", existing_type=sa.Uuid(), nullable=not link_needed)
    immutable.protect(connection, ["consents"])


def downgrade() -> None:
    """Back to the revision before; decisions without a link and photos without a document have no
    place there."""
    op.drop_table("certification_case_files")
    op.drop_table("certification_attempts")
    op.drop_table("certification_captures")
    with op.batch_alter_table("certification_cases", schema=None) as batch_op:
        batch_op.drop_column("facts")
        batch_op.drop_column("reasons")
    connection = op.get_bind()
    connection.execute(sa.delete(PHOTOS).where(PHOTOS.c.document_id.is_(None)))
    with op.batch_alter_table("reference_photos", schema=None) as batch_op:
        batch_op.alter_column("document_id", existing_type=sa.Uuid(), nullable=False)
    immutable.unprotect(connection, ["consents"])
    connection.execute(sa.delete(CONSENTS).where(CONSENTS.c.link_id.is_(None)))
    _consents(link_needed=True)
