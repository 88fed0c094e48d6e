"""``python -m ecard.verifier --keys keys.json --used used.db --operation identify [CODE]``.

Exit status: 0 accepted; 2 wrong use; 3 the terminal itself cannot work (keys, file, clock);
10 to 17 refused, one for each reason.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ecard.qr import tokens
from ecard.qr.tokens import Claims, TokenRefused
from ecard.verifier.used import ClockWentBack, UsedCodes

ACCEPTED, CANNOT_WORK = 0, 3
USED = "qr_used"
STATUS = {code: 10 + place for place, code in enumerate((*tokens.REASONS, USED))}
SENTENCES = {
    "qr_unreadable": "This is no code of an e-card, or not a whole one.",
    "qr_key_unknown": "It was signed with a key that is not in the key file; fetch the keys anew.",
    "qr_forged": "It was changed, or somebody else signed it. Do not accept it.",
    "qr_not_yet": "It begins in the future: a clock is wrong.",
    "qr_expired": "It is too old; it may be a picture of one.",
    "qr_other_operation": "It was shown for another operation.",
    "qr_other_place": "It was shown for another place.",
    USED: "This terminal accepted it before.",
}
LONGEST_INPUT = 4096
HOUR = 3600


class CannotWork(Exception):
    """The terminal itself cannot judge; the message says why."""


def main(
    arguments: Sequence[str] | None = None,
    *,
    typed: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> int:
    """Judge one code and say so; returns the exit status."""
    wanted = _parser().parse_args(arguments)
    try:
        claims = _judge(wanted, _text(wanted, typed or sys.stdin), int(now()))
    except TokenRefused as refused:
        _say(wanted, {"accepted": False, "code": refused.code}, SENTENCES[refused.code])
        return STATUS[refused.code]
    except CannotWork as reason:
        print(reason, file=sys.stderr)
        return CANNOT_WORK
    _say(wanted, _facts(claims), _sentence(claims))
    return ACCEPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ecard.verifier",
        description="Checks the QR code of an e-card without a network, once for each code.",
    )
    parser.add_argument("code", nargs="?", help="the scanned text; left out: read from --file")
    parser.add_argument("--file", default="-", help="a file with the scanned text; -: input")
    parser.add_argument("--keys", type=Path, required=True, help="the published key set (JSON)")
    parser.add_argument("--used", type=Path, required=True, help="what this terminal accepted")
    parser.add_argument("--operation", choices=tokens.OPERATIONS, required=True)
    parser.add_argument("--place", help="code of the counter at which this terminal stands")
    parser.add_argument(
        "--clock-tolerance", type=int, default=10, help="seconds its clock may be behind (10)"
    )
    parser.add_argument(
        "--keys-max-hours", type=int, default=72, help="oldest key set that is trusted (72)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def _text(wanted: argparse.Namespace, typed: TextIO) -> str:
    if wanted.code is not None:
        return str(wanted.code).strip("\r\n")
    try:
        if wanted.file == "-":
            return typed.read(LONGEST_INPUT).strip("\r\n")
        with Path(wanted.file).open(encoding="utf-8") as file:
            return file.read(LONGEST_INPUT).strip("\r\n")
    except UnicodeError as error:
        raise TokenRefused("qr_unreadable") from error
    except OSError as error:
        raise CannotWork(f"The code cannot be read: {error.strerror}") from error


def _judge(wanted: argparse.Namespace, text: str, now: int) -> Claims:
    """Signature, time, operation, place, and once at this terminal, in this order."""
    claims = tokens.check(text, _keys(wanted, now), now, wanted.clock_tolerance)
    tokens.refuse_other_use(claims, wanted.operation, wanted.place)
    try:
        used = UsedCodes(wanted.used)
        first = used.accept(claims.id, claims.expires, now, wanted.clock_tolerance)
    except sqlite3.Error as error:
        raise CannotWork(f"The file of used codes cannot be used: {error}") from error
    except ClockWentBack as back:
        latest = datetime.fromtimestamp(back.args[0], UTC)
        raise CannotWork(f"The clock went back: it was {latest:%Y-%m-%d %H:%M:%S} UTC.") from back
    if not first:
        raise TokenRefused(USED)
    return claims


def _keys(wanted: argparse.Namespace, now: int) -> tokens.Keys:
    try:
        published = json.loads(wanted.keys.read_text(encoding="utf-8"))
        keys = tokens.keys_from(published)
        issued = datetime.fromisoformat(published["issued_at"]).timestamp()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CannotWork(f"{wanted.keys} is not a published key set.") from error
    if now - issued > wanted.keys_max_hours * HOUR:
        raise CannotWork("The key set is too old: a key may be withdrawn. Fetch it anew.")
    return keys


def _facts(claims: Claims) -> dict[str, object]:
    return {
        "accepted": True,
        "id": str(claims.id),
        "operation": claims.operation,
        "shown_by": claims.shown_by,
        "shown_for": claims.shown_for or claims.shown_by,
        "pseudonym": claims.pseudonym.hex(),
        "place": claims.place,
        "expires": claims.expires,
    }


def _sentence(claims: Claims) -> str:
    whose = f" for {claims.shown_for}" if claims.shown_for is not None else ""
    return f"Shown by {claims.shown_by}{whose}, to {claims.operation.replace('_', ' ')}."


def _say(wanted: argparse.Namespace, facts: dict[str, object], sentence: str) -> None:
    if wanted.json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    print(f"{'ACCEPTED' if facts['accepted'] else 'REFUSED ' + str(facts['code'])}: {sentence}")


if __name__ == "__main__":
    sys.exit(main())
