"""A phone, as the backend sees it: what an app sends and what it gets back.

The transport is passed in, so that the demo plays it over HTTP and the tests against the
application itself. Nothing here knows the backend's code: a phone has only the API.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ecard.demo.capture_client import (
    Clock,
    Drawn,
    Part,
    Recording,
    SigningKey,
    SteadyClock,
    form_of,
    record,
    times_for,
)

API = "/api/v1"
ASKED_MOST = 4
"""So often in all a busy service is sent the same upload."""
Face = Sequence[bytes] | Callable[[Mapping[str, Any]], Sequence[bytes]]
"""What the camera sees: frames at hand, or frames that answer a challenge."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, decoded JSON (or bytes)."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The stable code of a refusal, or an empty string."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    @property
    def ok(self) -> bool:
        """Whether the request was done."""
        return 200 <= self.status < 300


class Refused(Exception):
    """A request that had to succeed did not."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer.status} {answer.code} {answer.body}")
        self.answer = answer


class Transport(Protocol):
    """How a request travels."""

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        json: object | None,
        files: Sequence[tuple[str, tuple[str, bytes, str]]] | None,
    ) -> Answer:
        """One request and its answer."""


@dataclass
class Phone:
    """One phone (or one desk): a transport, a language, and the token it holds."""

    transport: Transport
    language: str = "en"
    token: str = ""
    refresh_token: str = ""
    device_token: str = ""
    clock: Clock = field(default_factory=SteadyClock)

    def send(
        self,
        method: str,
        path: str,
        json: object | None = None,
        *,
        files: Sequence[tuple[str, tuple[str, bytes, str]]] | None = None,
        key: str | None = None,
        if_match: str | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send one request; a POST carries an Idempotency-Key of its own."""
        headers = {"Accept-Language": self.language}
        bearer = self.token if token is None else token
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if method == "POST":
            headers["Idempotency-Key"] = key or secrets.token_urlsafe(24)
        if if_match:
            headers["If-Match"] = if_match
        return self.transport.send(method, API + path, headers=headers, json=json, files=files)

    def must(self, method: str, path: str, json: object | None = None, **more: Any) -> Any:
        """Send a request that has to succeed; returns its body, raises Refused."""
        answer = self.send(method, path, json, **more)
        if not answer.ok:
            raise Refused(f"{method} {path}", answer)
        return answer.body

    # --- signing in -------------------------------------------------------------------------

    def ask_code(self, card_number: str) -> str:
        """Have a code sent to the phone on file; returns the sign-in's id."""
        return str(self.must("POST", "/sign-in/codes", {"card_number": card_number})["sign_in_id"])

    def sign_in(self, sign_in_id: str, code: str, name: str = "Demo phone") -> dict[str, Any]:
        """Sign in with the code that arrived."""
        body: dict[str, Any] = {"sign_in_id": sign_in_id, "code": code, "device_name": name}
        if self.device_token:
            body["device_token"] = self.device_token
        tokens: dict[str, Any] = self.must("POST", "/sign-in", body)
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.device_token = tokens.get("device_token") or self.device_token
        return tokens

    def sign_in_as_staff(self, user_name: str, password: str) -> None:
        """Sign in a member of staff."""
        body = {"user_name": user_name, "password": password}
        self.token = self.must("POST", "/staff/sign-in", body)["access_token"]

    def open_reset(self, code: str, decision: str = "given") -> Answer:
        """Begin a new e-card password with the code that arrived: read what is said about the own
        face, and decide."""
        notice = self.must("GET", "/card/password/resets/notice")
        body = {
            "code": code,
            "decision": decision,
            "notice_id": notice["id"],
            "text_sha256": notice["text_sha256"],
        }
        return self.send("POST", "/card/password/resets", body)

    # --- the four steps ---------------------------------------------------------------------

    def step_up(self, password: str, purpose: str = "add_relative") -> str:
        """Step 1: prove the e-card password; returns the grant's id."""
        body = {"purpose": purpose, "password": password}
        return str(self.must("POST", "/step-ups", body)["id"])

    def open_application(self, step_up_id: str) -> dict[str, Any]:
        """Open an application."""
        return dict(self.must("POST", "/links", {"step_up_id": step_up_id}))

    def acknowledge(self, link_id: str, kind: str = "family_services") -> dict[str, Any]:
        """Step 2: read the notice and say so."""
        notice = self.must("GET", f"/links/{link_id}/notices/{kind}")
        body = {"notice_id": notice["id"], "text_sha256": notice["text_sha256"]}
        return dict(self.must("POST", f"/links/{link_id}/acknowledgement", body))

    def give_family_account(
        self, link_id: str, name: str, number: str, relation: str, **more: Any
    ) -> Answer:
        """Step 3, first half: who the relative is."""
        body = {"name": name, "number": number, "relation": relation, **more}
        version = self.must("GET", f"/links/{link_id}")["version"]
        path = f"/links/{link_id}/family-account"
        return self.send("PUT", path, body, if_match=f'"{version}"')

    def upload(self, kind: str, content: bytes, media_type: str = "image/jpeg") -> str:
        """Step 3, second half: one document; returns its id. A busy service is asked again."""
        files, path = [("file", ("upload", content, media_type))], f"/documents?kind={kind}"
        answer, asked = self.send("POST", path, files=files), 1
        while answer.code == "busy" and asked < ASKED_MOST:
            self.clock.wait(float(answer.body["retry_after"]))
            answer, asked = self.send("POST", path, files=files), asked + 1
        if not answer.ok:
            raise Refused(f"POST {path}", answer)
        return str(answer.body["id"])

    def give_evidence(self, link_id: str, document_ids: list[str]) -> Answer:
        """Tie the documents to the application."""
        return self.send("POST", f"/links/{link_id}/evidence", {"document_ids": document_ids})

    def consent_as_guardian(self, link_id: str, decision: str = "given") -> Answer:
        """The guardian decides about face processing."""
        notice = self.must("GET", f"/links/{link_id}/notices/face_processing")
        body = {
            "decision": decision,
            "notice_id": notice["id"],
            "text_sha256": notice["text_sha256"],
        }
        return self.send("POST", f"/links/{link_id}/face-consent", body)

    def open_capture(self, link_id: str, via: str) -> dict[str, Any]:
        """Step 4: open a capture session; returns it with its token."""
        return dict(self.must("POST", f"/links/{link_id}/capture-sessions", {"via": via}))


@dataclass
class Capture:
    """A capture session on some phone (or a password reset), and the key with which it signs."""

    phone: Phone
    session_id: str
    token: str
    key: SigningKey = field(default_factory=SigningKey)
    place: str = "/capture-sessions"
    takes: str = "/captures"
    """Below its place and id: where captures are sent."""

    @classmethod
    def for_password_reset(cls, phone: Phone, reset_id: str) -> Capture:
        """The holder's own face, for a new e-card password."""
        return cls(phone, reset_id, phone.token, place="/card/password/resets", takes="/face")

    @classmethod
    def for_certification(cls, phone: Phone, capture_id: str) -> Capture:
        """The live face as a proof of life, on the phone of whoever opened the session."""
        place = "/certification-captures"
        return cls(phone, capture_id, phone.token, place=place, takes="/face")

    def send(self, method: str, rest: str = "", json: object | None = None, **more: Any) -> Answer:
        """One request within the session."""
        path = f"{self.place}/{self.session_id}{rest}"
        return self.phone.send(method, path, json, token=self.token, **more)

    def accept(self, scopes: list[str], accepted: bool = True, **more: Any) -> Answer:
        """The adult relative accepts, or does not."""
        return self.send("POST", "/acceptance", {"accepted": accepted, "scopes": scopes, **more})

    def consent(self, decision: str = "given", **more: Any) -> Answer:
        """The relative decides about face processing."""
        notice = self.send("GET", "/notice").body
        body = {
            "decision": decision,
            "notice_id": notice["id"],
            "text_sha256": notice["text_sha256"],
            **more,
        }
        return self.send("POST", "/consent", body)

    def ask(self, profile: str = "standard", **more: Any) -> Answer:
        """Have a challenge drawn."""
        body = {"profile": profile, "device_key": self.key.public_jwk()}
        return self.send("POST", "/challenges", body, **more)

    def draw(self, profile: str = "standard") -> Drawn:
        """A challenge, just drawn; raises Refused."""
        asked = self.ask(profile)
        if not asked.ok:
            raise Refused("challenge", asked)
        return Drawn(asked.body, self.phone.clock.now_ms())

    def show_face(self, face: Face, profile: str = "standard") -> Answer:
        """Have a challenge drawn and answer it; frames that are at hand are sent whatever it asks
        for. What refuses the challenge is the answer where no capture could be sent."""
        try:
            drawn = self.draw(profile)
        except Refused as refused:
            return refused.answer
        return self.send_form(self.form(drawn, self.record(drawn, face)))

    def record(self, drawn: Drawn, face: Face) -> Recording:
        """The recording of one answer."""
        frames = face(drawn.challenge) if callable(face) else face
        times, each = times_for(drawn.challenge, len(frames)), iter(frames)
        return record(drawn, lambda: next(each), lambda _: None, self.phone.clock, times)

    def form(self, drawn: Drawn, recording: Recording) -> list[Part]:
        """The signed form of one answer."""
        return form_of(drawn, self.session_id, recording, self.key, self.phone.clock)

    def send_form(self, form: Sequence[Part], **more: Any) -> Answer:
        """Send a capture."""
        return self.send("POST", self.takes, files=form, **more)
