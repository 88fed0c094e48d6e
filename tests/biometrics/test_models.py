"""Model packs are fetched, checked and only then put in place."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from biometrics.errors import ModelAltered, ModelMissing
from biometrics.models import RECORD, PackUnknown, install, main, pack_named
from biometrics.packs import PACKS, YUNET, Pack, read_pack_file

Serving = Iterator[tuple[str, list[str | None]]]

CONTENT = bytes(range(256)) * 1000
FILE = replace(YUNET, name="net.onnx", sha256=sha256(CONTENT).hexdigest(), size_bytes=len(CONTENT))
PACK = Pack("net", "tests", (FILE,))


class Server(BaseHTTPRequestHandler):
    """Serves one file at one path; `sends` is how much of it before the line goes dead."""

    def __init__(self, kept: "Kept", asked: list[str | None], *rest):
        self.kept, self.asked = kept, asked
        super().__init__(*rest)

    def do_GET(self):
        wanted = self.headers["Range"]
        self.asked.append(wanted)
        if self.path != self.kept.at:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        start = start if self.kept.ranges else 0
        if start >= len(self.kept.content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if self.kept.says_length:
            self.send_header("Content-Length", str(len(self.kept.content) - start))
        self.end_headers()
        self.wfile.write(self.kept.content[start:][: self.kept.sends])

    def log_message(self, *_):
        pass


@dataclass(frozen=True)
class Kept:
    content: bytes
    ranges: bool = True
    sends: int = 2**40
    says_length: bool = True
    at: str = f"/models/{FILE.name}"


@contextmanager
def serving(content: bytes = CONTENT, **how) -> Serving:
    asked: list[str | None] = []
    handler = partial(Server, Kept(content, **how), asked)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/models", asked
        finally:
            server.shutdown()
            thread.join()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_pack_is_fetched_checked_and_recorded(tmp_path: Path):
    with serving() as (address, asked):
        install(PACK, tmp_path, address)
        install(PACK, tmp_path, address)
    assert asked == [None]  # the second time there was nothing to fetch
    assert read_pack_file(tmp_path, FILE) == CONTENT
    assert names(tmp_path) == sorted([FILE.name, RECORD])
    record = json.loads((tmp_path / RECORD).read_text())[FILE.name]
    assert record["from"] == address
    assert (record["licence"], record["training_data"]) == (FILE.licence, FILE.training_data)
    assert (tmp_path / FILE.name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_fetch_goes_on_or_starts_anew_as_the_server_can(tmp_path: Path, ranges):
    with serving(sends=100_000) as (address, _), pytest.raises(ModelMissing, match="100000 of"):
        install(PACK, tmp_path, address)
    assert names(tmp_path) == [f"{FILE.name}.part"]
    with serving(ranges=ranges) as (address, asked):
        install(PACK, tmp_path, address)
    assert asked == ["bytes=100000-"]
    assert read_pack_file(tmp_path, FILE) == CONTENT


def test_a_fetch_that_ended_just_before_its_check_needs_no_server(tmp_path: Path):
    (tmp_path / f"{FILE.name}.part").write_bytes(CONTENT)
    install(PACK, tmp_path, "http://127.0.0.1:9/nobody")
    assert read_pack_file(tmp_path, FILE) == CONTENT


OTHERS = [CONTENT[:-1] + b"\x00", CONTENT + b"\x00", bytes(len(CONTENT)), b"wrong", b""]


@pytest.mark.parametrize("content", OTHERS)
@pytest.mark.parametrize("says_length", [True, False])
def test_another_file_is_refused_and_nothing_of_it_is_left(tmp_path: Path, content, says_length):
    there = serving(content, says_length=says_length)
    with there as (address, _), pytest.raises(ModelAltered):
        install(PACK, tmp_path, address)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", OTHERS)
def test_another_file_in_a_folder_is_refused_and_the_right_one_then_installed(tmp_path, content):
    wrong, right, to = (tmp_path / name for name in ("wrong", "right", "to"))
    for folder, kept in ((wrong, content), (right, CONTENT)):
        folder.mkdir()
        (folder / FILE.name).write_bytes(kept)
    with pytest.raises(ModelAltered):
        install(PACK, to, str(wrong))
    assert names(to) == []
    install(PACK, to, str(right))
    assert read_pack_file(to, FILE) == CONTENT


@pytest.mark.parametrize("left", [b"wrong", bytes(len(CONTENT)), CONTENT + b"more"])
def test_what_an_earlier_fetch_left_does_not_spoil_the_next(tmp_path: Path, left: bytes):
    (tmp_path / f"{FILE.name}.part").write_bytes(left)
    with serving() as (address, asked):
        install(PACK, tmp_path, address)
    assert asked[-1] is None  # in the end from the beginning
    assert read_pack_file(tmp_path, FILE) == CONTENT


def test_a_source_that_ends_before_what_is_there_is_refused_and_nothing_is_left(tmp_path: Path):
    (tmp_path / f"{FILE.name}.part").write_bytes(CONTENT[:1000])
    with serving(b"wrong") as (address, asked), pytest.raises(ModelAltered):
        install(PACK, tmp_path, address)
    assert asked == ["bytes=1000-", None]
    assert names(tmp_path) == []


def test_a_folder_of_unpacked_models_may_be_served_as_it_lies(tmp_path: Path):
    with serving(at=f"/models/{FILE.folder}/{FILE.name}") as (address, _):
        install(PACK, tmp_path, f"{address}/")
    assert read_pack_file(tmp_path, FILE) == CONTENT


def test_what_cannot_be_had_is_named(tmp_path: Path):
    with serving() as (address, _):
        other = replace(PACK, files=(replace(FILE, name="other.onnx"),))
        with pytest.raises(ModelMissing, match=r"other\.onnx"):
            install(other, tmp_path, address)
    for source in (str(tmp_path / "absent"), "ftp://127.0.0.1/models"):
        with pytest.raises(ModelMissing, match=r"net\.onnx"):
            install(PACK, tmp_path, source)
    with pytest.raises(PackUnknown):
        pack_named("absent")


def test_a_place_or_address_that_cannot_be_is_one_line_and_exit_status_1(tmp_path: Path, capsys):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / RECORD).write_text("no record")
    (tmp_path / FILE.name).write_bytes(CONTENT)
    tries = [["--to", str(tmp_path / "file")], ["--from", "http://[", "--to", str(tmp_path / "m")]]
    for options in tries:
        assert main(["install", "minifasnet", *options]) == 1
        assert capsys.readouterr().err.startswith("refused: ")
    with pytest.raises(ModelAltered, match="no record"):
        install(PACK, tmp_path)


def test_missing_short_and_altered_weights_are_told_apart(tmp_path: Path):
    for folder in (None, tmp_path):
        with pytest.raises(ModelMissing):
            read_pack_file(folder, FILE)
    for content, word in ((CONTENT[:-1], "bytes instead of"), (CONTENT[::-1], "SHA-256")):
        (tmp_path / FILE.name).write_bytes(content)
        with pytest.raises(ModelAltered, match=word):
            read_pack_file(tmp_path, FILE)


def test_every_pack_says_licence_origin_and_pins(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for pack in PACKS.values():
        for wanted in pack.files:
            assert len(bytes.fromhex(wanted.sha256)) == 32
            assert wanted.url.startswith("https://")
            assert all(word in shown for word in (wanted.sha256, wanted.licence))
            assert wanted.training_data in shown
    assert "NOT RUN" in shown


def test_the_command_installs_from_a_folder_and_verifies(tmp_path: Path, ecard_data, capsys):
    source, to = str(ecard_data / "models"), ["--to", str(tmp_path)]
    for name in ("yunet-mobilefacenet", "minifasnet"):
        assert main(["install", name, "--from", source, *to]) == 0
        assert main(["verify", name, *to]) == 0
    assert "MS-Celeb-1M" in capsys.readouterr().out
    with (tmp_path / YUNET.name).open("r+b") as file:
        file.write(b"changed")
    assert main(["verify", *to]) == 1
    assert f"ALTERED        {YUNET.name}" in capsys.readouterr().out
    assert main(["install", "yunet-sface", "--from", source, *to]) == 1
    assert "face_recognition_sface" in capsys.readouterr().err
    assert main(["install", "nothing", *to]) == 1
