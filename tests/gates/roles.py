"""Who the property tests play: nobody, holders, staff and people in a capture session.

Everybody stands in the middle of something, so that generated requests get past the first door:
the ids, versions and digests that exist are offered along with the generated ones.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from ecard.demo import specimens
from ecard.demo.capture_client import Drawn, Recording, SigningKey, answer_of
from ecard.demo.phone import Capture
from ecard.joined import join
from tests import support
from tests.support import CARD_PASSWORD, Clock, Stage

PERSON = specimens.open_photo(specimens.public_portraits()[0])


@dataclass(frozen=True)
class Role:
    """Somebody who sends requests: a token, and what exists around them."""

    name: str
    token: str
    tags: frozenset[str]
    """The parts of the API that they have business with; they try all the others less."""
    known: dict[str, list[Any]] = field(default_factory=dict)
    """Name of a parameter or field → values that exist."""


@dataclass(frozen=True)
class Cast:
    """The data directory in which everybody stands, and everybody."""

    var: Path
    clock: Clock
    roles: tuple[Role, ...]


HOLDER = (
    frozenset(("account", "session", "unlock", "sign-in", "password-resets", "policy", "notices"))
    | {"card", "qr-codes", "documents", "links", "links_on_me", "all_links_on_me", "link_acts"}
    | {"acts_on_me", "activation", "decisions", "guarded_links", "objections", "my_data"}
    | {"confirmation_videos", "rights", "relative_rights", "certification", "relative_data"}
    | {"relative_certification", "transfers", "relative_transfers", "card_applications"}
    | {"relative_card_applications"}
)
STAFF = (
    frozenset(("staff", "staff-recovery", "staff-cards", "staff_links", "staff_links_on_person"))
    | {
        "desk",
        "auditing",
        "counter_codes",
        "agencies",
        "staff_certification",
        "staff_card_applications",
    }
    | {"staff_end_date_orders"}
    | {"staff_transfers", "staff_corrections", "staff_face_withdrawals", "staff-qr-codes"}
)
CAPTURE = frozenset(("capture_sessions",))
NOBODY = frozenset(("sign-in", "agencies", "not_me", "invitations", "mailbox", "health"))


def gather(folder: Path) -> Cast:
    """Play the demo region forward until everybody is in the middle of something."""
    with support.stage(folder) as stage:
        roles = tuple(_everybody(stage))
    return Cast(folder / "var", stage.clock, roles)


@contextmanager
def fresh_app(cast: Cast, folder: Path) -> Iterator[Flask]:
    """The application on its own copy of the scene, so that no operation spoils another's."""
    shutil.copytree(cast.var, folder, dirs_exist_ok=False)
    folder.chmod(0o700)
    settings = replace(support.Settings(var=folder, **support.QUICK), sign_ins_per_account=1000)
    joined = join(settings, now=cast.clock, verifier=support.verifier)
    try:
        yield support.another_app(joined)
    finally:
        joined.db.close()
        shutil.rmtree(folder)


def _everybody(stage: Stage) -> Iterator[Role]:
    yield Role("nobody", "", NOBODY, {"region": ["north-harbour"], "address": ["+447700900101"]})
    mother, child_session = _mother(stage)
    yield mother
    yield child_session
    yield _adult_session(stage)
    son, case = _waiting(stage, "tomas", "elena")
    yield son
    yield _desk(stage, "reviewer-north", [case])
    yield _desk(stage, "clerk-north", [case])
    yield _desk(stage, "safeguarding", [case])
    yield _desk(stage, "auditor", [case])


def _mother(stage: Stage) -> tuple[Role, Role]:
    """A holder with a draft, a noticed and a waiting application, and the child at the camera."""
    phone = stage.signed_in("lucia")
    draft = phone.open_application(phone.step_up(CARD_PASSWORD))["id"]
    noticed = phone.open_application(phone.step_up(CARD_PASSWORD))["id"]
    phone.acknowledge(noticed)
    waiting = _apply(stage, phone, "lucia", "mateo")
    papers = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", ["Child"])),
        phone.upload("face_photo", specimens.face_photo(PERSON)),
    ]
    assert phone.give_evidence(waiting, papers).ok
    assert phone.consent_as_guardian(waiting).ok
    session = phone.open_capture(waiting, "own")
    spare = phone.upload("birth_certificate", specimens.paper("birth certificate", ["Child"]))
    kin = {one.ref: one for one in stage.demo.relatives}["nora"]
    known = _of_holder(stage, phone, [draft, noticed, waiting]) | {
        "document_id": [spare],
        "document_ids": [[spare]],
        "file": [specimens.paper("birth certificate", ["Child"])],
        "name": [kin.name],
        "number": [kin.number],
        "relation": [kin.relation],
    }
    notices = _notices(phone)
    at_camera = Role("child's session", session["token"], CAPTURE, _at_camera(session, notices))
    return Role("holder who applies", phone.token, HOLDER, known), at_camera


def _of_holder(stage: Stage, phone: Any, link_ids: list[str]) -> dict[str, list[Any]]:
    devices = phone.must("GET", "/devices")["items"]
    announced = {"kind": "passport", "size": 70_000}
    return {
        "link_id": link_ids,
        "step_up_id": [phone.step_up(CARD_PASSWORD)],
        "device_id": [devices[0]["id"]],
        "upload_id": [phone.must("POST", "/documents/uploads", announced)["id"]],
        "If-Match": [f'"{n}"' for n in range(1, 6)],
        "password": [CARD_PASSWORD],
        "old": [CARD_PASSWORD],
        "kind": ["family_services", "face_processing", "face_certification"],
        "ends_on": [None, f"{stage.clock.time.date() + timedelta(days=90)}"],
        **_notices(phone),
    }


def _notices(phone: Any) -> dict[str, list[Any]]:
    read = [
        phone.must("GET", f"/notices/{kind}") for kind in ("family_services", "face_processing")
    ]
    return {
        "notice_id": [notice["id"] for notice in read],
        "text_sha256": [notice["text_sha256"] for notice in read],
    }


def _apply(stage: Stage, phone: Any, holder: str, relative: str) -> str:
    kin = next(k for k in stage.demo.relatives if (k.holder_ref, k.ref) == (holder, relative))
    link_id = str(phone.open_application(phone.step_up(CARD_PASSWORD))["id"])
    phone.acknowledge(link_id)
    assert phone.give_family_account(link_id, kin.name, kin.number, kin.relation).ok
    return link_id


def _waiting(stage: Stage, holder: str, relative: str) -> tuple[Role, str]:
    """A holder whose application waits for a person's decision, and that case."""
    phone = stage.signed_in(holder)
    link_id = _apply(stage, phone, holder, relative)
    papers = [
        phone.upload("id_card_front", specimens.identity_card_front(PERSON, ["Elena"])),
        phone.upload("id_card_back", specimens.identity_card_back(["Valid"])),
    ]
    assert phone.give_evidence(link_id, papers).ok
    case = stage.desk("reviewer-north").must("GET", "/staff/cases")["items"][0]["id"]
    return Role(
        f"{holder} who waits", phone.token, HOLDER, _of_holder(stage, phone, [link_id])
    ), case


def _adult_session(stage: Stage) -> Role:
    """A mother-in-law at the camera of a phone that was handed to her."""
    phone = stage.signed_in("fang")
    role, case_id = _waiting_of(stage, phone)
    desk = stage.desk("reviewer-north")
    case = desk.must("GET", f"/staff/cases/{case_id}")
    body = {"outcome": "approved", "reason": "documents_confirmed", "explanation": "As it says."}
    path = f"/staff/cases/{case_id}/decision"
    desk.must("POST", path, body, if_match=f'"{case["version"]}"')
    notices = _notices(phone)
    session = phone.open_capture(role, "handed_over")
    capture = Capture(stage.phone(), session["id"], session["token"])
    assert capture.accept(["rights"]).ok
    return Role("adult's session", session["token"], CAPTURE, _at_camera(session, notices))


def _at_camera(session: dict[str, Any], notices: dict[str, list[Any]]) -> dict[str, list[Any]]:
    key = SigningKey()
    nothing_drawn = Drawn({"id": session["id"], "nonce": "never drawn"}, drawn_ms=0.0)
    stills = specimens.frames_of(PERSON, count=3)  # the test client leaves larger bodies on disk
    recording = Recording(0.0, stills, [900.0 * number for number in range(3)], [])
    answer = json.dumps(answer_of(nothing_drawn, session["id"], recording, 12_000.0)).encode()
    return {
        "session_id": [session["id"]],
        "frames": [stills],
        "answer": [answer],
        "signature": [key.sign(answer)],
        "device_key": [key.public_jwk()],
        **notices,
    }


def _waiting_of(stage: Stage, phone: Any) -> tuple[str, str]:
    link_id = _apply(stage, phone, "fang", "xiuying")
    papers = [
        phone.upload("id_card_front", specimens.identity_card_front(PERSON, ["Xiuying"])),
        phone.upload("id_card_back", specimens.identity_card_back(["Valid"])),
    ]
    assert phone.give_evidence(link_id, papers).ok
    return link_id, stage.desk("reviewer-north").must("GET", "/staff/cases")["items"][0]["id"]


def _desk(stage: Stage, user_name: str, cases: list[str]) -> Role:
    desk = stage.desk(user_name)
    known = {
        "case_id": cases,
        "subject_id": cases,
        "number": [1, 2, stage.demo.persons["mateo"].number],
        "card_number": [stage.demo.holder("lucia").card_number],
        "If-Match": ['"1"', '"2"', '"3"'],
    }
    return Role(user_name, desk.token, STAFF, known)
