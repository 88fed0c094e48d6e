"""Who may do what: every operation, everybody who may ask, every state of the link, and the answer.

An answer is declared by its code ("ok" where there is none). What an operation answers once the
caller may use it at all (its body leads nowhere, say) is declared as well: a cell is exact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

HOLDERS = ("holder", "other_holder", "relative", "former_relative", "second_guardian")
STAFF = ("clerk", "reviewer", "foreign_reviewer", "safeguarding", "auditor")
ACTORS = ("anonymous", *HOLDERS, *STAFF, "camera")
"""``other_holder`` has a link on somebody else; ``former_relative`` had one of this holder on them;
``second_guardian`` holds a link on the same child; ``foreign_reviewer`` is of another region;
``camera`` is the session in which the relative stands before it."""
STATES = (
    *("noticed", "awaiting_face", "in_review", "active", "suspended", "disputed", "ended"),
    *("scopes_off", "card_stopped"),
)
"""States of the link; in the last two it is active, without a scope or with a cancelled card."""
ANY = "whatever the state"

OK = "ok"
DOOR = "not_signed_in"
HIDDEN = "not_found"
NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True)
class Operation:
    """What one operation answers: to whom by name, in which state; else what its room answers."""

    room: str
    says: str | Mapping[str, str] = OK
    """What it answers whom it is for: one code, or one for each state."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Who is answered otherwise than the room answers."""


def by_state(default: str, **states: str) -> dict[str, str]:
    """A code for every state."""
    return {state: states.get(state, default) for state in STATES}


def only(*states: str, says: str = OK, code: str) -> dict[str, str]:
    """``says`` in some states, ``code`` in all others."""
    return by_state(code, **dict.fromkeys(states, says))


CLOSED = {**dict.fromkeys(ACTORS, NOT_ALLOWED), "anonymous": DOOR}
"""A token of another kind is refused by name, whatever it asks for."""
OBJECT = {**CLOSED, **dict.fromkeys(HOLDERS, HIDDEN)}
"""Somebody else's looks as if it did not exist."""
ROOMS: Mapping[str, Mapping[str, str | None]] = {
    "public": dict.fromkeys(ACTORS, None),
    "own": {**CLOSED, **dict.fromkeys(HOLDERS, None)},
    "holders_object": {**OBJECT, "holder": None},
    "link": {**OBJECT, "holder": None},
    "on_me": {**OBJECT, "relative": None},
    "guarded": {**OBJECT, "second_guardian": None},
    "camera": {**CLOSED, "camera": None},
    "staff": {**CLOSED, **dict.fromkeys(STAFF, None)},
    "clerk": {**CLOSED, "clerk": None},
    "reviewer": {**CLOSED, "reviewer": None, "foreign_reviewer": HIDDEN},
    "safeguarding": {**CLOSED, "safeguarding": None},
}
"""Who an operation of a room is for (None: the operation says), and what all others are told."""


def cells(operation: Operation) -> Iterator[tuple[str, str, str]]:
    """(actor, state, code) of every cell; the state is ``ANY`` where it does not matter."""
    says = operation.says
    states = list(says) if isinstance(says, Mapping) else [ANY]
    for actor in ACTORS:
        told = operation.others.get(actor, ROOMS[operation.room][actor])
        for state in states:
            code = says[state] if isinstance(says, Mapping) else says
            yield actor, state, code if told is None else told


DECLARED: Mapping[str, Operation] = {
    "checkCertificate": Operation("public"),
    "listCounters": Operation("public"),
    "openInvitation": Operation("public"),
    "reportNotMe": Operation("public"),
    "readQrKeys": Operation("public"),
    "openRecovery": Operation("public"),
    "completeRecovery": Operation("public"),
    "signIn": Operation("public"),
    "requestSignInCode": Operation("public"),
    "signInStaff": Operation("public"),
    "refreshTokens": Operation("public"),
    "listActsOnMe": Operation("own"),
    "getActsOnMeFile": Operation("own"),
    "getCard": Operation("own"),
    "setCardPassword": Operation("own"),
    "changeCardPassword": Operation("own"),
    "openCardPasswordReset": Operation("own"),
    "requestCardPasswordResetCode": Operation("own"),
    "listQrUses": Operation("own"),
    "showQrCode": Operation("own"),
    "renewCard": Operation("own"),
    "changeCardState": Operation("own"),
    "readCertification": Operation("own"),
    "appealCertification": Operation("own"),
    "issueCertificationCode": Operation("own"),
    "askVisit": Operation("own"),
    "listDevices": Operation("own"),
    "listDocuments": Operation("own"),
    "uploadDocument": Operation("own"),
    "listUploads": Operation("own"),
    "beginUpload": Operation("own"),
    "listGuardedLinks": Operation("own"),
    "listLinks": Operation("own"),
    "openApplication": Operation("own"),
    "listLinksOnMe": Operation("own"),
    "getNotice": Operation("own"),
    "getPolicy": Operation("own"),
    "listRecoveries": Operation("own"),
    "readRights": Operation("own"),
    "certifyRights": Operation("own"),
    "signOut": Operation("own"),
    "unlockSession": Operation("own"),
    "openStepUp": Operation("own"),
    "finishCardPasswordReset": Operation("holders_object"),
    "drawChallengeForCardPasswordReset": Operation("holders_object"),
    "showFaceForCardPasswordReset": Operation("holders_object"),
    "removeDevice": Operation("holders_object"),
    "getDevice": Operation("holders_object"),
    "renameDevice": Operation("holders_object"),
    "cancelUpload": Operation("holders_object"),
    "readUpload": Operation("holders_object"),
    "continueUpload": Operation("holders_object"),
    "finishUpload": Operation("holders_object"),
    "removeDocument": Operation("holders_object"),
    "readDocumentStatus": Operation("holders_object"),
    "readDocument": Operation("holders_object"),
    "cancelRecovery": Operation("holders_object"),
    "approveRecovery": Operation("holders_object"),
    "readCertificate": Operation("holders_object"),
    "readLink": Operation("link", by_state(OK)),
    "acknowledgeNotice": Operation("link", by_state(OK)),
    "readActivation": Operation("link", by_state(OK)),
    "listLinkActs": Operation("link", by_state(OK)),
    "getLinkActsFile": Operation("link", by_state(OK)),
    "appeal": Operation("link", by_state(OK)),
    "openCaptureSession": Operation("link", by_state(OK)),
    "readRelativeCertification": Operation("link", by_state(OK)),
    "appealRelativeCertification": Operation("link", by_state(OK)),
    "issueRelativeCertificationCode": Operation("link", by_state(OK)),
    "askRelativeVisit": Operation("link", by_state(OK)),
    "listLinkChanges": Operation("link", by_state(OK)),
    "issueCounterCode": Operation("link", by_state(OK)),
    "listDecisions": Operation("link", by_state(OK)),
    "endLink": Operation("link", by_state(OK)),
    "readEvidence": Operation("link", by_state(OK)),
    "submitEvidence": Operation("link", by_state(OK)),
    "consentAsGuardian": Operation("link", by_state(OK)),
    "giveFamilyAccount": Operation("link", by_state(OK)),
    "inviteRelative": Operation("link", by_state(OK)),
    "withdrawPortrait": Operation("link", by_state(OK)),
    "readLinkNotice": Operation("link", by_state(OK)),
    "readRelativeRights": Operation("link", by_state(OK)),
    "certifyRelativeRights": Operation("link", by_state(OK)),
    "setScopes": Operation("link", by_state(OK)),
    "withdrawApplication": Operation("link", by_state(OK)),
    "endLinkOnMe": Operation("on_me", by_state(OK)),
    "setScopesOnMe": Operation("on_me", by_state(OK)),
    "objectToLink": Operation("guarded", by_state(OK)),
    "endCaptureSession": Operation("camera"),
    "readCaptureSession": Operation("camera"),
    "acceptLink": Operation("camera"),
    "sendCapture": Operation("camera"),
    "drawChallenge": Operation("camera"),
    "consentAsPerson": Operation("camera"),
    "drawDigits": Operation("camera"),
    "readFaceNotice": Operation("camera"),
    "sendDigitsVideo": Operation("camera"),
    "issueCardAtCounter": Operation("staff"),
    "openCardPasswordResetAtCounter": Operation("staff"),
    "renewCardAtCounter": Operation("staff"),
    "changeCardStateAtCounter": Operation("staff"),
    "listCases": Operation("staff"),
    "readCase": Operation("staff"),
    "decideCase": Operation("staff"),
    "readCaseFile": Operation("staff"),
    "askOpening": Operation("staff"),
    "approveOpening": Operation("staff"),
    "listCertificationCases": Operation("staff"),
    "decideCertificationCase": Operation("staff"),
    "redeemCertificationCode": Operation("staff"),
    "reinstateBenefit": Operation("staff"),
    "redeemCounterCode": Operation("staff"),
    "actOnLink": Operation("staff"),
    "getStaffMe": Operation("staff"),
    "useQrCode": Operation("staff"),
    "openRecoveryAtCounter": Operation("staff"),
    "signOutStaff": Operation("staff"),
}
