"""What can be done from a terminal: ``python -m ecard <command>``.

A command that cannot go on says in one line what is wrong and what to do.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ecard.config import Settings, UnsafeConfiguration, read_settings

UNSAFE = 2
"""Exit status of a configuration that must not be started."""
FAILED = 1
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "9p"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"}
)
"""SQLite's locks do not hold there, so two writers would destroy the file."""


class Stop(Exception):
    """The command cannot go on; the message is for the person at the terminal."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


@click.group()
def main() -> None:
    """The e-card's family services."""


def command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose expected failures are one line and an exit status, never a traceback."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @main.command(name)
        @wraps(function)
        def wrapper(**options: Any) -> None:
            try:
                function(**options)
            except UnsafeConfiguration as unsafe:
                _end(f"Refused to start: {'; '.join(str(unsafe).splitlines())}", UNSAFE)
            except Stop as stop:
                _end(str(stop), stop.status)

        return wrapper

    return decorate


def _end(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(status)


# ------------------------------------------------------------------ run


@command("run")
def run() -> None:
    """Make what is missing (data directory, keys, database, demo region) and serve."""
    from ecard import server

    settings = read_settings()
    _require_free_address(settings)
    with alone_on(settings):
        print(f"Starting on {settings.var} …", file=sys.stderr, flush=True)
        welcome = _prepared_elsewhere(server.import_early)
        try:
            server.serve(settings, lambda: print(welcome, flush=True))
        except server.NotServed:
            sys.exit(UNSAFE)


@contextmanager
def alone_on(settings: Settings) -> Iterator[None]:
    """Refuse a second server on one SQLite database: limits, sweeps and the audit's chain are
    exact within one, and a caller of the other would wait for its turn to write."""
    if not settings.database_address.startswith("sqlite"):
        yield
        return
    path = _make_folder(settings, settings.var) / "server.lock"
    path.touch(0o600)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Stop(
                f"Another server runs on {settings.var}. Stop it, or name another place:"
                " ECARD_VAR=…"
            ) from error
        yield


def _prepared_elsewhere(meanwhile: Callable[[], None]) -> str:
    """Prepare in a process of its own (``ecard/server.py`` says why); what it had to say."""
    command = [sys.executable, "-m", "ecard", "prepare"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as preparing:  # noqa: S603
        try:
            meanwhile()
            said, _ = preparing.communicate()
        finally:
            preparing.kill()  # where it goes on: nobody else may prepare beside it
    if preparing.returncode != 0:
        sys.exit(preparing.returncode)  # it said why on standard error
    return said


@command("prepare")
def prepare_command() -> None:
    """Make or demand what must be there before `run`, and say who can sign in to the demo."""
    settings = read_settings()
    prepare(settings)
    print(_welcome(settings))


def _require_free_address(settings: Settings) -> None:
    from ecard import server

    try:
        server.require_free(settings.host, settings.port)
    except (server.AddressTaken, OverflowError) as taken:
        raise Stop(str(taken)) from taken
    except OSError as error:
        raise Stop(f"Cannot listen on {settings.host}: {error.strerror}") from error


def prepare(settings: Settings) -> None:
    """Everything that must be there before the first request, made or demanded by profile."""
    require_local_disk(settings)
    make_folders(settings)
    if settings.demo:
        _make_keys(settings)
        _upgrade(settings)
    else:
        require_production(settings)


def require_production(settings: Settings) -> None:
    """What a production server demands and never makes by itself. Raises `Stop`,
    `UnsafeConfiguration`."""
    from ecard import joined

    _require_keys(settings)
    _require_migrated(settings)
    require_no_demo_staff(settings)
    joined.require_isolation(settings, joined.decoder_from(settings))


def make_folders(settings: Settings) -> None:
    """The data directory and what is in it, for our eyes only."""
    folders = [settings.var, settings.files_folder, settings.anchors_folder]
    if settings.database_address.startswith("sqlite"):
        folders.append(_sqlite_file(settings).parent)
    for folder in folders:
        _make_folder(settings, folder)


def _make_folder(settings: Settings, folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder == settings.var:  # a database elsewhere may lie in anybody's folder
            folder.chmod(0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Stop(
            f"Cannot write to {folder} ({error.strerror}). Name another place: ECARD_VAR=…"
        ) from error
    return folder


def _sqlite_file(settings: Settings) -> Path:
    import sqlalchemy as sa

    return Path(sa.make_url(settings.database_address).database or "")


def require_local_disk(settings: Settings, mounts: str | None = None) -> None:
    """Refuse SQLite on a network file system; ``mounts`` is the text of /proc/mounts."""
    if not settings.database_address.startswith("sqlite"):
        return
    if mounts is None:
        table = Path("/proc/mounts")
        mounts = table.read_text(encoding="utf-8") if table.exists() else ""
    place, kind = _mount_of(_sqlite_file(settings), mounts)
    # 9p below the root is a shared folder of a virtual machine; 9p as the root is a sandbox's disk
    if kind in NETWORK_FILE_SYSTEMS and not (kind == "9p" and place == Path("/")):
        raise Stop(
            f"{place} is a network file system ({kind}), where SQLite is not safe."
            " Name a local directory (ECARD_VAR) or use PostgreSQL (ECARD_DATABASE_URL).",
            UNSAFE,
        )


def _mount_of(path: Path, mounts: str) -> tuple[Path, str]:
    """The longest mount point above a path, and its file system; later mounts hide earlier ones."""
    path = path.resolve()
    found = (Path("/"), "")
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        place = Path(parts[1].replace("\\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= len(found[0].parts):
            found = (place, parts[2])
    return found


def _make_keys(settings: Settings) -> None:
    from ecard.vault import create_keys

    create_keys(settings.keys_folder)


def _require_keys(settings: Settings) -> None:
    from ecard.vault import KEY_FILES

    missing = [n for n in KEY_FILES if not (settings.keys_folder / f"{n}.key").is_file()]
    if missing:
        raise Stop(
            f"Keys are missing in {settings.keys_folder}: {', '.join(missing)}. For a new system:"
            " python -m ecard init-keys; for an old one: restore its backup.",
            UNSAFE,
        )


def _upgrade(settings: Settings) -> None:
    from ecard import migrations

    migrations.upgrade(settings.database_address)


def _require_migrated(settings: Settings) -> None:
    import sqlalchemy as sa

    from ecard import migrations

    engine = sa.create_engine(settings.database_address, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            present = migrations.present(connection)
    except sa.exc.OperationalError as error:
        raise Stop("The database does not answer. Look at ECARD_DATABASE_URL.") from error
    finally:
        engine.dispose()
    if present != migrations.heads():
        raise Stop("The database is not up to date. Run: python -m ecard migrate", UNSAFE)


def require_no_demo_staff(settings: Settings) -> None:
    """The demo's passwords are printed for everybody: nobody must come in with one."""
    from ecard.demo import loader

    with joined_system(settings) as joined:
        known = loader.staff_with_demo_passwords(joined)
    if known:
        raise Stop(
            f"The database holds staff with passwords of the demo: {', '.join(known)}."
            " Start production on a database of its own.",
            UNSAFE,
        )


def _welcome(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    lines = ["", "e-card family services", f"  App      {address}/app/"]
    lines += [f"  Staff    {address}/staff/"]
    lines += [f"  Pages    {address}/api/docs"]
    lines += [f"  API      {address}/api/v1/…", f"  Data     {settings.var}", ""]
    if not settings.scans:
        lines += ["  Note     uploads are not scanned for viruses (ECARD_SCANNER is not set)", ""]
    if settings.demo:
        lines += _load_demo(settings)
        lines += [
            "",
            f"Next: open {address}/app/ in a browser with a camera and sign in as Andrés,",
        ]
        lines += [f"or, in a second terminal:  {_demo_command(settings)}", ""]
        lines += ["By hand: docs/clients.md shows the first steps. The demo plays on phones of its"]
        lines += ["own for Sofía, Tomás, Fang, Lucía and Victor; take another holder."]
        lines += ["Ctrl-C here stops.", ""]
    return "\n".join(lines)


def _demo_command(settings: Settings) -> str:
    """`make demo` against this server: it finds its phones where the server has its data."""
    var = os.environ.get("ECARD_VAR")
    port = "" if settings.port == 8000 else f" PORT={settings.port}"
    host = "" if settings.host == "127.0.0.1" else f" HOST={settings.host}"
    return "make demo" + host + port + (f" ECARD_VAR={shlex.quote(var)}" if var else "")


def _load_demo(settings: Settings) -> list[str]:
    from ecard.demo import loader

    with joined_system(settings) as joined:
        summary = loader.load(joined)
    loader.write_people(settings.var / "demo-people.json", summary)
    return list(summary.lines())


@contextmanager
def joined_system(settings: Settings) -> Iterator[Any]:
    """The real collaborators for the time of a command; says in one line what is missing."""
    from ecard.joined import join
    from uploads.errors import UploadFault

    try:
        joined = join(settings)
    except (UploadFault, OSError) as error:
        raise Stop(f"Keys or files cannot be used: {error}") from error
    try:
        yield joined
    finally:
        joined.db.close()


@command("demo")
@click.option("--ten-years", is_flag=True, help="Only ten years of a family; needs no server.")
def demo(ten_years: bool) -> None:
    """Play a phone against the running server, over HTTP; then ten years of a family."""
    from ecard import logs
    from ecard.demo import player

    logs.configure(level="WARNING")
    try:
        (player.play_years if ten_years else player.play)()
    except player.CannotPlay as reason:
        raise Stop(str(reason)) from reason


# ------------------------------------------------------------------ set-up and upkeep


@command("init-keys")
def init_keys() -> None:
    """Create the key files that are missing."""
    from ecard.vault import create_keys

    settings = read_settings()
    made = create_keys(settings.keys_folder)
    names = ", ".join(path.name for path in made) or "nothing, all are there"
    print(f"Created in {settings.keys_folder}: {names}. Back them up, apart from the data.")


@command("load-registry")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def load_registry(folder: Path) -> None:
    """Load persons, cards and kinships from the CSV files of FOLDER; all of them or nothing."""
    from ecard import audit
    from ecard.csv_files import FilesRefused
    from ecard.registry.loading import load_csv

    with _migrated_system() as joined, joined.db.write() as session:
        try:
            done = load_csv(session, joined.dependencies.vault, folder)
        except FilesRefused as refused:
            raise Stop(f"Nothing was loaded:\n{refused}") from refused
        audit.record(session, joined.call(), "registry.loaded", "registry", None)
        session.commit()
    print(f"Loaded: {done.persons} persons, {done.cards} cards, {done.kinships} kinships.")
    print(
        f"Accounts: {done.contributions} contributions, {done.balances} balances,"
        f" {done.benefits} benefits, {done.arrears} arrears."
    )


@command("load-administration")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def load_administration(folder: Path) -> None:
    """Load regions, agencies, counters, policies, notices and staff from CSV; all or nothing."""
    from ecard.administration.loading import load
    from ecard.csv_files import FilesRefused

    with _migrated_system() as joined:
        try:
            done = load(joined.call(), folder)
        except FilesRefused as refused:
            raise Stop(f"Nothing was loaded:\n{refused}") from refused
    print("\n".join(["Loaded.", *done.lines, *(f"Still wanting: {one}" for one in done.wanting)]))


@command("set-staff-password")
@click.argument("user_name")
def set_staff_password(user_name: str) -> None:
    """Set the password of a member of staff; typed twice, shown nowhere."""
    from ecard.administration.staff import PasswordRefused, set_password

    prompt = f"Password for {user_name} (15 characters or more)"
    with _migrated_system() as joined:
        password = click.prompt(prompt, hide_input=True, confirmation_prompt=True)
        try:
            set_password(joined.call(), user_name, password)
        except PasswordRefused as refused:
            raise Stop(str(refused)) from refused
    print(f"{user_name} can sign in with it now; sessions that were open are ended.")


@contextmanager
def _migrated_system() -> Iterator[Any]:
    """The collaborators, on a database that is up to date; else one line that says what to run."""
    settings = read_settings()
    _require_migrated(settings)
    with joined_system(settings) as joined:
        yield joined


@command("migrate")
@click.option("--check", is_flag=True, help="Change nothing; fail when tables and models differ.")
def migrate(check: bool) -> None:
    """Bring the database up to date."""
    import sqlalchemy as sa

    from ecard import migrations

    settings = read_settings()
    require_local_disk(settings)
    make_folders(settings)
    if not check:
        migrations.upgrade(settings.database_address)
    engine = sa.create_engine(settings.database_address, poolclass=sa.NullPool)
    with engine.connect() as connection:
        present, drift = migrations.present(connection), migrations.drift(connection)
    engine.dispose()
    if present != migrations.heads() or drift:
        raise Stop(
            f"Not up to date: at {', '.join(present) or 'no revision'}, and"
            f" {len(drift)} differences: {', '.join(map(_difference, drift)) or 'none'}."
        )
    print(f"Up to date: revision {', '.join(present) or 'none'}.")


def _difference(change: Any) -> str:
    """One of Alembic's changes in words: what would be done, and to which table or column."""
    verb, *parts = change[0] if isinstance(change, list) else change
    named = [part if isinstance(part, str) else getattr(part, "name", None) for part in parts[:3]]
    return " ".join([verb, *(name for name in named if name)]).replace("_", " ", 1)


@command("make-migration")
@click.argument("message")
@click.option("--again", is_flag=True, help="Throw all revisions away and write one initial one.")
def make_migration(message: str, again: bool) -> None:
    """Write a migration from the newest revision to the models (for developers)."""
    import tempfile

    from ecard import migrations

    if again:
        for old in (migrations.HOME / "versions").glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/new.sqlite3"
        migrations.upgrade(url)
        made = migrations.write_revision(url, message)
    for verb in (["format"], ["check", "--fix"]):
        command = [sys.executable, "-m", "ruff", *verb, "--quiet", str(made)]
        subprocess.run(command, check=True)  # noqa: S603
    print(f"Wrote {made}. Read it before you commit it.")


@command("rotate-qr-keys")
@click.option("--at-once", is_flag=True, help="Withdraw every old key now: it may be known.")
def rotate_qr_keys(at_once: bool) -> None:
    """Make a new key for QR codes; it is published now and signs from tomorrow on."""
    from ecard.qr import service as qr

    with _migrated_system() as joined:
        try:
            row = qr.rotate(joined.call(), at_once=at_once)
        except qr.KeyWaits as waits:
            begins = f"{waits.args[0]:%F %T} UTC"
            raise Stop(f"A new key waits already; it signs from {begins} on.") from waits
    print(f"Key {row.key_id} is published and signs from {row.signs_from:%F %T} UTC on.")
    if at_once:
        print("Every other key is withdrawn: have all terminals fetch the keys now.")


@command("legal-hold")
@click.argument("link_id", type=click.UUID)
@click.option("--reference", help="What asks for it, such as a file number; no name of a person.")
@click.option("--release", is_flag=True, help="End the hold; what lapsed meanwhile is destroyed.")
def legal_hold(link_id: uuid.UUID, reference: str | None, release: bool) -> None:
    """Keep the documents of a link from being destroyed, or release them."""
    from ecard.documents import service as documents
    from ecard.errors import InvalidInput, NotFound

    if bool(reference) == release:
        raise Stop("Say either --reference=… or --release.")
    with joined_system(read_settings()) as joined:
        try:
            count = documents.hold(joined.call(), link_id, None if release else reference)
        except NotFound as missing:
            raise Stop(f"No documents of a link {link_id}.") from missing
        except InvalidInput as wrong:
            raise Stop("A reference is letters, digits and / . _ - (60 at most).") from wrong
    print(f"{'Released' if release else 'Held'}: {count} files.")


@command("sweep")
def sweep() -> None:
    """Do now, once, every periodic sweep and every job that is due."""
    from ecard.jobs import work
    from ecard.worker import Worker

    with joined_system(read_settings()) as joined:
        call, all_work = joined.call(), work()
        for one in all_work.sweeps:
            print(f"{one.name}: {_counted(one.run(call))}")
        print(f"jobs: {Worker(call, all_work).drain()}")


@command("seed-crowd")
@click.option("--links", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--acts", default=50_000, show_default=True, type=click.IntRange(0))
def seed_crowd(links: int, acts: int) -> None:
    """Add many invented people with links and a history (demo profile only): to measure among."""
    from ecard.demo import crowd

    settings = read_settings()
    if not settings.demo:
        raise Stop("Only the demo profile takes invented people.")
    with joined_system(settings) as joined, click.progressbar(length=links, label="links") as bar:
        made = crowd.seed(joined, links, acts, bar.update)
    print(f"Added {made} links and {acts} acts.")


def _counted(result: object) -> str:
    """What a sweep did in words: a number, or each of a record's numbers by its name."""
    if not is_dataclass(result):
        return str(result)
    numbers = {item.name: getattr(result, item.name) for item in fields(result)}
    return ", ".join(
        f"{name} {len(value) if isinstance(value, tuple) else value}"
        for name, value in numbers.items()
    )


@command("settings")
def show_settings() -> None:
    """Print every setting, with unit, default and the value in force; secrets are not shown."""
    from ecard.generated import settings_in_force

    print(settings_in_force(read_settings()))


# ------------------------------------------------------------------ audit


@command("anchor")
def anchor() -> None:
    """Write an audit anchor now."""
    from ecard import audit_verify

    with joined_system(read_settings()) as joined:
        made = audit_verify.anchor(joined.call(), force=True)
    print(f"Anchored row {made.seq}." if made else "Nothing new since the last anchor.")


@command("audit-verify")
def audit_verify_command() -> None:
    """Walk the audit chain, compare it with the anchors, name the first bad row."""
    from ecard import audit_verify

    with joined_system(read_settings()) as joined:
        verdict = audit_verify.verify(joined.call())
    _report(verdict)


def _report(verdict: Any) -> None:
    for given_up in verdict.lost:
        print(f"Note: {given_up}.")
    if verdict.finding is not None:
        raise Stop(f"AUDIT BROKEN: {verdict.finding.what}.")
    print(
        f"Audit unbroken: {verdict.rows} rows, {verdict.anchors} anchors,"
        f" anchored up to row {verdict.anchored_to}."
    )


# ------------------------------------------------------------------ backup


@command("backup")
@click.argument("to", type=click.Path(path_type=Path))
def backup_command(to: Path) -> None:
    """Write the data to TO and the keys to TO.keys."""
    from ecard import backup

    try:
        with joined_system(read_settings()) as joined:
            data, keys = backup.back_up(joined.call(), to.absolute())
    except (backup.BackupRefused, OSError) as refused:
        raise Stop(f"No backup was made: {refused}") from refused
    print(f"Data: {data}\nKeys: {keys}")
    print("MOVE THE KEYS to another place now: whoever has both archives has everything.")


@command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--keys", type=click.Path(path_type=Path), help="The key archive; else SOURCE.keys.")
def restore_command(source: Path, keys: Path | None) -> None:
    """Put a backup back, into an empty data directory, and check that it is whole."""
    from ecard import backup

    settings = read_settings()
    require_local_disk(settings)
    try:
        backup.unpack(settings, source, keys or backup.keys_archive(source))
        with joined_system(settings) as joined:
            restored = backup.check(joined.call())
    except (backup.BackupRefused, OSError) as refused:
        raise Stop(f"Not restored: {refused}") from refused
    if restored.missing:
        raise Stop(
            f"Restored, but {len(restored.missing)} files are missing: {restored.missing[0]}…"
        )
    print(f"Restored: {restored.files} files, none missing.")
    _report(restored.verdict)


# ------------------------------------------------------------------ generated pages


@command("openapi")
def openapi() -> None:
    """Write docs/openapi.json."""
    from ecard import generated

    print(f"Wrote {generated.write_openapi()}")


@command("docs")
def docs() -> None:
    """Write the generated pages: settings, errors, states."""
    from ecard import generated

    for page in generated.write_pages():
        print(f"Wrote {page}")
