"""The rules of a region, over HTTP."""

from typing import Any

from ecard.policy.policy import RULES
from tests.support import Stage


def test_the_app_reads_every_rule_of_the_holder_s_region(stage: Stage) -> None:
    answer = stage.signed_in("lucia").must("GET", "/policy")
    assert (answer["region"], answer["time_zone"]) == ("north-harbour", "Asia/Shanghai")
    assert set(answer["rules"]) == set(RULES)
    assert (answer["rules"]["cap_children"], answer["rules"]["cap_others"]) == (3, 3)


def test_the_rules_of_a_region_are_for_those_signed_in(client: Any) -> None:
    answer = client.get("/api/v1/policy")
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


def test_every_rule_is_described_with_its_unit(client: Any) -> None:
    spec = client.get("/api/openapi.json").json
    described = spec["components"]["schemas"]["Rules"]["properties"]
    assert set(described) == set(RULES)
    assert all("Unit: " in field["description"] for field in described.values())
