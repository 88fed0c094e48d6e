"""What tests stand on themselves."""

from dataclasses import replace
from typing import Any

from ecard.app import create_app
from tests.support import MADE_OF, Stage


class Watched:
    """Settings that write down what is read of them."""

    def __init__(self, real: Any) -> None:
        self.read: set[str] = set()
        self._real = real

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._real, name)


def test_an_application_is_made_of_the_settings_that_tell_applications_apart(stage: Stage) -> None:
    watched: Any = Watched(stage.joined.settings)
    create_app(replace(stage.joined, settings=watched))
    assert watched.read == set(MADE_OF)
