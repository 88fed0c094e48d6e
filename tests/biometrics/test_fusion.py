import random
from itertools import product

import numpy as np
import pytest

from biometrics.challenge import Profile, draw
from biometrics.fusion import (
    ANSWER_FROM,
    ATTACK_FROM,
    LIVE_FROM,
    WEIGHTS,
    Attack,
    Life,
    against,
    answer_against,
    speaks_against,
    verdict_of,
)
from biometrics.liveness import evidence_facts, weighed

MEASURED = {
    "turning": 0.2,
    "relief_turning": 1.0,
    "relief_distance": 1.0,
    "light_strength": -2.0,
    "light_own": 0.98,
    "texture": 0.5,
    "pack": 5.0,
}


def test_nothing_measured_is_never_life():
    sums = against({})
    assert set(sums.values()) == {0.0}
    assert verdict_of(sums) is Life.UNDECIDED


def test_all_together_show_life():
    assert verdict_of(against(MEASURED)) is Life.LIVE


@pytest.mark.parametrize("name", MEASURED)
def test_leaving_a_measurement_out_never_raises_the_sum(name):
    fewer = {other: value for other, value in MEASURED.items() if other != name}
    whole, part = against(MEASURED), against(fewer)
    assert all(part[attack] <= whole[attack] for attack in Attack)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_counts_as_not_measured(value):
    assert against({"relief_turning": value}) == against({})


def test_without_light_a_recording_on_a_screen_is_not_ruled_out():
    unlit = {name: value for name, value in MEASURED.items() if not name.startswith("light")}
    unlit.pop("pack")
    assert verdict_of(against(unlit)) is not Life.LIVE


def test_without_moves_a_sheet_is_not_ruled_out():
    unmoved = {name: value for name, value in MEASURED.items() if name.startswith("light")}
    assert verdict_of(against(unmoved)) is not Life.LIVE


def test_a_flat_face_and_a_face_that_ignores_the_light_are_attacks():
    flat = MEASURED | {"turning": 0.02, "relief_turning": 0.0, "relief_distance": 0.0}
    flat |= {"pack": -4.0}
    assert verdict_of(against(flat)) is Life.ATTACK
    unlit = MEASURED | {"light_strength": -6.0, "light_own": 0.1, "pack": -4.0}
    assert verdict_of(against(unlit)) is Life.ATTACK


@pytest.mark.parametrize(
    "light",
    [
        {"light_strength": -6.9, "light_own": 0.1, "light_evenness": 0.0},
        {"light_strength": -6.0, "light_own": 0.4, "light_evenness": 0.2},
        {"light_strength": -4.8, "light_own": 0.6, "light_evenness": 0.45},
    ],
)
def test_in_bright_sun_nobody_is_called_an_attacker(light):
    without_pack = {name: value for name, value in MEASURED.items() if name != "pack"}
    sums = against(without_pack | light | {"texture": -9.0})
    assert verdict_of(sums) is Life.UNDECIDED


def test_a_turned_nose_and_fine_texture_rule_no_sheet_out_that_was_exchanged():
    exchanged = {"turning": 0.3, "relief_turning": 1.2, "relief_distance": 0.0, "between": 0.0}
    assert against(exchanged)[Attack.SHEET] < LIVE_FROM
    assert against(exchanged | {"relief_distance": 0.9, "between": 2.0})[Attack.SHEET] > LIVE_FROM


def test_what_a_measurement_says_by_itself_is_told():
    assert speaks_against("relief_distance", 0.0)
    assert not speaks_against("relief_distance", 0.9)
    assert not speaks_against("light_lag", 100.0)


@pytest.mark.parametrize("profile", Profile)
def test_no_measurement_by_itself_makes_anybody_live_the_pack_s_neither(profile):
    challenge = draw(profile, random.Random(1))
    for name, value in product(WEIGHTS, (-1e9, 1e9)):
        measured = {name: value}
        seen = all(fact.passed for fact in evidence_facts(measured, challenge))
        shown = seen and verdict_of(against(measured)) is Life.LIVE
        assert not shown, name


VIDEO = {"light_strength": -4.8, "light_own": 0.0, "light_evenness": 0.12}
"""The light's answer of a recording on a screen."""


def failed(measured: dict[str, float], profile: Profile = Profile.STANDARD) -> list[str]:
    challenge = draw(profile, random.Random(1))
    return [fact.name for fact in evidence_facts(measured, challenge) if not fact.passed]


def test_a_pack_that_a_recording_deceives_does_not_stand_in_for_the_light():
    deceived = MEASURED | VIDEO | {"pack": 9.0, "texture": 9.0}
    assert verdict_of(against(deceived)) is Life.LIVE
    assert "light_seen" in failed(deceived)
    unlit = {name: value for name, value in deceived.items() if not name.startswith("light")}
    assert failed(unlit) == ["light_seen"]
    assert failed(unlit, Profile.NO_LIGHT) == []
    assert failed(MEASURED | {"light_evenness": 0.8, "light_background": 0.01}) == []


def test_whoever_answered_other_colours_is_not_live_however_strong_the_light():
    lit = MEASURED | {"light_evenness": 0.8, "light_background": 0.01}
    assert failed(lit | {"light_margin": -0.05}) == ["light_as_drawn"]
    assert failed(lit | {"light_margin": -0.03}) == []


def test_a_pack_that_exchanged_prints_deceive_does_not_stand_in_for_the_depth():
    lit = {"light_strength": -2.0, "light_own": 0.98, "light_evenness": 0.8}
    exchanged = {"turning": 0.3, "relief_turning": 1.2, "relief_distance": 0.0, "between": 0.3}
    deceived = exchanged | lit | {"light_background": 0.01, "pack": 9.0}
    assert verdict_of(against(deceived)) is Life.LIVE
    assert failed(deceived) == ["depth_seen"]
    assert failed(deceived | {"relief_distance": 0.9}) == []


def test_of_an_answer_to_light_and_moves_a_pack_speaks_only_against_life():
    whole, unlit = (draw(p, random.Random(1)) for p in (Profile.STANDARD, Profile.NO_LIGHT))
    without = {name: value for name, value in MEASURED.items() if name != "pack"}
    assert weighed(without | {"pack": 9.0}, whole) == without
    assert weighed(without | {"pack": -4.0}, whole) == without | {"pack": -4.0}
    assert weighed(without | {"pack": 9.0}, unlit) == without | {"pack": 9.0}


def test_without_a_pack_whoever_is_live_has_answered_the_challenge():
    values = np.linspace(-6, 2, 30)
    for strength, own, evenness in product(values, values / 2, values / 2):
        light = {"light_strength": strength, "light_own": own, "light_evenness": evenness}
        if against(light | {"texture": 9.0})[Attack.VIDEO] >= LIVE_FROM:
            assert answer_against(light)[Attack.VIDEO] >= ANSWER_FROM


def test_every_weight_names_its_measurement():
    assert all(weight.source for weights in WEIGHTS.values() for weight in weights.values())
    assert ATTACK_FROM < 0 < LIVE_FROM
