"""Everybody of the permission matrix, around one link, and a request for each operation."""

import io
import re
import shutil
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL.Image import Image

from ecard.accounts.models import Device, Recovery
from ecard.agencies.models import Region, StaffMember
from ecard.card_applications.models import CardApplication
from ecard.cards import service as cards
from ecard.cards.models import CardPasswordReset
from ecard.certification.models import CertificationCapture, CertificationCase
from ecard.db import Database
from ecard.demo import specimens
from ecard.demo.capture_client import SigningKey
from ecard.demo.phone import Phone
from ecard.family.models import Link
from ecard.family.policy import SCOPES as ALL_SCOPES
from ecard.family.policy import STATES as RULES_STATES
from ecard.files import StoredFile
from ecard.own_data.models import Correction, FaceWithdrawal
from ecard.persons.models import Person
from ecard.registry.insurance import store_benefit
from ecard.registry.port import Benefit, RegistryPerson
from ecard.review.models import Case
from ecard.transfers.models import Transfer
from tests.certification.scene import SINCE
from tests.family.scene import (
    TODAY,
    as_holder,
    born,
    grant,
    hold,
    invent,
    person_id,
    sign_in,
)
from tests.support import CARD_PASSWORD, Stage

ASKED_FOR = ("transfer_id", "application_id", "capture_id", "withdrawal_id", "correction_id")
SOME_ID = str(uuid.UUID(int=7))
GROUNDS = "She can walk no more."
PLACE = "certification_cases.grounds"
WANTED = "data_corrections.wanted"
PERSON, ANOTHER = map(specimens.open_photo, specimens.public_portraits()[:2])


@dataclass
class Cast:
    """Tokens of everybody, ids of what exists, and the data directory as it was."""

    stage: Stage
    saved: Path
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)
    """A court order that each of some of them has uploaded."""
    commits: int = -1

    def put(self, state: str) -> None:
        """Bring the link into a state; what led there is not played."""
        seeming = state if state in RULES_STATES else "active"
        live = seeming in ("active", "suspended", "disputed", "ended")
        past = self.stage.joined.call().now - timedelta(days=60)
        changed: dict[str, Any] = {
            "state": seeming,
            "scopes": [] if state == "scopes_off" else list(ALL_SCOPES),
            "activated_at": past if live else None,
            "acts_from": past if live else None,
            "ended_at": past if state == "ended" else None,
        }
        with self.stage.joined.db.write() as session:
            which = Link.id == uuid.UUID(self.ids["link_id"])
            session.execute(sa.update(Link).where(which).values(**changed))
            session.commit()
        card = "cancelled" if state == "card_stopped" else "normal"
        self.stage.joined.dependencies.registry.change_card_state(self.known["card"], card)
        self.save()

    def save(self) -> None:
        """Keep everything as it is now."""
        self._copy(self.stage.joined.settings.var, self.saved)

    def restore_if_changed(self) -> None:
        """Bring everything back to what was kept, where something was done since."""
        if self.stage.joined.db.commits() != self.commits:
            self._copy(self.saved, self.stage.joined.settings.var)

    def _copy(self, source: Path, target: Path) -> None:
        Database.close(self.stage.joined.db)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        target.chmod(0o700)
        self.commits = self.stage.joined.db.commits()


def gather(stage: Stage, saved: Path) -> Cast:
    """A mother holds a link on her child of 15, as the father does; others stand around."""
    people = {
        "holder": invent(stage, "mother", born(45)),
        "relative": invent(stage, "child", born(15)),
        "second_guardian": invent(stage, "father", born(44)),
        "other_holder": invent(stage, "stranger", born(50)),
        "former_relative": invent(stage, "elder", born(75)),
    }
    elsewhere = invent(stage, "somebody", born(74))
    link_id = hold(stage, people["holder"], people["relative"], "child")
    hold(stage, people["second_guardian"], people["relative"], "child")
    hold(stage, people["holder"], people["former_relative"], "parent", state="ended")
    hold(stage, people["other_holder"], elsewhere, "parent")
    cast = Cast(stage, saved, ids={"link_id": link_id})
    phones = {name: _signed_in(stage, person) for name, person in people.items()}
    cast.tokens = {"anonymous": "", **{name: phone.token for name, phone in phones.items()}}
    _put_south(stage, DESKS["foreign_safeguarding"])
    for name, user in DESKS.items():
        cast.tokens[name] = stage.desk(user).token
    _furnish(cast, people, phones["holder"])
    _dispute(cast, phones)
    return cast


DESKS = {
    "clerk": "clerk-north",
    "foreign_clerk": "clerk-south",
    "reviewer": "reviewer-north",
    "foreign_reviewer": "reviewer-south",
    "safeguarding": "safeguarding",
    "foreign_safeguarding": "safeguarding-lakes",
    "auditor": "auditor",
}


def _put_south(stage: Stage, user_name: str) -> None:
    with stage.joined.db.write() as session:
        south = session.scalar(sa.select(Region.id).filter_by(code="south-harbour"))
        which = StaffMember.user_name == user_name
        session.execute(sa.update(StaffMember).where(which).values(region_id=south))
        session.commit()


def _signed_in(stage: Stage, person: RegistryPerson) -> Phone:
    phone = sign_in(stage, person)
    cards.set_password(as_holder(stage, phone), CARD_PASSWORD)
    return phone


def _furnish(cast: Cast, people: dict[str, RegistryPerson], phone: Phone) -> None:
    stage, ids = cast.stage, cast.ids
    mine = person_id(stage, people["holder"])
    assert people["holder"].card is not None
    ids["device_id"] = phone.must("GET", "/devices")["items"][0]["id"]
    ids["document_id"] = phone.upload("passport", specimens.paper("passport", ["Nobody"]))
    ids["upload_id"] = phone.must("POST", "/documents/uploads", {"kind": "passport", "size": 9})[
        "id"
    ]
    ids["certificate_id"] = phone.must("POST", "/rights/certificates")["id"]
    ids |= {"recovery_id": _recovery(stage, ids["device_id"]), "reset_id": _reset(stage, mine)}
    ids |= {"kind": "family_services", "number": "1", **_asked_for(stage, mine)}
    kinds = ("family_services", "face_processing", "face_certification")
    notices = {kind: phone.must("GET", f"/notices/{kind}") for kind in kinds}
    cast.known = {
        "step_up": grant(stage, phone),
        "card": people["holder"].card.number,
        "number": people["holder"].number,
        "read": _read(notices["family_services"]),
        "face": _read(notices["face_processing"]),
        "proof": _read(notices["face_certification"]),
        "key": SigningKey().public_jwk(),
    }
    cast.known["qr"] = phone.must("POST", "/card/qr-codes", {"operation": "identify"})["text"]
    _a_pensioner(cast)
    ids["order_id"] = _order_recorded(stage, ids["link_id"], people["relative"])
    _application_in_review(cast)
    _children_at_cameras(cast)


def _read(notice: dict[str, Any]) -> dict[str, str]:
    return {"notice_id": notice["id"], "text_sha256": notice["text_sha256"]}


def _asked_for(stage: Stage, person: uuid.UUID) -> dict[str, str]:
    """What the holder asked for themselves: ids by the name of their parameter."""
    call, soon = stage.joined.call(), stage.joined.call().now + timedelta(minutes=15)
    row = {name: {"id": uuid.uuid4(), "person_id": person} for name in ASKED_FOR}
    opened = {"opened_at": call.now}
    moving = opened | {"opened_by": person, "state_since": call.now}
    with stage.joined.db.write() as session:
        here = session.get_one(Person, person).region_id
        there = session.scalar(sa.select(Region.id).filter_by(code="south-harbour"))
        photo = session.scalar(sa.select(StoredFile.id).limit(1))
        clerk = session.scalar(sa.select(StaffMember.id).limit(1))
        there_from_here = {"from_region_id": here, "to_region_id": there, "agency_region_id": here}
        transfer = moving | there_from_here | {"state": "accepting", "due_at": soon}
        application = moving | {"state": "entered", "region_id": here, "photo_id": photo}
        capture = opened | {"opened_by": person, "expires_at": soon}
        withdrawal = {"link_ids": [], "given_by": "person", "actor_id": person}
        withdrawal |= {"channel": "counter", "staff_id": clerk}
        about = {"field": "name", "region_id": here, "asked_by": person, "due_at": soon}
        vault, asked = call.dependencies.vault, row["correction_id"]["id"]
        wanted = vault.seal(session, person, WANTED, asked, "My name is another.")
        session.add_all(
            [
                Transfer(**row["transfer_id"], **transfer),
                CardApplication(**row["application_id"], **application),
                CertificationCapture(**row["capture_id"], **capture),
                FaceWithdrawal(**row["withdrawal_id"], **withdrawal, at=call.now),
                Correction(**row["correction_id"], **opened, **about, wanted=wanted),
            ]
        )
        session.commit()
    return {name: str(values["id"]) for name, values in row.items()}


def _recovery(stage: Stage, device_id: str) -> str:
    now, row_id = stage.joined.call().now, uuid.uuid4()
    with stage.joined.db.write() as session:
        device = session.get_one(Device, uuid.UUID(device_id))
        session.add(
            Recovery(
                id=row_id,
                account_id=device.account_id,
                secret_hash="0" * 64,
                channel="app",
                opened_at=now,
                ready_at=now + timedelta(days=1),
                expires_at=now + timedelta(days=3),
            )
        )
        session.commit()
    return str(row_id)


def _reset(stage: Stage, person: uuid.UUID) -> str:
    now, row_id = stage.joined.call().now, uuid.uuid4()
    with stage.joined.db.write() as session:
        session.add(
            CardPasswordReset(
                id=row_id,
                person_id=person,
                channel="app",
                opened_at=now,
                expires_at=now + timedelta(hours=1),
            )
        )
        session.commit()
    return str(row_id)


def _a_pensioner(cast: Cast) -> None:
    """Somebody who asked for a visit, and has a code for the counter as well."""
    walker = invent(cast.stage, "walker", born(80))
    with cast.stage.joined.db.write() as session:
        pension = Benefit("b-walker", "old_age", SINCE, None, 91_250)
        store_benefit(session, cast.stage.joined.dependencies.vault, walker.ref, pension)
        session.commit()
    phone = _signed_in(cast.stage, walker)
    cast.known["certification_code"] = phone.must("POST", "/certification/counter-code")["code"]
    asked = _visit_asked(cast.stage, person_id(cast.stage, walker))
    cast.ids["certification_case_id"] = asked


def _visit_asked(stage: Stage, person: uuid.UUID) -> str:
    call, row_id = stage.joined.call(), uuid.uuid4()
    with stage.joined.db.write() as session:
        asked = session.get_one(Person, person)
        session.add(
            CertificationCase(
                id=row_id,
                person_id=person,
                region_id=asked.region_id,
                kind="visit",
                opened_by=person,
                opened_at=call.now,
                opened_on=TODAY,
                counts_from=TODAY,
                grounds=call.dependencies.vault.seal(session, person, PLACE, row_id, GROUNDS),
                due_at=call.now + timedelta(days=3),
            )
        )
        session.commit()
    return str(row_id)


def _order_recorded(stage: Stage, link_id: str, relative: RegistryPerson) -> str:
    """By another clerk than the one of the matrix."""
    path = f"/staff/links/{link_id}/end-date-orders"
    body = {**ORDER, "number": relative.number}
    return str(stage.desk("clerk-north-2").must("POST", path, body, if_match='"1"')["id"])


def _dispute(cast: Cast, phones: dict[str, Phone]) -> None:
    """A dispute about the link waits since yesterday, and some have a court order at hand."""
    order = specimens.paper("court order", ["Care: both parents"])
    for name in ("holder", "second_guardian", "other_holder"):
        cast.papers[name] = phones[name].upload("court_order", order)
    now = cast.stage.joined.call().now
    with cast.stage.joined.db.write() as session:
        link = session.get_one(Link, uuid.UUID(cast.ids["link_id"]))
        session.add(
            Case(
                id=uuid.uuid4(),
                link_id=link.id,
                region_id=link.region_id,
                kind="dispute",
                reasons=["objected_by_guardian"],
                facts={},
                minor=True,
                state="open",
                opened_at=now - timedelta(days=1),
                due_at=now + timedelta(days=2),
            )
        )
        session.commit()


def _application_in_review(cast: Cast) -> None:
    """A case of the demo's region, of somebody else's link."""
    phone = cast.stage.signed_in("tomas")
    applied = _named(cast.stage, phone, "tomas", "elena")
    papers = [
        phone.upload("id_card_front", specimens.identity_card_front(PERSON, ["Elena"])),
        phone.upload("id_card_back", specimens.identity_card_back(["Valid"])),
    ]
    assert phone.give_evidence(applied, papers).ok
    desk = cast.stage.desk("reviewer-north")
    cast.ids["case_id"] = desk.must("GET", "/staff/cases")["items"][0]["id"]


def _children_at_cameras(cast: Cast) -> None:
    """Two of two families; for one there is a code for the counter as well."""
    for camera, mother, child, face in (
        ("camera", "lucia", "mateo", PERSON),
        ("other_camera", "fang", "xiaoming", ANOTHER),
    ):
        phone = cast.stage.signed_in(mother)
        applied = _with_evidence(cast.stage, phone, mother, child, face)
        opened = phone.open_capture(applied, "own")
        cast.tokens[camera] = opened["token"]
        if camera == "camera":
            cast.ids["session_id"] = opened["id"]
            code = phone.must("POST", f"/links/{applied}/counter-code")["code"]
            cast.known["counter_code"] = code


def _with_evidence(stage: Stage, phone: Phone, holder: str, child: str, face: Image) -> str:
    applied = _named(stage, phone, holder, child)
    papers = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", [child])),
        phone.upload("face_photo", specimens.face_photo(face)),
    ]
    assert phone.give_evidence(applied, papers).ok
    assert phone.consent_as_guardian(applied).ok
    return applied


def _named(stage: Stage, phone: Phone, holder: str, relative: str) -> str:
    kin = next(k for k in stage.demo.relatives if (k.holder_ref, k.ref) == (holder, relative))
    link_id = str(phone.open_application(phone.step_up(CARD_PASSWORD))["id"])
    phone.acknowledge(link_id)
    assert phone.give_family_account(link_id, kin.name, kin.number, kin.relation).ok
    return link_id


def operations(stage: Stage) -> dict[str, tuple[str, str]]:
    """Every operation of the API: its method and path."""
    page = stage.app.test_client().get("/api/openapi.json").json
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in page["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


# --- requests -----------------------------------------------------------------------------------

COUNTER = {"identity_document": "id_card"}
DAY = {"ends_on": "2027-03-01"}
ORDER = {**DAY, "court": "Harbour court", "file_number": "12/2026"}


def bodies(cast: Cast) -> dict[str, dict[str, Any]]:
    """A body for each operation that takes one: valid, whatever it then leads to."""
    return (
        _of_holders(cast.known)
        | _of_links(cast.known, cast.ids)
        | _of_staff(cast.known)
        | _with_codes(cast.known)
    )


def _of_holders(known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "acceptLink": {"accepted": False},
        "drawChallenge": {"device_key": known["key"]},
        "consentAsPerson": {"decision": "declined", **known["face"]},
        "consentAsGuardian": {"decision": "declined", **known["face"]},
        "setCardPassword": {"password": CARD_PASSWORD},
        "changeCardPassword": {"old": CARD_PASSWORD, "new": "482915"},
        "openCardPasswordReset": {"code": "123456", **known["face"]},
        "finishCardPasswordReset": {"new_password": "482915"},
        "drawChallengeForCardPasswordReset": {"device_key": known["key"]},
        "showQrCode": {"operation": "identify"},
        "renewCard": {},
        "bindCard": {},
        "changeCardState": {"state": "lost"},
        "appealCertification": {"grounds": GROUNDS},
        "appealRelativeCertification": {"grounds": GROUNDS},
        "askVisit": {"grounds": GROUNDS},
        "askRelativeVisit": {"grounds": GROUNDS},
        "appeal": {"grounds": GROUNDS},
        "renameDevice": {"name": "Telephone"},
        "beginUpload": {"kind": "passport", "size": 9},
    }


def _of_links(known: dict[str, Any], ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {
        "confirmLink": {"scopes": ["rights"], "step_up_id": known["step_up"]},
        "drawConfirmationDigits": {"scopes": ["rights"], "step_up_id": known["step_up"]},
        "openFaceProof": known["face"],
        "consentToCertification": {"decision": "declined", **known["proof"]},
        "drawChallengeForCertification": {"device_key": known["key"]},
        "applyForCard": {"photo_id": SOME_ID},
        "applyForRelativeCard": {"photo_id": SOME_ID},
        "openTransfer": {"region": "south-harbour"},
        "openRelativeTransfer": {"region": "south-harbour"},
        "askCorrection": {"field": "name", "wanted": "My name is another."},
        "askCorrectionAsGuardian": {"field": "name", "wanted": "Her name is another."},
        "takeOwnData": {"format": "json", "step_up_id": known["step_up"]},
        "takeDataAsGuardian": {"format": "json", "step_up_id": known["step_up"]},
        "withdrawFaceConsent": {},
        "renameLink": {"name": "Another Name"},
        "chooseContactLanguage": {"language": "en"},
        "checkReceipt": {"receipt": "{}"},
        "openInvitation": {"token": "x" * 30},
        "openApplication": {"step_up_id": known["step_up"]},
        "setScopes": {"scopes": ["rights"]},
        "setScopesOnMe": {"scopes": ["rights"]},
        "setEndDateOnMe": DAY,
        "acknowledgeNotice": known["read"],
        "openCaptureSession": {"via": "own"},
        "submitEvidence": {"document_ids": [ids["document_id"]]},
        "giveFamilyAccount": {"name": "A Name", "number": known["number"], "relation": "child"},
        "reportNotMe": {"token": "x" * 30},
        "openRecovery": {"code": "123456", "device_name": "New", "sign_in_id": SOME_ID},
        "completeRecovery": {"device_name": "New", "recovery_token": "x" * 30},
        "approveRecovery": {"step_up_id": known["step_up"]},
        "unlockSession": {"password": CARD_PASSWORD},
        "signIn": {"code": "123456", "device_name": "New", "sign_in_id": SOME_ID},
        "requestSignInCode": {"card_number": known["card"]},
    }


def _of_staff(known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    card = {**COUNTER, "card_number": known["card"]}
    person = {**COUNTER, "number": known["number"]}
    return {
        "collectCard": COUNTER,
        "moveCardApplication": {"to": "in_production"},
        "answerCorrection": {
            "outcome": "refused",
            "reason": "not_proven",
            "explanation": "Nothing shows it.",
        },
        "endLinksOnPerson": person,
        "listLinksOnPerson": person,
        "withdrawFaceConsentAtCounter": person,
        "confirmLinkAtCounter": {**person, "scopes": ["rights"]},
        "setEndDateAtCounter": {**DAY, "number": known["number"], "seen": "id_card"},
        "recordEndDateOrder": {**ORDER, "number": known["number"]},
        "answerEndDateOrder": {"outcome": "confirmed"},
        "decideTransfer": {"accepted": True},
        "issueCardAtCounter": {**COUNTER, "number": known["number"]},
        "openCardPasswordResetAtCounter": card,
        "renewCardAtCounter": card,
        "changeCardStateAtCounter": {**card, "state": "lost"},
        "decideCase": {
            "outcome": "rejected",
            "reason": "document_not_legible",
            "explanation": "Nothing can be read on it.",
        },
        "decideCertificationCase": {"accepted": True, "reason": "seen_in_person"},
        "reinstateBenefit": {"kind": "old_age", "number": known["number"]},
        "actOnLink": {"action": "suspend"},
        "openRecoveryAtCounter": card,
        "signInStaff": {"user_name": "nobody", "password": "nothing"},
        "openStepUp": {"password": CARD_PASSWORD, "purpose": "add_relative"},
        "refreshTokens": {"refresh_token": "x" * 30},
    }


def _with_codes(known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "redeemCertificationCode": {**COUNTER, "code": known["certification_code"]},
        "redeemCounterCode": {
            **COUNTER,
            "code": known["counter_code"],
            "relative_present": True,
        },
        "useQrCode": {"operation": "identify", "text": known["qr"]},
    }


def forms() -> dict[str, dict[str, Any]]:
    """Parts for each operation that takes files."""
    small = b"x"
    capture = {
        "answer": (io.BytesIO(b"{}"), "answer.json"),
        "signature": (io.BytesIO(small), "signature"),
        "frames": [(io.BytesIO(small), f"{number}.jpg") for number in range(3)],
    }
    return {
        "sendCapture": capture,
        "showFaceForCardPasswordReset": capture,
        "showFaceForCertification": capture,
        "sendDigitsVideo": {"video": (io.BytesIO(small), "video.mp4")},
        "sendConfirmationVideo": {"video": (io.BytesIO(small), "video.mp4")},
        "uploadDocument": {"file": (io.BytesIO(small), "page.jpg")},
    }


QUERIES = {
    "checkCertificate": "?code=ABCD-EFGH-JKLM-NPQR",
    "uploadDocument": "?kind=passport",
    "continueUpload": "?offset=0",
    "getLinkActsFile": "?format=csv",
    "getActsOnMeFile": "?format=csv",
    "searchAudit": f"?by=object&subject_id={SOME_ID}",
    "readDemoMailbox": "?address=%2B447700900101",
}


def ask(cast: Cast, operation_id: str, method: str, path: str, actor: str) -> str:
    """The code of the answer to somebody's request; "ok" where there is none."""
    ids = dict(cast.ids)
    if "/certification/" in path:
        ids["case_id"] = ids["certification_case_id"]
    address = re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)
    sent: dict[str, Any] = {}
    if operation_id == "claimCourtOrder":
        sent = {"json": {"document_ids": [cast.papers.get(actor, SOME_ID)]}}
    elif (body := bodies(cast).get(operation_id)) is not None:
        sent = {"json": body}
    elif (form := forms().get(operation_id)) is not None:
        sent = {"data": form, "content_type": "multipart/form-data"}
    elif operation_id == "continueUpload":
        sent = {"data": b"x", "content_type": "application/octet-stream"}
    headers = {"Idempotency-Key": uuid.uuid4().hex, "If-Match": '"1"'}
    if token := cast.tokens[actor]:
        headers["Authorization"] = f"Bearer {token}"
    client = cast.stage.app.test_client()
    answer = client.open(
        address + QUERIES.get(operation_id, ""), method=method, headers=headers, **sent
    )
    problem = answer.json if "problem" in (answer.content_type or "") else None
    return str(problem["code"]) if problem else "ok" if answer.status_code < 400 else "unknown"
