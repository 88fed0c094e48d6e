"""The challenge of a capture session: what is to be done before the camera, and until when."""

from __future__ import annotations

import uuid

from ecard import attestation, audit, challenges
from ecard.activation import sessions
from ecard.activation.reserving import may_capture
from ecard.call import Call
from ecard.challenge_view import ChallengeView, view_of


def draw_challenge(call: Call, session_id: uuid.UUID, ask: challenges.Ask) -> ChallengeView:
    """Draw a new challenge; the one before it is spent.

    Raises what forbids a capture now, DeviceKeyDiffers, DeviceNotAttested, TooManyChallenges.
    """
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = may_capture(session, call, link, opened)
        challenges.count(session, call, f"{link.holder_id}|{known.relative_id}")
        attestation.refuse_before(call.dependencies.attestation, known.policy.unattested_capture)
        drawn = challenges.add(session, call, opened.id, ask)
        audit.record(
            session,
            call,
            "challenge.drawn",
            "challenge",
            drawn.id,
            reason=drawn.profile,
            acting_for=known.relative_id,
        )
        session.commit()
        return view_of(call, drawn)
