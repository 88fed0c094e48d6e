"""What other features ask the registry's room: numbers, names, and the port's answers."""

from ecard.registry.names import same_name
from ecard.registry.numbers import NumberFacts, mask, normalise
from ecard.registry.numbers import check as check_number

__all__ = ["NumberFacts", "check_number", "mask", "normalise", "same_name"]
