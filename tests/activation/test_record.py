"""What the audit record says about the last step: ids and reason codes, nothing of a face."""

import sqlalchemy as sa

from ecard.audit import AuditRow
from tests.activation.steps import ADMIRAL, ASTRONAUT, frames, last_step
from tests.support import Stage


def test_every_try_is_recorded_when_it_is_reserved_and_when_it_is_settled(stage: Stage) -> None:
    step = last_step(stage)
    assert step.hand_over().show_face(frames(ADMIRAL)).ok
    step.take_back()
    assert step.open("handed_over").show_face(frames(ASTRONAUT)).ok
    with stage.joined.db.read() as session:
        query = sa.select(AuditRow).where(AuditRow.object_kind == "attempt").order_by(AuditRow.seq)
        rows = [(row.action, row.outcome, row.actor_kind) for row in session.scalars(query)]
    assert rows == [
        ("face.reserved", "done", "capture"),
        ("face.settled", "no_match", "capture"),
        ("face.reserved", "done", "capture"),
        ("face.settled", "match", "capture"),
    ]


def test_acceptance_consent_and_sessions_leave_a_line_each(stage: Stage) -> None:
    step = last_step(stage)
    step.hand_over()
    with stage.joined.db.read() as session:
        actions = set(session.scalars(sa.select(AuditRow.action)))
    assert {"capture_session.opened", "link.acceptance", "consent.given"} <= actions
