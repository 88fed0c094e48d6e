"""The keys: published before they sign and while their codes live; withdrawn at once in need."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.qr import keys, tokens
from ecard.qr.models import QrKey
from ecard.verifier.__main__ import main
from tests.qr.scene import OPERATION, Showing, refused

LEAD = 24 * 3600


def published(scene: Showing) -> list[str]:
    answer = scene.stage.phone().must("GET", "/qr-keys")
    return [key["kid"] for key in answer["keys"]]


def key_of(text: str) -> str:
    return tokens.read(text).key_id.hex()


def test_the_first_key_is_made_with_the_first_code_and_published_to_everybody(
    own_scene: Showing,
) -> None:
    assert published(own_scene) == []
    text = own_scene.show_own().body["text"]
    assert published(own_scene) == [key_of(text)]
    assert key_of(own_scene.show_own().body["text"]) == key_of(text)
    key_set = own_scene.stage.phone().must("GET", "/qr-keys")
    assert set(key_set["keys"][0]) == {"kty", "crv", "alg", "use", "kid", "x"}


def test_a_new_key_signs_a_day_later_and_the_old_one_stays_while_its_codes_live(
    own_scene: Showing,
) -> None:
    stage, call = own_scene.stage, own_scene.stage.joined.call()
    old = key_of(own_scene.show_own().body["text"])
    new = keys.rotate(call).key_id
    assert published(own_scene) == [old, new]
    assert key_of(own_scene.show_own().body["text"]) == old
    with pytest.raises(keys.KeyWaits):
        keys.rotate(call)
    stage.clock.advance(seconds=LEAD - 1)
    again(own_scene)
    last = own_scene.show_own().body["text"]
    stage.clock.time = own_scene_start(own_scene) + timedelta(seconds=LEAD)
    assert key_of(own_scene.show_own().body["text"]) == new
    assert own_scene.scan(last).ok
    stage.clock.advance(seconds=69)
    assert published(own_scene) == [old, new]
    stage.clock.advance(seconds=1)
    assert published(own_scene) == [new]


def own_scene_start(scene: Showing) -> Any:
    with scene.stage.joined.db.read() as session:
        return min(session.scalars(sa.select(QrKey.created_at)))


def again(scene: Showing) -> None:
    """A day later both sign in again."""
    before = scene.stage.clock.time
    scene.two.again()
    scene.desk = scene.stage.desk("clerk-north")
    scene.stage.clock.time = before


def test_withdrawn_keys_are_refused_at_once_and_their_codes_with_them(own_scene: Showing) -> None:
    call = own_scene.stage.joined.call()
    text = own_scene.show_own().body["text"]
    waiting = keys.rotate(call).key_id
    new = keys.rotate(call, at_once=True).key_id
    assert published(own_scene) == [new]
    assert new != waiting
    assert refused(own_scene.scan(text)) == (409, "qr_key_unknown")
    fresh = own_scene.show_own().body["text"]
    assert key_of(fresh) == new
    assert own_scene.scan(fresh).ok
    with own_scene.stage.joined.db.read() as session:
        rows = session.scalars(sa.select(QrKey).where(QrKey.withdrawn_at.is_not(None))).all()
        assert [row.private for row in rows] == [None, None]
        query = sa.select(AuditRow.action).filter_by(object_kind="qr_key")
        done = session.scalars(query.order_by(AuditRow.seq)).all()
    assert done == ["qr_key.add"] * 2 + ["qr_key.withdraw"] * 2 + ["qr_key.add"]


def test_a_private_key_is_sealed_and_destroyed_when_it_signs_no_more(own_scene: Showing) -> None:
    joined = own_scene.stage.joined
    own_scene.show_own()
    keys.rotate(joined.call())
    with joined.db.read() as session:
        for row in session.scalars(sa.select(QrKey)):
            assert row.private is not None
            assert len(row.private) > 32
            opened = joined.dependencies.vault.open_for(keys.PLACE, row.id, row.private)
            assert opened not in row.private
    assert keys.forget_private(joined.call()) == 0
    own_scene.stage.clock.advance(seconds=LEAD + 70)
    assert keys.forget_private(joined.call()) == 1


def test_codes_are_forgotten_when_nobody_needs_them(own_scene: Showing) -> None:
    from ecard.qr import service as qr
    from ecard.qr.models import QrCode

    stage, call = own_scene.stage, own_scene.stage.joined.call()
    assert own_scene.scan(own_scene.show_own().body["text"]).ok
    own_scene.show_own()

    def kept() -> int:
        with stage.joined.db.read() as session:
            return len(session.scalars(sa.select(QrCode.id)).all())

    assert (qr.sweep(call), kept()) == (0, 2)
    stage.clock.advance(hours=24, seconds=61)
    assert (qr.sweep(call), kept()) == (1, 1)
    stage.clock.advance(days=stage.joined.settings.qr_uses_kept_days)
    assert (qr.sweep(call), kept()) == (1, 0)


def test_what_the_backend_publishes_is_what_a_terminal_reads(
    own_scene: Showing, tmp_path: Path
) -> None:
    """A code from the API, the key set from its address, and the verifier, which knows no more."""
    text = own_scene.show(place="north-1").body["text"]
    answer = own_scene.stage.app.test_client().get("/api/v1/qr-keys")
    (tmp_path / "keys.json").write_bytes(answer.data)
    wanted = [text, "--keys", str(tmp_path / "keys.json"), "--used", str(tmp_path / "used.db")]
    wanted += ["--operation", OPERATION, "--place", "north-1"]
    now = own_scene.stage.clock().timestamp()
    assert main(wanted, now=lambda: now) == 0
    assert main(wanted, now=lambda: now) == 17
