"""Steps that several scenes take: an application, an opening by two, a clerk, the camera."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ecard.demo import specimens
from ecard.demo.phone import Answer, Capture, Phone, Refused
from ecard.demo.simulated_camera import SimulatedCamera
from ecard.demo.years.world import PASSWORD, WentOtherwise, World

CLERK, REVIEWER, SECOND = "clerk-north", "reviewer-north", "reviewer-north-2"
TAKES_MOST = 3
DOCUMENT = {"identity_document": "id_card"}


def ok(what: str, answer: Answer) -> Any:
    """The body of an answer that had to be good; raises Refused."""
    if not answer.ok:
        raise Refused(what, answer)
    return answer.body


def apply(world: World, holder: str, relative: str, relation: str) -> str:
    """Password, notice, family account: the link's id."""
    phone, person = world.phone(holder), world.people.persons[relative]
    link_id = str(phone.open_application(phone.step_up(PASSWORD))["id"])
    phone.acknowledge(link_id)
    ok(
        "family account",
        phone.give_family_account(link_id, person.name, person.number, relation),
    )
    return link_id


def give_childs_papers(
    world: World, holder: str, child: str, link_id: str, photo: Image.Image
) -> None:
    """A birth certificate (drawn) and a face photo; the registry knows the parenthood."""
    phone = world.phone(holder)
    names = [f"Child: {world.people.persons[child].name}", f"Parent: {world.name(holder)}"]
    papers = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", names)),
        phone.upload("face_photo", specimens.face_photo(photo)),
    ]
    ok("evidence", phone.give_evidence(link_id, papers))


def at_the_counter(world: World, holder: str, link_id: str) -> str:
    """The last step without a face: a code, and a clerk who sees the relative; the link's state."""
    code = world.phone(holder).must("POST", f"/links/{link_id}/counter-code")["code"]
    body = {"code": code, "relative_present": True, "accepted": True, **DOCUMENT}
    return str(world.desk(CLERK).must("POST", "/staff/counter-codes/redeem", body)["state"])


def open_case(world: World, who: str, second: str | None = None) -> dict[str, Any]:
    """Staff open the one case that waits; a minor's by two."""
    desk = world.desk(who)
    (waiting,) = desk.must("GET", "/staff/cases")["items"]
    path = f"/staff/cases/{waiting['id']}"
    if second is not None:
        desk.must("POST", f"{path}/opening")
        world.desk(second).must("POST", f"{path}/opening/approval")
    return dict(desk.must("GET", path))


def approve(world: World, who: str, case: dict[str, Any], reason: str, words: str) -> Answer:
    """What the decision on an open case is answered with."""
    body = {"outcome": "approved", "reason": reason, "explanation": words}
    path, seen = f"/staff/cases/{case['id']}/decision", case["version"]
    return world.desk(who).send("POST", path, body, if_match=f'"{seen}"')


def show(capture: Capture, camera: SimulatedCamera) -> dict[str, Any]:
    """The live face, again where a capture could not be used, as a person would do."""
    for _ in range(TAKES_MOST):
        answer = ok("face", capture.show_face(camera))
        if answer["outcome"] != "unusable":
            return dict(answer)
    raise WentOtherwise(f"{TAKES_MOST} captures could not be used")


def link_of(world: World, holder: str, link_id: str) -> dict[str, Any]:
    """The link as its holder reads it."""
    return dict(world.phone(holder).must("GET", f"/links/{link_id}"))


def may(link: dict[str, Any]) -> str:
    """State of a link and what it allows, in words."""
    acts = "may act" if link["may_act"] else "may not act"
    reads = "may read" if link["may_read"] else "may not read"
    return f"{link['state']}; {reads}, {acts}"


def guest(world: World, phone: Phone, link_id: str, via: str) -> Capture:
    """The person's own capture session, on the holder's phone."""
    opened = phone.open_capture(link_id, via)
    return Capture(world.empty_phone(), opened["id"], opened["token"])
