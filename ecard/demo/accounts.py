"""What the demo region's people paid in and draw, counted back from the day of the first load."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from importlib.resources import files

from sqlalchemy.orm import Session

from ecard.registry.accounts import months_of
from ecard.registry.insurance import store_balance, store_benefit, store_contribution
from ecard.registry.port import Balance, Benefit, Contribution
from ecard.vault import Vault


def load_accounts(session: Session, vault: Vault, today: date, there: Collection[str]) -> None:
    """Store the accounts of everybody who was not there before. Not committed."""
    for row in _rows("contributions.csv", there):
        months = months_of(row["months"]) or ()
        year = today.year - int(row["years_ago"])
        paid_in = Contribution(year, row["kind"], months, int(row["cents"]))
        store_contribution(session, vault, row["person"], paid_in)
    for row in _rows("balances.csv", there):
        balance = Balance(row["kind"], int(row["cents"]), today.replace(day=1))
        store_balance(session, vault, row["person"], balance)
    for row in _rows("benefits.csv", there):
        since = today - timedelta(days=int(row["since_days"]))
        benefit = Benefit(row["ref"], row["kind"], since, None, int(row["cents"]))
        store_benefit(session, vault, row["person"], benefit)


def _rows(name: str, there: Collection[str]) -> Iterator[Mapping[str, str]]:
    text = files("ecard.demo").joinpath("data", name).read_text(encoding="utf-8")
    return (row for row in csv.DictReader(text.splitlines()) if row["person"] not in there)
