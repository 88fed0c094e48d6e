"""The world outside: the agency loads a person anew, as ``python -m ecard load-registry`` does."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from ecard import audit
from ecard.joined import Joined
from ecard.registry.loading import PERSON_COLUMNS, load_csv
from ecard.registry.port import RegistryPerson

PERSONS = "persons.csv"


def load_again(joined: Joined, person: RegistryPerson) -> None:
    """Write one person as the agency has them now, and load the file; the portrait stays."""
    with tempfile.TemporaryDirectory(dir=joined.settings.var) as name:
        folder = Path(name)
        with (folder / PERSONS).open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, PERSON_COLUMNS, restval="")
            writer.writeheader()
            writer.writerow(_row(person))
        with joined.db.write() as session:
            load_csv(session, joined.dependencies.vault, folder)
            audit.record(session, joined.call(), "registry.loaded", "registry", None)
            session.commit()


def _row(person: RegistryPerson) -> dict[str, object]:
    return {
        "ref": person.ref,
        "number": person.number,
        "name": person.name,
        "birth_date": person.birth_date,
        "sex": person.sex,
        "region_code": person.region_code,
        "died_on": person.died_on,
        "phone": person.contact.phone,
        "email": person.contact.email,
        "language": person.language,
    }
