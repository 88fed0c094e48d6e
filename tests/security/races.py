"""What may happen once, asked for by many at the same moment. The number of threads is given."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa

from ecard.activation.models import Attempt
from ecard.cards.models import CardPassword
from ecard.demo.phone import Answer
from ecard.family import policy as rules
from ecard.family import service as family
from ecard.family.errors import CannotActivateNow
from ecard.family.models import Link
from ecard.registry.port import RegistryPerson
from tests.activation.steps import ADMIRAL, frames, last_step
from tests.family.scene import (
    begin,
    born,
    hold,
    invent,
    name,
    person_id,
    sign_in,
    texts,
)
from tests.review.cases import adults_case
from tests.security.parallel import at_once, codes
from tests.support import Stage

PRESENT = {"relative_present": True, "accepted": True, "scopes": ["rights"]}
KIN = (("child", 9, 3), ("parent", 75, 4), ("spouse", 44, 1), ("sibling", 30, 3))
"""Relation, age, cap (the province of the demo region allows three others)."""


def named_links(stage: Stage, holder: Any) -> list[Link]:
    """The holder's links with a confirmed family account that take a place."""
    query = sa.select(Link).where(
        Link.holder_id == person_id(stage, holder),
        Link.relative_id.is_not(None),
        Link.state.in_(rules.COUNTED),
    )
    with stage.joined.db.read() as session:
        return list(session.scalars(query))


def someone(stage: Stage, number: int, years: int = 45) -> RegistryPerson:
    """One of many, with a birth date that few share."""
    return invent(stage, f"someone{number}", born(years, 1 + number % 10, 1 + number % 27))


def caps_hold(stage: Stage, threads: int) -> dict[str, int]:
    """Of ``threads`` applications for as many relatives only what the caps allow is confirmed."""
    holder = invent(stage, "crowded", born(45))
    phone = sign_in(stage, holder)
    requests: list[Callable[[], Answer]] = []
    for number in range(threads):
        relation, years, _ = KIN[number % len(KIN)]
        relative = someone(stage, number, years)
        link_id = begin(stage, phone)
        requests.append(partial(name, phone, link_id, relative, relation))
    answers = at_once(requests)
    standing = [link.relation for link in named_links(stage, holder)]
    for relation, _, cap in KIN:
        assert standing.count(relation) <= cap, (relation, standing)
    assert len(standing) == 6  # new links a month
    assert codes(answers) == {"done": 6, "cap_reached": threads - 6}
    assert {answer.status for answer in answers} == {200, 409}
    return codes(answers)


def one_number_is_linked_once(stage: Stage, threads: int) -> None:
    """Of many applications of one holder for one relative a single one is confirmed."""
    phone = sign_in(stage, invent(stage, "eager", born(45)))
    relative = invent(stage, "beloved", born(75))
    links = [begin(stage, phone) for _ in range(threads)]
    answers = at_once([partial(name, phone, one, relative, "parent") for one in links])
    assert codes(answers)["done"] == 1
    assert set(codes(answers)) <= {"done", "already_linked", "number_tried_too_often"}


def last_place(stage: Stage, threads: int) -> None:
    """Many proven holders open their links on one relative: two succeed, the others are refused."""
    relative = invent(stage, "wanted", born(75))
    links = [
        hold(stage, someone(stage, n), relative, "parent", "awaiting_face") for n in range(threads)
    ]

    def activate(link_id: str) -> Answer:
        with stage.joined.db.write() as session:
            link = family.lock_link(session, uuid.UUID(link_id))
            try:
                family.activate(session, stage.joined.call(), link, "face_matched")
            except CannotActivateNow as refusal:
                return Answer(refusal.status, {}, {"code": refusal.code})
            session.commit()
        return Answer(200, {}, {})

    answers = at_once([partial(activate, one) for one in links])
    assert codes(answers) == {"done": 2, "cannot_activate_now": threads - 2}


def last_place_by_account(stage: Stage) -> None:
    """One place is left; two holders name the relative at once and both may go on, unproven."""
    relative = invent(stage, "wanted", born(75))
    hold(stage, invent(stage, "first", born(45)), relative, "parent", "active")
    phones = [sign_in(stage, invent(stage, ref, born(45))) for ref in ("second", "third")]
    links = [begin(stage, phone) for phone in phones]
    answers = at_once(
        [partial(name, p, one, relative, "parent") for p, one in zip(phones, links, strict=True)]
    )
    assert codes(answers) == {"done": 2}


def six_passwords(stage: Stage, threads: int) -> None:
    """Of many parallel wrong e-card passwords exactly six are examined, then all is locked."""
    phone = stage.signed_in("tomas")
    body = {"purpose": "add_relative", "password": "481926"}
    answers = at_once([partial(phone.send, "POST", "/step-ups", body) for _ in range(threads)])
    assert codes(answers) == {"card_password_wrong": 6, "card_locked": threads - 6}
    left = sorted(a.body.get("params", {}).get("tries_left", 0) for a in answers if a.status == 403)
    assert left == [0, 1, 2, 3, 4, 5]
    right = phone.send("POST", "/step-ups", {"purpose": "add_relative", "password": "730518"})
    assert right.code == "card_locked"
    with stage.joined.db.read() as session:
        assert session.scalars(sa.select(CardPassword.tries)).one() == 6


def one_capture(stage: Stage, threads: int) -> None:
    """One mismatch is left today: of many captures at once one is judged and counted."""
    step = last_step(stage)
    capture = step.hand_over()
    step.tried("no_match", stage.joined.settings.mismatches_a_day - 1, seconds_ago=7200)
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ADMIRAL)))
    answers = at_once([partial(capture.send_form, form)] * threads)
    found = codes(answers)
    assert found["done"] == 1, found
    assert set(found) <= {
        *("done", "capture_in_progress", "capture_session_ended"),
        *("capture_resent", "challenge_spent"),
    }
    with stage.joined.db.read() as session:
        judged = list(session.scalars(sa.select(Attempt.outcome)))
    assert judged.count("no_match") == stage.joined.settings.mismatches_a_day
    assert len(judged) == stage.joined.settings.mismatches_a_day


def one_refresh(stage: Stage, threads: int) -> None:
    """Of many uses of one refresh token one gets tokens, and the family of tokens ends."""
    holder = invent(stage, "renewing", born(45))
    phone = sign_in(stage, holder)
    body = {"refresh_token": phone.refresh_token}
    answers = at_once(
        [partial(stage.phone().send, "POST", "/tokens", body) for _ in range(threads)]
    )
    assert codes(answers) == {"done": 1, "not_signed_in": threads - 1}
    fresh = next(answer.body for answer in answers if answer.ok)
    assert phone.send("GET", "/links", token=fresh["access_token"]).status == 401


def one_invitation(stage: Stage, threads: int) -> None:
    """Of many that open one invitation one gets a capture session."""
    step = last_step(stage)
    assert step.post("/invitations").ok
    body = {"token": invitation_token(stage)}
    answers = at_once(
        [partial(stage.phone().send, "POST", "/invitations/open", body) for _ in range(threads)]
    )
    assert codes(answers) == {"done": 1, "invitation_used": threads - 1}


def invitation_token(stage: Stage) -> str:
    """The token of the newest invitation that reached the relative."""
    newest = texts(stage, stage.demo.persons["elena"], "acceptance_invitation")[0]
    return newest.split("#")[1].split()[0]


def invite_while_it_is_opened(stage: Stage) -> None:
    """A new invitation and the opening of the old one meet: no deadlock, one wins."""
    step = last_step(stage)
    for _ in range(2):
        stage.clock.advance(minutes=1)
        assert step.post("/invitations").ok
        body = {"token": invitation_token(stage)}
        opening = partial(stage.phone().send, "POST", "/invitations/open", body)
        answers = at_once([opening, partial(step.post, "/invitations")])
        assert answers[0].ok or answers[0].code == "invitation_used"
        assert answers[1].ok or answers[1].code == "too_many_invitations"


def one_counter_code(stage: Stage, threads: int) -> None:
    """Of many redemptions of one counter code one opens the link."""
    step = last_step(stage)
    code = step.post("/counter-code").body["code"]
    desk = stage.desk("clerk-north")
    body = {"code": code, "identity_document": "id_card"} | PRESENT
    answers = at_once(
        [partial(desk.send, "POST", "/staff/counter-codes/redeem", body) for _ in range(threads)]
    )
    found = codes(answers)
    assert found["done"] == 1, found
    assert found == {"done": 1, "counter_code_used": threads - 1}
    assert step.link()["state"] == "active"


def codes_while_they_are_redeemed(stage: Stage) -> None:
    """A family account, a fresh code and a redemption meet: every lock in one order."""
    step = last_step(stage)
    desk = stage.desk("clerk-north")
    elena = stage.demo.persons["elena"]
    other = sign_in(stage, invent(stage, "brother", born(45)))
    link_id = begin(stage, other)
    code = step.post("/counter-code").body["code"]
    body = {"code": code, "identity_document": "id_card"} | PRESENT
    answers = at_once(
        [
            partial(desk.send, "POST", "/staff/counter-codes/redeem", body),
            partial(step.post, "/counter-code"),
            partial(name, other, link_id, elena, "parent"),
        ]
    )
    assert all(answer.status < 500 for answer in answers), codes(answers)
    assert answers[2].ok
    assert answers[0].ok or answers[0].code in ("counter_code_used", "counter_code_wrong")


def one_decision(stage: Stage, desks: int) -> None:
    """Several reviewers decide one case at once: one decision counts, the others are refused."""
    case = adults_case(stage)
    reviewers = [stage.desk(user) for user in ("reviewer-north", "reviewer-north-2")]
    path = f"/staff/cases/{reviewers[0].must('GET', '/staff/cases')['items'][0]['id']}"
    version = reviewers[0].must("GET", path)["version"]
    body = {
        "outcome": "approved",
        "reason": "documents_confirmed",
        "explanation": "Looked at with care.",
    }
    decide = [
        partial(desk.send, "POST", f"{path}/decision", body, if_match=f'"{version}"')
        for desk in reviewers
    ]
    answers = at_once((decide * desks)[:desks])
    assert codes(answers)["done"] == 1, codes(answers)
    assert {answer.status for answer in answers if not answer.ok} <= {409, 412}
    assert case.state() == "evidence_accepted"
