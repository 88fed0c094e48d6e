"""staff.csv, and the passwords that an administrator types: none is ever in a file."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.administration.changes import ADDED, Changes
from ecard.administration.places import CODE, CODE_MEANT, Tree
from ecard.agencies import service as agencies
from ecard.agencies.models import Counter, StaffMember, StaffSession
from ecard.agencies.service import ROLES
from ecard.call import Call
from ecard.csv_files import Finding, Row, Rows, repeats
from ecard.passwords import hashed
from ecard.persons.service import number_index
from ecard.policy.policy import NUMBER_FORMATS
from ecard.registry.numbers import check, normalise

COLUMNS = ("user_name", "display_name", "roles", "region", "counter", "number", "disabled")
DISPLAY_CHARACTERS = 120
PASSWORD_CHARACTERS = range(15, 201)
"""NIST SP 800-63B: fifteen at least where a password stands alone."""


class PasswordRefused(ValueError):
    """The password cannot be set; the message says why."""


def findings(rows: Rows, regions: Tree, counters: Collection[str]) -> Iterator[Finding]:
    """What is wrong with staff.csv. ``number`` is their own: nobody decides about themselves."""
    yield from repeats(rows, ["user_name"])
    numbered = {line: row for line, row in rows.items() if row["number"]}
    yield from repeats(numbered, ["number"], normalise)
    for line, row in rows.items():
        roles = row["roles"].split()
        rules = {
            f"user_name: {CODE_MEANT}": bool(CODE.fullmatch(row["user_name"])),
            "display_name: 1 to 120 characters": 0 < len(row["display_name"]) <= DISPLAY_CHARACTERS,
            f"roles: one or more of {', '.join(sorted(ROLES))}, with a blank between": bool(roles)
            and set(roles) <= ROLES,
            "region: no region has this code": row["region"] in regions,
            "counter: no counter has this code": not row["counter"] or row["counter"] in counters,
            "counter: a clerk needs one": "clerk" not in roles or bool(row["counter"]),
            "number: must be empty or a well-formed number": not row["number"] or _well(row),
            "disabled: must be empty or yes": row["disabled"] in ("", "yes"),
        }
        yield from ((line, meant) for meant, ok in rules.items() if not ok)


def _well(row: Row) -> bool:
    return any(check(row["number"], one).valid for one in NUMBER_FORMATS)


def store(session: Session, call: Call, rows: Rows, to: Changes) -> None:
    """Add new staff, without a password, and change what differs. Not committed."""
    there = {one.user_name: one for one in session.scalars(sa.select(StaffMember))}
    counters = {one.code: one.id for one in session.scalars(sa.select(Counter))}
    for row in rows.values():
        member, values = there.get(row["user_name"]), _values(session, call, row, counters)
        if member is not None:
            left = (member.disabled_at or call.now) if row["disabled"] else None
            to.keep("staff", member, values | {"disabled_at": left})
            continue
        made = StaffMember(
            id=uuid.uuid4(),
            user_name=row["user_name"],
            password_hash=call.dependencies.hasher.nobodys_hash,  # which no password fits
            disabled_at=call.now if row["disabled"] else None,
            **values,
        )
        session.add(made)
        session.flush()
        to.note("staff", made.id, ADDED)


def _values(
    session: Session, call: Call, row: Row, counters: dict[str, uuid.UUID]
) -> dict[str, object]:
    return {
        "display_name": row["display_name"],
        "roles": row["roles"].split(),
        "region_id": agencies.region_by_code(session, row["region"]).id,
        "counter_id": counters[row["counter"]] if row["counter"] else None,
        "person_number_index": number_index(call, row["number"]) if row["number"] else None,
    }


def without_password(session: Session, call: Call) -> list[str]:
    """User names of staff for whom nobody has typed a password yet."""
    query = sa.select(StaffMember.user_name).where(
        StaffMember.password_hash == call.dependencies.hasher.nobodys_hash,
        StaffMember.disabled_at.is_(None),
    )
    return sorted(session.scalars(query))


def set_password(call: Call, user_name: str, password: str) -> None:
    """Set a member's password and end their open sessions. Raises PasswordRefused."""
    if len(password) not in PASSWORD_CHARACTERS:
        raise PasswordRefused("A password has 15 to 200 characters: take several words.")
    if user_name in password or len(set(password)) < len(password) // 3:
        raise PasswordRefused("This password is easy to guess: take several words.")
    kept = hashed(call, password)
    with call.db.write() as session:
        query = sa.select(StaffMember).filter_by(user_name=user_name)
        member = session.scalar(query.with_for_update())
        if member is None:
            raise PasswordRefused("Nobody has this user name: load staff.csv first.")
        member.password_hash = kept
        open_now = sa.update(StaffSession).filter_by(staff_id=member.id, ended_at=None)
        session.execute(open_now.values(ended_at=call.now))
        agencies.forget_failures(session, call, user_name)
        audit.record(session, call, "staff.password_set", "staff", member.id)
        session.commit()
