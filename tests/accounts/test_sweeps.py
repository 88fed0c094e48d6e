"""What no sign-in needs any more is forgotten; what a theft would be seen by is not."""

from typing import Any

import sqlalchemy as sa

from ecard.accounts import service as accounts
from ecard.accounts.models import FailedSignIns, Recovery, Session, SignInCode, SpentRefresh
from ecard.cards import service as cards
from ecard.cards.models import StepUpGrant
from ecard.demo.phone import Answer, Phone
from tests.accounts.scene import PASSWORD, Scene, refusal, sign_in_body, wrong

HALF_A_DAY = 12 * 3600
"""The longest life of a session, seconds."""


def left(scene: Scene, model: type[Any]) -> int:
    with scene.joined.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def sweep(scene: Scene) -> None:
    cards.sweep(scene.joined.call())
    accounts.sweep(scene.joined.call())


def renew(phone: Phone, token: str) -> Answer:
    return phone.send("POST", "/tokens", {"refresh_token": token}, token="")


def keep_busy(scene: Scene, phone: Phone, minutes: int) -> list[str]:
    """Renew the session every 50 minutes; every refresh token there was, the newest last."""
    tokens = [phone.refresh_token]
    for _ in range(minutes // 50):
        scene.clock.advance(minutes=50)
        tokens.append(renew(phone, tokens[-1]).body["refresh_token"])
    return tokens


def test_a_session_is_forgotten_thirty_days_after_its_longest_life(scene):
    scene.signed_in("lucia", password=None)
    scene.clock.advance(seconds=HALF_A_DAY, days=30)
    sweep(scene)
    assert left(scene, Session) == 1
    scene.clock.advance(seconds=1)
    sweep(scene)
    assert left(scene, Session) == 0


def test_a_spent_refresh_token_ends_the_family_to_its_last_minute_whatever_was_swept(scene):
    phone = scene.signed_in("lucia", password=None)
    tokens = keep_busy(scene, phone, 700)
    assert len(tokens) == 15
    sweep(scene)
    assert refusal(renew(phone, tokens[0])) == (401, "not_signed_in")
    assert refusal(renew(phone, tokens[-1])) == (401, "not_signed_in")
    assert "session_ended_reuse" in scene.kinds_sent_to("lucia")


def test_spent_refresh_tokens_are_forgotten_with_the_absolute_end_of_their_family(scene):
    phone = scene.signed_in("lucia", password=None)
    keep_busy(scene, phone, 100)
    phone.send("DELETE", "/session")
    scene.clock.advance(hours=10)
    sweep(scene)
    assert left(scene, SpentRefresh) == 2
    scene.clock.advance(hours=1)
    sweep(scene)
    assert (left(scene, SpentRefresh), left(scene, Session)) == (0, 1)


def test_a_step_up_grant_is_forgotten_a_day_after_it_lapsed_used_or_not(scene):
    phone = scene.signed_in("lucia")
    phone.step_up(PASSWORD)
    scene.clock.advance(minutes=20, days=1)
    sweep(scene)
    assert left(scene, StepUpGrant) == 1
    scene.clock.advance(seconds=1)
    sweep(scene)
    assert left(scene, StepUpGrant) == 0


def test_a_session_takes_its_grants_along_where_they_are_kept_longer(scene):
    scene.signed_in("lucia").step_up(PASSWORD)
    scene.clock.advance(days=31)
    accounts.sweep(scene.joined.call())
    assert (left(scene, Session), left(scene, StepUpGrant)) == (0, 0)


def test_a_recovery_is_forgotten_thirty_days_after_it_lapsed(scene):
    scene.signed_in("lucia", password=None)
    sign_in_id, code = scene.ask_code("lucia")
    opened = scene.phone().must("POST", "/recoveries", sign_in_body(sign_in_id, code))
    scene.clock.advance(days=38)
    sweep(scene)
    assert left(scene, Recovery) == 1, opened
    scene.clock.advance(seconds=1)
    sweep(scene)
    assert left(scene, Recovery) == 0


def test_failures_and_codes_are_forgotten_each_in_its_own_time(scene):
    sign_in_id, code = scene.ask_code("lucia")
    scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
    scene.clock.advance(days=1, seconds=1)
    sweep(scene)
    assert (left(scene, SignInCode), left(scene, FailedSignIns)) == (0, 1)
    scene.clock.advance(days=89)
    sweep(scene)
    assert left(scene, FailedSignIns) == 0


def test_nothing_that_is_in_use_is_swept(scene):
    phone = scene.signed_in("lucia")
    grant = phone.step_up(PASSWORD)
    sweep(scene)
    assert phone.send("POST", "/links", {"step_up_id": grant}).status == 201
