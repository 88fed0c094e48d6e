"""The embedded mailbox. Registered in the demo profile only: it shows anybody's codes."""

from __future__ import annotations

from ecard.api import Room
from ecard.messages import service
from ecard.messages.schemas import MailboxQuerySchema, MailboxSchema
from ecard.request import current_call

mailbox = Room("mailbox", __name__, url_prefix="/demo/mailbox", description="Demo profile only")


@mailbox.route("", methods=["GET"])
@mailbox.doc(operationId="readDemoMailbox")
@mailbox.arguments(MailboxQuerySchema, location="query")
@mailbox.response(200, MailboxSchema)
def read_mailbox(query: dict[str, str]) -> dict[str, object]:
    """What was sent to a phone number or e-mail address of the demo"""
    address = query["address"]
    if address.startswith(" "):  # a plus that was not written as %2B
        address = f"+{address.lstrip()}"
    return {"items": service.mailbox(current_call(), address)}
