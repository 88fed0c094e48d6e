"""CSV files of an operator: read as a whole, and every finding named by file, line and column.

UTF-8 with a header line. A finding never says what stands there: it may be somebody's data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

Row = Mapping[str, str]
Rows = Mapping[int, Row]
"""Line of the file → its columns."""
Finding = tuple[int, str]
"""Line of the file, and what is wrong there."""


class FilesRefused(Exception):
    """Nothing was loaded; ``findings`` says why, one sentence each."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def read(
    folder: Path, name: str, columns: Collection[str], findings: list[str], needed: bool = True
) -> Rows:
    """Line → row with exactly these columns; what keeps a file from being read is a finding."""
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        findings += [f"{name}: missing"] if needed else []
        return {}
    except (OSError, UnicodeDecodeError) as error:
        findings.append(f"{name}: cannot be read ({type(error).__name__})")
        return {}
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        wrong = sorted(map(str, set(columns) ^ set(reader.fieldnames or ())))
    except csv.Error:
        findings.append(f"{name} line 1: not CSV")
        return {}
    if wrong:
        findings.append(f"{name}: columns missing or unknown: {', '.join(wrong)}")
        return {}
    return _lines(reader, name, findings)


def _lines(reader: csv.DictReader[str], name: str, findings: list[str]) -> Rows:
    rows: dict[int, Row] = {}
    try:
        for row in reader:
            if None in row or None in row.values():
                findings.append(f"{name} line {reader.line_num}: too many or too few columns")
            else:
                rows[reader.line_num] = {key: value.strip() for key, value in row.items()}
    except csv.Error:
        findings.append(f"{name} line {reader.line_num + 1}: not CSV")
    return rows


def named(name: str, findings: Iterator[Finding]) -> Iterator[str]:
    """The findings of one file as sentences."""
    return (f"{name} line {line}: {text}" for line, text in findings)


def repeats(
    rows: Rows, columns: Collection[str], form: Callable[[str], str] = str
) -> Iterator[Finding]:
    """Lines that say the same as an earlier one in all of these columns."""
    first: dict[tuple[str, ...], int] = {}
    for line, row in rows.items():
        before = first.setdefault(tuple(form(row[column]) for column in columns), line)
        if before != line:
            yield line, f"{', '.join(columns)}: the same as in line {before}"
