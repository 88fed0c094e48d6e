"""What a decoding process may not do, and what its caller is told when it ends badly."""

import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import uploads.child
from ecard.config import Settings, UnsafeConfiguration
from ecard.joined import require_isolation
from tests.uploads import pictures
from uploads.errors import ProcessingLimit, SandboxBusy, SandboxFault, UploadError
from uploads.sandbox import End, Sandbox, Spent, _reap, _stop
from uploads.sanitising import clean_picture
from uploads.types import SandboxLimits


@pytest.mark.parametrize("threads", [False, True])
def test_a_child_can_reach_neither_files_nor_network_nor_programs(
    sandbox: Sandbox, threads: bool
) -> None:
    report = sandbox.report(
        threads=threads
    )  # it tries each, and the caller raises where one succeeds
    assert report.no_new_privileges
    assert report.network_cut
    assert report.system_calls_filtered is (platform.machine() == "x86_64")


def test_a_child_inherits_no_open_file(sandbox: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        sandbox.report()  # raises where the child finds an open descriptor beyond its three


@pytest.fixture
def uncut(tmp_path: Path) -> Path:
    """The decoding program on a system that grants neither filter nor empty namespace."""
    program = tmp_path / "uncut.py"
    program.write_text(UNCUT.format(child=str(Path(uploads.child.__file__))), encoding="utf-8")
    return program


UNCUT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("child", {child!r})
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
child.filter_system_calls = lambda *_: False
child.CLONE_NEWUSER = child.CLONE_NEWNET = 1 << 30 | 1
child.main()
"""


def test_a_child_that_cannot_be_cut_off_does_not_work(uncut: Path) -> None:
    with pytest.raises(SandboxFault):
        clean_picture(pictures.encoded(pictures.noise()), Sandbox(program=uncut))


def test_it_works_with_what_is_granted_only_where_that_is_asked_for(uncut: Path) -> None:
    lax = Sandbox(program=uncut, isolated=False)
    assert clean_picture(pictures.encoded(pictures.noise()), lax).pages
    assert not lax.granted().isolated


def test_production_does_not_start_where_decoding_cannot_be_cut_off_and_the_demo_says_so(
    uncut: Path, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        require_isolation(Settings(var=tmp_path), Sandbox(program=uncut, isolated=False))
    assert [one["event"] for one in logs] == ["no_isolation"]
    with pytest.raises(UnsafeConfiguration, match="cut off from the network"):
        require_isolation(Settings(var=tmp_path, profile="production"), Sandbox(program=uncut))
    require_isolation(Settings(var=tmp_path, profile="production"), Sandbox())


def test_a_child_that_takes_too_long_by_the_clock_is_ended() -> None:
    hasty = Sandbox(SandboxLimits(wall_seconds=0.5, cpu_seconds=60))
    began = time.monotonic()
    with pytest.raises((ProcessingLimit, SandboxBusy)):  # busy: where others had the processor
        clean_picture(pictures.scan_bomb(copies=2_000), hasty)
    assert time.monotonic() - began < 10


def test_a_child_that_never_gets_ready_is_our_fault_not_the_senders() -> None:
    with pytest.raises(SandboxFault):
        clean_picture(
            pictures.encoded(pictures.noise()), Sandbox(SandboxLimits(wall_seconds=0.001))
        )


@pytest.mark.gate
def test_how_each_child_ended_and_what_it_took_is_told_to_whoever_watches() -> None:
    seen: list[Spent] = []
    watched = Sandbox(SandboxLimits(cpu_seconds=1, wall_seconds=30), watch=seen.append)
    clean_picture(pictures.encoded(pictures.noise()), watched)
    for bad in (pictures.scan_bomb(copies=2_000), b"\xff\xd8\xff nothing"):
        with pytest.raises(UploadError):
            clean_picture(bad, watched)
    assert [spent.end for spent in seen] == [End.ANSWERED, End.OUT_OF_TIME, End.ANSWERED]
    assert seen[1].cpu_seconds > seen[0].cpu_seconds > 0
    assert 0 < seen[0].seconds < seen[1].seconds


@pytest.mark.gate
def test_more_than_the_allowed_children_wait_and_then_hear_busy() -> None:
    narrow = Sandbox(SandboxLimits(children=1, wait_seconds=0.05, cpu_seconds=1, wall_seconds=30))
    heard: list[type[UploadError]] = []

    def send() -> None:
        try:
            clean_picture(pictures.scan_bomb(copies=2_000), narrow)
        except UploadError as error:
            heard.append(type(error))

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(kind.__name__ for kind in heard) == ["ProcessingLimit"] + ["SandboxBusy"] * 2


def test_busy_says_when_to_come_back() -> None:
    assert SandboxBusy(5).retry_after_seconds == 5


@pytest.mark.gate
def test_a_place_comes_free_again_after_a_refusal_and_after_a_crash() -> None:
    narrow = Sandbox(SandboxLimits(children=1, wait_seconds=2.0, cpu_seconds=1))
    for bad in (b"\xff\xd8\xff nothing", pictures.scan_bomb(copies=2_000)):
        with pytest.raises(UploadError):
            clean_picture(bad, narrow)
    assert clean_picture(pictures.encoded(pictures.noise()), narrow).width == 320


def test_an_answer_longer_than_asked_for_is_not_read(sandbox: Sandbox) -> None:
    job = {
        "kind": "picture",
        "format": "PNG",
        "max_side_px": 999,
        "max_pixels": 999_999,
        "kept_side_px": 999,
        "jpeg_quality": 92,
    }
    content = pictures.encoded(pictures.noise(), "PNG")
    assert sandbox.run(job, content, max_answer_bytes=1_000_000).parts
    with pytest.raises(ProcessingLimit):
        sandbox.run(job, content, max_answer_bytes=10)


@pytest.mark.gate
def test_many_at_once_all_come_through_and_leave_no_descriptor_open() -> None:
    patient = Sandbox(SandboxLimits(children=2, wait_seconds=30))
    sent = pictures.encoded(pictures.noise())
    done: list[int] = []

    def send() -> None:
        done.append(clean_picture(sent, patient).width)

    before = len(os.listdir("/proc/self/fd"))
    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert done == [320] * 8
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_child_that_ended_before_it_was_stopped_is_still_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    _stop(child)
    alarm = threading.Timer(60, lambda: None)
    alarm.start()
    cpu_seconds, peak_bytes = _reap(child, alarm)
    assert (child.returncode, cpu_seconds > 0, peak_bytes > 0) == (0, True, True)
