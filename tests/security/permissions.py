"""Who may do what: every operation, everybody who may ask, every state of the link, and the answer.

An answer is declared by its code ("ok" where there is none). What an operation answers once the
caller may use it at all (its body leads nowhere, say) is declared as well: a cell is exact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

HOLDERS = ("holder", "other_holder", "relative", "former_relative", "second_guardian")
STAFF = (
    *("clerk", "foreign_clerk", "reviewer", "foreign_reviewer"),
    *("safeguarding", "foreign_safeguarding", "auditor"),
)
ACTORS = ("anonymous", *HOLDERS, *STAFF, "camera", "other_camera")
"""``other_holder`` has a link on somebody else; ``former_relative`` had one of this holder on them;
``second_guardian`` holds a link on the same child; who is ``foreign`` is of another region;
``camera`` is the session in which the relative stands before it; so is ``other_camera``, of another
family."""
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
    others: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
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
    "camera": {**CLOSED, "camera": None, "other_camera": HIDDEN},
    "staff": {**CLOSED, **dict.fromkeys(STAFF, None)},
    "clerk": {**CLOSED, "clerk": None, "foreign_clerk": None},
    "counter": {**CLOSED, "clerk": None, "foreign_clerk": HIDDEN},
    "desk": {
        **CLOSED,
        **dict.fromkeys(("reviewer", "foreign_reviewer", "safeguarding", "foreign_safeguarding")),
    },
    "case": {
        **CLOSED,
        **dict.fromkeys(("reviewer", "safeguarding")),
        **dict.fromkeys(("foreign_reviewer", "foreign_safeguarding"), HIDDEN),
    },
    "decision": {**CLOSED, "reviewer": None, "foreign_reviewer": HIDDEN},
    "reviewers": {**CLOSED, "reviewer": None, "foreign_reviewer": None},
    "safeguarding": {**CLOSED, "safeguarding": None, "foreign_safeguarding": HIDDEN},
    "auditors": {**CLOSED, "auditor": None},
}
"""Who an operation of a room is for (None: the operation says), and what all others are told."""


def cells(operation: Operation) -> Iterator[tuple[str, str, str]]:
    """(actor, state, code) of every cell; the state is ``ANY`` where it does not matter."""
    says = operation.says
    states = list(says) if isinstance(says, Mapping) else [ANY]
    for actor in ACTORS:
        told = operation.others.get(actor, ROOMS[operation.room][actor])
        for state in states:
            code = says if told is None else told
            yield actor, state, code[state] if isinstance(code, Mapping) else code


ACTING = by_state("link_not_active", scopes_off="scope_off", card_stopped="card_not_usable")
"""What acts on a link: allowed while it is active, by a scope that is on and a usable card."""
ACTIVE = ("active", "scopes_off", "card_stopped")
APPLIED = ("noticed", "awaiting_face", "in_review")
STANDING = ("active", "suspended", "disputed", "scopes_off", "card_stopped")
BOTH_SIDES = {"relative": OK}
NOT_MOVED = "illegal_move"

DECLARED: Mapping[str, Operation] = {
    # --- whoever asks
    **dict.fromkeys(
        (
            "listCounters",
            "requestSignInCode",
            "readQrKeys",
            "readDemoMailbox",
        ),
        Operation("public"),
    ),
    "checkCertificate": Operation("public", "certificate_unknown"),
    "completeRecovery": Operation("public", "recovery_unknown"),
    "openInvitation": Operation("public", "invitation_unknown"),
    "openRecovery": Operation("public", "code_expired"),
    "signIn": Operation("public", "code_expired"),
    "refreshTokens": Operation("public", "not_signed_in"),
    "reportNotMe": Operation("public", "not_me_link_not_valid"),
    "signInStaff": Operation("public", "staff_sign_in_failed"),
    # --- a signed-in person, for themselves
    **dict.fromkeys(
        (
            "getCard",
            "listDevices",
            "listDocuments",
            "listUploads",
            "beginUpload",
            "listGuardedLinks",
            "listLinks",
            "listLinksOnMe",
            "getNotice",
            "readCardPasswordResetNotice",
            "getPolicy",
            "listRecoveries",
            "readRights",
            "certifyRights",
            "signOut",
            "listActsOnMe",
            "getActsOnMeFile",
            "openStepUp",
            "listQrUses",
            "showQrCode",
            "changeCardState",
            "readCertification",
            "changeCardPassword",
        ),
        Operation("own"),
    ),
    "setCardPassword": Operation("own", "card_password_is_set"),
    "openCardPasswordReset": Operation("own", "code_expired"),
    "requestCardPasswordResetCode": Operation("own", "reset_needs_counter"),
    "renewCard": Operation("own", "renewal_refused"),
    "appealCertification": Operation("own", "no_stop_or_refusal_to_appeal"),
    "issueCertificationCode": Operation("own", "no_benefit_to_certify"),
    "askVisit": Operation("own", "no_benefit_to_certify"),
    "uploadDocument": Operation("own", "file_type_not_allowed"),
    "openApplication": Operation(
        "own", "step_up_needed", others={"holder": OK, "relative": "holder_too_young"}
    ),
    "unlockSession": Operation("own"),
    "bindCard": Operation("own"),
    "listCardApplications": Operation("own"),
    "applyForCard": Operation("own", "card_held_already"),
    "openCertificationCapture": Operation("own", "no_benefit_to_certify"),
    "endAllLinksOnMe": Operation("own"),
    "readOwnData": Operation("own"),
    "chooseContactLanguage": Operation("own"),
    "listCorrections": Operation("own"),
    "askCorrection": Operation("own", others={"holder": "correction_open"}),
    "listFaceWithdrawals": Operation("own"),
    "withdrawFaceConsent": Operation("own", "no_face_consent"),
    "takeOwnData": Operation("own", "step_up_needed"),
    "checkReceipt": Operation("own"),
    "listTransfers": Operation("own"),
    "openTransfer": Operation("own", others={"holder": "transfer_open_already"}),
    "openFaceProof": Operation("own", "reset_needs_counter"),
    "showFaceForCertification": Operation("own", "answer_unreadable"),
    # --- what belongs to the holder
    "readCardApplication": Operation("holders_object"),
    "endCertificationCapture": Operation("holders_object"),
    "readCertificationCapture": Operation("holders_object"),
    "drawChallengeForCertification": Operation("holders_object", "consent_missing"),
    "consentToCertification": Operation("holders_object"),
    "readCertificationNotice": Operation("holders_object"),
    "readFaceWithdrawal": Operation("holders_object"),
    "readTransfer": Operation("holders_object"),
    "withdrawTransfer": Operation("holders_object"),
    **dict.fromkeys(
        (
            "getDevice",
            "renameDevice",
            "cancelUpload",
            "readUpload",
            "removeDocument",
            "readDocumentStatus",
            "readDocument",
            "readCertificate",
            "cancelRecovery",
        ),
        Operation("holders_object"),
    ),
    "removeDevice": Operation("holders_object", "last_device"),
    "finishUpload": Operation("holders_object", "upload_incomplete"),
    "finishCardPasswordReset": Operation("holders_object", "reset_face_needed"),
    "continueUpload": Operation("own", "invalid_input"),
    "drawChallengeForCardPasswordReset": Operation("own", "reset_needs_counter"),
    "showFaceForCardPasswordReset": Operation("own", "answer_unreadable"),
    "approveRecovery": Operation("own", "step_up_needed"),
    # --- the link, for its holder; some for its relative too
    **dict.fromkeys(
        (
            "readLink",
            "readActivation",
            "readEvidence",
            "readLinkNotice",
        ),
        Operation("link", by_state(OK)),
    ),
    "listLinkActs": Operation("link", by_state(OK), others=BOTH_SIDES),
    "getLinkActsFile": Operation("link", by_state(OK), others=BOTH_SIDES),
    "listDecisions": Operation("link", by_state(OK), others=BOTH_SIDES),
    "listLinkChanges": Operation("link", by_state(OK), others=BOTH_SIDES),
    **dict.fromkeys(
        (
            "readRelativeRights",
            "certifyRelativeRights",
            "readRelativeCertification",
        ),
        Operation("link", ACTING | {"active": OK}),
    ),
    **dict.fromkeys(
        (
            "askRelativeVisit",
            "issueRelativeCertificationCode",
        ),
        Operation("link", ACTING | {"active": "no_benefit_to_certify"}),
    ),
    "appealRelativeCertification": Operation(
        "link", ACTING | {"active": "no_stop_or_refusal_to_appeal"}
    ),
    "appeal": Operation(
        "link", by_state("nothing_to_appeal"), others={"relative": "nothing_to_appeal"}
    ),
    "endLink": Operation("link", only(*STANDING, *APPLIED, code=NOT_MOVED)),
    "withdrawApplication": Operation("link", only(*APPLIED, code=NOT_MOVED)),
    "acknowledgeNotice": Operation("link", by_state(NOT_MOVED)),
    "consentAsGuardian": Operation(
        "link", only(*APPLIED, says="consent_by_person", code=NOT_MOVED)
    ),
    "giveFamilyAccount": Operation(
        "link", by_state(NOT_MOVED, noticed="number_is_your_own", card_stopped="card_not_usable")
    ),
    "inviteRelative": Operation(
        "link", by_state(NOT_MOVED, awaiting_face="capture_way_not_allowed")
    ),
    **dict.fromkeys(
        (
            "issueCounterCode",
            "openCaptureSession",
        ),
        Operation("link", only("awaiting_face", code=NOT_MOVED)),
    ),
    "submitEvidence": Operation(
        "link", only("noticed", says="evidence_incomplete", code="evidence_not_expected")
    ),
    "setScopes": Operation(
        "link", only(*STANDING, code=NOT_MOVED) | {"scopes_off": "step_up_needed"}
    ),
    "withdrawPortrait": Operation("link", by_state(HIDDEN)),
    "listRelativeCardApplications": Operation("link", ACTING | {"active": OK}),
    "applyForRelativeCard": Operation("link", ACTING | {"active": "card_held_already"}),
    "readRelativeCardApplication": Operation("link", ACTING | {"active": HIDDEN}),
    "openRelativeCertificationCapture": Operation(
        "link", ACTING | {"active": "no_benefit_to_certify"}
    ),
    "readDataAsGuardian": Operation("link", by_state("not_their_guardian")),
    "askCorrectionAsGuardian": Operation("link", by_state("not_their_guardian")),
    "takeDataAsGuardian": Operation("link", by_state("not_their_guardian")),
    "withdrawFaceConsentAsGuardian": Operation("link", by_state("not_their_guardian")),
    "renameLink": Operation("link", only(*STANDING, code=NOT_MOVED)),
    "listRelativeTransfers": Operation("link", ACTING | {"active": OK}),
    "openRelativeTransfer": Operation("link", ACTING | {"active": OK}),
    "readRelativeTransfer": Operation("link", ACTING | {"active": HIDDEN}),
    "withdrawRelativeTransfer": Operation("link", ACTING | {"active": HIDDEN}),
    # --- the link, for whom it is on, and for the other guardian
    "claimCourtOrder": Operation("link", by_state(OK)),  # while a dispute about it waits
    "readFaceNoticeOnMe": Operation("on_me", by_state(OK)),
    **dict.fromkeys(
        ("confirmLink", "takeOverLink", "drawConfirmationDigits", "sendConfirmationVideo"),
        Operation(
            "on_me",
            only(*ACTIVE, says="nothing_to_confirm", code="link_not_active"),
            others={"holder": by_state(HIDDEN, card_stopped="card_not_usable")},
        ),
    ),
    "endLinkOnMe": Operation("on_me", only(*STANDING, *APPLIED, code=NOT_MOVED)),
    "setEndDateOnMe": Operation(
        "on_me", only(*STANDING, says="end_date_needs_order", code=NOT_MOVED)
    ),
    "setScopesOnMe": Operation(
        "on_me", only(*STANDING, code=NOT_MOVED) | {"scopes_off": "scope_needs_guardian"}
    ),
    "objectToLink": Operation(
        "guarded",
        only(*ACTIVE, says="objection_too_late", code=NOT_MOVED) | dict.fromkeys(APPLIED, HIDDEN),
    ),
    # --- at the camera
    **dict.fromkeys(
        (
            "readCaptureSession",
            "endCaptureSession",
            "drawChallenge",
            "drawDigits",
            "readFaceNotice",
        ),
        Operation("camera"),
    ),
    "acceptLink": Operation("camera", "acceptance_not_needed"),
    "consentAsPerson": Operation("camera", "consent_by_guardian"),
    "sendCapture": Operation(
        "camera", "answer_unreadable", others={"other_camera": "answer_unreadable"}
    ),
    "sendDigitsVideo": Operation("camera", "digits_not_drawn"),
    # --- staff
    **dict.fromkeys(
        (
            "getStaffMe",
            "signOutStaff",
        ),
        Operation("staff"),
    ),
    **dict.fromkeys(
        (
            "changeCardStateAtCounter",
            "openCardPasswordResetAtCounter",
            "openRecoveryAtCounter",
        ),
        Operation("counter"),
    ),
    "listDeskCardApplications": Operation("clerk"),
    "readDeskCardApplication": Operation("counter"),
    "collectCard": Operation("counter", "card_application_illegal_move"),
    "moveCardApplication": Operation("counter"),
    "readCardPhoto": Operation("counter"),
    "listCorrectionsAtDesk": Operation("clerk"),
    "answerCorrection": Operation("counter"),
    "endLinksOnPerson": Operation("counter"),
    "listLinksOnPerson": Operation("counter"),
    "withdrawFaceConsentAtCounter": Operation("counter", "no_face_consent"),
    "readFaceWithdrawalAtCounter": Operation("counter"),
    "confirmLinkAtCounter": Operation("counter", by_state(HIDDEN)),
    "setEndDateAtCounter": Operation("counter", by_state(HIDDEN)),
    "recordEndDateOrder": Operation("counter", by_state(HIDDEN)),
    "listEndDateOrders": Operation("clerk"),
    "answerEndDateOrder": Operation(
        "counter",
        by_state(NOT_MOVED, disputed="dispute_not_settled")
        | dict.fromkeys((*ACTIVE, "suspended"), OK),
    ),
    "listDeskMessages": Operation("staff"),
    "listDeskTransfers": Operation("clerk"),
    "readDeskTransfer": Operation("counter"),
    "decideTransfer": Operation("counter"),
    "readCertificationCase": Operation("decision"),
    "readCertificationCaseFile": Operation("decision", HIDDEN),
    "askCertificationOpening": Operation("decision", "opening_not_needed"),
    "approveCertificationOpening": Operation("decision", "opening_not_asked"),
    "issueCardAtCounter": Operation("counter", "card_held_already"),
    "renewCardAtCounter": Operation("counter", "renewal_refused"),
    **dict.fromkeys(
        ("redeemCertificationCode", "redeemCounterCode"),
        Operation("clerk", others={"foreign_clerk": "counter_code_wrong"}),
    ),
    "useQrCode": Operation("clerk", others={"foreign_clerk": "qr_other_place"}),
    "listCases": Operation("desk"),
    "readFigures": Operation("auditors"),
    "searchAudit": Operation("auditors"),
    **dict.fromkeys(
        (
            "readCase",
            "readCaseFile",
        ),
        Operation("case"),
    ),
    "askOpening": Operation("case", "opening_not_needed"),
    "approveOpening": Operation("case", "opening_not_asked"),
    "decideCase": Operation("decision", others={"foreign_safeguarding": HIDDEN}),
    "listCertificationCases": Operation("reviewers"),
    "decideCertificationCase": Operation("decision"),
    "reinstateBenefit": Operation("decision", "benefit_not_closed"),
    "actOnLink": Operation(
        "safeguarding", only("active", "scopes_off", "card_stopped", "disputed", code=NOT_MOVED)
    ),
}
