"""transfers and applications for a card

Revision: 0010. Follows: 0007. Written: 2026-11-27 04:20:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one."""
    _registry()
    _desk_messages()
    _transfers()
    _card_applications()
    with op.batch_alter_table("registry_cards", schema=None) as batch_op:
        batch_op.add_column(sa.Column("issued_for", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_registry_cards_issued_for"), ["issued_for"]
        )


def _refers(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _registry() -> None:
    op.create_table(
        "registry_arrears",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        _refers("registry_arrears", "person_ref", "registry_persons", "ref"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_arrears")),
        sa.UniqueConstraint("person_ref", "kind", name=op.f("uq_registry_arrears_person_ref_kind")),
    )
    op.create_table(
        "registry_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("from_region", sa.String(length=64), nullable=False),
        sa.Column("to_region", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        _refers("registry_transfers", "person_ref", "registry_persons", "ref"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_transfers")),
        sa.UniqueConstraint("ref", name=op.f("uq_registry_transfers_ref")),
    )
    op.create_index(op.f("ix_registry_transfers_person_ref"), "registry_transfers", ["person_ref"])


def _desk_messages() -> None:
    op.create_table(
        "desk_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _refers("desk_messages", "region_id", "regions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_desk_messages_key")),
    )
    op.create_index("ix_desk_messages_region_at", "desk_messages", ["region_id", "at", "id"])


def _moves(table: str, subjects: str) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.String(length=64), nullable=True),
        sa.Column("to_state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        _refers(table, "subject_id", subjects),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("subject_id", "number", name=op.f(f"uq_{table}_subject_id_number")),
    )


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_region_id", sa.Uuid(), nullable=False),
        sa.Column("to_region_id", sa.Uuid(), nullable=False),
        sa.Column("agency_region_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalates_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers("transfers", "person_id", "persons"),
        _refers("transfers", "from_region_id", "regions"),
        _refers("transfers", "to_region_id", "regions"),
        _refers("transfers", "agency_region_id", "regions"),
        _refers("transfers", "link_id", "links"),
        _refers("transfers", "opened_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_person_opened", "transfers", ["person_id", "opened_at", "id"])
    op.create_index("ix_transfers_state_due", "transfers", ["state", "due_at"])
    op.create_index("ix_transfers_told_ended", "transfers", ["told_at", "ended_at"])
    op.create_index(op.f("ix_transfers_agency_region_id"), "transfers", ["agency_region_id"])
    _moves("transfer_moves", "transfers")


def _card_applications() -> None:
    op.create_table(
        "card_applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collect_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handing_over_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers("card_applications", "person_id", "persons"),
        _refers("card_applications", "region_id", "regions"),
        _refers("card_applications", "link_id", "links"),
        _refers("card_applications", "opened_by", "persons"),
        _refers("card_applications", "photo_id", "stored_files"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_applications")),
    )
    for name, columns in {
        "ix_card_applications_person_opened": ["person_id", "opened_at", "id"],
        "ix_card_applications_region_state": ["region_id", "state", "opened_at"],
        "ix_card_applications_state_until": ["state", "collect_until"],
    }.items():
        op.create_index(name, "card_applications", columns)
    _moves("card_application_moves", "card_applications")


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("registry_cards", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_registry_cards_issued_for"), type_="unique")
        batch_op.drop_column("issued_for")
    for name in (
        *("card_application_moves", "card_applications", "transfer_moves", "transfers"),
        *("desk_messages", "registry_transfers", "registry_arrears"),
    ):
        op.drop_table(name)
