"""Which documents are enough for which relative, and how long they are kept. Pure.

What is asked for depends on relation and age only. What is not needed is refused, not kept: no more
is collected about a person than the application calls for.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WARD = "ward"
"""The relation that only an order by an authority or a court proves."""


class DocumentKind(StrEnum):
    """What an uploaded document is."""

    ID_CARD_FRONT = "id_card_front"
    ID_CARD_BACK = "id_card_back"
    PASSPORT = "passport"
    BIRTH_CERTIFICATE = "birth_certificate"
    HOUSEHOLD_PAGE = "household_page"
    GUARDIANSHIP_ORDER = "guardianship_order"
    COURT_ORDER = "court_order"
    FACE_PHOTO = "face_photo"
    GUARDIAN_ID_FRONT = "guardian_id_front"
    GUARDIAN_ID_BACK = "guardian_id_back"
    GUARDIAN_PASSPORT = "guardian_passport"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must be shown: any one of the alternatives, each a set of documents."""

    name: str
    """identity, kinship, order, face or guardian."""
    any_of: tuple[frozenset[DocumentKind], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a set of documents; nothing at all where ``complete``."""

    missing: dict[str, list[str]]
    """Need → for each alternative what it still lacks, joined by ``+``."""
    not_needed: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the documents are exactly enough."""
        return not (self.missing or self.not_needed or self.repeated)


class FaceSource(StrEnum):
    """Where the picture that a live face is compared with comes from."""

    RELATIVE_PORTRAIT = "relative_portrait"
    GUARDIAN_PORTRAIT = "guardian_portrait"
    FACE_PHOTO = "face_photo"


_K = DocumentKind
_ORDERS = (frozenset({_K.GUARDIANSHIP_ORDER}), frozenset({_K.COURT_ORDER}))
_PAPERS = (frozenset({_K.BIRTH_CERTIFICATE}), frozenset({_K.HOUSEHOLD_PAGE}), *_ORDERS)
_IDENTITY = (frozenset({_K.ID_CARD_FRONT, _K.ID_CARD_BACK}), frozenset({_K.PASSPORT}))
_GUARDIAN = (
    frozenset({_K.GUARDIAN_ID_FRONT, _K.GUARDIAN_ID_BACK}),
    frozenset({_K.GUARDIAN_PASSPORT}),
)
_GUARDIANS = frozenset(kind for way in _GUARDIAN for kind in way)
SEVERAL_PAGES = frozenset({_K.HOUSEHOLD_PAGE, _K.COURT_ORDER, _K.GUARDIANSHIP_ORDER})
"""Papers that families photograph page by page."""
_FACE_KINDS = {
    FaceSource.RELATIVE_PORTRAIT: (_K.PASSPORT, _K.ID_CARD_FRONT),
    FaceSource.GUARDIAN_PORTRAIT: (_K.GUARDIAN_PASSPORT, _K.GUARDIAN_ID_FRONT),
    FaceSource.FACE_PHOTO: (_K.FACE_PHOTO,),
}


def face_source(*, age: int, adult_age: int, guardian_face: bool) -> FaceSource:
    """Whose picture is compared; of a small child none, the guardian's own face is asked for."""
    if guardian_face:
        return FaceSource.GUARDIAN_PORTRAIT
    return FaceSource.RELATIVE_PORTRAIT if age >= adult_age else FaceSource.FACE_PHOTO


def face_kinds(source: FaceSource) -> tuple[DocumentKind, ...]:
    """The documents that carry that picture, the most legible first."""
    return _FACE_KINDS[source]


def needs(*, relation: str, age: int, adult_age: int, source: FaceSource) -> tuple[Need, ...]:
    """What must be shown for a relative of this relation and age (years)."""
    found: list[Need] = []
    if age >= adult_age:
        found.append(Need("identity", _IDENTITY))
    elif relation != WARD:
        found.append(Need("kinship", _PAPERS))
    if relation == WARD:
        found.append(Need("order", _ORDERS))
    if age < adult_age:  # below the age of matching only a person looks at it
        found.append(Need("face", (frozenset({_K.FACE_PHOTO}),)))
    if source is FaceSource.GUARDIAN_PORTRAIT:
        found.append(Need("guardian", _GUARDIAN))
    return tuple(found)


def shows_guardian(kind: DocumentKind) -> bool:
    """Whether a document is the guardian's own; every other one is about the relative."""
    return kind in _GUARDIANS


def examine(wanted: Sequence[Need], kinds: Iterable[DocumentKind]) -> Findings:
    """Whether documents of these kinds are exactly enough."""
    given = Counter(kinds)
    allowed = {kind for need in wanted for way in need.any_of for kind in way}
    missing = {need.name: _lacking(need, given) for need in wanted if _lacking(need, given)}
    twice = (kind for kind, count in given.items() if count > 1 and kind not in SEVERAL_PAGES)
    return Findings(missing, tuple(sorted(set(given) - allowed)), tuple(sorted(twice)))


def _lacking(need: Need, given: Counter[DocumentKind]) -> list[str]:
    if any(way <= given.keys() for way in need.any_of):
        return []
    return ["+".join(sorted(way - given.keys())) for way in need.any_of]


def reasons_for_a_person(
    *,
    relation: str,
    age: int,
    adult_age: int,
    kinship_confirmed: bool,
    registry_portrait: bool,
    read_and_agreed: bool,
) -> tuple[str, ...]:
    """Why a person has to look before the application goes on; empty: the registry confirms it.

    A portrait proves nothing about the name on the paper unless the registry holds one to compare
    with, or the paper was read and says what was declared, where the region takes that for enough
    (``read_and_agreed``: it does not show that the paper is genuine); a paper about kinship proves
    nothing unless the registry knows of that kinship.
    """
    reasons = []
    if (age < adult_age or relation == WARD) and not kinship_confirmed:
        reasons.append("kinship_not_confirmed")
    if age >= adult_age and not (registry_portrait or read_and_agreed):
        reasons.append("no_registry_portrait")
    return tuple(reasons)


def reading_suffices(rule: int, *, number_read: bool) -> bool:
    """Whether documents that were read and agree need no person, by the region's rule: 0 never, 1
    where the declared number stood on one, 2 also where name, birth date and sex alone did."""
    return rule >= 2 or (rule == 1 and number_read)


# --- how long -----------------------------------------------------------------------------------


def add_months(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def reference_months(
    source: FaceSource, age: int, *, portrait: int, child: int, small_child: int, small_age: int
) -> int:
    """After how many months a reference photo lapses. The lengths are policy, and so is the age
    (years) below which the picture of a child lapses soonest."""
    if source is not FaceSource.FACE_PHOTO:
        return portrait
    return small_child if age < small_age else child


class Standing(StrEnum):
    """How far the application is that claimed a document."""

    UNDER_WAY = "under_way"
    DECIDED = "decided"
    GIVEN_UP = "given_up"


DECIDED_STATES = frozenset({"active", "suspended", "ended", "rejected", "disputed"})
GIVEN_UP_STATES = frozenset({"withdrawn", "expired"})
STANDING_STATES = frozenset({"active", "suspended", "disputed"})
"""While the link stands, a portrait kept by its own consent stays."""


def standing(link_state: str, *, case_pending: bool) -> Standing:
    """From the link's state, and whether a case on it may still be decided or appealed."""
    if link_state in GIVEN_UP_STATES:
        return Standing.GIVEN_UP
    decided = link_state in DECIDED_STATES and not case_pending
    return Standing.DECIDED if decided else Standing.UNDER_WAY


def document_lapses(
    how_far: Standing,
    *,
    now: datetime,
    application_lapses: datetime,
    settled_at: datetime | None,
    decided_days: int,
    review_until: datetime | None = None,
) -> datetime:
    """When a claimed document is destroyed.

    Under way it is kept to the application's end and never less than a day from now, so that a late
    sweep does not take evidence from under a reviewer; but where a person owes a decision
    (``review_until``: at the longest until then), an undecided case keeps nothing for ever.
    """
    if how_far is Standing.GIVEN_UP:
        return now
    if how_far is Standing.DECIDED:
        return (settled_at or now) + timedelta(days=decided_days)
    until = max(application_lapses, now) + timedelta(days=1)
    return until if review_until is None else min(until, review_until)
