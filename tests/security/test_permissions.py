"""The permission matrix: every operation, everybody who may ask, every state of the link."""

from tests import support
from tests.security.permissions import DECLARED
from tests.security.permissions_scene import operations


def test_every_operation_is_in_the_permission_matrix(stage: support.Stage) -> None:
    assert set(operations(stage)) == set(DECLARED)
