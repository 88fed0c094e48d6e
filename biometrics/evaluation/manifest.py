"""The table of pictures that every command reads: path, subject, age, family, sex; blank where
unknown."""

import csv
from dataclasses import dataclass
from pathlib import Path

from biometrics.evaluation.errors import ManifestUnreadable

_COLUMNS = {"path", "subject", "age", "family", "sex"}
_OLDEST_YEARS = 130


@dataclass(frozen=True, slots=True)
class Picture:
    """One row."""

    path: str
    """Below the folder of pictures."""
    subject: str
    age: int | None
    """Years, when the picture was taken."""
    family: str
    sex: str


def read_manifest(path: Path) -> list[Picture]:
    """Every row, in the order of the file. Raises `ManifestUnreadable`, naming the line."""
    rows = read_rows(path, _COLUMNS)
    return [_picture(row, path, line) for line, row in rows]


def read_relations(path: Path) -> list[tuple[str, str]]:
    """Pairs of related subjects (columns `subject_a`, `subject_b`)."""
    rows = read_rows(path, {"subject_a", "subject_b"})
    return [(row["subject_a"], row["subject_b"]) for _, row in rows]


def read_rows(path: Path, columns: set[str]) -> list[tuple[int, dict[str, str]]]:
    """Line number and fields of every row. Raises `ManifestUnreadable`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := columns - set(reader.fieldnames or ()):
                raise ManifestUnreadable(f"{path}: no column {', '.join(sorted(missing))}")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestUnreadable(f"{path}: {error}") from error


def _picture(row: dict[str, str], path: Path, line: int) -> Picture:
    place = f"{path}, line {line}"
    if not row["path"] or not row["subject"]:
        raise ManifestUnreadable(f"{place}: no path or no subject")
    age = _age(row["age"] or "", place)
    return Picture(row["path"], row["subject"], age, row["family"] or "", row["sex"] or "")


def _age(written: str, place: str) -> int | None:
    if not written:
        return None
    short = len(written) <= len(str(_OLDEST_YEARS))  # Python reads no number of thousands of digits
    if not short or not written.isdecimal() or int(written) > _OLDEST_YEARS:
        raise ManifestUnreadable(f"{place}: {written!r} is no age in years")
    return int(written)
