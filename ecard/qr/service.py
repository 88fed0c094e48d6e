"""The e-card's QR code; the one door to this feature.

Read in the order of a code's life: ``moving.py`` (on which phone), ``showing.py``, ``using.py``
(scanned at a counter), and ``reading.py`` (what both sides read afterwards). What a code is made of
is in ``tokens.py``, which terminals without a network use too; the keys that sign it are in
``keys.py``.
"""

from __future__ import annotations

from ecard.qr.keys import KeySet, KeyWaits, key_set, rotate
from ecard.qr.moving import JOBS
from ecard.qr.reading import QrUseView, list_uses, sweep
from ecard.qr.showing import QrView, show
from ecard.qr.using import Accepted, use

__all__ = [
    "JOBS",
    "Accepted",
    "KeySet",
    "KeyWaits",
    "QrUseView",
    "QrView",
    "key_set",
    "list_uses",
    "rotate",
    "show",
    "sweep",
    "use",
]
