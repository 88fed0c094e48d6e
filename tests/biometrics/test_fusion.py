from itertools import product

import pytest

from biometrics.fusion import (
    ATTACK_FROM,
    LIVE_FROM,
    WEIGHTS,
    Attack,
    Life,
    against,
    speaks_against,
    verdict_of,
)

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


def test_no_single_measurement_decides_by_itself_but_the_pack_against_life():
    for weights in WEIGHTS.values():
        for weight, value in product(weights.values(), (-1e9, 1e9)):
            assert abs(weight.ratio(value)) <= 4


def test_every_weight_names_its_measurement():
    assert all(weight.source for weights in WEIGHTS.values() for weight in weights.values())
    assert ATTACK_FROM < 0 < LIVE_FROM
