"""document marks

Revision: 0007. Follows: 0006. Written: 2026-11-27 01:00:00.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

READINGS = sa.table(
    "document_readings",
    sa.column("document_id", sa.Uuid()),
    sa.column("number_mark", sa.String()),
    sa.column("person_id", sa.Uuid()),
)
MARKS = sa.table(
    "document_marks",
    sa.column("id", sa.Uuid()),
    sa.column("document_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("mark", sa.String()),
    sa.column("person_id", sa.Uuid()),
)


def upgrade() -> None:
    """From the revision before to this one: the one mark of a number becomes a row."""
    op.create_table(
        "document_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_marks_document_id_documents")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_document_marks_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_marks")),
    )
    with op.batch_alter_table("document_marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_marks_document_id"), ["document_id"])
        batch_op.create_index(batch_op.f("ix_document_marks_mark"), ["mark"])
    connection = op.get_bind()
    known = sa.select(READINGS).where(READINGS.c.number_mark.is_not(None))
    rows = [
        {
            "id": uuid.uuid4(),
            "document_id": row.document_id,
            "kind": "number",
            "mark": row.number_mark,
            "person_id": row.person_id,
        }
        for row in connection.execute(known)
    ]
    if rows:
        connection.execute(sa.insert(MARKS), rows)
    with op.batch_alter_table("document_readings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_readings_number_mark"))
        batch_op.drop_constraint(
            batch_op.f("fk_document_readings_person_id_persons"), type_="foreignkey"
        )
        batch_op.drop_column("number_mark")
        batch_op.drop_column("person_id")


def downgrade() -> None:
    """Back to the revision before; of several marks of one document one stays."""
    with op.batch_alter_table("document_readings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_mark", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_document_readings_person_id_persons"), "persons", ["person_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_document_readings_number_mark"), ["number_mark"])
    connection = op.get_bind()
    for row in connection.execute(sa.select(MARKS).where(MARKS.c.kind == "number")).all():
        change = sa.update(READINGS).where(READINGS.c.document_id == row.document_id)
        connection.execute(change.values(number_mark=row.mark, person_id=row.person_id))
    op.drop_table("document_marks")
