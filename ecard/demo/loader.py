"""Loads the demo region: agencies, staff, policy, notices, and a registry of invented people.

Loading again changes nothing that is there. Ages are columns of the data: birth dates, and with
them the numbers and their check digits, are computed from the day of the first load and then stay.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.cn import ric

from ecard.agencies.models import Agency, Counter, Region, StaffMember
from ecard.demo.accounts import load_accounts
from ecard.joined import Joined
from ecard.locale import LANGUAGES
from ecard.notices import service as notices
from ecard.passwords import hashed
from ecard.persons.policy import age_on, local_day
from ecard.persons.service import number_index
from ecard.policy import service as policies
from ecard.policy.models import PolicyRow
from ecard.registry.models import RegistryPersonRow
from ecard.registry.port import Contact, RegistryCard, RegistryPerson
from ecard.registry.sql import SqlRegistry, store_card, store_kinship, store_person
from ecard.vault import Vault

NOTICE_VERSION = "2026-1"
NOTICES_SINCE = "2025-01-01T00:00:00+00:00"
ORDER_CODES = 10
"""Invented people use only the first ten order codes of a day and place."""
MIRRORED = {"child": "parent", "parent": "child", "spouse": "spouse", "sibling": "sibling"}
"""What the first is to the second, where the registry knows what the second is to the first."""


@dataclass(frozen=True, slots=True)
class DemoHolder:
    """Somebody who can sign in."""

    ref: str
    name: str
    card_number: str
    phone: str | None
    age: int
    region: str
    shown: bool
    """Whether the list at start-up names them."""


@dataclass(frozen=True, slots=True)
class DemoRelative:
    """Somebody whom a holder can add."""

    holder_ref: str
    holder_name: str
    ref: str
    name: str
    number: str
    relation: str
    age: int
    known: bool
    """Whether the registry confirms the kinship."""


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Somebody behind the counter."""

    user_name: str
    password: str
    roles: tuple[str, ...]
    region: str


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """Who is in the demo region, with what they need to sign in."""

    persons: Mapping[str, RegistryPerson]
    holders: tuple[DemoHolder, ...]
    relatives: tuple[DemoRelative, ...]
    staff: tuple[DemoStaff, ...]

    def holder(self, ref: str) -> DemoHolder:
        """A holder by their name in the data; raises KeyError."""
        return {one.ref: one for one in self.holders}[ref]

    def lines(self) -> Iterator[str]:
        """What to print at start-up: who can sign in, whom they can add, who works there."""
        yield "Demo holders (sign in: card number, then the code that comes to the phone on file;"
        yield "  read it at /api/v1/demo/mailbox?address=%2B44… with the phone's number)"
        for holder in (one for one in self.holders if one.shown):
            yield (
                f"  {holder.name}, {holder.age}: card {holder.card_number}, phone {holder.phone}"
            )
            for kin in (one for one in self.relatives if one.holder_ref == holder.ref):
                known = "" if kin.known else ", not known to the registry"
                yield f"      {kin.relation}: {kin.name}, {kin.age}, number {kin.number}{known}"
        yield "Demo staff (user name, password)"
        for member in self.staff:
            roles = ", ".join(member.roles)
            yield f"  {member.user_name:18} {member.password:24} {roles} in {member.region}"


def write_people(path: Path, summary: DemoSummary) -> None:
    """Write down who is in the demo region, for the demo's phones; all of them are invented."""
    people = {
        "holders": {one.ref: asdict(one) for one in summary.holders},
        "relatives": {f"{one.holder_ref}/{one.ref}": asdict(one) for one in summary.relatives},
        "staff": {one.user_name: one.password for one in summary.staff},
    }
    path.write_text(json.dumps(people, ensure_ascii=False, indent=1), encoding="utf-8")


def load(joined: Joined) -> DemoSummary:
    """Load what is missing of the demo region and say who is in it. Harmless to repeat."""
    now = joined.dependencies.now()
    hashes = _missing_hashes(joined)
    with joined.db.write() as session:
        regions = _load_regions(session)
        _load_policies(session, regions, now)
        _load_notices(session, regions["demo"])
        _load_persons(session, joined.dependencies.vault, regions, now)
        session.commit()
    people = _people(joined)
    with joined.db.write() as session:
        _load_staff(session, joined, regions, hashes, people)
        session.commit()
    today = _today(regions, now)
    return DemoSummary(people, _holders(people, today), _relatives(people, today), _staff())


def _today(regions: Mapping[str, Region], now: datetime) -> date:
    return local_day(now, ZoneInfo(regions["demo"].time_zone))


def _text(name: str) -> str:
    return files("ecard.demo").joinpath("data", name).read_text(encoding="utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))


# --- regions, policy, notices ---------------------------------------------------------------


def _load_regions(session: Session) -> dict[str, Region]:
    data = json.loads(_text("regions.json"))
    regions = {row.code: row for row in session.scalars(sa.select(Region))}
    for item in data["regions"]:
        if item["code"] not in regions:
            parent = regions[item.pop("parent")].id if item["parent"] else item.pop("parent")
            regions[item["code"]] = Region(id=uuid.uuid4(), parent_id=parent, **item)
            session.add(regions[item["code"]])
            session.flush()
    offices = {row.code: row for row in session.scalars(sa.select(Agency))}
    for item in data["agencies"]:
        if item["code"] not in offices:
            region_id = regions[item.pop("region")].id
            offices[item["code"]] = Agency(id=uuid.uuid4(), region_id=region_id, **item)
            session.add(offices[item["code"]])
    session.flush()
    _load_counters(session, data["counters"], offices)
    return regions


def _load_counters(
    session: Session, items: list[dict[str, object]], offices: Mapping[str, Agency]
) -> None:
    there = set(session.scalars(sa.select(Counter.code)))
    for item in items:
        if item["code"] not in there:
            agency_id = offices[str(item.pop("agency"))].id
            session.add(Counter(id=uuid.uuid4(), agency_id=agency_id, **item))
    session.flush()


def _load_policies(session: Session, regions: Mapping[str, Region], now: datetime) -> None:
    data = json.loads(_text("policy.json"))
    since = datetime.fromisoformat(data["effective_from"])
    there = set(session.scalars(sa.select(PolicyRow.region_id)))
    for code, values in data["regions"].items():
        if regions[code].id not in there:
            policies.add(session, regions[code].id, values, effective_from=since, now=now)


def _load_notices(session: Session, ministry: Region) -> None:
    query = sa.select(notices.Notice.kind).where(notices.Notice.region_id == ministry.id)
    there = set(session.scalars(query))
    for kind in sorted(set(notices.KINDS) - there):
        for language in LANGUAGES:
            title, _, text = _text(f"notices/{kind}.{language}.md").partition("\n")
            notices.publish(
                session,
                ministry.id,
                kind=kind,
                version=NOTICE_VERSION,
                language=language,
                title=title.removeprefix("# "),
                text=text.strip(),
                effective_from=datetime.fromisoformat(NOTICES_SINCE),
            )


# --- people ---------------------------------------------------------------------------------


def _load_persons(
    session: Session, vault: Vault, regions: Mapping[str, Region], now: datetime
) -> None:
    today = _today(regions, now)
    there = set(session.scalars(sa.select(RegistryPersonRow.ref)))
    taken: set[str] = set()
    for row in _rows("persons.csv"):
        person = _person(row, today, taken)
        taken.add(person.number)
        if person.ref in there:
            continue
        store_person(session, vault, person)
        session.flush()
        if person.card is not None:
            store_card(session, vault, person.card)
    session.flush()
    load_accounts(session, vault, today, there)
    for tie in _rows("kinships.csv"):
        if tie["known"] == "yes":
            store_kinship(session, tie["person"], tie["relative"], tie["kind"])
            if tie["kind"] in MIRRORED:
                back = MIRRORED[tie["kind"]]
                store_kinship(session, tie["relative"], tie["person"], back)


def _person(row: Mapping[str, str], today: date, taken: set[str]) -> RegistryPerson:
    born = born_on(today - timedelta(days=int(row["days"])), int(row["age"]))
    died = today - timedelta(days=int(row["dead_days"])) if row["dead_days"] else None
    return RegistryPerson(
        ref=row["ref"],
        number=invented_number(row["place"], born, row["sex"], taken),
        name=row["name"],
        birth_date=born,
        sex=row["sex"],
        region_code=row["region"],
        died_on=died,
        contact=Contact(row["phone"] or None, row["email"] or None),
        language=row["language"],
        card=_card(row, today),
    )


def born_on(birthday: date, age: int) -> date:
    """The birth date of somebody who turned ``age`` on that day (28 February for a leap day)."""
    if (birthday.month, birthday.day) == (2, 29):
        birthday -= timedelta(days=1)
    return birthday.replace(year=birthday.year - age)


def invented_number(place: str, born: date, sex: str, taken: set[str]) -> str:
    """A well-formed number that is not taken: order codes 000 to 009, even for women."""
    for order in range(1 if sex == "male" else 0, ORDER_CODES, 2):
        start = f"{place}{born:%Y%m%d}{order:03d}"
        number = start + ric.calc_check_digit(start + "0")
        if number not in taken:
            return number
    raise ValueError(f"more than {ORDER_CODES // 2} people share a birth date in {place}")


def _card(row: Mapping[str, str], today: date) -> RegistryCard | None:
    if not row["card"]:
        return None
    expires = today + timedelta(days=int(row["card_days"]))
    return RegistryCard(row["card"], row["ref"], row["card_state"], expires)


def _people(joined: Joined) -> dict[str, RegistryPerson]:
    registry = SqlRegistry(joined.db, joined.dependencies.vault)
    found = {row["ref"]: registry.person(row["ref"]) for row in _rows("persons.csv")}
    return {ref: person for ref, person in found.items() if person is not None}


def _holders(people: Mapping[str, RegistryPerson], today: date) -> tuple[DemoHolder, ...]:
    shown = {row["ref"] for row in _rows("persons.csv") if row["shown"] == "yes"}
    return tuple(
        DemoHolder(
            ref=ref,
            name=person.name,
            card_number=person.card.number,
            phone=person.contact.phone,
            age=age_on(person.birth_date, today),
            region=person.region_code,
            shown=ref in shown,
        )
        for ref, person in people.items()
        if person.card is not None
    )


def _relatives(people: Mapping[str, RegistryPerson], today: date) -> tuple[DemoRelative, ...]:
    return tuple(
        DemoRelative(
            holder_ref=tie["person"],
            holder_name=people[tie["person"]].name,
            ref=tie["relative"],
            name=people[tie["relative"]].name,
            number=people[tie["relative"]].number,
            relation=tie["kind"],
            age=age_on(people[tie["relative"]].birth_date, today),
            known=tie["known"] == "yes",
        )
        for tie in _rows("kinships.csv")
    )


# --- staff ----------------------------------------------------------------------------------


def _missing_hashes(joined: Joined) -> dict[str, str]:
    """Hashes for staff who are not there yet; made before a session is opened."""
    with joined.db.read() as session:
        there = set(session.scalars(sa.select(StaffMember.user_name)))
    new = [row for row in _rows("staff.csv") if row["user_name"] not in there]
    call = joined.call()
    return {row["user_name"]: hashed(call, row["password"]) for row in new}


def _load_staff(
    session: Session,
    joined: Joined,
    regions: Mapping[str, Region],
    hashes: Mapping[str, str],
    people: Mapping[str, RegistryPerson],
) -> None:
    counters = {row.code: row.id for row in session.scalars(sa.select(Counter))}
    call = joined.call()
    for row in _rows("staff.csv"):
        if row["user_name"] not in hashes:
            continue
        own = people.get(row["person"])
        session.add(
            StaffMember(
                id=uuid.uuid4(),
                user_name=row["user_name"],
                display_name=row["display_name"],
                password_hash=hashes[row["user_name"]],
                roles=row["roles"].split(),
                region_id=regions[row["region"]].id,
                counter_id=counters.get(row["counter"]),
                person_number_index=number_index(call, own.number) if own else None,
            )
        )


def staff_with_demo_passwords(joined: Joined) -> list[str]:
    """User names that can sign in with the password that the demo prints."""
    printed = {row["user_name"]: row["password"] for row in _rows("staff.csv")}
    hasher = joined.dependencies.hasher
    query = sa.select(StaffMember).where(StaffMember.user_name.in_(printed))
    with joined.db.read() as session:
        members = list(session.scalars(query.where(StaffMember.disabled_at.is_(None))))
    return sorted(
        member.user_name
        for member in members
        if hasher.fits(member.password_hash, printed[member.user_name])
    )


def _staff() -> tuple[DemoStaff, ...]:
    return tuple(
        DemoStaff(row["user_name"], row["password"], tuple(row["roles"].split()), row["region"])
        for row in _rows("staff.csv")
    )
