"""Transfer of social security to another region; the one door to this feature.

``policy.py`` has the moves and the preconditions. ``opening.py`` begins and withdraws a transfer,
``deciding.py`` is what the agencies do, ``moving.py`` the one place where a state changes,
``reading.py`` what each side sees, ``upkeep.py`` reminds who is late and tells the core system.
"""

from __future__ import annotations

from ecard.transfers.deciding import (
    DeskItem,
    DeskTransfer,
    decide,
    list_for_desk,
    read_for_desk,
)
from ecard.transfers.moving import TELL
from ecard.transfers.opening import open_for_relative, open_own, withdraw
from ecard.transfers.reading import TransferView, list_transfers, read_transfer
from ecard.transfers.upkeep import sweep, tell_registry

JOBS = {TELL: tell_registry}
"""Kind of job → handler."""

__all__ = [
    "JOBS",
    "DeskItem",
    "DeskTransfer",
    "TransferView",
    "decide",
    "list_for_desk",
    "list_transfers",
    "open_for_relative",
    "open_own",
    "read_for_desk",
    "read_transfer",
    "sweep",
    "tell_registry",
    "withdraw",
]
