"""What was read, checked against what is declared and known; the refusal that follows from it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.documents import readings
from ecard.documents.checking import (
    REFUSING,
    Checked,
    Declared,
    Finding,
    Result,
    Shown,
    check,
    says_another_day,
)
from ecard.documents.errors import EvidenceRefused
from ecard.documents.papers import found_on
from ecard.documents.uploading import own_unclaimed
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.registry import service as registry

GUARDIAN = {
    "guardian_id_front": "id_card_front",
    "guardian_id_back": "id_card_back",
    "guardian_passport": "passport",
}


@dataclass(frozen=True, slots=True)
class Examined:
    """`agreed`: every document that a machine checks was read and agrees. `findings`: what may be
    named to the holder. `reasons`: why a person has to look."""

    agreed: bool
    findings: tuple[Finding, ...] = ()
    refused: bool = False
    reasons: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """Hints for a reviewer: what could be read of papers that only a person can judge."""


def examine(call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID]) -> Examined:
    """Check what was read of the relative's documents, and of the guardian's own."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        if link.relative_id is None:
            return Examined(agreed=False)
        rows = own_unclaimed(session, call, document_ids, lock=False)
        said = readings.shown(session, call, rows)
        policy = family.policy_of(session, call, link)
        today = call.now.astimezone(agencies.time_zone(session, link.region_id)).date()
        known = {
            True: persons.particulars(session, call, link.holder_id),
            False: persons.particulars(session, call, link.relative_id),
        }
    found = []
    for guardian, person in known.items():
        checked = [one for one in said if one.kind in readings.CHECKED_KINDS]
        theirs = [_plain(one) for one in checked if (one.kind in GUARDIAN) == guardian]
        if theirs:
            found.append(
                _examined(theirs, person, policy.number_format, today, policy.days_after_expiry)
            )
    return replace(_together(found), named=_named(said, known))


def _named(said: Sequence[Shown], known: Mapping[bool, persons.Particulars]) -> tuple[str, ...]:
    """Whose particulars stand on papers that only a person can judge, and which barcodes: hints
    where to look, no more."""
    found = []
    for one in (one for one in said if one.kind not in readings.CHECKED_KINDS):
        for who, person in (("holder", known[True]), ("relative", known[False])):
            number = registry.normalise(person.number)
            seen = found_on(one.lines, name=person.name, number=number, born=person.birth_date)
            found += [f"{one.kind}_has_{what}_of_{who}" for what in seen]
        found += [f"{one.kind}_has_{kind.lower()}" for kind in one.barcodes]
    return tuple(dict.fromkeys(found))


def _plain(one: Shown) -> Shown:
    return replace(one, kind=GUARDIAN.get(one.kind, one.kind))


def _examined(
    said: Sequence[Shown],
    person: persons.Particulars,
    number_format: str,
    today: date,
    days_after_expiry: int,
) -> Examined:
    facts = registry.check_number(person.number, number_format)
    declared = Declared(
        person.name, registry.normalise(person.number), number_format, facts.birth_date, facts.sex
    )
    checked = check(declared, said, today, days_after_expiry=days_after_expiry)
    differs = not facts.birth_date and says_another_day(said, person.birth_date)
    unnamed = ("registry_differs",) if differs else ()
    return Examined(
        agreed=checked.result is Result.ACCEPTED and not unnamed,
        findings=checked.findings,
        refused=checked.result is Result.REFUSED,
        reasons=(*_reasons(checked), *unnamed),
    )


def _reasons(checked: Checked) -> tuple[str, ...]:
    return tuple(sorted({f"{one.field}_{one.how}" for one in checked.findings}))


def _together(found: Sequence[Examined]) -> Examined:
    return Examined(
        agreed=bool(found) and all(one.agreed for one in found),
        findings=tuple(finding for one in found for finding in one.findings),
        refused=any(one.refused for one in found),
        reasons=tuple(sorted({reason for one in found for reason in one.reasons})),
    )


def refuse(examined: Examined, *, ask_person: bool) -> None:
    """Raise EvidenceRefused with what was found, unless a person is asked for."""
    if not examined.refused or ask_person:
        return
    fields: dict[str, list[str]] = {}
    for one in (one for one in examined.findings if one.how in REFUSING):
        fields.setdefault(one.kind, []).append(f"{one.field}_{one.how}")
    raise EvidenceRefused(fields=fields)
