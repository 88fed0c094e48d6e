"""People in the middle of things, and what a refused request must leave as it was."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ecard import tables
from ecard.demo import specimens
from ecard.demo.phone import API, Capture, Phone
from tests.support import CARD_PASSWORD, Stage

PERSON = specimens.open_photo(specimens.public_portraits()[0])
KEY = "a-key-of-the-caller-"
COUNTERS = ("limit_subjects", "limit_tries")
"""What is counted against a person: a refusal may count there, where its test says so."""


@dataclass
class Scene:
    """A mother with one application at each step, and her child at the camera."""

    stage: Stage
    phone: Phone
    draft: str
    named: str
    waiting: str
    camera: Capture

    @property
    def client(self) -> FlaskClient:
        """Sends what no phone would send."""
        return self.stage.app.test_client()

    def send(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """One raw request by the mother (or whoever holds ``token``; "" is nobody)."""
        bearer = self.phone.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= more.pop("headers", {})
        return self.client.open(API + path, method=method, headers=headers, **more)

    def post(self, path: str, key: str = KEY + "1", **more: Any) -> TestResponse:
        """A raw POST with an Idempotency-Key; a refused one frees its key."""
        headers = {"Idempotency-Key": key, **more.pop("headers", {})}
        answer: TestResponse = self.send("POST", path, headers=headers, **more)
        return answer


def applied(stage: Stage, phone: Phone, holder: str, relative: str) -> str:
    """An application whose relative is named."""
    kin = next(k for k in stage.demo.relatives if (k.holder_ref, k.ref) == (holder, relative))
    link_id = str(phone.open_application(phone.step_up(CARD_PASSWORD))["id"])
    phone.acknowledge(link_id)
    assert phone.give_family_account(link_id, kin.name, kin.number, kin.relation).ok
    return link_id


def set_up(stage: Stage) -> Scene:
    """Lucia has a draft, Nora is named, Mateo is awaited at the camera."""
    phone = stage.signed_in("lucia")
    draft = str(phone.open_application(phone.step_up(CARD_PASSWORD))["id"])
    named = applied(stage, phone, "lucia", "nora")
    waiting = applied(stage, phone, "lucia", "mateo")
    papers = [
        phone.upload("birth_certificate", specimens.paper("birth certificate", ["Mateo"])),
        phone.upload("face_photo", specimens.face_photo(PERSON)),
    ]
    assert phone.give_evidence(waiting, papers).ok
    assert phone.consent_as_guardian(waiting).ok
    opened = phone.open_capture(waiting, "own")
    camera = Capture(stage.phone(), opened["id"], opened["token"])
    return Scene(stage, phone, draft, named, waiting, camera)


def footprint(stage: Stage) -> dict[str, Any]:
    """Every row of every table, and the name of every stored file."""
    found: dict[str, Any] = {}
    with stage.joined.db.read() as session:
        for table in tables.metadata().sorted_tables:
            rows = session.execute(sa.select(table)).all()
            found[table.name] = sorted(map(repr, rows))
    folder = stage.joined.settings.files_folder
    found["files"] = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    return found


@contextmanager
def nothing_left_behind(stage: Stage, but: Collection[str] = ()) -> Iterator[None]:
    """No row, no counter and no file differs afterwards, except in the tables named."""
    before = footprint(stage)
    yield
    after = footprint(stage)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= set(but), f"changed: {', '.join(sorted(changed))}"


def code(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, which must be problem details without anything of ours."""
    assert answer.content_type == "application/problem+json", answer.data
    problem = answer.json
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:ecard:problem:{problem['code']}"
    assert problem["detail"]
    for word in ("Traceback", "sqlalchemy", ".py", "Error("):
        assert word not in answer.text
    return answer.status_code, str(problem["code"])
