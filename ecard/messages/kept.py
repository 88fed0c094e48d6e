"""What is kept of the messages that somebody was sent."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.messages.models import Message
from ecard.messages.service import opened

ONE_USE = re.compile(r"#[a-z]{2}_[\w-]+")
"""The token in an address that opens something once: whoever finds the file must not have it."""


def kept_about(
    session: Session,
    call: Call,
    whose: Whose,
    most: int | None,
    without: Collection[str] = (),
) -> Categories:
    """Messages, for the person only: what others wrote to them may concern other links.

    ``without``: kinds that are not for them to read at present.
    """
    life = timedelta(days=call.settings.message_text_kept_days)

    def message(row: Message) -> Kept:
        text = opened(session, call, row) if row.text is not None else None
        facts = {"kind": row.kind, "medium": row.medium, "sent_at": row.sent_at}
        facts |= {"language": row.language, "text": ONE_USE.sub("#…", text) if text else None}
        return kept(row.id, row.created_at, row.created_at + life, **facts)

    query = sa.select(Message).where(
        Message.person_id == whose.person_id, whose.themselves, Message.kind.not_in(without)
    )
    return {"messages": category(session, query, Message.created_at, Message.id, message, most)}
