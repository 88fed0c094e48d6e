"""``make demo``: plays a phone, and the desks, against the running server; prints each step."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from biometrics.errors import BiometricsError
from biometrics.evaluation.simulator import Species
from biometrics.types import Zone
from biometrics.verifier import FaceVerifier
from ecard.demo import hostile, papers, specimens, ten_years
from ecard.demo.phone import Answer, Capture, Face, Phone, Refused
from ecard.demo.pictures import Pair, Pictures, choose
from ecard.demo.simulated_camera import OutOfFocus
from ecard.demo.years.world import WentOtherwise

PASSWORD = "730518"  # noqa: S105 - a specimen, set by the demo itself
WRONG = "111119"
REQUEST_SECONDS = 60
MAIL_SECONDS = 15
ADULT_AGE = 40
TAKES_MOST = 3


class CannotPlay(Exception):
    """The demo cannot go on; the message says why and what to do."""


class HttpTransport:
    """A transport over HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()

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
        try:
            got = self.session.request(
                method,
                self.address + path,
                headers=dict(headers),
                json=json,  # type: ignore[arg-type]
                files=files,
                timeout=REQUEST_SECONDS,
            )
        except requests.RequestException as error:
            raise CannotPlay(
                f"No server answers at {self.address}: start it with `make run` first, and give"
                " HOST and PORT as there."
            ) from error
        is_json = got.content and "json" in got.headers.get("Content-Type", "")
        return Answer(got.status_code, got.headers, got.json() if is_json else got.content)


@dataclass
class Play:
    """The running demo: where the server is, what the phones remember, which pictures there are."""

    address: str
    memory: Path
    pictures: Pictures
    people: Mapping[str, Any]

    def say(self, text: str) -> None:
        """Print one step."""
        print(f"   {text}", flush=True)

    def scene(self, text: str) -> None:
        """Print a scene's title."""
        print(f"\n== {text}", flush=True)

    def phone(self) -> Phone:
        """A phone with nothing on it."""
        return Phone(HttpTransport(self.address))

    def desk(self, user_name: str) -> Phone:
        """A desk with a member of staff signed in."""
        desk = self.phone()
        desk.sign_in_as_staff(user_name, self.people["staff"][user_name])
        return desk

    def sign_in(self, ref: str) -> Phone:
        """A phone of a demo holder, signed in, with an e-card password."""
        holder = self.people["holders"][ref]
        phone = self.phone()
        kept = self._remembered()
        phone.device_token = kept.get(ref, {}).get("device", "")
        self._take_back(phone, kept.get(ref, {}))
        seen = len(self._mail(holder["phone"]))
        sign_in_id = self._ask_code(phone, holder["card_number"])
        code = self._code(holder["phone"], seen)
        self.say(f"{holder['name']} asks for a code; it arrives on the phone on file: {code}")
        phone.sign_in(sign_in_id, code, "Demo phone")
        self._remember(
            {**kept, ref: {"device": phone.device_token, "refresh": phone.refresh_token}}
        )
        state = phone.must("GET", "/card")["password"]
        if state == "not_set":
            phone.must("PUT", "/card/password", {"password": PASSWORD})
            self.say("signed in; e-card password set")
        elif state == "locked":
            self._reset_at_counter(phone, holder["card_number"])
        return phone

    def _ask_code(self, phone: Phone, card_number: str) -> str:
        """Have a code sent; waits where the service asks for a short pause between codes."""
        try:
            return phone.ask_code(card_number)
        except Refused as refused:
            pause = int(refused.answer.body.get("retry_after", LONGEST_PAUSE_SECONDS + 1))
            if pause > LONGEST_PAUSE_SECONDS:
                raise
        self.say(f"codes were asked for often: the service asks to wait {pause} seconds")
        time.sleep(pause)
        return phone.ask_code(card_number)

    def _take_back(self, phone: Phone, kept: Mapping[str, str]) -> None:
        """Unlock a session that a demo which was broken off left handed over."""
        if not kept.get("refresh"):
            return
        fresh = phone.send("POST", "/tokens", {"refresh_token": kept["refresh"]}, token="")
        if fresh.ok:
            token = fresh.body["access_token"]
            phone.send("POST", "/session/unlock", {"password": PASSWORD}, token=token)

    def _reset_at_counter(self, phone: Phone, card_number: str) -> None:
        body = {"card_number": card_number, "identity_document": "passport"}
        given = self.desk("clerk-north").must("POST", "/staff/cards/password-resets", body)
        opened = phone.must(
            "POST", "/card/password/resets", {"counter_code": given["counter_code"]}
        )
        path = f"/card/password/resets/{opened['id']}"
        phone.must("POST", path, {"new_password": PASSWORD})
        self.say(
            "the password was locked by an earlier run: a clerk gave a reset code, new one set"
        )

    def _mail(self, address: str) -> list[dict[str, Any]]:
        return list(self.phone().must("GET", f"/demo/mailbox?address={quote(address)}")["items"])

    def _code(self, address: str, seen: int) -> str:
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            mail = self._mail(address)
            if len(mail) != seen or seen >= MAILBOX_FULL:
                found = re.search(r"\b\d{6}\b", mail[0]["text"])
                if found:
                    return found[0]
            time.sleep(0.2)
        raise CannotPlay("No code arrived in the demo mailbox; is the server in the demo profile?")

    def _remembered(self) -> dict[str, dict[str, str]]:
        if not self.memory.exists():
            return {}
        return dict(json.loads(self.memory.read_text(encoding="utf-8")))

    def _remember(self, devices: Mapping[str, Mapping[str, str]]) -> None:
        self.memory.write_text(json.dumps(devices), encoding="utf-8")
        self.memory.chmod(0o600)

    # --- steps shared by the scenes -----------------------------------------------------------

    def begin(self, phone: Phone, relative: Mapping[str, Any]) -> str:
        """Steps 1 to 3, first half; ends what an earlier run left."""
        self._end_earlier(phone, relative["name"])
        link = phone.open_application(phone.step_up(PASSWORD))
        self.say("1 password    right; a grant for 20 minutes")
        phone.acknowledge(link["id"])
        self.say("2 notice      read and acknowledged")
        answer = phone.give_family_account(
            link["id"], relative["name"], relative["number"], relative["relation"]
        )
        if not answer.ok:
            raise Refused("family account", answer)
        number = answer.body["number_masked"]
        self.say(f"3 account     {relative['name']}, {number}, {relative['relation']}: confirmed")
        return str(link["id"])

    def _end_earlier(self, phone: Phone, name: str) -> None:
        for link in phone.must("GET", "/links?limit=50")["items"]:
            if link["name"] != name:
                continue
            if link["state"] in ("active", "suspended"):
                phone.must("POST", f"/links/{link['id']}/end")
            elif link["state"] not in ("ended", "expired", "rejected", "withdrawn"):
                phone.must("POST", f"/links/{link['id']}/withdrawal")

    def show(self, capture: Capture, face: Face, who: str) -> str:
        """Have a challenge drawn, answer it and print what came of it; returns the outcome."""
        drawn = capture.draw()
        moves = ", ".join(move["move"] for move in drawn.challenge["moves"])
        colours = len(drawn.challenge["lights"])
        self.say(f"4 challenge   drawn by the server: {moves}; {colours} colours of light")
        body = capture.send_form(capture.form(drawn, capture.record(drawn, face))).body
        outcome = str(body.get("outcome") or body.get("code"))
        reason = f" ({body['reason']})" if body.get("reason") else ""
        left = f"; mismatches left today: {body['tries_left']}" if outcome == "no_match" else ""
        self.say(f"4 face        {who}: {outcome}{reason}{left}")
        return outcome

    def show_until_usable(self, capture: Capture, face: Face, who: str) -> str:
        """As `show`; a capture that could not be used is taken again, as a person would do."""
        for _ in range(TAKES_MOST):
            outcome = self.show(capture, face, who)
            if outcome != "unusable":
                break
        return outcome

    def state(self, phone: Phone, link_id: str) -> dict[str, Any]:
        """Read the link and print where it stands."""
        link = dict(phone.must("GET", f"/links/{link_id}"))
        acts = "may act" if link["may_act"] else "may not act yet"
        reads = "may read" if link["may_read"] else "may not read"
        self.say(f"  → link {link['state']}; the holder {reads}, {acts}")
        return link

    def review(self, *, minor: bool) -> None:
        """A reviewer decides the newest case; a second person approves the opening of a minor's."""
        desk = self.desk("reviewer-north")
        waiting = desk.must("GET", "/staff/cases?limit=50")["items"]
        if not waiting:
            raise CannotPlay(
                "No case waits for the reviewer: the data directory is older than this demo. "
                "Start the server on a fresh one (ECARD_VAR=…) to play again."
            )
        case_id = max(waiting, key=_opened)["id"]
        if minor:
            desk.must("POST", f"/staff/cases/{case_id}/opening")
            second = self.desk("reviewer-north-2")
            second.must("POST", f"/staff/cases/{case_id}/opening/approval")
            self.say("  review      a second person approved, on record, that a minor's case opens")
        case = desk.must("GET", f"/staff/cases/{case_id}")
        reason = APPROVED_AS[case["kind"]]
        body = {"outcome": "approved", "reason": reason, "explanation": "Seen and compared."}
        path = f"/staff/cases/{case_id}/decision"
        desk.must("POST", path, body, if_match=f'"{case["version"]}"')
        self.say(f"  review      the reviewer decided: approved ({reason})")


APPROVED_AS = {
    "evidence": "documents_confirmed",
    "face": "face_confirmed",
    "digits_video": "digits_confirmed",
}
"""Kind of case → what an approval says of what was looked at."""
MAILBOX_FULL = 50
LIMITS = (
    "too_many_applications",
    "cap_reached",
    "too_many_numbers",
    "number_tried_too_often",
    "evidence_tries_spent",
)
LONGEST_PAUSE_SECONDS = 60


def play() -> None:
    """Play all the scenes, or compare the user's own two pictures; raises CannotPlay."""
    own = os.environ.get("PORTRAIT"), os.environ.get("LIVE")
    if any(own):
        compare_own(*own)
        return
    var = Path(os.environ.get("ECARD_VAR") or "var")
    address = f"http://{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
    folder = os.environ.get("ECARD_DATA")
    try:
        pictures = choose(Path(folder) if folder else None)
    except OSError as error:
        raise CannotPlay(
            f"{folder} is no folder of test pictures as CONTRIBUTING.md describes it ({error})"
        ) from error
    running = Play(address, var / "demo-phones.json", pictures, _people(var))
    HttpTransport(address).send("GET", "/healthz", headers={}, json=None, files=None)
    print(pictures.note)
    try:
        a_mother_adds_her_child(running)
        a_son_adds_his_mother(running)
        a_hostile_file_is_refused(running)
        a_still_picture_is_refused(running)
        a_wrong_password_locks(running)
    except Refused as refused:
        raise CannotPlay(_explained(refused)) from None
    except KeyboardInterrupt:
        raise CannotPlay("Stopped. The next run goes on from here.") from None
    play_years()
    print("\nDone. Every address, and what it refuses: " + address + "/api/docs")
    print("Next: your own two pictures (PORTRAIT=a.jpg LIVE=b.jpg make demo), or make test")


def play_years() -> None:
    """Play ten years of a family, which needs no server; raises CannotPlay."""
    try:
        ten_years.play()
    except WentOtherwise as otherwise:
        raise CannotPlay(f"The ten years came out otherwise than they must. {otherwise}") from None
    except KeyboardInterrupt:
        raise CannotPlay("Stopped. What the ten years kept is removed.") from None


def _explained(refused: Refused) -> str:
    code = refused.answer.code
    if code in LIMITS:
        return (
            f"The demo people used up a limit ({code}); limits hold in the demo too. "
            "Start server and demo on a fresh data directory (the same ECARD_VAR=… for both) to"
            " play again."
        )
    if code == "new_device_needs_recovery":
        return (
            "This demo person has a phone already, and the demo does not have it: it remembers its"
            " phones in the data directory. Give the demo the ECARD_VAR that the server has."
        )
    if code == "too_many_requests":
        return (
            "Too many requests from this machine in 5 minutes; limits hold in the demo too. Wait."
        )
    return f"The demo stopped: {refused.answer.body.get('detail', refused)} ({code})"


def _people(var: Path) -> dict[str, Any]:
    """Who is in the demo region, as `make run` wrote it down."""
    try:
        return dict(json.loads((var / "demo-people.json").read_text(encoding="utf-8")))
    except OSError as error:
        raise CannotPlay(
            f"{var}/demo-people.json is missing: start the server with `make run` first, or give"
            " ECARD_VAR= and PORT= as the server has them (it printed the line to copy)."
        ) from error


def a_mother_adds_her_child(play: Play) -> None:
    """Birth certificate, face photo, a reviewer's decision, guardian's consent, live capture."""
    child = play.people["relatives"]["sofia/diego"]
    play.scene(f"{child['holder_name']} adds her child of {child['age']}")
    phone = play.sign_in("sofia")
    for pair in play.pictures.children:
        link_id = play.begin(phone, child)
        _child_evidence(play, phone, link_id, child, pair)
        opened = phone.open_capture(link_id, "own")
        capture = Capture(play.phone(), opened["id"], opened["token"])
        if play.show_until_usable(capture, pair.camera, "the child, live") == "match":
            _active(play, phone, link_id, minor=True)
            return
        play.say("  these two pictures were not matched: another child's pictures, a new try")
    raise CannotPlay("None of the pairs of children's pictures matched.")


def _child_evidence(
    play: Play, phone: Phone, link_id: str, child: Mapping[str, Any], pair: Pair
) -> None:
    lines = [f"Child: {child['name']}", f"Mother: {child['holder_name']}"]
    documents = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", lines)),
        phone.upload("face_photo", specimens.face_photo(pair.photo)),
    ]
    _must_ok("evidence", phone.give_evidence(link_id, documents))
    play.say("3 documents   birth certificate (drawn) and face photo: taken")
    if phone.must("GET", f"/links/{link_id}")["state"] == "in_review":
        play.say("  no registry and no machine vouches for the parenthood, so a person looks at it")
        play.review(minor=True)
    _must_ok("consent", phone.consent_as_guardian(link_id))
    play.say("3 consent     the guardian allows the face comparison")


def a_son_adds_his_mother(play: Play) -> None:
    """Papers that are read; she accepts on the handed-over phone; blurred, impostor, herself."""
    mother = play.people["relatives"]["tomas/elena"]
    play.scene(f"{mother['holder_name']} adds his mother of {mother['age']}")
    phone = play.sign_in("tomas")
    for pair in play.pictures.adults:
        link_id = play.begin(phone, mother)
        _adult_evidence(play, phone, link_id, mother, pair)
        capture = _handed_over(play, phone, link_id)
        _must_ok("acceptance", capture.accept(["rights", "certification", "card_status"]))
        _must_ok("consent", capture.consent())
        play.say("  acceptance  she read who asks for what, accepted, and allowed the comparison")
        play.show(capture, OutOfFocus(pair.camera), "out of focus")
        play.show_until_usable(capture, play.pictures.impostor, "an impostor")
        phone.must("POST", "/session/unlock", {"password": PASSWORD})
        capture = _handed_over(play, phone, link_id)
        matched = play.show_until_usable(capture, pair.camera, "the mother, live") == "match"
        phone.must("POST", "/session/unlock", {"password": PASSWORD})
        if matched:
            _after_her_match(play, phone, link_id)
            return
        play.say("  these two pictures were not matched: another person's pictures, a new try")
    raise CannotPlay("None of the pairs of adults' pictures matched.")


def _active(play: Play, phone: Phone, link_id: str, *, minor: bool) -> dict[str, Any]:
    """The link after a match: active, or after a reviewer where the match alone does not decide."""
    link = play.state(phone, link_id)
    if link["state"] == "in_review":
        play.review(minor=minor)
        link = play.state(phone, link_id)
    return link


def _after_her_match(play: Play, phone: Phone, link_id: str) -> None:
    link = _active(play, phone, link_id, minor=False)
    until = datetime.fromisoformat(link["acts_from"]).astimezone()
    play.say(f"  reading only until {until:%d %B %Y, %H:%M %Z} (accepted on the holder's phone)")


def _adult_evidence(
    play: Play, phone: Phone, link_id: str, mother: Mapping[str, Any], pair: Pair
) -> None:
    """A passport of the wrong person, refused with what differs; then her own and her card."""
    if pair is play.pictures.adults[0]:
        wrong = phone.upload("passport", papers.passport(mother, pair.photo, given="Ingrid"))
        refused = phone.give_evidence(link_id, [wrong])
        if refused.code == "evidence_refused":
            named = papers.explained(refused.body["fields"])
            play.say(f"3 documents   somebody else's passport: {refused.code} ({named})")
        phone.must("DELETE", f"/documents/{wrong}")
    own = {
        "passport": papers.passport(mother, pair.photo),
        "id_card_back": papers.card_back(mother),
        "id_card_front": papers.card_front(mother, pair.photo),
    }
    documents = {kind: phone.upload(kind, picture) for kind, picture in own.items()}
    for kind, what in (("passport", "passport"), ("id_card_back", "identity card's back")):
        told = phone.must("POST", f"/documents/{documents[kind]}/reading")
        names = ", ".join(told["read_fields"])
        play.say(f"3 documents   her {what} (drawn) is {told['status']}: {told['format']}; {names}")
    play.say("3 documents   her identity card's front, with her portrait, is for a person")
    _must_ok("evidence", phone.give_evidence(link_id, list(documents.values())))
    play.say("3 documents   portrait found; her number is printed on neither and the registry"
             " holds no portrait, so a person looks at it")  # fmt: skip
    play.review(minor=False)


def _handed_over(play: Play, phone: Phone, link_id: str) -> Capture:
    opened = phone.open_capture(link_id, "handed_over")
    locked = phone.send("GET", "/links")
    play.say(
        f"  handed over the phone is hers for 15 minutes; the son's own session: {locked.code}"
    )
    return Capture(play.phone(), opened["id"], opened["token"])


def a_hostile_file_is_refused(play: Play) -> None:
    """Files under a photo's name that are none; nothing of them is kept."""
    holder = play.people["holders"]["lucia"]
    play.scene(f"Hostile files ({holder['name']})")
    phone = play.sign_in("lucia")
    sent = {
        "a web page with a program, named scan.jpg": hostile.page_as_photo(),
        "a small picture that says it has 3.6 billion pixels": hostile.bomb(),
        "a PDF that starts a program": hostile.program_in_pdf(),
    }
    for what, content in sent.items():
        files = [("file", ("scan.jpg", content, "image/jpeg"))]
        answer = phone.send("POST", "/documents?kind=birth_certificate", files=files)
        code = answer.body.get("params", {}).get("reason", answer.code)
        play.say(f"{what}: {answer.status} {code}")
    kept = len(phone.must("GET", "/documents")["items"])
    play.say(f"documents kept of them: {kept}")


def a_still_picture_is_refused(play: Play) -> None:
    """A photo on another phone's screen, moved so as to answer what is asked for."""
    child = play.people["relatives"]["fang/xiaoming"]
    play.scene(f"{child['holder_name']} holds a photo of her child of {child['age']} up")
    phone, pair = play.sign_in("fang"), play.pictures.children[0]
    link_id = play.begin(phone, child)
    _child_evidence(play, phone, link_id, child, pair)
    opened = phone.open_capture(link_id, "own")
    capture = Capture(play.phone(), opened["id"], opened["token"])
    screen = replace(pair.camera, before=Species.SCREEN_STILL)
    outcome = play.show_until_usable(capture, screen, "a photo on a screen")
    if outcome == "match":
        play.say("  the face is the child's; life was not shown, so this goes to a person too")
    if play.state(phone, link_id)["may_read"]:
        raise CannotPlay("A photo on a screen opened a link. Please report this.")
    play.say("  it opens nothing; a person looks at it, since a machine never refuses finally")
    phone.must("POST", f"/links/{link_id}/withdrawal")


def a_wrong_password_locks(play: Play) -> None:
    """Six wrong tries lock; then the right one is refused too."""
    play.scene(f"A wrong password locks ({play.people['holders']['victor']['name']})")
    phone = play.sign_in("victor")
    for number in range(1, 7):
        answer = phone.send("POST", "/step-ups", {"purpose": "add_relative", "password": WRONG})
        left = answer.body.get("params", {}).get("tries_left", 0)
        play.say(f"try {number}: {answer.code}, tries left: {left}")
    answer = phone.send("POST", "/step-ups", {"purpose": "add_relative", "password": PASSWORD})
    play.say(f"the right password now: {answer.code} (a counter, or a code and the own face, help)")


def _opened(case: Mapping[str, Any]) -> str:
    return str(case["opened_at"])


def _must_ok(what: str, answer: Answer) -> None:
    if not answer.ok:
        raise Refused(what, answer)


def compare_own(portrait: str | None, live: str | None) -> None:
    """Compare the user's own two pictures, on this machine only, and print the outcome."""
    if not portrait or not live:
        raise CannotPlay("Name both pictures: PORTRAIT=a.jpg LIVE=b.jpg make demo")
    verifier = FaceVerifier.load()
    try:
        photo = specimens.jpeg(specimens.open_photo(Path(portrait)))
        frames = specimens.frames_of(specimens.open_photo(Path(live)))
        found = verifier.find_portrait(photo)
        result = verifier.verify(frames, found.jpeg if found else photo, age=ADULT_AGE)
    except (OSError, BiometricsError) as error:
        raise CannotPlay(
            f"These two cannot be compared (JPEG and PNG are taken here): {error}"
        ) from error
    reason = f" ({result.reason.value})" if result.reason else ""
    print(f"{result.outcome.value}{reason}{ZONES[result.zone] if result.zone else ''}")


ZONES = {
    Zone.ACCEPT: ", near enough to be accepted without a person",
    Zone.REVIEW: ", but not so near that nobody has to look: a person would decide",
    Zone.REJECT: ": too far apart",
}
"""What the distance means for an adult (docs/faces.md)."""
