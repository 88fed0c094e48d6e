"""A scanner that cannot be asked, or understood, lets nothing through."""

import socket
import time
from pathlib import Path

import pytest

from tests.uploads.scanners import EICAR, knows_eicar, scanner, slowly
from uploads.errors import FileInfected, ScannerFault
from uploads.scanning import Clamd, ClamdAddress, NoScanner, Scanner, Verdict, refuse_infected


def clamd(setting: str, **limits: float) -> Clamd:
    return Clamd(ClamdAddress.read(setting), **{"seconds": 2.0, **limits})


def test_no_scanner_says_that_nothing_was_scanned() -> None:
    none: Scanner = NoScanner()
    assert none.scan(EICAR) is Verdict.NOT_SCANNED
    refuse_infected(none, EICAR)


def test_what_the_scanner_knows_is_refused_and_the_rest_is_clean(tmp_path: Path) -> None:
    for path in (None, tmp_path / "clamd.ctl"):
        with scanner(knows_eicar, path) as setting:
            asked = clamd(setting)
            assert asked.scan(b"a picture" * 100_000) is Verdict.CLEAN
            assert asked.scan(b"\xff\xd8" + EICAR) is Verdict.INFECTED
            assert asked.is_there()
            with pytest.raises(FileInfected):
                refuse_infected(asked, EICAR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"stream: OK",  # cut off before its zero byte
        b"stream: OK\nstream: OK\0",
        b"stream: okay\0",
        b"OK\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream:  FOUND\0",
        b"HTTP/1.1 200 OK\r\n\r\n\0",
        b"\0",
        b"x" * 100_000,
    ],
)
def test_an_answer_in_other_words_is_a_fault_and_no_verdict(answer: bytes) -> None:
    with scanner(lambda _: answer) as setting, pytest.raises(ScannerFault):
        clamd(setting).scan(b"a picture")


def test_a_scanner_that_hangs_is_waited_for_no_longer_than_the_limit() -> None:
    with scanner(lambda _: None) as setting:
        began = time.monotonic()
        with pytest.raises(ScannerFault):
            clamd(setting, seconds=0.2).scan(b"a picture")
        assert time.monotonic() - began < 2


def test_a_verdict_that_comes_late_is_none() -> None:
    with scanner(slowly(b"stream: OK\0", 0.5)) as setting, pytest.raises(ScannerFault):
        clamd(setting, seconds=0.1).scan(b"a picture")


def test_a_scanner_that_is_down_is_a_fault(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
        for setting in (nobody, f"unix:{tmp_path / 'nothing'}"):
            with pytest.raises(ScannerFault):
                clamd(setting).scan(b"a picture")
            assert not clamd(setting).is_there()


def test_more_than_our_cap_is_never_sent() -> None:
    with scanner(knows_eicar) as setting:
        assert clamd(setting, max_bytes=9).scan(b"a picture") is Verdict.CLEAN
        with pytest.raises(ScannerFault):
            clamd(setting, max_bytes=8).scan(b"a picture")


@pytest.mark.parametrize(
    "setting",
    [
        "/run/clamd.ctl",
        "unix:clamd.ctl",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:0",
        "tcp:127.0.0.1:70000",
        "tcp:10.0.0.5:3310",
        "tcp:scanner.example.org:3310",
        "http://127.0.0.1:3310",
    ],
)
def test_only_a_place_on_this_machine_is_a_scanner(setting: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ClamdAddress.read(setting)


def test_addresses_of_both_families_are_read() -> None:
    assert ClamdAddress.read("tcp:[::1]:3310") == ClamdAddress(host="::1", port=3310)
    assert ClamdAddress.read("unix:/run/clamd.ctl").path == Path("/run/clamd.ctl")
