"""A client made by a generator from the page that a running server shows plays the demo's flow.

Nobody wrote a line of that client: what it cannot do, the page does not say well enough.
"""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ecard.demo import specimens
from ecard.demo.capture_client import Drawn, SigningKey, SteadyClock, answer_of, record
from ecard.demo.simulated_camera import camera_before
from tests.operations.test_run import Running, running

pytestmark = pytest.mark.gate

PACKAGE = "ecard_client"
PASSWORD = "730518"
TAKES_MOST = 3
PERSON = specimens.open_photo(specimens.public_portraits()[0])
MAIL_SECONDS = 20


@dataclass(frozen=True)
class Service:
    """A running server, the people of its demo region, and the client made from its page."""

    server: Running
    people: dict[str, Any]
    client: Any

    def app(self, language: str = "en") -> "App":
        address = f"http://127.0.0.1:{self.server.port}"
        api = self.client.ApiClient(self.client.Configuration(host=address))
        api.set_default_header("Accept-Language", language)
        return App(self.client, api)


@dataclass(frozen=True)
class App:
    """One phone or desk that is built on the generated client."""

    client: Any
    api: Any

    def room(self, name: str) -> Any:
        """The generated class of a part of the API (``Links`` → ``LinksApi``)."""
        return getattr(self.client, f"{name}Api")(self.api)

    def make(self, name: str, /, **fields: Any) -> Any:
        return getattr(self.client, name)(**fields)

    def hold(self, token: str) -> None:
        self.api.configuration.access_token = token


def key() -> str:
    return secrets.token_urlsafe(24)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    var = tmp_path_factory.mktemp("served")
    with running(var / "var", var / "errors.log") as server:
        made = tmp_path_factory.mktemp("made")
        page = made / "openapi.json"
        page.write_bytes(server.get("/api/openapi.json")[1])
        generate(page, made)
        sys.path.insert(0, str(made))
        try:
            people = json.loads((var / "var" / "demo-people.json").read_text(encoding="utf-8"))
            yield Service(server, people, import_module(PACKAGE))
        finally:
            sys.path.remove(str(made))


def generate(page: Path, folder: Path) -> None:
    tool = Path(sys.executable).with_name("openapi-generator-cli")
    options = ["-g", "python", "-i", page, "-o", folder, "--package-name", PACKAGE]
    ran = subprocess.run(
        [tool, "generate", *options], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def code_sent_to(app: App, address: str) -> str:
    """The digits of the newest code in the demo mailbox; it takes the outbox a moment."""
    until = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < until:
        for mail in app.room("Mailbox").read_demo_mailbox(address).items:
            digits = [word.strip(".,:") for word in mail.text.split()]
            found = [word for word in digits if len(word) == 6 and word.isdigit()]
            if found:
                return found[0]
        time.sleep(0.2)
    pytest.fail("no code arrived")


def sign_in(service: Service, ref: str) -> App:
    app = service.app()
    holder = service.people["holders"][ref]
    door = app.room("SignIn")
    asked = app.make("CodeRequest", card_number=holder["card_number"])
    opened = door.request_sign_in_code(key(), asked)
    code = code_sent_to(app, holder["phone"])
    body = app.make("SignIn", sign_in_id=opened.sign_in_id, code=code, device_name="Generated")
    app.hold(door.sign_in(key(), body).access_token)
    app.room("Card").set_card_password(app.make("Password", password=PASSWORD))
    return app


def sign_in_staff(service: Service, user_name: str) -> App:
    desk = service.app()
    body = desk.make(
        "StaffSignIn", user_name=user_name, password=service.people["staff"][user_name]
    )
    desk.hold(desk.room("Agencies").sign_in_staff(key(), body).access_token)
    return desk


def apply(service: Service, app: App, holder: str, relative: str) -> Any:
    """Step-up, application, notice, family account."""
    step_up = app.make("StepUp", purpose="add_relative", password=PASSWORD)
    grant = app.room("Card").open_step_up(key(), step_up)
    links = app.room("Links")
    link = links.open_application(key(), app.make("OpenApplication", step_up_id=grant.id))
    notice = app.room("Notices").get_notice("family_services")
    read = app.make("Acknowledgement", notice_id=notice.id, text_sha256=notice.text_sha256)
    links.acknowledge_notice(key(), link.id, read)
    kin = service.people["relatives"][f"{holder}/{relative}"]
    account = app.make(
        "FamilyAccount", name=kin["name"], number=kin["number"], relation=kin["relation"]
    )
    before = links.read_link_with_http_info(link.id)
    return links.give_family_account(before.headers["ETag"], link.id, account)


def give_evidence(app: App, link: Any) -> Any:
    documents = app.room("Documents")
    papers = {
        "birth_certificate": specimens.paper("birth certificate", ["Child: Diego"]),
        "face_photo": specimens.face_photo(PERSON),
    }
    uploaded = [
        documents.upload_document(kind, key(), (f"{kind}.jpg", content))
        for kind, content in papers.items()
    ]
    assert [one.kind for one in uploaded] == list(papers)
    submission = app.make("Submission", document_ids=[one.id for one in uploaded])
    return documents.submit_evidence(key(), link.id, submission)


def show_face(service: Service, app: App, link: Any) -> Any:
    notice = app.room("Notices").get_notice("face_processing")
    consent = app.make(
        "FaceConsent", decision="given", notice_id=notice.id, text_sha256=notice.text_sha256
    )
    activation = app.room("Activation")
    activation.consent_as_guardian(key(), link.id, consent)
    via = app.make("OpenCaptureSession", via="own")
    opened = activation.open_capture_session(key(), link.id, via)
    camera = service.app()
    camera.hold(opened.token)
    key_of_device = SigningKey()
    for _ in range(TAKES_MOST):  # a capture that could not be used is taken again
        shown = answer_challenge(camera, str(opened.id), key_of_device)
        if shown.outcome != "unusable":
            break
    return shown


def answer_challenge(camera: App, session_id: str, signing: SigningKey) -> Any:
    """Draw a challenge and answer it as the reference client does."""
    session, clock, screen = camera.room("CaptureSessions"), SteadyClock(), []
    device_key = camera.make("Jwk", **signing.public_jwk())
    asked = camera.make("DrawChallenge", device_key=device_key)
    challenge = session.draw_challenge(key(), session_id, asked).to_dict()
    drawn = Drawn(challenge | {"id": str(challenge["id"])}, clock.now_ms())
    before = camera_before(PERSON)
    assert before is not None
    frames = iter(before(challenge))
    times = challenge["frame_times_ms"]
    recording = record(drawn, lambda: next(frames), screen.append, clock, times)
    assert screen[:-1] == [one["light"] for one in challenge["lights"]]
    answer = json.dumps(answer_of(drawn, session_id, recording, clock.now_ms())).encode()
    return session.send_capture(
        key(),
        session_id,
        frames=[(f"{n}.jpg", frame) for n, frame in enumerate(recording.frames)],
        answer=("answer.json", answer),
        signature=("signature.txt", signing.sign(answer)),
    )


def decide(service: Service, link: Any) -> None:
    """Two reviewers of the region: one asks and decides, the other lets the case be opened."""
    desk = sign_in_staff(service, "reviewer-north")
    room = desk.room("Desk")
    case_id = room.list_cases().items[0].id
    room.ask_opening(key(), case_id)
    sign_in_staff(service, "reviewer-north-2").room("Desk").approve_opening(key(), case_id)
    case = room.read_case_with_http_info(case_id)
    assert case.data.link_id == link.id
    picture = room.read_case_file(case_id, case.data.files[0].number)
    assert bytes(picture).startswith(b"\xff\xd8")
    decision = desk.make(
        "Decide", outcome="approved", reason="documents_confirmed", explanation="Seen and compared."
    )
    room.decide_case(case.headers["ETag"], key(), case_id, decision)


def test_a_generated_client_adds_a_child_from_sign_in_to_active(service: Service) -> None:
    app = sign_in(service, "sofia")
    link = apply(service, app, "sofia", "diego")
    assert link.next == "add_evidence"
    assert give_evidence(app, link).state == "in_review"  # the registry knows no parenthood
    decide(service, link)
    shown = show_face(service, app, link)
    assert shown.outcome == "match"
    links = app.room("Links").list_links()
    assert [(one.id, one.state) for one in links.items] == [(link.id, "active")]
    assert links.next_cursor is None


def test_a_generated_client_can_read_a_refusal(service: Service) -> None:
    app = service.app(language="es")
    with pytest.raises(service.client.exceptions.UnauthorizedException) as refused:
        app.room("Card").get_card()
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"
    problem = refused.value.data
    assert (problem.code, problem.next) == ("not_signed_in", "sign_in")
    assert problem.detail
