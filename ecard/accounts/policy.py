"""Pure rules of codes that are handed out at a counter, and how they are typed back in."""

from __future__ import annotations

import re
import secrets

COUNTER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, O, 1, I, L and U, which are misread on paper."""
COUNTER_CHARACTERS = 12
"""30**12 codes, 58 bits: guessing over the network is hopeless within a code's life."""
GROUP = 4


def new_counter_code() -> str:
    """A fresh code for paper, in groups of four: ``7QX2-M4KT-9ZBD``."""
    text = "".join(secrets.choice(COUNTER_ALPHABET) for _ in range(COUNTER_CHARACTERS))
    return "-".join(text[at : at + GROUP] for at in range(0, COUNTER_CHARACTERS, GROUP))


def typed_code(text: str) -> str:
    """The one spelling of a counter code, however it was typed; other secrets stay as they are."""
    bare = re.sub(r"[\s-]", "", text).upper()
    fits = len(bare) == COUNTER_CHARACTERS and set(bare) <= set(COUNTER_ALPHABET)
    return bare if fits else text
