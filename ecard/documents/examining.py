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
    differences,
    says_the_number,
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
    number_read: bool = False
    """Whether the declared number itself stood on a document, beside name and birth date."""


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
        name, number = family.typed(session, call, link)
        known = {
            True: persons.particulars(session, call, link.holder_id),
            False: persons.particulars(session, call, link.relative_id),
        }
    typed = _typed(name, number, policy.number_format) if name and number else None
    rules = Rules(policy.number_format, today, policy.days_after_expiry)
    checked = [one for one in said if one.kind in readings.CHECKED_KINDS]
    found = []
    for guardian, person in known.items():
        theirs = [one for one in checked if (one.kind in GUARDIAN) == guardian]
        if theirs:
            found.append(judged(theirs, None if guardian else typed, person, rules))
    return replace(together(found), named=_named(said, known))


def _typed(name: str, number: str, number_format: str) -> Declared:
    facts = registry.check_number(number, number_format)
    plain = registry.normalise(number)
    return Declared(name, plain, number_format, facts.birth_date, facts.sex)


@dataclass(frozen=True, slots=True)
class Rules:
    """Of the link's region, and its day."""

    number_format: str
    today: date
    days_after_expiry: int


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


def judged(
    said: Sequence[Shown], typed: Declared | None, known: persons.Particulars, rules: Rules
) -> Examined:
    """What one person's documents say, against what was typed of them (None: nothing was, as of the
    guardian) and against what the registry knows. The latter is a reason for a person alone."""
    plain = [replace(one, kind=GUARDIAN.get(one.kind, one.kind)) for one in said]
    sent_as = dict(zip((one.kind for one in plain), (one.kind for one in said), strict=True))
    checked = check(
        typed,
        plain,
        rules.today,
        number_format=rules.number_format,
        days_after_expiry=rules.days_after_expiry,
    )
    registered = Declared(
        known.name,
        registry.normalise(known.number),
        rules.number_format,
        known.birth_date,
        known.sex,
    )
    unnamed = set(differences(registered, plain)) - set(checked.findings)
    against_registry = {f"registry_{one.field}_{one.how}" for one in unnamed}
    return Examined(
        agreed=checked.result is Result.ACCEPTED and not unnamed,
        findings=tuple(
            replace(one, kind=sent_as.get(one.kind, one.kind)) for one in checked.findings
        ),
        refused=checked.result is Result.REFUSED,
        reasons=(*_reasons(checked), *sorted(against_registry)),
        number_read=says_the_number(plain),
    )


def _reasons(checked: Checked) -> tuple[str, ...]:
    return tuple(sorted({f"{one.field}_{one.how}" for one in checked.findings}))


def together(found: Sequence[Examined]) -> Examined:
    """Of the relative and of the guardian."""
    return Examined(
        agreed=bool(found) and all(one.agreed for one in found),
        findings=tuple(finding for one in found for finding in one.findings),
        refused=any(one.refused for one in found),
        reasons=tuple(sorted({reason for one in found for reason in one.reasons})),
        number_read=bool(found) and all(one.number_read for one in found),
    )


def refuse(examined: Examined, *, ask_person: bool) -> None:
    """Raise EvidenceRefused with what was found, unless a person is asked for."""
    if not examined.refused or ask_person:
        return
    fields: dict[str, list[str]] = {}
    for one in (one for one in examined.findings if one.how in REFUSING):
        fields.setdefault(one.kind, []).append(f"{one.field}_{one.how}")
    raise EvidenceRefused(fields=fields)
