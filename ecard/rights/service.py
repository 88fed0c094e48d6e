"""Social-security rights, asked of the registry; the certificate of them, and its check."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files, limits
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound, Unavailable
from ecard.persons import service as persons
from ecard.registry.port import Balance, Benefit, Contribution, RegistryUnavailable
from ecard.registry.service import mask
from ecard.rights import policy as rules
from ecard.rights.errors import CertificateUnknown, TooManyCertificates
from ecard.rights.models import RightsCertificate
from ecard.rights.policy import Gap
from ecard.rights.printing import Sheet, printed
from ecard.rights.signing import fingerprint, signed

SCOPE = "rights"
PLACE = "rights_certificates.said"
PDF = "application/pdf"
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class RightsView:
    """What a person paid in, holds and draws, as the registry has it now."""

    contributions: tuple[Contribution, ...]
    gaps: tuple[Gap, ...]
    balances: tuple[Balance, ...]
    benefits: tuple[Benefit, ...]
    as_of: date


def read_for_relative(call: Call, link_id: uuid.UUID) -> RightsView:
    """A relative's rights, by the holder of an active link with the scope."""
    return _read(call, acts.for_relative(call, link_id, SCOPE))


def read_own(call: Call) -> RightsView:
    """The signed-in person's own rights."""
    return _read(call, acts.for_self(call, SCOPE))


def _read(call: Call, acting: Acting) -> RightsView:
    found = _asked(call, acting)
    with call.db.write() as session:
        acts.note(session, call, acting, "rights.read")
        session.commit()
    return found


def _asked(call: Call, acting: Acting) -> RightsView:
    """Asks the registry: no session may be open."""
    with call.db.read() as session:
        today = persons.local_day(call.now, agencies.time_zone(session, acting.region_id))
    registry, ref = call.dependencies.registry, acting.registry_ref
    try:
        paid_in, balances = registry.contributions(ref), registry.balances(ref)
        benefits = registry.benefits(ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    gaps = tuple(rules.gaps(paid_in, benefits, today))
    return RightsView(paid_in, gaps, balances, benefits, today)


# --- certificates -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A printed certificate; the code is shown this once, and stands on the paper."""

    id: uuid.UUID
    code: str
    check_address: str
    sha256: str
    issued_at: datetime
    good_until: datetime


def certify_relative(call: Call, link_id: uuid.UUID) -> CertificateView:
    """A certificate of a relative's rights: whoever only reads has none made out."""
    return _certify(call, acts.for_relative(call, link_id, SCOPE, changes=True))


def certify_own(call: Call) -> CertificateView:
    """A certificate of the signed-in person's own rights."""
    return _certify(call, acts.for_self(call, SCOPE))


def _certify(call: Call, acting: Acting) -> CertificateView:
    """Counted before it is printed, which is what costs; printed with no session open."""
    rights = _asked(call, acting)
    with call.db.write() as session:
        _count(session, call, acting.person_id)
        session.commit()
    code = "".join(secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_CHARACTERS))
    sheet = _sheet(call, acting, rights, rules.shown_code(code))
    pdf = signed(
        printed(sheet, call.language), call.dependencies.vault.receipt_key, sheet.issued_at
    )
    row = RightsCertificate(
        id=uuid.uuid4(),
        person_id=acting.person_id,
        asked_by=call.holder.person_id,
        link_id=acting.link_id,
        code_hash=call.dependencies.vault.token_hash(code),
        sha256=hashlib.sha256(pdf).hexdigest(),
        issued_at=sheet.issued_at,
        good_until=sheet.issued_at + timedelta(days=call.settings.certificate_days),
    )
    said = json.dumps(_said(sheet))
    row.said = call.dependencies.vault.seal_for(PLACE, row.id, said)
    _keep(call, acting, row, pdf)
    return CertificateView(
        row.id, sheet.code, sheet.check_address, row.sha256, row.issued_at, row.good_until
    )


def _keep(call: Call, acting: Acting, row: RightsCertificate, pdf: bytes) -> None:
    with call.db.write() as session:
        acts.note(session, call, acting, "rights.certified")
        row.file_id = files.put(
            session,
            call,
            owner_id=acting.person_id,
            purpose="rights_certificate",
            media_type=PDF,
            content=pdf,
            destroy_after=row.good_until,
        ).id
        session.add(row)
        session.commit()


def _count(session: Session, call: Call, person_id: uuid.UUID) -> None:
    wait = limits.spend(
        session,
        "rights_certificate",
        person_id,
        limit=call.settings.certificates_a_day,
        window_seconds=DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyCertificates(retry_after=wait)


def _sheet(call: Call, acting: Acting, rights: RightsView, code: str) -> Sheet:
    with call.db.read() as session:
        person = persons.particulars(session, call, acting.person_id)
    return Sheet(
        name=person.name,
        number=person.number,
        birth_date=person.birth_date,
        contributions=rights.contributions,
        gaps=rights.gaps,
        balances=rights.balances,
        benefits=rights.benefits,
        code=code,
        check_address=f"{call.settings.public_address}/check",
        issued_on=rights.as_of,
        issued_at=call.now,
        good_until=rights.as_of + timedelta(days=call.settings.certificate_days),
    )


def _said(sheet: Sheet) -> dict[str, Any]:
    """What whoever holds the paper compares it with; nobody else learns a name from it."""
    months: dict[str, int] = {}
    for one in sheet.contributions:
        months[one.kind] = months.get(one.kind, 0) + len(one.months)
    return {
        "name": rules.masked_name(sheet.name),
        "number": mask(sheet.number),
        "issued_on": sheet.issued_on.isoformat(),
        "good_until": sheet.good_until.isoformat(),
        "months": [{"kind": kind, "months": count} for kind, count in sorted(months.items())],
        "benefits": [{"kind": one.kind, "since": one.since.isoformat()} for one in sheet.benefits],
    }


def read_pdf(call: Call, certificate_id: uuid.UUID) -> bytes:
    """The PDF, for the person it is about, and for who had it made while their link still reads; of
    a disputed link only for the latter: it says when the other side asked."""
    table = RightsCertificate
    seen = acts.shown_to(call.holder.person_id, table.asked_by, table.link_id)
    with call.db.read() as session:
        row = session.scalar(sa.select(table).where(table.id == certificate_id, seen))
        if row is None:
            raise NotFound
    mine = call.holder.person_id == row.person_id
    acting = acts.for_self(call, SCOPE) if mine else acts.for_relative(call, _link(row), SCOPE)
    with call.db.write() as session:
        acts.note(session, call, acting, "rights.certificate_read")
        if files.is_destroyed(session, row.file_id):
            raise files.FileDestroyed
        content = files.read(session, call, row.file_id)
        session.commit()
    return content


def _link(row: RightsCertificate) -> uuid.UUID:
    if row.link_id is None:
        raise NotFound
    return row.link_id


@dataclass(frozen=True, slots=True)
class CheckView:
    """What a check of a code says."""

    good: bool
    """False: it was issued, and its time is over."""
    name: str
    number: str
    issued_on: date
    good_until: date
    months: list[dict[str, Any]]
    benefits: list[dict[str, Any]]
    sha256: str
    """Digest of the PDF file as it was issued."""
    signer_sha256: str
    """Digest of the public key with which it is signed."""


def check(call: Call, code: str) -> CheckView:
    """What was certified under a code, for anybody who holds the paper. CertificateUnknown."""
    vault = call.dependencies.vault
    code_hash = vault.token_hash(rules.read_code(code))
    with call.db.read() as session:
        row = session.scalar(sa.select(RightsCertificate).filter_by(code_hash=code_hash))
        if row is None:
            raise CertificateUnknown
        today = persons.local_day(call.now, persons.time_zone(session, row.person_id))
    said = json.loads(vault.open_for(PLACE, row.id, row.said))
    return CheckView(
        good=today <= date.fromisoformat(said["good_until"]),  # to the end of the day on the paper
        name=said["name"],
        number=said["number"],
        issued_on=date.fromisoformat(said["issued_on"]),
        good_until=date.fromisoformat(said["good_until"]),
        months=said["months"],
        benefits=said["benefits"],
        sha256=row.sha256,
        signer_sha256=fingerprint(vault.receipt_key),
    )
