"""What a card's state opens: each route of a holder is declared; what acts asks at that call."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ecard.certification.models import CertificationCapture
from ecard.demo.capture_client import SigningKey
from ecard.demo.phone import Answer
from ecard.family import service as family
from ecard.family.policy import SCOPES
from tests.documents.applications import apply
from tests.family.scene import (
    Pair,
    begin,
    born,
    bring_to,
    give_last_day,
    hold,
    invent,
    name,
    named,
    pair,
    person_id,
)
from tests.support import Stage

SOME_ID = str(UUID(int=7))

READS = "shows what is there; whoever lost a card must see it"
STOPS = "what stops or takes back something must always be possible"
SIGN_IN = "belongs to the sign-in and the phone, not to the card"
PASSWORD = "sets or proves the card's password; what it opens is asked for itself"
LATER = "changes nothing until a later step, which is asked"
OPEN = {
    **dict.fromkeys(("getCard", "getDevice", "listDevices", "listRecoveries"), READS),
    **dict.fromkeys(("listDocuments", "listUploads", "readUpload", "readDocumentStatus"), READS),
    **dict.fromkeys(("listGuardedLinks", "listLinks", "listLinksOnMe", "readLink"), READS),
    **dict.fromkeys(("readActivation", "listLinkChanges", "listDecisions", "readEvidence"), READS),
    **dict.fromkeys(("readLinkNotice", "getNotice", "getPolicy", "listQrUses"), READS),
    **dict.fromkeys(("readFaceNoticeOnMe", "readCardPasswordResetNotice"), READS),
    **dict.fromkeys(("listLinkActs", "listActsOnMe", "getLinkActsFile", "getActsOnMeFile"), READS),
    "setScopes": "what is added needs a step-up, which asks",
    **dict.fromkeys(("changeCardState", "endLink", "endLinkOnMe", "objectToLink"), STOPS),
    **dict.fromkeys(("withdrawApplication", "withdrawPortrait", "cancelRecovery"), STOPS),
    **dict.fromkeys(("removeDocument", "cancelUpload", "appeal"), STOPS),
    "endCertificationCapture": STOPS,
    **dict.fromkeys(("signOut", "removeDevice", "renameDevice", "unlockSession"), SIGN_IN),
    **dict.fromkeys(("listCardApplications", "readCardApplication"), READS),
    "applyForCard": "a card that works no more is why one applies",
    "withdrawTransfer": STOPS,
    **dict.fromkeys(("readOwnData", "readDataAsGuardian", "listCorrections"), READS),
    **dict.fromkeys(("listFaceWithdrawals", "readFaceWithdrawal", "checkReceipt"), READS),
    **dict.fromkeys(("withdrawFaceConsent", "withdrawFaceConsentAsGuardian"), STOPS),
    "endAllLinksOnMe": STOPS,
    **dict.fromkeys(("askCorrection", "askCorrectionAsGuardian"), "what is wrong may be said"),
    **dict.fromkeys(("renameLink", "chooseContactLanguage"), "words alone"),
    **dict.fromkeys(("takeOwnData", "takeDataAsGuardian"), "needs a step-up, which asks"),
    "approveRecovery": "needs a step-up, which asks",
    **dict.fromkeys(("setCardPassword", "changeCardPassword"), PASSWORD),
    "drawChallengeForCardPasswordReset": PASSWORD,
    **dict.fromkeys(("requestCardPasswordResetCode", "openCardPasswordReset"), PASSWORD),
    **dict.fromkeys(("showFaceForCardPasswordReset", "finishCardPasswordReset"), PASSWORD),
    **dict.fromkeys(("uploadDocument", "beginUpload", "continueUpload", "finishUpload"), LATER),
    **dict.fromkeys(("readDocument", "acknowledgeNotice", "consentAsGuardian"), LATER),
    **dict.fromkeys(("openFaceProof", "claimCourtOrder"), LATER),
}
"""Routes that a stopped card leaves open, and why."""

Request = Callable[["Ground"], Answer]


class Ground:
    """A holder with an application at each step, and an active link."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.two = stage, pair(stage)
        self.phone = self.two.phone
        self.fresh = begin(stage, self.phone)
        self.told = named(stage, self.phone, self.two.relative, "parent")
        bring_to(stage, self.told, "evidence_accepted")
        self.held = hold(stage, self.two.holder, invent(stage, "father", born(74)), "parent")
        self.allow("transfer", "card_status", "rights", "certification")
        self.on_me = hold(stage, invent(stage, "son", born(20)), self.two.holder, "parent")
        self.give_last_day()
        self.certificate = str(self.post(f"/links/{self.held}/rights/certificates").body["id"])
        self.camera = f"/certification-captures/{self._open_camera()}"

    def _open_camera(self) -> uuid.UUID:
        """A capture session of the holder's own, as one who draws a benefit opens it."""
        me, now = person_id(self.stage, self.two.holder), self.stage.clock.time
        life = {"opened_at": now, "expires_at": now + timedelta(minutes=15)}
        row = CertificationCapture(id=uuid.uuid4(), person_id=me, opened_by=me, **life)
        with self.stage.joined.db.write() as session:
            session.add(row)
            session.commit()
        return row.id

    def allow(self, *scopes: str) -> None:
        with self.stage.joined.db.write() as session:
            family.lock_link(session, UUID(self.held)).scopes = list(scopes)
            session.commit()

    def give_last_day(self) -> None:
        give_last_day(self.stage, self.on_me, self.stage.clock.time.date() + timedelta(days=90))

    def post(self, path: str, **body: Any) -> Answer:
        return self.phone.send("POST", path, body or None)

    def wider(self) -> Answer:
        version = self.phone.must("GET", "/links-on-me")["items"][0]["version"]
        path, body = f"/links-on-me/{self.on_me}/scopes", {"scopes": list(SCOPES)}
        return self.phone.send("PUT", path, body, if_match=f'"{version}"')

    def longer(self) -> Answer:
        version = self.phone.must("GET", "/links-on-me")["items"][0]["version"]
        path, body = f"/links-on-me/{self.on_me}/end-date", {"ends_on": None}
        return self.phone.send("PUT", path, body, if_match=f'"{version}"')

    def get(self, path: str) -> Answer:
        return self.phone.send("GET", path)


GATED: dict[str, Request] = {
    "setScopesOnMe": lambda g: g.wider(),
    "setEndDateOnMe": lambda g: g.longer(),
    "confirmLink": lambda g: g.post(
        f"/links-on-me/{g.on_me}/confirmation", step_up_id=SOME_ID, scopes=["rights"]
    ),
    "drawConfirmationDigits": lambda g: g.post(
        f"/links-on-me/{g.on_me}/confirmation-video", step_up_id=SOME_ID, scopes=["rights"]
    ),
    "takeOverLink": lambda g: g.post(f"/links-on-me/{g.on_me}/takeover"),
    "openStepUp": lambda g: g.post("/step-ups", purpose="add_relative", password="904713"),
    "openApplication": lambda g: g.post("/links", step_up_id=SOME_ID),
    "giveFamilyAccount": lambda g: name(g.phone, g.fresh, g.two.relative, "parent"),
    "openCaptureSession": lambda g: g.post(f"/links/{g.told}/capture-sessions", via="handed_over"),
    "issueCounterCode": lambda g: g.post(f"/links/{g.told}/counter-code"),
    "inviteRelative": lambda g: g.post(f"/links/{g.told}/invitations"),
    "renewCard": lambda g: g.post("/card/renewal"),
    "bindCard": lambda g: g.post("/card/phone"),
    "showQrCode": lambda g: g.post("/card/qr-codes", operation="identify"),
    "readRights": lambda g: g.get("/rights"),
    "certifyRights": lambda g: g.post("/rights/certificates"),
    "readCertificate": lambda g: g.get(f"/rights/certificates/{g.certificate}"),
    "readRelativeRights": lambda g: g.get(f"/links/{g.held}/rights"),
    "certifyRelativeRights": lambda g: g.post(f"/links/{g.held}/rights/certificates"),
    "readCertification": lambda g: g.get("/certification"),
    "issueCertificationCode": lambda g: g.post("/certification/counter-code"),
    "askVisit": lambda g: g.post("/certification/visit", grounds="She can walk no more."),
    "appealCertification": lambda g: g.post(
        "/certification/appeal", grounds="We were away that month."
    ),
    "openCertificationCapture": lambda g: g.post("/certification/captures"),
    "openRelativeCertificationCapture": lambda g: g.post(f"/links/{g.held}/certification/captures"),
    "readCertificationCapture": lambda g: g.get(g.camera),
    "readCertificationNotice": lambda g: g.get(f"{g.camera}/notice"),
    "consentToCertification": lambda g: g.post(
        f"{g.camera}/consent", decision="declined", notice_id=SOME_ID, text_sha256="0" * 64
    ),
    "drawChallengeForCertification": lambda g: g.post(
        f"{g.camera}/challenges", device_key=SigningKey().public_jwk()
    ),
    "openTransfer": lambda g: g.post("/transfers", region="south-harbour"),
    "listTransfers": lambda g: g.get("/transfers"),
    "readTransfer": lambda g: g.get(f"/transfers/{SOME_ID}"),
    "openRelativeTransfer": lambda g: g.post(f"/links/{g.held}/transfers", region="south-harbour"),
    "listRelativeTransfers": lambda g: g.get(f"/links/{g.held}/transfers"),
    "readRelativeTransfer": lambda g: g.get(f"/links/{g.held}/transfers/{SOME_ID}"),
    "withdrawRelativeTransfer": lambda g: g.phone.send(
        "POST", f"/links/{g.held}/transfers/{SOME_ID}/withdrawal", if_match='"1"'
    ),
    "applyForRelativeCard": lambda g: g.post(
        f"/links/{g.held}/card-applications", photo_id=SOME_ID
    ),
    "listRelativeCardApplications": lambda g: g.get(f"/links/{g.held}/card-applications"),
    "readRelativeCardApplication": lambda g: g.get(f"/links/{g.held}/card-applications/{SOME_ID}"),
    "readRelativeCertification": lambda g: g.get(f"/links/{g.held}/certification"),
    "issueRelativeCertificationCode": lambda g: g.post(
        f"/links/{g.held}/certification/counter-code"
    ),
    "askRelativeVisit": lambda g: g.post(
        f"/links/{g.held}/certification/visit", grounds="She can walk no more."
    ),
    "appealRelativeCertification": lambda g: g.post(
        f"/links/{g.held}/certification/appeal", grounds="We were away that month."
    ),
}
"""Routes that act: refused with a stopped card, at the very next call."""
NEEDS_FILES = {"submitEvidence", "showFaceForCertification", "sendConfirmationVideo"}
"""The same, tested where the files are: below, in tests/certification/test_faces.py and
tests/activation/test_of_age.py."""


def holders_operations(stage: Stage) -> dict[str, Any]:
    page = stage.app.test_client().get("/api/openapi.json").json
    return {
        operation["operationId"]: operation
        for item in page["paths"].values()
        for method, operation in item.items()
        if method != "parameters" and operation.get("security") == [{"holderToken": []}]
    }


def test_every_route_of_a_holder_is_declared(stage: Stage) -> None:
    there = holders_operations(stage)
    assert not set(OPEN) & set(GATED)
    assert set(there) == set(OPEN) | set(GATED) | NEEDS_FILES
    for operation in [*GATED, *NEEDS_FILES]:
        assert "card_not_usable" in there[operation]["responses"]["409"]["x-codes"], operation


def set_card(two: Pair, stage: Stage, state: str) -> None:
    assert two.holder.card is not None
    stage.joined.dependencies.registry.change_card_state(two.holder.card.number, state)


def test_a_stopped_card_opens_nothing_that_acts_from_the_very_next_call_on(stage: Stage) -> None:
    ground = Ground(stage)
    for state in ("suspended", "lost", "cancelled"):
        set_card(ground.two, stage, state)
        for operation, request in GATED.items():
            answer = request(ground)
            assert (answer.status, answer.code) == (409, "card_not_usable"), operation
        set_card(ground.two, stage, "normal")
        assert GATED["showQrCode"](ground).ok
        assert GATED["issueCounterCode"](ground).ok


@pytest.mark.gate
def test_evidence_is_not_taken_with_a_stopped_card(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload("birth_certificate", "face_photo")
    card = stage.demo.holder("lucia").card_number
    stage.joined.dependencies.registry.change_card_state(card, "lost")
    answer = application.phone.give_evidence(application.link_id, ids)
    assert (answer.status, answer.code) == (409, "card_not_usable")
    assert application.unclaimed() == set(ids)
