"""A crowd: many people with links and a history, among whom the service is measured.

Families of seven: two holders, who each hold a link on the same five relatives. Their particulars
are sealed with keys of their own, as everybody's are. They are invented, and not in the registry:
nobody can sign in as one of them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from ecard.db import Base
from ecard.family import policy as rules
from ecard.joined import Joined
from ecard.persons import service as persons
from ecard.registry.port import Contact, RegistryPerson

HOLDERS, RELATIVES = 2, 5
LINKS_OF_A_FAMILY = HOLDERS * RELATIVES
FAMILIES_AT_ONCE = 100
YEARS = 2
ENDED_SHARE = 0.2
SEED = 20261127


@dataclass
class Rows:
    """Rows that are written together, by table."""

    of: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """One more row of a table."""
        self.of.setdefault(table, []).append(row)


def seed(
    joined: Joined, links: int, acts: int, report: Callable[[int], object] = lambda _: None
) -> int:
    """Add at least so many links with so many acts among them; returns how many links.

    ``report`` is told the number of links of each batch that is written. A batch is written whole
    or not at all; run again, it adds as many people more.
    """
    families = -(-links // LINKS_OF_A_FAMILY)
    chance, done = random.Random(f"{SEED}|{uuid.uuid4()}"), 0  # noqa: S311 - invented people
    regions = _cities(joined)
    while done < families:
        rows, batch = Rows(), min(FAMILIES_AT_ONCE, families - done)
        for number in range(batch):
            _family(joined, rows, regions, chance, acts_of=_share(acts, families, done + number))
        _write(joined, rows)
        done += batch
        report(batch * LINKS_OF_A_FAMILY)
    return families * LINKS_OF_A_FAMILY


def _share(acts: int, families: int, number: int) -> int:
    """How many of all acts are this family's: as equal as whole numbers allow."""
    return acts * (number + 1) // families - acts * number // families


def _cities(joined: Joined) -> list[tuple[uuid.UUID, str]]:
    region = Base.metadata.tables["regions"]
    query = sa.select(region.c.id, region.c.code).where(region.c.level == "city")
    with joined.db.read() as session:
        return [(row.id, row.code) for row in session.execute(query)]


def _family(
    joined: Joined,
    rows: Rows,
    regions: list[tuple[uuid.UUID, str]],
    chance: random.Random,
    acts_of: int,
) -> None:
    region_id, code = chance.choice(regions)
    people = [_person(joined, rows, region_id, code, chance) for _ in range(HOLDERS + RELATIVES)]
    holders, relatives = people[:HOLDERS], people[HOLDERS:]
    ties = [(holder, relative) for holder in holders for relative in relatives]
    links = [_link(joined, rows, region_id, tie, chance) for tie in ties]
    for number in range(acts_of):
        tie, link_id = ties[number % len(ties)], links[number % len(ties)]
        _act(joined, rows, tie, link_id, chance)


def _person(
    joined: Joined, rows: Rows, region_id: uuid.UUID, code: str, chance: random.Random
) -> uuid.UUID:
    person_id, now = uuid.uuid4(), joined.call().now
    known = RegistryPerson(
        ref=f"crowd-{person_id.hex}",
        number=f"CROWD{person_id.int % 10**20:020d}",
        name=f"Invented Person {chance.randrange(10**6)}",
        birth_date=date(1935, 1, 1) + timedelta(days=chance.randrange(30_000)),
        sex="female",
        region_code=code,
        died_on=None,
        contact=Contact(),
        language="en",
        card=None,
    )
    key, row = persons.row_of(joined.call(), person_id, known, region_id)
    rows.add("person_keys", person_id=person_id, wrapped=key, created_at=now, destroyed_at=None)
    rows.add("persons", **row)
    return person_id


def _link(
    joined: Joined,
    rows: Rows,
    region_id: uuid.UUID,
    tie: tuple[uuid.UUID, uuid.UUID],
    chance: random.Random,
) -> uuid.UUID:
    link_id = uuid.uuid4()
    opened = joined.call().now - timedelta(days=chance.randrange(30, 365 * YEARS))
    over = chance.random() < ENDED_SHARE
    rows.add(
        "links",
        id=link_id,
        holder_id=tie[0],
        relative_id=tie[1],
        region_id=region_id,
        state=rules.ENDED if over else rules.ACTIVE,
        state_reason="requested_by_holder" if over else "face_matched",
        relation="parent",
        face_subject="relative",
        route="face",
        scopes=["rights", "certification"],
        opened_at=opened,
        lapses_at=opened + timedelta(days=7),
        activated_at=opened,
        acts_from=opened,
        ended_at=opened + timedelta(days=20) if over else None,
        version=1,
    )
    path = [(None, rules.DRAFT, "opened"), (rules.DRAFT, rules.ACTIVE, "face_matched")]
    for number, (before, after, reason) in enumerate(path, 1):
        rows.add(
            "link_changes",
            id=uuid.uuid4(),
            link_id=link_id,
            number=number,
            from_state=before,
            to_state=after,
            reason=reason,
            actor_kind="holder",
            actor_id=tie[0],
            channel="app",
            at=opened + timedelta(minutes=number),
        )
    return link_id


def _act(
    joined: Joined,
    rows: Rows,
    tie: tuple[uuid.UUID, uuid.UUID],
    link_id: uuid.UUID,
    chance: random.Random,
) -> None:
    rows.add(
        "acts",
        id=uuid.uuid4(),
        at=joined.call().now - timedelta(seconds=chance.randrange(365 * YEARS * 86_400)),
        actor_kind="holder",
        actor_id=tie[0],
        relative_id=tie[1],
        link_id=link_id,
        scope="rights",
        action="rights.read",
        channel="app",
    )


def _write(joined: Joined, rows: Rows) -> None:
    """One transaction; tables in the order in which they refer to each other."""
    with joined.db.write() as session:
        for table in _in_order(rows):
            session.execute(sa.insert(table), rows.of[table.name])
        session.commit()


def _in_order(rows: Rows) -> Iterator[sa.Table]:
    return (table for table in Base.metadata.sorted_tables if table.name in rows.of)
