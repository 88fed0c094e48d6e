"""Two calls that lock the same rows never wait for each other (docs/adr/0006-databases.md).

On PostgreSQL (TEST_DATABASE=postgres) a third transaction holds the row that both want next, so
that both have taken what they take before it: in two orders they would then lock each other out.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ecard.accounts import service as accounts
from ecard.accounts.models import Account
from ecard.db import Base
from ecard.demo.phone import Answer, Phone
from ecard.errors import Refusal
from ecard.family.models import Link
from ecard.notices.models import Consent
from tests.accounts.scene import Scene, set_scene
from tests.accounts.test_recoveries import approve, begin, complete
from tests.certification.scene import NORTH, WHY, Home, at_home
from tests.family.scene import person_id, sign_in
from tests.support import ON_POSTGRES, Stage

APART_SECONDS = 0.3 if ON_POSTGRES else 0.02
"""Long enough for a call to come to the row that is held."""


def meet(
    stage: Stage, held: type[Base], key: uuid.UUID, calls: Sequence[Callable[[], object]]
) -> list[Any]:
    """Hold a row until every call, begun one after the other, wants it; what each answered."""
    with ThreadPoolExecutor(len(calls)) as pool, stage.joined.db.write() as session:
        session.get_one(held, key, with_for_update=True)
        begun = []
        for call in calls:
            begun.append(pool.submit(call))
            time.sleep(APART_SECONDS)
        session.rollback()
        return [one.result() for one in begun]


@pytest.fixture
def home(tmp_path: Path) -> Any:
    with at_home(tmp_path) as found:
        yield found


def consented(home: Home) -> Phone:
    """The mother once agreed that her face is compared, on the link; her phone."""
    mother = sign_in(home.stage, home.mother)
    notice = mother.must("GET", "/notices/face_certification")
    with home.stage.joined.db.write() as session:
        row = {"kind": "face_certification", "decision": "given", "given_by": "person"}
        row |= {"notice_id": uuid.UUID(notice["id"]), "text_sha256": notice["text_sha256"]}
        row |= {"version": "1", "language": "en", "actor_kind": "holder", "number": 1}
        row |= {"person_id": person_id(home.stage, home.mother), "at": home.stage.clock.time}
        session.add(Consent(id=uuid.uuid4(), link_id=uuid.UUID(home.link_id), **row))
        session.commit()
    return mother


def test_a_decision_on_a_proof_of_life_and_a_withdrawal_of_the_face(home: Home) -> None:
    mother = consented(home)
    assert home.send("visit", WHY).ok
    decide = partial(home.decide, NORTH, accepted=True)
    withdraw = partial(mother.send, "POST", "/my-data/face-withdrawals", {})
    answers = meet(home.stage, Link, uuid.UUID(home.link_id), [withdraw, decide])
    assert [answer.status for answer in answers] == [201, 200]


def test_a_proof_of_life_at_a_counter_and_a_fresh_code_for_one(home: Home) -> None:
    code = home.send("counter-code").body["code"]
    desk, body = home.stage.desk("clerk-north"), {"code": code, "identity_document": "id_card"}
    fresh = partial(home.send, "counter-code")
    redeem = partial(desk.send, "POST", "/staff/certification/counter", body)
    answers: list[Answer] = meet(home.stage, Link, uuid.UUID(home.link_id), [fresh, redeem])
    assert answers[0].status == 201
    assert answers[1].ok or answers[1].code == "counter_code_used"


def test_a_phone_signs_in_while_another_puts_it_out(tmp_path: Path) -> None:
    with set_scene(tmp_path) as scene:
        old = scene.signed_in("lucia")
        new, opened = begin(scene)
        assert approve(old, opened).ok
        assert complete(new, opened).ok
        (out,) = [one for one in new.must("GET", "/devices")["items"] if not one["current"]]
        remove = partial(new.send, "DELETE", f"/devices/{out['id']}")
        again = partial(signs_in, scene, old.device_token)
        answers = meet(scene, Account, account_of(scene, new.token), [remove, again])
        assert answers[0].status == 204
        assert answers[1] in ("done", "new_device_needs_recovery")  # before it, or after


def signs_in(scene: Scene, device_token: str) -> str:
    """The door itself: a code was proved before."""
    person, vault = scene.demo.persons["lucia"], scene.joined.dependencies.vault
    assert person.card is not None
    given = (person, vault.index("card", person.card.number), "Old phone", device_token)
    with scene.joined.db.write() as session:
        try:
            accounts.let_in(session, scene.call(), *given)
        except Refusal as refusal:
            return str(refusal.code)
        session.commit()
    return "done"


def account_of(scene: Scene, token: str) -> uuid.UUID:
    holder, _ = accounts.session_of_token(scene.call(), token)
    return holder.account_id
