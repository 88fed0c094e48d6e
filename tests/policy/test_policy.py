"""The rules as a value: nothing missing, nothing unknown, the lower region wins key by key."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.policy.policy import RULES, Policy, PolicyRefused, inherited, wrong_values
from tests.policies import DEMO

FULL: dict[str, Any] = {name: getattr(DEMO, name) for name in RULES}
PARTS = st.lists(
    st.dictionaries(st.sampled_from(sorted(RULES)), st.integers(1, 99), max_size=8), max_size=4
)


def test_a_full_set_of_values_is_a_policy() -> None:
    assert Policy.from_values(FULL) == DEMO


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_missing_value_is_refused_by_name(name: str) -> None:
    values = {key: value for key, value in FULL.items() if key != name}
    with pytest.raises(PolicyRefused, match=f"^{name}: missing$"):
        Policy.from_values(values)


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("cap_friends", 3, "unknown"),
        ("cap_all", "8", "not a whole number"),
        ("cap_all", True, "not a whole number"),
        ("cap_all", 8.0, "not a whole number"),
        ("cap_all", None, "not a whole number"),
        ("cap_all", 0, "less than 1"),
        ("cap_spouse", -1, "less than 0"),
        ("number_format", "xx.any", "not one of cn.ric, es.naf"),
        ("number_format", 7, "not one of cn.ric, es.naf"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: object, finding: str) -> None:
    with pytest.raises(PolicyRefused, match=f"{name}: {finding}"):
        Policy.from_values({**FULL, name: value})


def test_all_findings_are_named_at_once() -> None:
    with pytest.raises(PolicyRefused) as refused:
        Policy.from_values({"cap_all": "x", "other": 1})
    assert len(str(refused.value).splitlines()) == len(RULES) - 1 + 2


def test_every_rule_says_its_unit_and_meaning() -> None:
    for name, item in RULES.items():
        assert item.metadata["unit"], name
        assert item.metadata["doc"].endswith("."), name


@given(PARTS)
def test_each_rule_in_force_is_the_lowest_region_s_own(parts: list[dict[str, int]]) -> None:
    merged = inherited([FULL, *parts])
    for name in RULES:
        own = [part[name] for part in parts if name in part]
        assert merged[name] == (own[-1] if own else FULL[name])


@given(PARTS)
def test_inheriting_leaves_no_rule_out_and_adds_none(parts: list[dict[str, int]]) -> None:
    assert set(inherited([FULL, *parts])) == set(RULES)


@given(st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.floats() | st.text()))
def test_whatever_is_wrong_is_found_and_never_a_crash(values: dict[str, object]) -> None:
    findings = wrong_values(values)
    assert len(findings) == len(
        [name for name, value in values.items() if (name, value) != ("number_format", "cn.ric")]
    )
