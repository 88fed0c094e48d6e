"""Closed by default: every operation asks for its own kind of token, and says so on its page."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Blueprint, Flask

from ecard.auth import Gate
from ecard.errors import NotSignedIn
from tests.api.scene import Scene, code, nothing_left_behind

SOME_ID = str(UUID(int=7))
PUBLIC = {
    "requestSignInCode",
    "signIn",
    "refreshTokens",
    "openRecovery",
    "completeRecovery",
    "signInStaff",
    "listCounters",
    "reportNotMe",
    "openInvitation",
    "readQrKeys",
    "readDemoMailbox",
    "checkCertificate",
}
"""Whoever adds one here opens a door to everybody."""

NO_TOKENS = (
    "",
    "Bearer",
    "Bearer ",
    "Bearer eh_unknown",
    "Bearer xx_unknown",
    "Bearer eh_\xff",
    "Bearer " + "e" * 300,
    "Basic ZWg6eA==",
    "eh_unknown",
)


@pytest.fixture(scope="module")
def page(scene: Scene) -> Any:
    return scene.client.get("/api/openapi.json").json


def operations(page: Any) -> Iterator[tuple[str, str, Any]]:
    """Method, address with some ids in it, and the operation."""
    for path, item in page["paths"].items():
        address = re.sub(r"\{number\}", "1", path)
        address = re.sub(r"\{kind\}", "family_services", address)
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), re.sub(r"\{\w+\}", SOME_ID, address), operation


def ask(scene: Scene, method: str, address: str, token: str) -> Any:
    headers = {"Authorization": token} if token else {}
    headers |= {"Idempotency-Key": "k" * 20, "If-Match": '"1"'}
    return scene.client.open(address, method=method, headers=headers)


@pytest.mark.parametrize(
    "token",
    [
        *NO_TOKENS[:1],
        NO_TOKENS[3],
        *(pytest.param(t, marks=pytest.mark.gate) for t in NO_TOKENS[1:3]),
        *(pytest.param(t, marks=pytest.mark.gate) for t in NO_TOKENS[4:]),
    ],
)
def test_without_a_token_nothing_opens_that_is_not_public(
    scene: Scene, page: Any, token: str
) -> None:
    open_to_all = set()
    with nothing_left_behind(scene.stage):
        for method, address, operation in operations(page):
            if not operation.get("security"):
                open_to_all.add(operation["operationId"])
                continue
            answer = ask(scene, method, address, token)
            assert code(answer) == (401, "not_signed_in"), operation["operationId"]
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert open_to_all == PUBLIC


def test_a_token_of_another_kind_opens_nothing(scene: Scene, page: Any) -> None:
    desk = scene.stage.desk("clerk-north")
    tokens = {
        "holderToken": scene.phone.token,
        "staffToken": desk.token,
        "captureToken": scene.camera.token,
    }
    with nothing_left_behind(scene.stage):
        for method, address, operation in operations(page):
            [asked] = operation.get("security") or [{}]
            if not asked:
                continue
            for kind in tokens.keys() - asked.keys():
                answer = ask(scene, method, address, f"Bearer {tokens[kind]}")
                assert code(answer) == (403, "not_allowed"), operation["operationId"]


LEADS_OUT = {
    *("signOut", "unlockSession", "requestCardPasswordResetCode", "readCardPasswordResetNotice"),
    *("openCardPasswordReset", "drawChallengeForCardPasswordReset"),
    *("showFaceForCardPasswordReset", "finishCardPasswordReset"),
}
"""What a handed-over phone may still do: whoever adds one gives it into the relative's hands."""


def test_a_handed_over_phone_is_told_so_by_every_door_of_the_holder_but_those_that_lead_out(
    page: Any,
) -> None:
    for _, _, operation in operations(page):
        if operation.get("security") == [{"holderToken": []}]:
            told = operation["responses"].get("423", {"x-codes": []})["x-codes"]
            leads_out = operation["operationId"] in LEADS_OUT
            assert ("session_handed_over" not in told) == leads_out, operation["operationId"]


def test_every_operation_documents_what_its_kind_of_token_refuses(page: Any) -> None:
    for _, _, operation in operations(page):
        assert "too_many_requests" in operation["responses"]["429"]["x-codes"]
        if operation.get("security"):
            assert "not_signed_in" in operation["responses"]["401"]["x-codes"]
            assert "not_allowed" in operation["responses"]["403"]["x-codes"]


def test_a_room_that_nobody_opened_is_closed(scene: Scene) -> None:
    app = Flask("forgotten")
    app.extensions["ecard"] = scene.stage.joined
    room = Blueprint("forgotten", __name__)
    room.add_url_rule("/forgotten", view_func=lambda: "come in")
    app.register_blueprint(room)
    Gate({}, {}).install(app)
    app.testing = True
    with pytest.raises(NotSignedIn):
        app.test_client().get("/forgotten")
