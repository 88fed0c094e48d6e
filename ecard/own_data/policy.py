"""What is said of a person's own data. Pure."""

from __future__ import annotations

SCOPE = "own_data"
"""Under which a guardian's look at a person's data stands in the history of both sides."""
