"""The last step of an application: the relative's own live face, or a route without one.

The one door to this feature. ``opening.py`` and ``invitations.py`` begin a capture session,
``screen.py`` is what it shows, ``agreeing.py`` acceptance and consent, ``challenging.py`` what the
camera asks for, ``judgement.py`` the capture
(``reserving.py`` before it, ``settling.py`` after), ``digits.py`` and ``counter.py`` the other
routes, ``standing.py`` what is left to try. Every verb starts from ``facts.py``.
"""

from __future__ import annotations

from ecard.activation.agreeing import (
    Step,
    accept,
    consent_as_guardian,
    consent_as_person,
    let_go_of_faces,
    withdraw_portrait,
)
from ecard.activation.challenging import draw_challenge
from ecard.activation.counter import CounterCodeView, Redeemed, issue_code, redeem_code
from ecard.activation.digits import DigitsView, draw_digits, take_video
from ecard.activation.facts import mismatch_limits
from ecard.activation.invitations import InvitationView, invite, open_invitation
from ecard.activation.judgement import take_capture
from ecard.activation.of_age import draw_digits as draw_confirmation_digits
from ecard.activation.of_age import take_video as take_confirmation_video
from ecard.activation.opening import OpenedSession, end_session, open_session
from ecard.activation.screen import ScopeView, SessionView, read_notice, read_session
from ecard.activation.sessions import actor_for_token
from ecard.activation.settling import CaptureAnswer
from ecard.activation.standing import ActivationView, RouteView, read_activation

__all__ = [
    "ActivationView",
    "CaptureAnswer",
    "CounterCodeView",
    "DigitsView",
    "InvitationView",
    "OpenedSession",
    "Redeemed",
    "RouteView",
    "ScopeView",
    "SessionView",
    "Step",
    "accept",
    "actor_for_token",
    "consent_as_guardian",
    "consent_as_person",
    "draw_challenge",
    "draw_confirmation_digits",
    "draw_digits",
    "end_session",
    "invite",
    "issue_code",
    "let_go_of_faces",
    "mismatch_limits",
    "open_invitation",
    "open_session",
    "read_activation",
    "read_notice",
    "read_session",
    "redeem_code",
    "take_capture",
    "take_confirmation_video",
    "take_video",
    "withdraw_portrait",
]
