"""The permission matrix: every operation, everybody who may ask, every state of the link."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import support
from tests.security.permissions import ANY, DECLARED, cells
from tests.security.permissions_scene import Cast, ask, gather


def operations(cast: Cast) -> dict[str, tuple[str, str]]:
    """Every operation of the API: its method and path."""
    page = cast.stage.app.test_client().get("/api/openapi.json").json
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in page["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


@pytest.fixture
def cast(tmp_path: Path):
    with support.stage(tmp_path) as stage:
        yield gather(stage, tmp_path / "saved")


def test_every_operation_is_in_the_permission_matrix(stage: support.Stage) -> None:
    page = stage.app.test_client().get("/api/openapi.json").json
    there = {
        operation["operationId"]
        for item in page["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert there == set(DECLARED)


@pytest.mark.gate
@pytest.mark.skipif(support.ON_POSTGRES, reason="the scene is put back by copying SQLite's files")
def test_nobody_may_do_more_or_less_than_the_matrix_says(
    cast: Cast, record_property: Callable[[str, object], None]
) -> None:
    wrong, tried = [], 0
    there = operations(cast)
    wanted: dict[str, list[tuple[str, str, str]]] = {}
    for name, operation in DECLARED.items():
        for actor, state, code in cells(operation):
            wanted.setdefault("active" if state == ANY else state, []).append((name, actor, code))
    for state, asked in wanted.items():
        cast.put(state)
        for name, actor, code in asked:
            answer = ask(cast, name, *there[name], actor)
            tried += 1
            if answer != code:
                wrong.append(f"{name} by {actor}, link {state}: {answer}, declared {code}")
            cast.restore_if_changed()
    record_property("cells of operation, actor and state", tried)
    record_property("deviations", len(wrong))
    assert not wrong, "\n".join(wrong)
