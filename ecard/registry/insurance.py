"""The embedded registry's accounts: contributions, balances and benefits of a person.

Amounts and days are sealed like particulars. Written by ``loading.py``, read through ``sql.py``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.registry.models import (
    RegistryArrearsRow,
    RegistryBalanceRow,
    RegistryBenefitRow,
    RegistryContributionRow,
)
from ecard.registry.port import Arrears, Balance, Benefit, Contribution, Payment
from ecard.vault import Vault

CONTRIBUTION_PLACE = "registry_contributions.record"
BALANCE_PLACE = "registry_balances.record"
BENEFIT_PLACE = "registry_benefits.record"
ARREARS_PLACE = "registry_arrears.record"


def contributions(session: Session, vault: Vault, ref: str) -> Iterator[Contribution]:
    """What was paid in for a person, by year and kind."""
    table = RegistryContributionRow
    rows = session.scalars(sa.select(table).filter_by(person_ref=ref))
    for row in sorted(rows, key=lambda row: (row.year, row.kind)):
        record = _opened(vault, CONTRIBUTION_PLACE, row.id, row.record)
        yield Contribution(row.year, row.kind, tuple(record["months"]), record["cents"])


def balances(session: Session, vault: Vault, ref: str) -> Iterator[Balance]:
    """What stands on a person's own accounts."""
    rows = session.scalars(sa.select(RegistryBalanceRow).filter_by(person_ref=ref))
    for row in sorted(rows, key=lambda row: row.kind):
        record = _opened(vault, BALANCE_PLACE, row.id, row.record)
        yield Balance(row.kind, record["cents"], date.fromisoformat(record["as_of"]))


def arrears(session: Session, vault: Vault, ref: str) -> Iterator[Arrears]:
    """What is owed for a person."""
    rows = session.scalars(sa.select(RegistryArrearsRow).filter_by(person_ref=ref))
    for row in sorted(rows, key=lambda row: row.kind):
        if cents := _opened(vault, ARREARS_PLACE, row.id, row.record)["cents"]:
            yield Arrears(row.kind, cents)


def benefits(session: Session, vault: Vault, ref: str) -> Iterator[Benefit]:
    """What a person draws."""
    rows = session.scalars(sa.select(RegistryBenefitRow).filter_by(person_ref=ref))
    for row in sorted(rows, key=lambda row: row.ref):
        record = _opened(vault, BENEFIT_PLACE, row.id, row.record)
        until = record["until"]
        yield Benefit(
            ref=row.ref,
            kind=row.kind,
            since=date.fromisoformat(record["since"]),
            until=date.fromisoformat(until) if until else None,
            cents=record["cents"],
            paid=row.paid,
        )


def beneficiaries(session: Session, after: str, most: int) -> list[str]:
    """Registry names of people who draw a benefit, in order."""
    column = RegistryBenefitRow.person_ref
    query = sa.select(column).where(column > after).distinct()
    return list(session.scalars(query.order_by(column).limit(most)))


def write_payment(session: Session, payment: Payment) -> None:
    """Note a change of payment; raises LookupError for an unknown benefit. Not committed."""
    query = sa.select(RegistryBenefitRow).filter_by(ref=payment.benefit_ref)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise LookupError("no such benefit")
    row.paid, row.paid_since, row.paid_reason = payment.paid, payment.from_day, payment.reason
    row.owed = [[first.isoformat(), last.isoformat()] for first, last in payment.owed]


# --- writing: how the core system's records come in -----------------------------------------


def store_contribution(session: Session, vault: Vault, ref: str, paid_in: Contribution) -> None:
    """Create or refresh a year's contributions of one kind. Not committed."""
    key = {"person_ref": ref, "year": paid_in.year, "kind": paid_in.kind}
    row = session.scalar(sa.select(RegistryContributionRow).filter_by(**key))
    if row is None:
        row = RegistryContributionRow(id=uuid.uuid4(), **key)
        session.add(row)
    record = {"months": list(paid_in.months), "cents": paid_in.cents}
    row.record = vault.seal_for(CONTRIBUTION_PLACE, row.id, json.dumps(record))


def store_balance(session: Session, vault: Vault, ref: str, balance: Balance) -> None:
    """Create or refresh an account. Not committed."""
    key = {"person_ref": ref, "kind": balance.kind}
    row = session.scalar(sa.select(RegistryBalanceRow).filter_by(**key))
    if row is None:
        row = RegistryBalanceRow(id=uuid.uuid4(), **key)
        session.add(row)
    record = {"cents": balance.cents, "as_of": balance.as_of.isoformat()}
    row.record = vault.seal_for(BALANCE_PLACE, row.id, json.dumps(record))


def store_arrears(session: Session, vault: Vault, ref: str, owed: Arrears) -> None:
    """Create or refresh what is owed; 0: it is paid. Not committed."""
    key = {"person_ref": ref, "kind": owed.kind}
    row = session.scalar(sa.select(RegistryArrearsRow).filter_by(**key))
    if row is None:
        row = RegistryArrearsRow(id=uuid.uuid4(), **key)
        session.add(row)
    row.record = vault.seal_for(ARREARS_PLACE, row.id, json.dumps({"cents": owed.cents}))


def store_benefit(session: Session, vault: Vault, ref: str, benefit: Benefit) -> None:
    """Create or refresh a benefit; how it is paid stays as it was told. Not committed."""
    row = session.scalar(sa.select(RegistryBenefitRow).filter_by(ref=benefit.ref))
    if row is None:
        row = RegistryBenefitRow(id=uuid.uuid4(), ref=benefit.ref, paid=benefit.paid, owed=[])
        session.add(row)
    row.person_ref, row.kind = ref, benefit.kind
    record = {
        "since": benefit.since.isoformat(),
        "until": benefit.until.isoformat() if benefit.until else None,
        "cents": benefit.cents,
    }
    row.record = vault.seal_for(BENEFIT_PLACE, row.id, json.dumps(record))


def _opened(vault: Vault, place: str, row_id: uuid.UUID, sealed: bytes) -> dict[str, Any]:
    return dict(json.loads(vault.open_for(place, row_id, sealed)))
