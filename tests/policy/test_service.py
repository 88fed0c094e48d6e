"""Which rules are in force: by region, by date, inherited key by key."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ecard.agencies import service as agencies
from ecard.policy import service
from ecard.policy.models import PolicyRow
from ecard.policy.policy import Policy, PolicyRefused
from tests.demo.ground import Ground
from tests.support import START


def rules(ground: Ground, code: str, days: float = 0) -> Policy:
    with ground.joined.db.read() as session:
        region = agencies.region_by_code(session, code)
        return service.current(session, region.id, START + timedelta(days=days))


def add(ground: Ground, code: str, days: float, **values: object) -> None:
    with ground.joined.db.write() as session:
        region = agencies.region_by_code(session, code)
        since = START + timedelta(days=days)
        service.add(session, region.id, values, effective_from=since, now=START)
        session.commit()


def test_a_city_inherits_what_province_and_ministry_set(ground: Ground) -> None:
    ministry, province, city = (rules(ground, code) for code in ("demo", "lakes", "north-harbour"))
    assert ministry.cap_others == 2
    assert province.cap_others == city.cap_others == 3
    assert city.cap_children == ministry.cap_children


def test_a_city_overrides_only_what_it_sets(ground: Ground) -> None:
    add(ground, "north-harbour", 0, cap_children=5)
    assert rules(ground, "north-harbour").cap_children == 5
    assert rules(ground, "north-harbour").cap_others == 3
    assert rules(ground, "south-harbour").cap_children == 3
    assert rules(ground, "lakes").cap_children == 3


def test_a_rule_holds_from_its_date_on_and_not_before(ground: Ground) -> None:
    add(ground, "lakes", 2, cap_parents=1)
    assert rules(ground, "north-harbour", days=1.999).cap_parents == 4
    assert rules(ground, "north-harbour", days=2).cap_parents == 1


def test_a_later_row_replaces_the_region_s_own_earlier_one(ground: Ground) -> None:
    add(ground, "lakes", 2, cap_parents=1)
    assert rules(ground, "lakes", days=2).cap_others == 2, "no longer set, so inherited again"


def test_a_rule_with_a_wrong_value_is_not_stored(ground: Ground) -> None:
    with pytest.raises(PolicyRefused, match="cap_all: less than 1"):
        add(ground, "lakes", 1, cap_all=0)
    with ground.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PolicyRow)) == 2


def test_one_region_has_one_row_per_date(ground: Ground) -> None:
    add(ground, "lakes", 1, cap_all=4)
    with pytest.raises(IntegrityError):
        add(ground, "lakes", 1, cap_all=5)


def test_before_any_rule_there_is_no_policy(ground: Ground) -> None:
    with pytest.raises(PolicyRefused):
        rules(ground, "north-harbour", days=-3650)


def test_the_holder_reads_the_rules_of_their_own_city(ground: Ground) -> None:
    add(ground, "south-harbour", 0, cap_all=6)
    assert service.mine(ground.holder("lucia")).rules.cap_all == 8
    in_force = service.mine(ground.holder("anna"))
    assert (in_force.region, in_force.rules.cap_all) == ("south-harbour", 6)
