"""The demo's phone does what a patient app does."""

from typing import Any

import pytest

from ecard.demo.phone import ASKED_MOST, Answer, Phone, Refused

BUSY = Answer(503, {"Retry-After": "5"}, {"code": "busy", "retry_after": 5})
TAKEN = Answer(201, {}, {"id": "a-document"})


class Service:
    """Gives these answers, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def send(self, method: str, path: str, **_: Any) -> Answer:
        assert (method, path.rpartition("/")[2]) == ("POST", "documents?kind=id_card")
        return self.answers.pop(0)


class Hourglass:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def now_ms(self) -> float:
        return 0.0

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def test_an_upload_waits_as_long_as_a_busy_service_asks() -> None:
    clock = Hourglass()
    phone = Phone(Service(BUSY, BUSY, TAKEN), clock=clock)
    assert phone.upload("id_card", b"page") == "a-document"
    assert clock.waited == [5, 5]


def test_an_upload_is_given_up_where_the_service_stays_busy() -> None:
    phone = Phone(Service(*[BUSY] * ASKED_MOST), clock=Hourglass())
    with pytest.raises(Refused, match="busy"):
        phone.upload("id_card", b"page")
