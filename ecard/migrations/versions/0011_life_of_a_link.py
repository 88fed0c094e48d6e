"""life of a link

Revision: 0011. Follows: 0007. Written: 2026-11-27 04:20:00.
"""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LINKS = sa.table(
    "links",
    sa.column("id", sa.Uuid()),
    sa.column("region_id", sa.Uuid()),
    sa.column("holder_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("activated_at", sa.DateTime(timezone=True)),
    sa.column("opened_at", sa.DateTime(timezone=True)),
)
ACTS = sa.table(
    "acts",
    sa.column("link_id", sa.Uuid()),
    sa.column("actor_id", sa.Uuid()),
    sa.column("at", sa.DateTime(timezone=True)),
)
CASES = sa.table(
    "cases",
    sa.column("id", sa.Uuid()),
    sa.column("link_id", sa.Uuid()),
    sa.column("region_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("reasons", sa.JSON()),
    sa.column("facts", sa.JSON()),
    sa.column("minor", sa.Boolean()),
    sa.column("state", sa.String()),
    sa.column("level", sa.Integer()),
    sa.column("opened_at", sa.DateTime(timezone=True)),
    sa.column("due_at", sa.DateTime(timezone=True)),
    sa.column("version", sa.Integer()),
)
USES = sa.table(
    "link_uses",
    sa.column("link_id", sa.Uuid()),
    sa.column("last_used_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """From the revision before to this one: of each active link is known when it was last used."""
    op.create_table(
        "link_uses",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_link_uses_link_id_links")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_link_uses")),
    )
    with op.batch_alter_table("link_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_uses_last_used_at"), ["last_used_at"])
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirmed_via", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_links_acts_until"), ["acts_until"])
    with op.batch_alter_table("card_password_resets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "purpose",
                sa.String(length=64),
                nullable=False,
                server_default="card_password_reset",
            )
        )
    used = sa.select(sa.func.max(ACTS.c.at)).where(
        ACTS.c.link_id == LINKS.c.id, ACTS.c.actor_id == LINKS.c.holder_id
    )
    last = sa.func.coalesce(used.scalar_subquery(), LINKS.c.activated_at, LINKS.c.opened_at)
    active = sa.select(LINKS.c.id, last).where(LINKS.c.state == "active")
    op.get_bind().execute(sa.insert(USES).from_select(["link_id", "last_used_at"], active))
    _open_cases()


def _open_cases() -> None:
    """Whatever is in dispute is a case at the desk from now on, and due at once."""
    now = datetime.now(UTC)
    disputed = op.get_bind().execute(
        sa.select(LINKS.c.id, LINKS.c.region_id).where(
            LINKS.c.state == "disputed",
            ~sa.exists().where(CASES.c.link_id == LINKS.c.id, CASES.c.kind == "dispute"),
        )
    )
    cases = [
        {
            "id": uuid.uuid4(),
            "link_id": link_id,
            "region_id": region_id,
            "kind": "dispute",
            "reasons": ["objected_by_guardian"],
            "facts": {},
            "minor": True,
            "state": "open",
            "level": 1,
            "opened_at": now,
            "due_at": now,
            "version": 1,
        }
        for link_id, region_id in disputed
    ]
    if cases:
        op.get_bind().execute(sa.insert(CASES), cases)


def downgrade() -> None:
    """Back to the revision before: who confirmed a link, come of age, keeps it as an adult's; cases
    of disputes stay, which the sweep of before closes."""
    with op.batch_alter_table("card_password_resets", schema=None) as batch_op:
        batch_op.drop_column("purpose")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_acts_until"))
        batch_op.drop_column("confirmed_via")
        batch_op.drop_column("confirmed_at")
    op.drop_table("link_uses")
