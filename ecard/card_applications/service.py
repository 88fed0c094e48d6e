"""Applications for an e-card; the one door to this feature.

``policy.py`` has the moves. ``applying.py`` takes one in with its photo, ``moving.py`` is the one
place where a state changes, ``desk.py`` is what clerks do, ``collecting.py`` hands the card over
and issues it, ``reading.py`` is what both sides see, ``upkeep.py`` ends what nobody collects.
"""

from __future__ import annotations

from ecard.card_applications.applying import apply
from ecard.card_applications.collecting import CollectedCard, collect
from ecard.card_applications.desk import (
    DeskApplication,
    DeskItem,
    list_for_desk,
    move_on,
    read_for_desk,
    read_photo,
)
from ecard.card_applications.reading import (
    CardApplicationView,
    list_applications,
    read_application,
)
from ecard.card_applications.upkeep import sweep

__all__ = [
    "CardApplicationView",
    "CollectedCard",
    "DeskApplication",
    "DeskItem",
    "apply",
    "collect",
    "list_applications",
    "list_for_desk",
    "move_on",
    "read_application",
    "read_for_desk",
    "read_photo",
    "sweep",
]
