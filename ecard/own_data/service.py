"""A person's own data: seen, taken as a file, corrected, and the face no longer compared.

The one door to this feature. ``collecting.py`` puts together what each feature says it keeps
(``kept.py``), ``taking.py`` makes a file of it, ``correcting.py`` has corrections,
``withdrawing.py`` takes consent to the face back and ``erasing.py`` destroys and signs,
``cutting.py`` lists and ends every link on a person; ``whose.py`` says who may decide.
"""

from __future__ import annotations

from ecard.own_data.collecting import OwnData, read_as_guardian, read_own
from ecard.own_data.correcting import (
    CorrectionView,
    DeskCorrection,
    LanguageView,
    answer,
    ask_as_guardian,
    ask_own,
    choose_language,
    list_at_desk,
    list_corrections,
)
from ecard.own_data.cutting import cut_all, cut_at_counter, list_at_counter
from ecard.own_data.erasing import (
    ERASE_JOB,
    ReceiptCheck,
    WithdrawalView,
    check_receipt,
    erase,
    sweep,
)
from ecard.own_data.taking import DataFile, take_as_guardian, take_own
from ecard.own_data.withdrawing import (
    list_withdrawals,
    read_at_counter,
    read_withdrawal,
    withdraw_as_guardian,
    withdraw_at_counter,
    withdraw_own,
)

__all__ = [
    "JOBS",
    "CorrectionView",
    "DataFile",
    "DeskCorrection",
    "LanguageView",
    "OwnData",
    "ReceiptCheck",
    "WithdrawalView",
    "answer",
    "ask_as_guardian",
    "ask_own",
    "check_receipt",
    "choose_language",
    "cut_all",
    "cut_at_counter",
    "list_at_counter",
    "list_at_desk",
    "list_corrections",
    "list_withdrawals",
    "read_as_guardian",
    "read_at_counter",
    "read_own",
    "read_withdrawal",
    "sweep",
    "take_as_guardian",
    "take_own",
    "withdraw_as_guardian",
    "withdraw_at_counter",
    "withdraw_own",
]

JOBS = {ERASE_JOB: erase}
"""Kinds of outbox jobs and who does them."""
