"""what was left of the life of a link

Revision: 0012. Follows: 0011. Written: 2026-11-27 07:00:00.
"""

import sqlalchemy as sa
from alembic import op

from ecard import immutable

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VIDEOS = sa.table("digits_videos", sa.column("capture_session_id", sa.Uuid()))
OPENINGS_REFER = (
    ("case_id", "certification_cases"),
    ("reviewer_id", "staff"),
    ("approved_by", "staff"),
)
DEVICES = sa.table(
    "devices",
    *(sa.column(name, sa.Uuid()) for name in ("id", "account_id")),
    *(
        sa.column(name, sa.DateTime(timezone=True))
        for name in ("seen_at", "revoked_at", "card_since")
    ),
)
CASES = sa.table("cases", sa.column("kind", sa.String()), sa.column("state", sa.String()))


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    """From the revision before to this one: a withdrawal may be written down by a clerk; whoever
    came of age confirms a link by a video."""
    connection = op.get_bind()
    immutable.unprotect(connection, ["face_withdrawals"])
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_face_withdrawals_staff_id_staff"), "staff", ["staff_id"], ["id"]
        )
    immutable.protect(connection, ["face_withdrawals"])
    op.create_table(
        "certification_openings",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        *(_refers("certification_openings", *one) for one in OPENINGS_REFER),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_openings")),
    )
    for column in ("case_id", "asked_at"):
        name = op.f(f"ix_certification_openings_{column}")
        op.create_index(name, "certification_openings", [column])
    _bind_cards()
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("digits_videos", schema=None) as batch_op:
        batch_op.alter_column("capture_session_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("scopes", sa.JSON(), nullable=True))


def _bind_cards() -> None:
    """The e-card is shown on one phone from now on: on the one that signed in last."""
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("card_since", sa.DateTime(timezone=True), nullable=True))
    bound: set[object] = set()
    phones = sa.select(DEVICES).where(DEVICES.c.revoked_at.is_(None))
    for one in op.get_bind().execute(phones.order_by(DEVICES.c.seen_at.desc(), DEVICES.c.id)).all():
        if one.account_id not in bound:
            bound.add(one.account_id)
            change = sa.update(DEVICES).where(DEVICES.c.id == one.id)
            op.get_bind().execute(change.values(card_since=one.seen_at))


def downgrade() -> None:
    """Back to the revision before, where a clerk's withdrawal stays as the person's own; videos
    without a capture session have no place there, nor cases about them."""
    op.drop_table("certification_openings")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_column("card_since")
    connection = op.get_bind()
    connection.execute(sa.delete(VIDEOS).where(VIDEOS.c.capture_session_id.is_(None)))
    closed = sa.update(CASES).where(CASES.c.kind == "confirmation")
    connection.execute(closed.values(kind="digits_video", state="closed"))
    with op.batch_alter_table("digits_videos", schema=None) as batch_op:
        batch_op.drop_column("scopes")
        batch_op.alter_column("capture_session_id", existing_type=sa.Uuid(), nullable=False)
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_column("held_until")
    immutable.unprotect(connection, ["face_withdrawals"])
    with op.batch_alter_table("face_withdrawals", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_face_withdrawals_staff_id_staff"), type_="foreignkey"
        )
        batch_op.drop_column("staff_id")
    immutable.protect(connection, ["face_withdrawals"])
