"""One name, written in many ways; and two names that must not pass for one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.registry.names import same_name

PART = st.text(alphabet=st.characters(categories=("Lu", "Ll", "Lo")), min_size=1, max_size=8)
NAME = st.lists(PART, min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lucía Prado Rey", "lucia prado rey"),
        ("Lucía Prado Rey", "PRADO REY, LUCÍA"),
        ("Lucía Prado Rey", "  Lucía   Prado\tRey "),
        ("José Núñez", unicodedata.normalize("NFD", "José Núñez")),
        ("王小明", "王 小明"),
        ("王小明", "王　小明"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("Ｗａｎｇ Fang", "wang fang"),
        ("Anne-Marie O'Neill", "Anne Marie O’Neill"),
        ("Straße", "STRASSE"),
    ],
)
def test_ways_to_write_one_name_are_the_same(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lucía Prado Rey", "Lucía Prado"),
        ("Lucía Prado", "Lucía Pardo"),
        ("王小明", "王小雨"),
        ("王小明", "小王明"),
        ("Ana", "Anna"),
        ("", ""),
        ("…", "…"),
        ("123", "123"),
    ],
)
def test_other_names_and_no_names_are_not_the_same(one: str, other: str) -> None:
    assert not same_name(one, other)


@given(NAME)
def test_every_name_is_the_same_as_itself_in_any_case(name: str) -> None:
    assert same_name(name, name)
    assert same_name(name, name.swapcase()) == same_name(name.swapcase(), name)


@given(
    st.lists(PART, min_size=1, max_size=4).flatmap(
        lambda p: st.tuples(st.just(p), st.permutations(p))
    )
)
def test_the_order_of_parts_does_not_matter(parts: tuple[list[str], list[str]]) -> None:
    assert same_name(" ".join(parts[0]), " ".join(parts[1]))


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_breaks_the_comparison_and_it_has_no_direction(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
