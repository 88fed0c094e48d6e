"""The files of an invented installation: one province, two cities, a few people behind counters."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from ecard.administration.loading import FILES
from ecard.locale import LANGUAGES

SINCE = "2025-01-01T00:00:00+00:00"
KINDS = ("family_services", "face_processing", "face_certification")


def data(name: str) -> str:
    """A file of the demo region, whose rules and texts serve here too."""
    return files("ecard.demo").joinpath("data", name).read_text(encoding="utf-8")


def named(text: str, column: str = "name") -> dict[str, str]:
    return {f"{column}_{language}": text for language in LANGUAGES}


def rows() -> dict[str, list[dict[str, str]]]:
    """File → rows."""
    zone = {"time_zone": "Asia/Shanghai"}
    policy = json.loads(data("policy.json"))["regions"]["demo"]
    return {
        "regions.csv": [
            {"code": "east", "level": "city", "parent": "hills", **zone, **named("East")},
            {"code": "land", "level": "ministry", "parent": "", **zone, **named("The land")},
            {"code": "hills", "level": "province", "parent": "land", **zone, **named("Hills")},
        ],
        "agencies.csv": [{"code": "east-branch", "region": "east", **named("East branch")}],
        "counters.csv": [
            {"code": "east-1", "agency": "east-branch", **named("Counter 1")}
            | named("1 Hill Road", "address")
        ],
        "policies.csv": [
            {"region": "land", "effective_from": SINCE, "rule": rule, "value": str(value)}
            for rule, value in policy.items()
        ],
        "notices.csv": [
            {"region": "land", "kind": kind, "version": "1", "language": language}
            | {"effective_from": SINCE, "title": "Notice", "file": f"{kind}.{language}.md"}
            for kind in KINDS
            for language in LANGUAGES
        ],
        "staff.csv": [
            member("clerk", "clerk", "east", "east-1"),
            member("ann", "reviewer safeguarding", "hills"),
        ],
    }


def member(user_name: str, roles: str, region: str, counter: str = "") -> dict[str, str]:
    """One line of staff.csv."""
    one = {"user_name": user_name, "display_name": user_name.title(), "roles": roles}
    return one | {"region": region, "counter": counter, "number": "", "disabled": ""}


def write(folder: Path, given: Mapping[str, Iterable[Mapping[str, str]]]) -> Path:
    """These files, and the texts of the notices, in a folder."""
    folder.mkdir(exist_ok=True)
    for name, lines in given.items():
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, FILES[name])
        writer.writeheader()
        writer.writerows(lines)
        (folder / name).write_text(text.getvalue(), encoding="utf-8")
    for kind in KINDS:
        for language in LANGUAGES:
            name = f"{kind}.{language}.md"
            (folder / name).write_text(data(f"notices/{name}"), encoding="utf-8")
    return folder
