"""A person's own data: consent to the face taken back, and all of it destroyed with a receipt.

The one door to this feature. ``withdrawing.py`` takes consent back, ``erasing.py`` destroys and
signs; ``whose.py`` says who may decide.
"""

from __future__ import annotations

from ecard.own_data.erasing import (
    ERASE_JOB,
    ReceiptCheck,
    WithdrawalView,
    check_receipt,
    erase,
    sweep,
)
from ecard.own_data.withdrawing import (
    list_withdrawals,
    read_withdrawal,
    withdraw_as_guardian,
    withdraw_own,
)

__all__ = [
    "JOBS",
    "ReceiptCheck",
    "WithdrawalView",
    "check_receipt",
    "list_withdrawals",
    "read_withdrawal",
    "sweep",
    "withdraw_as_guardian",
    "withdraw_own",
]

JOBS = {ERASE_JOB: erase}
"""Kinds of outbox jobs and who does them."""
