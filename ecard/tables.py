"""Every table, wherever a room declares it: what migrations, tests and backups work with.

Rooms are found by looking, so that a feature added tomorrow cannot be forgotten here.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import sqlalchemy as sa

from ecard.db import Base

ROOT_MODULES = (
    *("audit", "challenges", "delivery", "files", "health", "idempotency", "limits", "outbox"),
    *("prints", "vault"),
)
"""Modules beside the features that declare tables of their own."""


def metadata() -> sa.MetaData:
    """The metadata with every table in it; imports every module that declares one."""
    home = Path(__file__).parent
    for name in ROOT_MODULES:
        if (home / f"{name}.py").exists():
            importlib.import_module(f"ecard.{name}")
    for room in pkgutil.iter_modules([str(home)]):
        if room.ispkg and (home / room.name / "models.py").exists():
            importlib.import_module(f"ecard.{room.name}.models")
    return Base.metadata
