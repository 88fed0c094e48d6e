"""The name by which a holder knows their relative: theirs to correct once the link stands."""

from __future__ import annotations

import uuid

from ecard import audit
from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.errors import IllegalMove
from ecard.family.links import keep_typed, own_link, refuse_outdated, state_now, typed
from ecard.family.reading import LinkView, view


def rename(call: Call, link_id: uuid.UUID, name: str, version: int) -> LinkView:
    """Put another name in the place of the typed one. Before the link stands documents are compared
    with it: then the family account is given anew. Raises NotFound, IllegalMove, VersionChanged."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        refuse_outdated(link, version)
        state = state_now(session, call, link)
        if state not in rules.STANDING:
            raise IllegalMove(state=state)
        _, number = typed(session, call, link)
        keep_typed(session, call, link, name, number)
        session.flush()
        audit.record(session, call, "link.renamed", "link", link.id)
        session.commit()
        return view(session, call, link)
