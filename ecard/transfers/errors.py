"""What a transfer refuses."""

from __future__ import annotations

from ecard.errors import Refusal


class TransferArrears(Refusal):
    """Contributions are owed; ``cents`` says how much."""

    code = "transfer_arrears"
    status = 409
    next = "counter"


class TransferDrawingPension(Refusal):
    """Whoever draws a pension stays with the region that pays it."""

    code = "transfer_drawing_pension"
    status = 409
    next = "counter"


class TransferSameRegion(Refusal):
    """The person is insured in this region already."""

    code = "transfer_same_region"
    status = 409


class TransferOpen(Refusal):
    """A transfer is under way already, or its result is on its way to the core system."""

    code = "transfer_open_already"
    status = 409
    next = "list_transfers"


class TransferNoAgency(Refusal):
    """No agency of that region takes anybody in."""

    code = "transfer_region_without_agency"
    status = 409
    next = "list_counters"


class TransferPersonDied(Refusal):
    """The registry says that the person died: the agency can only refuse."""

    code = "transfer_person_died"
    status = 409
    next = "refuse_transfer"


class TransferRegionMoved(Refusal):
    """The person is not insured any more where the transfer began: the agency can only refuse."""

    code = "transfer_region_moved"
    status = 409
    next = "refuse_transfer"


class TransferMoved(Refusal):
    """The transfer is in a state that has no such move; ``state`` says which."""

    code = "transfer_illegal_move"
    status = 409
    next = "read_transfer"


class TransferPastWithdrawal(Refusal):
    """The old agency has finished: the transfer can be completed or refused, not withdrawn."""

    code = "transfer_past_withdrawal"
    status = 409
    next = "read_transfer"
