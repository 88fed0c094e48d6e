"""Requests generated from the OpenAPI page, as everybody who can send any: no fault, no surprise.

Well-formed requests and broken ones, with every check of schemathesis and two of our own: a refusal
carries a code that its operation documents, and what the page allows is never called malformed.
Each operation starts from the same scene (``roles.py``), and findings are collected, so that one
run names them all.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation

from tests.gates.roles import Cast, Role, fresh_app, gather

pytestmark = pytest.mark.gate

FULL = bool(os.environ.get("ECARD_FULL"))
OWN_CASES, OTHER_CASES = (12, 2) if FULL else (1, 1)
"""Cases per operation and mode: for who has business with it, and for who has not."""
SHARE_OF_EDGES = 0.02
CASES_LEAST = 2000 if FULL else 400
OFFERED = 0.8
"""How often an id that exists takes the place of a generated one."""

REFUSED = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423, 428, 429]
CONFIG = {
    "generation": {"allow-x00": False, "allow-extra-parameters": False},
    "checks": {
        # a refusal for what the request asks is an answer; that it is never for how it is
        # written is the check `well_formed` below
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", 401, 403, 404, 409, 410, 412, 413, 415, 422, 423, 429]
        },
        # a session that an earlier case ended is refused at the gate (409, 410), before headers; a
        # checksum that is missing is named like any other field (422)
        "missing_required_header": {
            "expected-statuses": [400, 401, 403, 404, 409, 410, 422, 423, 428]
        },
        "negative_data_rejection": {"expected-statuses": REFUSED},
    },
}
MALFORMED = {"invalid_input", "malformed_body", "unsupported_media_type", "version_missing"} | {
    "idempotency_key_missing"
}


class Standing:
    """The page is read once; the application behind it is another one for each operation."""

    app: Flask

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


STANDING = Standing()
MEANING = {"unknown_cursor", "one_of_two", "not_a_key", "not_needed", "too_many"} | {
    *("required_with_code", "only_with_code"),
}
"""Field codes about what is said, or about a setting, which no page can tell beforehand."""


@dataclass
class Findings:
    """What a run sent and what was wrong with the answers."""

    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    failures: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """(role, operation, kind of failure) → the first example."""

    def add(self, role: Role, case: Case, kind: str, text: str) -> None:
        self.failures.setdefault((role.name, case.operation.label, kind), text[:1500])

    def told(self) -> str:
        return "\n\n".join(f"{' · '.join(key)}\n{text}" for key, text in self.failures.items())


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    return gather(tmp_path_factory.mktemp("cast") / "scene")


def names() -> list[str]:
    return [
        "nobody",
        "holder who applies",
        "child's session",
        "tomas who waits",
        "adult's session",
        "reviewer-north",
        "clerk-north",
        "safeguarding",
        "auditor",
    ]


SENT: dict[str, Findings] = {}


@pytest.fixture(scope="module")
def operations(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    with fresh_app(cast, tmp_path_factory.mktemp("page") / "scene") as app:
        STANDING.app = app
        config = SchemathesisConfig.from_dict(CONFIG)
        schema = schemathesis.openapi.from_wsgi("/api/openapi.json", STANDING, config=config)
        return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("name", names())
def test_whatever_is_sent_the_answer_is_a_documented_one(
    cast: Cast, operations: list[Any], name: str, tmp_path: Path, record_property: Any
) -> None:
    role = {role.name: role for role in cast.roles}[name]
    found = SENT[name] = Findings()
    reading = [one for one in operations if not changes(role, one)]
    for group in [reading, *([one] for one in operations if changes(role, one))]:
        with fresh_app(cast, tmp_path / "scene") as STANDING.app:
            for operation in group:
                try_operation(role, operation, found)
    record_property("cases", found.cases)
    record_property("answers by status", dict(sorted(found.statuses.items())))
    record_property("failures", len(found.failures))
    assert not found.failures, found.told()


def test_enough_was_sent(record_property: Any) -> None:
    if set(SENT) != set(names()):
        pytest.fail("this counts what the tests before it sent: run the whole file in one process")
    cases = sum(found.cases for found in SENT.values())
    record_property("cases in all", cases)
    assert cases >= CASES_LEAST


def has_business(role: Role, operation: Any) -> bool:
    return bool(role.tags.intersection(operation.definition.raw["tags"]))


def changes(role: Role, operation: Any) -> bool:
    """Whether this may change the scene: then the next operation starts from a fresh one."""
    return has_business(role, operation) and bool(role.token) and operation.method != "get"


def try_operation(role: Role, operation: Any, found: Findings) -> None:
    """Send this operation well-formed and broken requests and check each answer."""
    cases = OWN_CASES if has_business(role, operation) else OTHER_CASES
    offer = random.Random(f"{role.name} {operation.label}")
    sent = [case for mode in GenerationMode for case in generated(operation, mode, cases)]
    for case in chain(sent, edges(operation, cases, offer)):
        offer_known(case, role, offer)
        send(case, role, found)


def generated(operation: Any, mode: GenerationMode, count: int) -> list[Case]:
    """``count`` cases of one mode; none where nothing about the operation can be broken."""
    cases: list[Case] = []

    @hypothesis.seed(operation.label)
    @hypothesis.settings(
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        database=None,
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        cases.append(case)

    try:
        collect()
    except (hypothesis.errors.Unsatisfiable, schemathesis.errors.InvalidSchema):
        return []
    return cases


def edges(operation: Any, cases: int, chosen: random.Random) -> Iterator[Case]:
    """Schemathesis' own list of edge cases: limits, missing headers, other methods; some of it.

    To be sent as they come: neighbours share parts that change from one to the next.
    """
    config = operation.schema.config.generation
    share = 1.0 if FULL and cases == OWN_CASES else cases * SHARE_OF_EDGES
    for case in operation.schema.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=config
    ):
        if chosen.random() < share:
            yield case


def offer_known(case: Case, role: Role, offer: random.Random) -> None:
    """Put what exists in the place of what was generated, where that is not the broken part."""
    parts = {
        ParameterLocation.PATH: case.path_parameters,
        ParameterLocation.HEADER: case.headers,
        ParameterLocation.QUERY: case.query,
        ParameterLocation.BODY: case.body,
    }
    for location, values in parts.items():
        if not isinstance(values, dict | type(case.headers)) or case.meta.is_negative_at(location):
            continue
        for name in list(values):
            in_path = location is ParameterLocation.PATH
            if name == "kind" and not in_path:
                continue  # a document's, where a notice's is known
            # a file's number in a path is no person's number in a body
            wanted = int if name == "number" and in_path else type(values[name])
            alike = [one for one in role.known.get(name, ()) if isinstance(one, wanted)]
            if alike and offer.random() < OFFERED:
                values[name] = offer.choice(alike)


def send(case: Case, role: Role, found: Findings) -> None:
    headers = {"Authorization": f"Bearer {role.token}"} if role.token else {}
    response = case.call(headers=headers)
    found.cases += 1
    found.statuses[response.status_code] = found.statuses.get(response.status_code, 0) + 1
    try:
        case.validate_response(
            response,
            headers=headers,
            transport_kwargs={"headers": headers},
            additional_checks=[documented_code, well_formed],
        )
    except FailureGroup as group:
        for failure in group.exceptions:
            kind = f"{type(failure).__name__} {response.status_code}"
            sent = f"{response.request.url} {case.path_parameters} {case.query} {case.body!r:.300}"
            found.add(role, case, kind, f"{failure}\n{sent}\n{response.text}")


def documented_code(_: Any, response: Any, case: Case) -> None:
    """A refusal's code is among those that its operation documents for that status."""
    if response.status_code < 400 or case.method.upper() != case.operation.method.upper():
        return
    documented = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    code = response.json()["code"]
    assert code in documented.get("x-codes", []), f"{response.status_code} {code} not documented"


def well_formed(_: Any, response: Any, case: Case) -> None:
    """What the page allows is not called malformed."""
    if case.meta.generation.mode.is_positive and response.status_code >= 400:
        problem = response.json()
        about = {code for codes in problem.get("fields", {}).values() for code in codes}
        if not about or about - MEANING:
            assert problem["code"] not in MALFORMED, "the page allows what was called malformed"
