"""The challenge of a capture session: what is to be done before the camera, and until when."""

from __future__ import annotations

import uuid

from ecard import challenges
from ecard.activation import sessions
from ecard.activation.reserving import may_capture
from ecard.call import Call
from ecard.challenge_view import ChallengeView, draw


def draw_challenge(call: Call, session_id: uuid.UUID, ask: challenges.Ask) -> ChallengeView:
    """Draw a new challenge; the one before it is spent.

    Raises what forbids a capture now, DeviceKeyDiffers, DeviceNotAttested, TooManyChallenges.
    """
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = may_capture(session, call, link, opened)
        view = draw(
            session,
            call,
            opened.id,
            ask,
            subject=f"{link.holder_id}|{known.relative_id}",
            unattested_capture=known.policy.unattested_capture,
            acting_for=known.relative_id,
        )
        session.commit()
        return view
