"""Debian's own clamd before the intake, with one local signature: no signature service is asked."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.uploads import pictures
from tests.uploads.scanners import EICAR
from uploads.errors import ScannerFault
from uploads.scanning import Clamd, ClamdAddress, Verdict

pytestmark = pytest.mark.gate

STREAM_MOST = 4 * 2**20
START_SECONDS = 60
CONFIGURATION = """
Foreground yes
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
StreamMaxLength {most}
MaxThreads 2
"""


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The daemon as Debian ships it; the setting that leads to it."""
    where = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    program = shutil.which("clamd", path=where)
    if program is None:
        pytest.fail("clamd is missing: make gates installs it")
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "signatures").mkdir()
    signature = f"Test.EICAR:0:*:{EICAR.hex()}\n"
    (folder / "signatures" / "local.ndb").write_text(signature)
    around = folder / "clamd.conf"
    around.write_text(CONFIGURATION.format(folder=folder, most=STREAM_MOST))
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen([program, "-c", str(around)], stdout=log, stderr=log)
    setting = f"unix:{folder}/clamd.ctl"
    try:
        wait_for(setting, daemon, folder / "log")
        yield setting
    finally:
        daemon.terminate()
        daemon.wait(20)


def wait_for(setting: str, daemon: "subprocess.Popen[bytes]", log: Path) -> None:
    asked, until = Clamd(ClamdAddress.read(setting)), time.monotonic() + START_SECONDS
    while not asked.is_there():
        assert daemon.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


def infected_files() -> dict[str, bytes]:
    """EICAR where a picture could hide it."""
    jpeg, png = pictures.encoded(pictures.noise()), pictures.encoded(pictures.noise(), "PNG")
    comment = b"\xff\xfe" + (len(EICAR) + 2).to_bytes(2, "big") + EICAR
    return {
        "alone": EICAR,
        "in a comment of a JPEG": jpeg[:2] + comment + jpeg[2:],
        "after the end of a PNG": png + EICAR,
        "far into a file": b"\0" * (STREAM_MOST - 2**20) + EICAR,
    }


def test_the_real_scanner_finds_the_test_virus_wherever_it_hides(
    clamd: str, record_property
) -> None:
    asked = Clamd(ClamdAddress.read(clamd))
    found = {name: asked.scan(content) for name, content in infected_files().items()}
    record_property("EICAR found", f"{list(found.values()).count(Verdict.INFECTED)}/{len(found)}")
    assert set(found.values()) == {Verdict.INFECTED}, found
    assert asked.scan(pictures.encoded(pictures.noise())) is Verdict.CLEAN


def test_past_the_daemons_own_cap_nothing_is_called_clean(clamd: str) -> None:
    with pytest.raises(ScannerFault):
        Clamd(ClamdAddress.read(clamd)).scan(b"\0" * (STREAM_MOST + 1) + EICAR)
