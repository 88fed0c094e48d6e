"""Alive says nothing but that; ready looks at everything and tells the public no detail."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from biometrics.errors import ModelMissing
from biometrics.verifier import FaceVerifier
from ecard import audit_verify, health
from ecard.db import Database
from ecard.joined import Joined
from tests.support import another_app


def client_of(joined: Joined) -> FlaskClient:
    return another_app(joined).test_client()


def test_alive_is_said_without_a_look_at_anything(joined: Joined) -> None:
    shutil.rmtree(joined.settings.var)
    answer = client_of(joined).get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_when_everything_is_there(joined: Joined) -> None:
    assert health.failing(joined.call()) == []
    answer = client_of(joined).get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})
    assert list(joined.dependencies.file_store.entries()) == []


def no_keys(joined: Joined) -> Joined:
    (joined.settings.keys_folder / "anchor.key").unlink()
    return joined


def no_store(joined: Joined) -> Joined:
    shutil.rmtree(joined.settings.files_folder)
    return joined


def no_database(joined: Joined) -> Joined:
    return replace(joined, db=Database("sqlite:////proc/no/such/place.sqlite3"))


def old_database(joined: Joined) -> Joined:
    with joined.db.write() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        session.commit()
    return joined


def forged_anchor(joined: Joined) -> Joined:
    joined.settings.anchors_folder.mkdir(exist_ok=True)
    forged = audit_verify.Anchor(
        seq=1, mac="0", at="2026-01-01T00:00:00+00:00", kind="head", signature="0"
    )
    path = joined.settings.anchors_folder / audit_verify.FILE
    path.write_text(json.dumps(asdict(forged)) + "\n")
    return joined


def no_verifier(joined: Joined) -> Joined:
    def load() -> FaceVerifier:
        raise ModelMissing("no network")

    return replace(joined, dependencies=replace(joined.dependencies, verifier=load))


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (no_keys, ["keys"]),
        (no_store, ["store"]),
        (no_database, ["database", "migrations"]),
        (old_database, ["migrations"]),
        (no_verifier, ["verifier"]),
        (forged_anchor, ["anchors"]),
    ],
)
def test_what_is_missing_is_named_in_the_log_and_never_to_the_public(
    joined: Joined, harm: Callable[[Joined], Joined], named: list[str]
) -> None:
    harmed = harm(joined)
    assert health.failing(harmed.call()) == named
    answer = client_of(harmed).get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json is not None
    assert answer.json["code"] == "unavailable"
    assert not any(word in answer.text for word in named)


def test_asking_often_looks_once(joined: Joined) -> None:
    readiness = health.Readiness(kept_seconds=60)
    assert readiness.missing(joined.call()) == []
    no_keys(joined)
    assert readiness.missing(joined.call()) == []
    assert health.Readiness().missing(joined.call()) == ["keys"]


@pytest.mark.parametrize(
    ("free", "total", "enough"),
    [(2**30, 2**40, True), (2**29, 2**40, False), (2**28, 2**31, True), (2**27, 2**31, False)],
)
def test_a_tenth_of_the_disk_or_a_gibibyte_is_enough(free: int, total: int, enough: bool) -> None:
    assert health.enough_disk(free, total) is enough
