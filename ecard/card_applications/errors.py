"""What an application for a card refuses."""

from __future__ import annotations

from ecard.errors import Refusal


class CardApplicationOpen(Refusal):
    """An application of this person is under way already."""

    code = "card_application_open"
    status = 409
    next = "list_card_applications"


class CardApplicationMoved(Refusal):
    """The application is in a state that has no such move; ``state`` says which."""

    code = "card_application_illegal_move"
    status = 409
    next = "read_card_application"


class CardBeingHandedOver(Refusal):
    """The collection has begun: it is finished, or begun again, and nothing else."""

    code = "card_being_handed_over"
    status = 409
    next = "collect_card"
