"""Makes .venv and installs the pinned packages, with nothing but the standard library.

Ready is what the stamp says: it is written last, so an interrupted install is done again, and it
holds a hash of the pins, so changed pins are installed anew. A lock lets two makes wait for
each other. With --gates also what the slow checks need.
"""

import contextlib
import fcntl
import hashlib
import importlib
import importlib.util
import os
import platform
import re
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PINS = ROOT / "requirements.txt"
GATE_PINS = ROOT / "requirements-gates.txt"
SHIM = ROOT / "packaging" / "dlib-shim" / "pyproject.toml"

FREE_DISK_NEEDED_GB = 3  # 1.5 GB installed, about as much again while it is unpacked
SILENCE_SECONDS = 5  # between two lines of progress where no person watches a terminal
PIP_MODULES = ("venv", "ensurepip")
NEEDED_MODULES = ("ctypes", "sqlite3", "ssl", "zlib")
GATE_PROGRAMS = {
    "nginx": "nginx-light",
    "clamd": "clamav-daemon",
    "strace": "strace",
    "chromium": "chromium",
}  # program → Debian package
SYSTEM_PROGRAMS = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # not on every PATH

started = time.monotonic()


def say(text: str) -> None:
    """Prints one line of progress with the seconds since the start."""
    print(f"[{time.monotonic() - started:4.0f} s] {text}", flush=True)


def stop(text: str) -> NoReturn:
    """Ends with one line that says what is missing."""
    sys.exit(f"Missing: {text}")


# ------------------------------------------------------------------ what this machine lacks


def check_machine() -> None:
    """Stops where something is missing that no installed package could replace."""
    check_python()
    check_processor()
    check_folder()


def check_python() -> None:
    for name in PIP_MODULES:
        if importlib.util.find_spec(name) is None:
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            stop(f"Python's {name} module (on Debian and Ubuntu: apt-get install {package})")
    for name in NEEDED_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            stop(f"Python's {name} module: {sys.executable} was built without it")


def check_processor() -> None:
    """The dlib wheel holds AVX code: without AVX the process dies with SIGILL and no word."""
    facts = Path("/proc/cpuinfo")
    if platform.machine() not in {"x86_64", "AMD64"} or not facts.is_file():
        return
    flags = re.search(r"^flags\s*:(.*)$", facts.read_text(encoding="utf-8"), re.MULTILINE)
    if flags and "avx" not in flags[1].split():
        stop("a processor with AVX (or, in a virtual machine, a CPU model that passes AVX on)")


def check_folder() -> None:
    if not os.access(ROOT, os.W_OK | os.X_OK):
        stop(f"the right to write in {ROOT}")
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < FREE_DISK_NEEDED_GB:
        stop(f"disk space: {free:.1f} GB are free in {ROOT}, {FREE_DISK_NEEDED_GB} are needed")


# ------------------------------------------------------------------ is it ready already?


def fingerprint(*files: Path) -> str:
    """What an environment depends on: its Python, its place (scripts name it) and its pins."""
    facts = [str(PYTHON.resolve()), str(ROOT), *(file.read_text("utf-8") for file in files)]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def is_ready(stamp: Path, *files: Path) -> bool:
    """A ready environment is kept, whatever Python calls this, unless another one is named."""
    if not PYTHON.exists() or not stamp.is_file():
        return False
    another = os.environ.get("PYTHON") and PYTHON.resolve() != base_python().resolve()
    return not another and stamp.read_text("utf-8").strip() == fingerprint(*files)


def base_python() -> Path:
    """The Python to build on: not that of an activated .venv, which is about to be removed."""
    return Path(getattr(sys, "_base_executable", sys.executable))


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Waits for another make; the system lets go of the lock when its process dies."""
    folder = os.open(ROOT / "packaging", os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another make is setting up .venv: waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def ensure(stamp: Path, files: tuple[Path, ...], install: Callable[[], None]) -> None:
    """Runs `install` unless the stamp says that it was done; the stamp is written last."""
    if is_ready(stamp, *files):
        return
    with one_at_a_time():
        if is_ready(stamp, *files):
            return
        install()
        stamp.write_text(f"{fingerprint(*files)}\n", encoding="utf-8")


# ------------------------------------------------------------------ installing


def clean_environment() -> dict[str, str]:
    """The caller's settings (proxies, mirrors) without those that would install elsewhere."""
    elsewhere = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_DEPS", "PIP_PYTHON"}
    python = {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere | python}
    return kept | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def make_environment() -> None:
    """Removes what an interrupted or older install left, and installs all pins."""
    check_machine()
    say(f"1/4 making .venv with Python {platform.python_version()} ({base_python()})")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [str(base_python()), "-m", "venv", str(VENV)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        stop(f"a working venv module: {last_line(made.stdout + made.stderr)}")
    setuptools = next(pin for pin in pins(PINS) if pin.startswith("setuptools=="))
    say("2/4 installing setuptools, which unpacks the face models")
    pip_install([setuptools], total=1)
    say(f"3/4 installing {len(pins(PINS))} pinned packages: about 450 MB to fetch, a minute or two")
    pip_install(["--no-build-isolation", "--use-pep517", "-r", str(PINS)], total=len(pins(PINS)))
    say("4/4 checking that they fit together")
    check_packages()
    say("the environment is ready")


def pins(file: Path) -> list[str]:
    """The requirements that apply to this Python: no comment, no option, no other version's."""
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    chosen = [line for line in lines if line and not line.startswith(("#", "--"))]
    newer = sys.version_info >= (3, 12)
    other = 'python_version < "3.12"' if newer else 'python_version >= "3.12"'
    return [line for line in chosen if other not in line]


def pip_install(arguments: list[str], total: int) -> None:
    """Runs pip from the repository root (./packaging is read from there), showing how far it is."""
    command = [str(PYTHON), "-m", "pip", "install", "--progress-bar", "off", *arguments]
    log = VENV / "install.log"
    with log.open("a", encoding="utf-8") as written:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        lines = show_progress(process, total)
        written.writelines(f"{line}\n" for line in lines)
    if process.wait():
        print("\n".join(lines[-8:]), file=sys.stderr)
        stop(f"a package that could not be installed; all of pip's words are in {log}")


def show_progress(process: "subprocess.Popen[bytes]", total: int) -> list[str]:
    """Reads pip's output to its end; a line at most every few seconds, also while pip is silent."""
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe just above
    lines: list[str] = []
    buffer, told, phase, found = b"", time.monotonic(), "finding", 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=1):
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return [*lines, buffer.decode(errors="replace")]
                *fresh, buffer = (buffer + chunk).split(b"\n")
                texts = [line.decode(errors="replace") for line in fresh]
                lines += texts
                found += sum(text.startswith(("Collecting", "Processing ./")) for text in texts)
                if any(text.startswith("Installing collected") for text in texts):
                    phase = "unpacking"
            if time.monotonic() - told >= SILENCE_SECONDS:
                told = time.monotonic()
                done = f"fetched {min(found, total)} of {total}" if phase == "finding" else phase
                say(f"    {done}")


def check_packages() -> None:
    """Asks pip whether every wish of every package is met."""
    checked = subprocess.run(
        [str(PYTHON), "-m", "pip", "check"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode:
        stop(f"packages that fit together: {last_line(checked.stdout)}")


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


# ------------------------------------------------------------------ what only the gates need


def install_gate_tools() -> None:
    say("installing what the slow checks need")
    pip_install(["-r", str(GATE_PINS)], total=len(pins(GATE_PINS)))


def install_gate_programs() -> None:
    """Debian packages: installed where we may, named in one line where we may not."""
    where = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_PROGRAMS])
    missing = [p for program, p in GATE_PROGRAMS.items() if not shutil.which(program, path=where)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        stop(f"programs for the gates: {', '.join(missing)} (as root: apt-get install them)")
    say(f"installing Debian packages: {' '.join(missing)}")
    # RUNLEVEL=1 keeps Debian's scripts from starting the service that is only to be tried
    quiet = clean_environment() | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], install):
        ran = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if ran.returncode:
            stop(f"{' '.join(missing)}: {last_line(ran.stdout + ran.stderr)}")


def main() -> None:
    ensure(VENV / ".ready", (PINS, SHIM), make_environment)
    if "--gates" in sys.argv[1:]:
        install_gate_programs()
        ensure(VENV / ".ready-for-gates", (PINS, SHIM, GATE_PINS), install_gate_tools)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next make starts the installation again")
