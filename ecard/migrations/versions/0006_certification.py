"""certification

Revision: 0006. Follows: 0003. Written: 2026-11-26 17:42:32.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "registry_balances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"],
            ["registry_persons.ref"],
            name=op.f("fk_registry_balances_person_ref_registry_persons"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_balances")),
        sa.UniqueConstraint(
            "person_ref", "kind", name=op.f("uq_registry_balances_person_ref_kind")
        ),
    )
    op.create_table(
        "registry_benefits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("paid_since", sa.Date(), nullable=True),
        sa.Column("paid_reason", sa.String(length=64), nullable=True),
        sa.Column("owed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"],
            ["registry_persons.ref"],
            name=op.f("fk_registry_benefits_person_ref_registry_persons"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_benefits")),
        sa.UniqueConstraint("ref", name=op.f("uq_registry_benefits_ref")),
    )
    with op.batch_alter_table("registry_benefits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_registry_benefits_person_ref"), ["person_ref"], unique=False
        )

    op.create_table(
        "registry_contributions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"],
            ["registry_persons.ref"],
            name=op.f("fk_registry_contributions_person_ref_registry_persons"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_contributions")),
        sa.UniqueConstraint(
            "person_ref",
            "year",
            "kind",
            name=op.f("uq_registry_contributions_person_ref_year_kind"),
        ),
    )
    op.create_table(
        "benefit_watches",
        sa.Column("benefit_ref", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("owed_days", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("reminded_due", sa.Date(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_benefit_watches_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("benefit_ref", name=op.f("pk_benefit_watches")),
    )
    with op.batch_alter_table("benefit_watches", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_benefit_watches_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "recorded_deaths",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_recorded_deaths_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorded_deaths")),
    )
    with op.batch_alter_table("recorded_deaths", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recorded_deaths_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "acts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("relative_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_acts_link_id_links")),
        sa.ForeignKeyConstraint(
            ["relative_id"], ["persons.id"], name=op.f("fk_acts_relative_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.create_index("ix_acts_link_at", ["link_id", "at", "id"], unique=False)
        batch_op.create_index("ix_acts_relative_at", ["relative_id", "at", "id"], unique=False)

    op.create_table(
        "certification_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=False),
        sa.Column("grounds", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["against_id"],
            ["certification_cases.id"],
            name=op.f("fk_certification_cases_against_id_certification_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_certification_cases_decided_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_certification_cases_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["persons.id"], name=op.f("fk_certification_cases_opened_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_certification_cases_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_certification_cases_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_cases")),
        sa.UniqueConstraint("against_id", name=op.f("uq_certification_cases_against_id")),
    )
    with op.batch_alter_table("certification_cases", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certification_cases_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_certification_cases_region_decided",
            ["region_id", "decided_at", "opened_at"],
            unique=False,
        )

    op.create_table(
        "certification_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["persons.id"], name=op.f("fk_certification_codes_asked_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_certification_codes_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_certification_codes_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_certification_codes_code_hash")),
    )
    with op.batch_alter_table("certification_codes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certification_codes_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "reinstatements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("benefit_ref", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_reinstatements_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_reinstatements_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinstatements")),
    )
    with op.batch_alter_table("reinstatements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reinstatements_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "rights_certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.String(length=80), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["persons.id"], name=op.f("fk_rights_certificates_asked_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_rights_certificates_file_id_stored_files"),
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_rights_certificates_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_rights_certificates_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_certificates")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_rights_certificates_code_hash")),
    )
    with op.batch_alter_table("rights_certificates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rights_certificates_link_id"), ["link_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rights_certificates_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "certifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("helper_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["certification_cases.id"],
            name=op.f("fk_certifications_case_id_certification_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["persons.id"], name=op.f("fk_certifications_helper_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_certifications_link_id_links")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_certifications_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_certifications_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certifications")),
    )
    with op.batch_alter_table("certifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certifications_person_id"), ["person_id"], unique=False
        )


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("certifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certifications_person_id"))

    op.drop_table("certifications")
    with op.batch_alter_table("rights_certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rights_certificates_person_id"))
        batch_op.drop_index(batch_op.f("ix_rights_certificates_link_id"))

    op.drop_table("rights_certificates")
    with op.batch_alter_table("reinstatements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reinstatements_person_id"))

    op.drop_table("reinstatements")
    with op.batch_alter_table("certification_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certification_codes_person_id"))

    op.drop_table("certification_codes")
    with op.batch_alter_table("certification_cases", schema=None) as batch_op:
        batch_op.drop_index("ix_certification_cases_region_decided")
        batch_op.drop_index(batch_op.f("ix_certification_cases_person_id"))

    op.drop_table("certification_cases")
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.drop_index("ix_acts_relative_at")
        batch_op.drop_index("ix_acts_link_at")

    op.drop_table("acts")
    with op.batch_alter_table("recorded_deaths", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recorded_deaths_person_id"))

    op.drop_table("recorded_deaths")
    with op.batch_alter_table("benefit_watches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_benefit_watches_person_id"))

    op.drop_table("benefit_watches")
    op.drop_table("registry_contributions")
    with op.batch_alter_table("registry_benefits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_benefits_person_ref"))

    op.drop_table("registry_benefits")
    op.drop_table("registry_balances")
