"""The embedded registry's own tables: a stand-in for the social-insurance core system.

Particulars are sealed with a key of the registry; what is looked up is a blind index.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Sealed


class RegistryPersonRow(Base):
    """A person; ``record`` holds name, numbers, birth date, sex, death, contact as sealed JSON."""

    __tablename__ = "registry_persons"
    id: Mapped[Id]
    ref: Mapped[Code] = mapped_column(unique=True)
    number_index: Mapped[Index] = mapped_column(unique=True)
    record: Mapped[Sealed]
    portrait: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Sealed JPEG, where the registry holds one."""


class RegistryCardRow(Base):
    """An e-card; ``record`` holds the card number and its dates as sealed JSON."""

    __tablename__ = "registry_cards"
    id: Mapped[Id]
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"), index=True)
    card_number_index: Mapped[Index] = mapped_column(unique=True)
    record: Mapped[Sealed]
    state: Mapped[Code]
    """normal, suspended, lost or cancelled."""
    issued_for: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """The order it was issued for, where one was named."""


class RegistryArrearsRow(Base):
    """What is owed for one kind of insurance; ``record`` holds the amount as sealed JSON."""

    __tablename__ = "registry_arrears"
    __table_args__ = (sa.UniqueConstraint("person_ref", "kind"),)
    id: Mapped[Id]
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"))
    kind: Mapped[Code]
    record: Mapped[Sealed]


class RegistryTransferRow(Base):
    """How a transfer to another region ended, as the registry was told; once for each ``ref``."""

    __tablename__ = "registry_transfers"
    id: Mapped[Id]
    ref: Mapped[Code] = mapped_column(unique=True)
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"), index=True)
    from_region: Mapped[Code]
    to_region: Mapped[Code]
    outcome: Mapped[Code]
    decided_on: Mapped[date] = mapped_column(sa.Date)


class RegistryKinshipRow(Base):
    """A tie the registry knows of: ``kind`` is what the second person is to the first."""

    __tablename__ = "registry_kinships"
    __table_args__ = (sa.UniqueConstraint("person_ref", "relative_ref", "kind"),)
    id: Mapped[Id]
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"))
    relative_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"))
    kind: Mapped[Code]


class RegistryContributionRow(Base):
    """A year's contributions of one kind; ``record`` holds months and amount as sealed JSON."""

    __tablename__ = "registry_contributions"
    __table_args__ = (sa.UniqueConstraint("person_ref", "year", "kind"),)
    id: Mapped[Id]
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"))
    year: Mapped[int]
    kind: Mapped[Code]
    record: Mapped[Sealed]


class RegistryBalanceRow(Base):
    """An account of one kind; ``record`` holds the amount and its day as sealed JSON."""

    __tablename__ = "registry_balances"
    __table_args__ = (sa.UniqueConstraint("person_ref", "kind"),)
    id: Mapped[Id]
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"))
    kind: Mapped[Code]
    record: Mapped[Sealed]


class RegistryBenefitRow(Base):
    """A benefit; ``record`` holds its days and its amount as sealed JSON."""

    __tablename__ = "registry_benefits"
    id: Mapped[Id]
    ref: Mapped[Code] = mapped_column(unique=True)
    person_ref: Mapped[Code] = mapped_column(sa.ForeignKey("registry_persons.ref"), index=True)
    kind: Mapped[Code]
    record: Mapped[Sealed]
    paid: Mapped[bool] = mapped_column(default=True)
    paid_since: Mapped[date | None] = mapped_column(sa.Date)
    """First day of the present state of payment, as told; None: never told."""
    paid_reason: Mapped[str | None] = mapped_column(sa.String(64))
    owed: Mapped[list[list[str]]] = mapped_column(sa.JSON, default=list)
    """First and last days of what is owed, as told."""
