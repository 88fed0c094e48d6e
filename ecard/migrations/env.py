"""Alembic's entry: always online, on the connection that ``ecard.migrations`` hands over."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from ecard import tables
from ecard.db import UtcDateTime


def plain_type(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Write our own column types as the plain ones they are: migrations outlive the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.metadata(),
    render_as_batch=True,
    compare_type=True,
    render_item=plain_type,
    transactional_ddl=True,
)
context.run_migrations()
