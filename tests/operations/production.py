"""A production installation of this machine: its environment, its keys, its people's files."""

from datetime import date
from pathlib import Path

from ecard.demo.loader import invented_number
from tests.administration.installation import rows, write

CARD = "900000000777"
ADDRESS = "olga@example.org"
PERSONS = "ref,number,name,birth_date,sex,region_code,died_on,phone,email,language,portrait"
CARDS = "card_number,person_ref,state,expires_on"


def environment(folder: Path, smtp_port: int, **more: str) -> dict[str, str]:
    """What the service file of docs/deploy.md sets, below one folder."""
    return {
        "ECARD_PROFILE": "production",
        "ECARD_VAR": str(folder / "var"),
        "ECARD_KEYS": str(folder / "keys"),
        "ECARD_ANCHORS": str(folder / "anchors"),
        "ECARD_PUBLIC_ADDRESS": "https://family.example.org",
        "ECARD_TRUSTED_PROXIES": "1",
        "ECARD_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "ECARD_SMTP_SENDER": "family@example.org",
        "ECARD_SCANNER": "none",
        **more,
    }


def administration(folder: Path) -> Path:
    """The files of ``load-administration``."""
    return write(folder / "administration", rows())


def registry(folder: Path) -> Path:
    """The files of ``load-registry``: one holder, whose only contact on file is an address."""
    made = folder / "registry"
    made.mkdir()
    born = date(1985, 5, 17)
    number = invented_number("110101", born, "female", set())
    person = f"olga,{number},Olga Fern,{born},female,east,,,{ADDRESS},en,"
    (made / "persons.csv").write_text(f"{PERSONS}\n{person}\n", encoding="utf-8")
    (made / "cards.csv").write_text(f"{CARDS}\n{CARD},olga,normal,\n", encoding="utf-8")
    return made
