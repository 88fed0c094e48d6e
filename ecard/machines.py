"""A state machine as a table: which moves there are, who may make each, and for which reason. Pure.

A feature writes its table in its ``policy.py``; the page in ``docs/states.md`` is drawn from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """One move; ``from_state`` None: it begins here."""

    from_state: str | None
    to_state: str
    actor: str
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Machine:
    """Every move there is, in the order of a life; what is not named is not allowed."""

    moves: tuple[Move, ...]

    @classmethod
    def of(cls, *moves: tuple[str | None, str, str, Iterable[str]]) -> Machine:
        """A machine of (from, to, actor, reasons)."""
        return cls(
            tuple(Move(start, end, who, frozenset(reasons)) for start, end, who, reasons in moves)
        )

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the table first leads to it."""
        return tuple(dict.fromkeys(move.to_state for move in self.moves))

    def following(self, state: str | None) -> tuple[str, ...]:
        """The states that one move leads to."""
        return tuple(
            dict.fromkeys(move.to_state for move in self.moves if move.from_state == state)
        )

    def reasons(self, from_state: str | None, to_state: str, actor: str) -> frozenset[str]:
        """For which reasons the actor may make this move; none: they may not."""
        found = (
            move.reasons
            for move in self.moves
            if (move.from_state, move.to_state, move.actor) == (from_state, to_state, actor)
        )
        return frozenset().union(*found)

    def is_over(self, state: str) -> bool:
        """Whether nothing leads on from here."""
        return not self.following(state)
