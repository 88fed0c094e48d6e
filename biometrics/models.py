"""`python -m biometrics.models`: installs model packs, lists them, and checks what is installed.

    list                                    what there is, its licence, what it learned from
    install NAME [--from FOLDER-or-URL]     into `models/` below ECARD_VAR, or --to FOLDER
    verify [NAME]                           whether the installed files are still the pinned ones

A file counts as installed only once its size and SHA-256 are the pinned ones: it is fetched under
another name beside its place (an interrupted fetch goes on from there), checked, and then moved. A
file that came whole and is not the pinned one is refused, and nothing of it is left.
What was installed, from where and under which licence is written beside it. The one place of this
package that reaches for the network, and only when a person runs it.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from biometrics.errors import ModelAltered, ModelError, ModelMissing
from biometrics.packs import PACKS, Pack, PackFile, default_folder, read_pack_file
from biometrics.progress import Progress

RECORD = "installed.json"
_CHUNK_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 30.0


class PackUnknown(ModelError):
    """No pack has that name."""


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 1 refused or not as pinned, 2 not understood."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "list":
            _say(_listing())
        elif asked.command == "install":
            pack = pack_named(asked.name)
            _say(_terms(pack))
            install(pack, asked.to or default_folder(), asked.source)
            _say([f"{pack.name} is installed in {asked.to or default_folder()}"])
        else:
            return _verify(asked.name, asked.to or default_folder())
    except (ModelError, OSError) as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m biometrics.models")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is to install")
    install_parser = commands.add_parser("install", help="fetch, check and put in place")
    install_parser.add_argument("name")
    install_parser.add_argument(
        "--from", dest="source", help="folder, or http(s) address of one, that has the files"
    )
    verify_parser = commands.add_parser("verify", help="check what is installed")
    verify_parser.add_argument("name", nargs="?")
    for sub in (install_parser, verify_parser):
        sub.add_argument("--to", type=Path, help="folder of installed models")
    return parser


def pack_named(name: str) -> Pack:
    """The pack; raises `PackUnknown`."""
    if name not in PACKS:
        raise PackUnknown(f"no pack {name!r}; there are {', '.join(PACKS)}")
    return PACKS[name]


def install(pack: Pack, folder: Path, source: str | None = None) -> None:
    """Fetch every file of the pack that is not there yet, and record where it came from.

    Raises `ModelMissing` where a file could not be had (what arrived is kept, to go on from), and
    `ModelAltered` where it is not the pinned one (nothing of it is kept).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for wanted in pack.files:
        if not _is_installed(folder, wanted):
            _install_file(wanted, folder, source)
        _record(folder, pack, wanted, source)


def _is_installed(folder: Path, wanted: PackFile) -> bool:
    try:
        read_pack_file(folder, wanted)
    except ModelError:
        return False
    return True


def _install_file(wanted: PackFile, folder: Path, source: str | None) -> None:
    part = folder / f"{wanted.name}.part"
    resumed = part.exists()
    try:
        _fetch_checked(wanted, part, source)
    except ModelAltered:
        if not resumed:
            raise
        # what an earlier fetch left may have spoiled it: once more, from the beginning
        _fetch_checked(wanted, part, source)
    part.chmod(0o600)
    part.replace(folder / wanted.name)


def _fetch_checked(wanted: PackFile, part: Path, source: str | None) -> None:
    """Into `part`; of what is not the pinned file nothing is left there."""
    try:
        _fetch(wanted, part, source)
        _check(part, wanted)
    except ModelAltered:
        part.unlink(missing_ok=True)
        raise
    except (OSError, HTTPException, ValueError) as error:  # ValueError: no address at all
        raise ModelMissing(f"{wanted.name} could not be fetched: {error}") from error


@dataclass(frozen=True, slots=True)
class _Arriving:
    """A file on its way. `start`: the byte that it really begins at, since not every server can go
    on; `size_bytes`: of the whole file, None where the server does not say."""

    content: IO[bytes]
    start: int
    size_bytes: int | None


def _fetch(wanted: PackFile, part: Path, source: str | None) -> None:
    """Behind what is in `part` already. Raises `ModelAltered` where all that there is came and has
    another size; what broke off stays, to go on from."""
    there = part.stat().st_size if part.exists() else 0
    if there == wanted.size_bytes:
        return
    if there > wanted.size_bytes:
        raise ModelAltered(f"{part} is longer than the pinned {wanted.size_bytes} bytes")
    arriving = _opened(wanted, source, there)
    with arriving.content as opened:
        if arriving.size_bytes not in {None, wanted.size_bytes}:
            raise ModelAltered(_has_size(wanted, arriving.size_bytes))
        with part.open("ab" if arriving.start else "wb") as out:
            _copy(opened, out, wanted, arriving.start)
    if arriving.size_bytes is None and part.stat().st_size < wanted.size_bytes:
        raise ModelAltered(_has_size(wanted, part.stat().st_size))


def _copy(opened: IO[bytes], out: IO[bytes], wanted: PackFile, start: int) -> None:
    with Progress(wanted.name, wanted.size_bytes) as progress:
        progress.step(start)
        # one byte more than wanted shows that the file is not the pinned one
        for chunk in _chunks(opened, wanted.size_bytes - start + 1):
            out.write(chunk)
            progress.step(len(chunk))
    out.flush()
    os.fsync(out.fileno())


def _chunks(opened: IO[bytes], most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := opened.read(min(_CHUNK_BYTES, most))):
        most -= len(chunk)
        yield chunk


def _opened(wanted: PackFile, source: str | None, there: int) -> _Arriving:
    """The file from byte `there` on, if the source can."""
    if source is None:
        return _opened_address(wanted.url, wanted, there)
    if urlsplit(source).scheme not in {"http", "https"}:
        return _opened_file(_found_in(Path(source), wanted), there)
    below = source.rstrip("/")
    try:
        return _opened_address(f"{below}/{wanted.name}", wanted, there)
    except HTTPError as error:
        if error.code != HTTPStatus.NOT_FOUND:
            raise
    return _opened_address(f"{below}/{wanted.folder}/{wanted.name}", wanted, there)


def _opened_file(path: Path, there: int) -> _Arriving:
    opened = path.open("rb")
    opened.seek(there)
    return _Arriving(opened, there, path.stat().st_size)


def _opened_address(address: str, wanted: PackFile, there: int) -> _Arriving:
    headers = {"Range": f"bytes={there}-"} if there else {}
    try:
        answer = urlopen(Request(address, headers=headers), timeout=_TIMEOUT_SECONDS)  # noqa: S310
    except HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise ModelAltered(f"{wanted.name} has at most {there} bytes at its source") from error
        raise
    start = there if answer.status == HTTPStatus.PARTIAL_CONTENT else 0
    length = answer.headers["Content-Length"]
    return _Arriving(answer, start, None if length is None else start + int(length))


def _found_in(source: Path, wanted: PackFile) -> Path:
    """Where a file lies in a folder; raises `ModelMissing`."""
    for folder in (source, source / wanted.folder):
        if (folder / wanted.name).is_file():
            return folder / wanted.name
    raise ModelMissing(f"{wanted.name} is not in {source}")


def _has_size(wanted: PackFile, size_bytes: int | None) -> str:
    return f"{wanted.name} has {size_bytes} bytes instead of {wanted.size_bytes}"


def _check(part: Path, wanted: PackFile) -> None:
    size = part.stat().st_size
    if size < wanted.size_bytes:
        raise ModelMissing(f"{wanted.name}: {size} of {wanted.size_bytes} bytes arrived")
    if size > wanted.size_bytes:
        raise ModelAltered(f"{wanted.name} is longer than the pinned {wanted.size_bytes} bytes")
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted.sha256:
        raise ModelAltered(f"{wanted.name} does not have the pinned SHA-256")


def _record(folder: Path, pack: Pack, wanted: PackFile, source: str | None) -> None:
    """Which file, from where, under which licence: for whoever has to answer for it."""
    path = folder / RECORD
    known = _records(path)
    if wanted.name in known:
        return
    known[wanted.name] = {
        "pack": pack.name,
        "sha256": wanted.sha256,
        "size_bytes": wanted.size_bytes,
        "from": source or wanted.url,
        "licence": wanted.licence,
        "training_data": wanted.training_data,
        "installed_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)


def _records(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ModelAltered(f"{path} is no record of what was installed: move it away") from error


def _terms(pack: Pack) -> list[str]:
    lines = [f"{pack.name}: {pack.purpose}"]
    if not pack.run_here:
        lines.append("  NOT RUN by this project: its engine was never tried with these weights")
    for wanted in pack.files:
        lines += [
            f"  {wanted.name}, {wanted.size_bytes} bytes, SHA-256 {wanted.sha256}",
            f"    licence of the weights: {wanted.licence}",
            f"    learned from: {wanted.training_data}",
        ]
    return [
        *lines,
        "  Whether you may use what was learned from such pictures is for you to clear.",
    ]


def _listing() -> list[str]:
    return [line for pack in PACKS.values() for line in (*_terms(pack), "")]


def _verify(name: str | None, folder: Path) -> int:
    packs = [pack_named(name)] if name else list(PACKS.values())
    wrong = 0
    for wanted in dict.fromkeys(file for pack in packs for file in pack.files):
        try:
            read_pack_file(folder, wanted)
        except ModelMissing:
            _say([f"not installed  {wanted.name}"])
            wrong += name is not None
        except ModelAltered as error:
            _say([f"ALTERED        {error}"])
            wrong += 1
        else:
            _say([f"as pinned      {wanted.name}"])
    return 1 if wrong else 0


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
