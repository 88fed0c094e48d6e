"""The rules of the holder's region, for the app to show before anybody runs into them."""

from __future__ import annotations

from ecard.api import Room
from ecard.policy import service
from ecard.policy.schemas import PolicySchema
from ecard.request import current_call

policy = Room("policy", __name__, url_prefix="/policy", description="Dated rules of a region")


@policy.route("", methods=["GET"])
@policy.doc(operationId="getPolicy")
@policy.response(200, PolicySchema)
def get_policy() -> service.PolicyInForce:
    """The rules in force in the holder's region"""
    return service.mine(current_call())
