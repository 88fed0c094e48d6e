"""What a camera sends: counted, read whole, and judged one bounded number at a time."""

import io
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from flask_smorest import Api

from biometrics.errors import ImageTooLarge, ReferenceUnusable, UndecodableImage
from biometrics.types import Outcome, UnusableReason, Verification
from ecard import captures
from ecard.api import Room
from ecard.errors import BodyTooLarge, Busy
from ecard.multipart import FramesSchema

SETTINGS: Any = SimpleNamespace(
    frames_min=3, frames_max=12, capture_bytes=100, judging_wait_seconds=0.01
)
ANSWER = Verification(Outcome.UNUSABLE, UnusableReason.DARK, None, None, "e", "p")


class Judge:
    """Answers every capture alike, or fails as told."""

    def __init__(self, check: Exception | None = None, verify: Exception | None = None) -> None:
        self.check, self.failure = check, verify

    def check_frames(self, frames):
        if self.check:
            raise self.check
        return (b"print",) * len(frames)

    def verify(self, frames, reference, *, age, household, answer):
        if self.failure:
            raise self.failure
        return ANSWER


def call_with(judge: Judge, places: int = 1) -> Any:
    dependencies = SimpleNamespace(
        judging=threading.BoundedSemaphore(places), verifier=lambda: judge
    )
    return SimpleNamespace(settings=SETTINGS, dependencies=dependencies)


def parts(*contents: bytes) -> dict[str, list[io.BytesIO]]:
    return {"frames": [io.BytesIO(content) for content in contents]}


def test_frames_are_read_in_the_order_sent():
    assert captures.read_frames(parts(b"a", b"b", b"c"), SETTINGS) == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("contents", "refusal", "params"),
    [
        ((), captures.TooFewFrames, {"sent": 0, "least": 3}),
        ((b"a",) * 2, captures.TooFewFrames, {"sent": 2, "least": 3}),
        ((b"a",) * 13, captures.TooManyFrames, {"sent": 13, "most": 12}),
        ((b"a", b"", b"c"), captures.FrameEmpty, {"frame": 2}),
        ((b"a", b"b", b"c" * 99), BodyTooLarge, {}),
    ],
)
def test_each_wrong_set_of_frames_has_its_own_refusal(contents, refusal, params):
    with pytest.raises(refusal) as caught:
        captures.read_frames(parts(*contents), SETTINGS)
    assert caught.value.params == params


def test_a_judgement_reserves_the_try_before_it_compares():
    order = []
    judge = Judge()
    answer = captures.judge(call_with(judge), [b"a"], b"r", 40, order.append)
    assert (answer, order) == (ANSWER, [(b"print",)])


def test_past_the_places_nothing_is_reserved():
    call = call_with(Judge())
    reserved = []
    with call.dependencies.judging, pytest.raises(Busy):
        captures.judge(call, [b"a"], b"r", 40, reserved.append)
    assert reserved == []


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (UndecodableImage("no", frame=1), captures.FrameUnreadable),
        (ImageTooLarge("big", frame=1), captures.FrameTooLarge),
    ],
)
def test_a_broken_frame_costs_no_try_and_is_named(error, refusal):
    reserved = []
    with pytest.raises(refusal) as caught:
        captures.judge(call_with(Judge(check=error)), [b"a"], b"r", 40, reserved.append)
    assert (caught.value.params, reserved) == ({"frame": 2}, [])


@pytest.mark.parametrize(
    "error", [UndecodableImage("no"), ReferenceUnusable(UnusableReason.NO_FACE)]
)
def test_an_unusable_reference_photo_is_no_judgement_of_anyone(error):
    call = call_with(Judge(verify=error))
    with pytest.raises(captures.ReferencePhotoUnusable):
        captures.judge(call, [b"a"], b"r", 40)
    assert call.dependencies.judging.acquire(blocking=False)


def small_app() -> tuple[Flask, Api]:
    app = Flask(__name__)
    app.config.update(API_TITLE="t", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    room = Room("captures", __name__)

    @room.route("/captures/<uuid:session_id>", methods=["POST"])
    class Captures(MethodView):
        @room.arguments(FramesSchema, location="files")
        @room.response(200)
        def post(self, files, session_id):
            return {"sizes": [len(part.read()) for part in files["frames"]]}

    api = Api(app)
    api.register_blueprint(room)
    return app, api


def test_a_form_may_carry_several_frames_of_one_name_or_none():
    app, _ = small_app()
    address = "/captures/7d3c5a4e-0000-4000-8000-000000000000"
    sent = {"frames": [(io.BytesIO(b"x" * n), "f.jpg") for n in (1, 2, 3)]}
    client = app.test_client()
    assert client.post(address, data=sent).json == {"sizes": [1, 2, 3]}
    assert client.post(address, data={}, content_type="multipart/form-data").json == {"sizes": []}


def test_the_api_description_shows_the_frames_as_files():
    _, api = small_app()
    spec = api.spec.to_dict()
    body = spec["paths"]["/captures/{session_id}"]["post"]["requestBody"]["content"]
    assert list(body) == ["multipart/form-data"]
    frames = spec["components"]["schemas"]["Frames"]["properties"]["frames"]
    assert frames["type"] == "array"
    assert frames["items"] == {"type": "string", "format": "binary"}
