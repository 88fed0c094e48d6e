"""The demo region: everybody the flow needs, once, with numbers that stay."""

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ecard import tables
from ecard.agencies.models import StaffMember
from ecard.commands import UNSAFE, Stop, require_no_demo_staff
from ecard.demo import loader
from ecard.persons.policy import age_on
from ecard.registry.numbers import check
from tests.demo.ground import Ground
from tests.support import START

TODAY = START.date()


def relative(ground: Ground, holder: str, ref: str) -> loader.DemoRelative:
    found = {(one.holder_ref, one.ref): one for one in ground.people.relatives}
    return found[holder, ref]


def count_rows(ground: Ground) -> dict[str, int]:
    with ground.joined.db.read() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in tables.metadata().sorted_tables
        }


def test_loading_twice_changes_nothing_and_says_the_same(ground: Ground) -> None:
    before = count_rows(ground)
    assert loader.load(ground.joined) == ground.people
    assert count_rows(ground) == before


def test_numbers_stay_when_the_day_changes_and_ages_move_on(ground: Ground) -> None:
    ground.clock.advance(days=200)
    later = loader.load(ground.joined)
    numbers = {ref: person.number for ref, person in ground.people.persons.items()}
    assert {ref: person.number for ref, person in later.persons.items()} == numbers
    assert {one.ref: one.age for one in later.holders}["anna"] == 52
    assert relative(ground, "anna", "paul").age == 15
    assert next(one for one in later.relatives if one.ref == "paul").age == 16


def test_every_number_is_well_formed_and_says_what_the_registry_says(ground: Ground) -> None:
    numbers = set()
    for person in ground.people.persons.values():
        facts = check(person.number, "cn.ric")
        assert (facts.valid, facts.birth_date, facts.sex) == (True, person.birth_date, person.sex)
        assert person.number[14:16] == "00", "invented people use only the first ten order codes"
        numbers.add(person.number)
    assert len(numbers) == len(ground.people.persons) >= 30


def test_the_mother_and_her_child_of_nine_are_known_as_kin(ground: Ground) -> None:
    assert ground.people.holder("lucia").age == 36
    child = relative(ground, "lucia", "mateo")
    assert (child.relation, child.age, child.known) == ("child", 9, True)


def test_the_son_has_a_mother_of_72_who_can_be_reached(ground: Ground) -> None:
    assert ground.people.holder("tomas").age == 45
    mother = relative(ground, "tomas", "elena")
    assert (mother.relation, mother.age, mother.known) == ("parent", 72, True)
    assert ground.people.persons["elena"].contact.phone


def test_the_stranger_is_kin_to_nobody(ground: Ground) -> None:
    assert ground.people.holder("victor")
    assert not [one for one in ground.people.relatives if "victor" in (one.holder_ref, one.ref)]


def test_the_region_has_somebody_of_every_kind_the_rules_speak_of(ground: Ground) -> None:
    people = ground.people.persons
    ages = {age_on(person.birth_date, TODAY) for person in people.values()}
    assert {3, 7, 9, 12, 14, 15, 17, 36, 45, 65, 72, 90} <= ages
    cards = [person.card for person in people.values() if person.card is not None]
    assert {"normal", "suspended", "cancelled"} <= {card.state for card in cards}
    assert any(card.expires_on and card.expires_on < TODAY for card in cards)
    assert [ref for ref, person in people.items() if person.died_on] == ["ramon"]
    greta = people["greta"].contact
    assert (greta.phone, greta.email) == (None, None)
    ward = relative(ground, "helen", "iris")
    assert (ward.relation, ward.age, ward.known) == ("ward", 12, True)
    assert not relative(ground, "fang", "xiaoyu").known
    assert {person.language for person in people.values()} == {"en", "es", "zh-Hans"}


def test_contacts_reach_nobody_real(ground: Ground) -> None:
    """+44 7700 900000 to 900999 is kept free for drama; example.org belongs to nobody."""
    for person in ground.people.persons.values():
        phone, email = person.contact.phone, person.contact.email
        assert phone is None or phone.startswith("+447700900")
        assert email is None or email.endswith("@example.org")


def test_every_role_and_level_has_staff(ground: Ground) -> None:
    reviewers = [one.region for one in ground.people.staff if "reviewer" in one.roles]
    assert sorted(reviewers) == sorted(
        ["north-harbour"] * 2 + ["south-harbour"] * 2 + ["lakes", "demo"]
    )
    roles = {role for one in ground.people.staff for role in one.roles}
    assert roles == {"clerk", "reviewer", "safeguarding", "auditor"}


def test_the_list_at_start_up_names_cards_numbers_and_passwords(ground: Ground) -> None:
    text = "\n".join(ground.people.lines())
    for expected in (
        "Lucía Prado Rey, 36: card 900000000101, phone +447700900101",
        f"child: Mateo Sol Prado, 9, number {ground.people.persons['mateo'].number}",
        "李小雨, 12, number",
        "not known to the registry",
        "reviewer-north",
        "quiet-river-nine-elm",
    ):
        assert expected in text


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(0, 100), st.integers(0, 364))
def test_the_birth_date_gives_the_age_of_the_data(today: date, age: int, days: int) -> None:
    assert age_on(loader.born_on(today - timedelta(days=days), age), today) == age


def test_a_sixth_birth_on_one_day_and_place_has_no_number_left() -> None:
    taken: set[str] = set()
    for _ in range(5):
        number = loader.invented_number("110101", date(2000, 1, 1), "female", taken)
        assert number not in taken
        taken.add(number)
    with pytest.raises(ValueError, match="more than 5"):
        loader.invented_number("110101", date(2000, 1, 1), "female", taken)


def test_a_reviewer_s_own_number_is_known_only_as_an_index(ground: Ground) -> None:
    from ecard.agencies import service as agencies
    from ecard.persons.service import number_index

    index = number_index(ground.call, ground.people.persons["julia"].number)
    with ground.joined.db.read() as session:
        member = session.scalar(
            sa.select(agencies.StaffMember).filter_by(user_name="reviewer-north-2")
        )
        assert member is not None
        assert agencies.staff_number_index(session, member.id) == index
        assert agencies.staff_number_index(session, uuid.uuid4()) is None


def test_production_does_not_start_where_a_password_of_the_demo_opens(ground: Ground) -> None:
    settings = ground.joined.settings
    with pytest.raises(Stop, match="clerk-north") as refused:
        require_no_demo_staff(settings)
    assert refused.value.status == UNSAFE
    with ground.joined.db.write() as session:
        for member in session.query(StaffMember):
            member.password_hash = ground.joined.dependencies.hasher.hash(uuid.uuid4().hex)
        session.commit()
    require_no_demo_staff(settings)
