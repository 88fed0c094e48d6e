"""Refusals of the last step: the capture session, the face, and the routes without a face."""

from __future__ import annotations

from ecard.errors import Refusal


class CaptureSessionEnded(Refusal):
    """The session had its outcome, was replaced or cancelled; ``outcome`` says which."""

    code = "capture_session_ended"
    status = 409
    next = "open_capture_session"


class CaptureSessionExpired(Refusal):
    """The 15 minutes of the session are over."""

    code = "capture_session_expired"
    status = 410
    next = "open_capture_session"


class TooManySessions(Refusal):
    """As many capture sessions as a day allows were opened for this relative."""

    code = "too_many_capture_sessions"
    status = 429
    next = "choose_route"


class CaptureWayNotAllowed(Refusal):
    """An adult answers in a session of their own; a child has an adult at their side."""

    code = "capture_way_not_allowed"
    status = 409


class NoContactOnFile(Refusal):
    """The registry holds no phone or e-mail of the relative that the holder does not have too, so
    nobody can be told."""

    code = "no_contact_on_file"
    status = 409
    next = "counter"


class InvitationUnknown(Refusal):
    """No invitation has this token."""

    code = "invitation_unknown"
    status = 404
    next = "ask_for_invitation"


class InvitationUsed(Refusal):
    """The invitation was opened before, or a newer one took its place."""

    code = "invitation_used"
    status = 409
    next = "ask_for_invitation"


class InvitationExpired(Refusal):
    """The invitation is too old."""

    code = "invitation_expired"
    status = 410
    next = "ask_for_invitation"


class TooManyInvitations(Refusal):
    """As many invitations as a day allows went out for this application."""

    code = "too_many_invitations"
    status = 429
    next = "open_capture_session"


class AcceptanceMissing(Refusal):
    """An adult relative accepts first, in person."""

    code = "acceptance_missing"
    status = 409
    next = "accept"


class ConsentMissing(Refusal):
    """No consent to face processing stands; ``by`` says who decides."""

    code = "consent_missing"
    status = 409


class ConsentByPerson(Refusal):
    """From the age of own consent on the person decides, in their capture session."""

    code = "consent_by_person"
    status = 409
    next = "open_capture_session"


class ConsentByGuardian(Refusal):
    """Below the age of own consent, and for their own face, the guardian decides."""

    code = "consent_by_guardian"
    status = 409
    next = "guardian_consents"


class FaceDeclined(Refusal):
    """Face processing was declined; the other routes are open, and the decision can be changed."""

    code = "face_declined"
    status = 409
    next = "choose_route"


class FaceRouteClosed(Refusal):
    """The mismatches of this application are used up; only the routes without a face remain."""

    code = "face_route_closed"
    status = 409
    next = "counter"


class TooManyMismatches(Refusal):
    """Too many mismatches in a row or in a day: wait, or take a route without a face."""

    code = "too_many_mismatches"
    status = 429
    next = "choose_route"


class TooManyUnusable(Refusal):
    """The session ended after too many captures that could not be used."""

    code = "too_many_unusable"
    status = 409
    next = "open_capture_session"


class CaptureInProgress(Refusal):
    """A capture of this session is being judged; one at a time."""

    code = "capture_in_progress"
    status = 409


class CaptureResent(Refusal):
    """Exactly these frames were judged before; no try was spent."""

    code = "capture_resent"
    status = 409
    next = "draw_challenge"


class NothingToCompare(Refusal):
    """The registry holds no portrait with which a person could compare the video: of whoever came
    of age the e-card password alone confirms a link then."""

    code = "nothing_to_compare"
    status = 409
    next = "confirm_link"


class ConfirmationVideoUsed(Refusal):
    """A person was shown a video about this link already: appeal, or confirm in another way."""

    code = "confirmation_video_used"
    status = 409
    next = "go_to_counter"


class DigitsNotDrawn(Refusal):
    """The digits of this session were not drawn, so no video can answer them."""

    code = "digits_not_drawn"
    status = 409
    next = "draw_digits"


class TooManyCodes(Refusal):
    """As many counter codes as a day allows were issued for this application."""

    code = "too_many_counter_codes"
    status = 429
    next = "go_to_counter"


class CounterCodeWrong(Refusal):
    """No open application of this clerk's region has this code."""

    code = "counter_code_wrong"
    status = 422
    spent = True


class CounterCodeUsed(Refusal):
    """The code was redeemed before, or a newer one took its place."""

    code = "counter_code_used"
    status = 409
    next = "issue_counter_code"


class CounterCodeExpired(Refusal):
    """The code is older than the policy allows."""

    code = "counter_code_expired"
    status = 410
    next = "issue_counter_code"


class TooManyWrongCodes(Refusal):
    """This clerk typed too many wrong codes."""

    code = "too_many_wrong_codes"
    status = 429


class OwnLink(Refusal):
    """A clerk never serves a link on which they are one of the two sides."""

    code = "own_link_at_counter"
    status = 403
    next = "another_person"
