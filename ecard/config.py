"""Typed settings, read once from the environment; units are in the names.

The process refuses to start on a missing key, an unknown profile or an unsafe value. Rules that
differ between regions or over time are not here but in the regional policy (``ecard/policy``).
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from biometrics.challenge import MOST_FRAMES
from uploads.scanning import ClamdAddress

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROFILES = ("demo", "production")
PORTS = range(1, 65_536)
CHALLENGE_START_MOST, CAPTURE_BYTES_MOST = 60, 8 * 2**20
"""What a capture may be given at most, seconds and bytes: more helps a replay, not a person."""
FRAMES_LEAST = 20
"""Twelve frames of a standard capture lie in its colours; with fewer than eight more there would be
gaps of more than 1.5 s among its moves."""
NO_SCANNER = "none"
QR_SECONDS_MOST = 60
"""A screenshot of a code that is shown a minute later must be refused."""
DEMO_REQUESTS_PER_ADDRESS = 3000
"""Phones, desks and a curious newcomer all come from one loopback address there."""


class UnsafeConfiguration(Exception):
    """The process must not start like this; the message says what to change."""


def setting(default: Any, doc: str, *, zero: bool = False) -> Any:
    """A setting's default and its line in the documented table; `zero`: whether 0 makes sense."""
    return field(default=default, metadata={"doc": doc, "zero": zero})


def environment_name(name: str) -> str:
    """What a setting is called in the environment."""
    return {"host": "HOST", "port": "PORT"}.get(name, f"ECARD_{name.upper()}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the process. The environment's name is ``ECARD_`` + the name in capitals."""

    var: Path = field(metadata={"doc": "Data directory: database, files, keys, anchors."})
    profile: str = setting("demo", "`demo` (loopback, embedded defaults) or `production`.")
    database_url: str = setting("", "SQLAlchemy address; empty: SQLite below `ECARD_VAR`.")
    keys: Path | None = setting(None, "Folder of the key files; empty: `keys/` below `ECARD_VAR`.")
    anchors: Path | None = setting(
        None, "Folder outside the database where audit anchors are written."
    )
    public_address: str = setting("http://127.0.0.1:8000", "Address that links in messages use.")
    host: str = setting("127.0.0.1", "Address to listen on (`HOST`); demo: loopback only.")
    port: int = setting(8000, "Port to listen on (`PORT`).")
    trusted_proxies: int = setting(
        0, "How many proxies in front set X-Forwarded-For; demo: none.", zero=True
    )
    web_threads: int = setting(16, "Request threads of a worker.")
    web_workers: int = setting(1, "Worker processes; more than 1 needs PostgreSQL.")
    database_pool: int = setting(20, "Database connections a worker keeps.")
    statement_seconds: float = setting(
        2.5, "Longest database statement, waiting for a row included, seconds (PostgreSQL)."
    )
    database_wait_seconds: float = setting(
        15.0, "How long a request waits for its turn to write, seconds (SQLite)."
    )
    face_engine: str = setting(
        "resnet", "What finds and compares faces: `resnet`, `dlib` or an installed model pack."
    )
    liveness_pack: str = setting(
        "", "A model pack against attacks that was installed: `minifasnet`; empty: none."
    )
    judging_at_once: int = setting(2, "Faces judged at a time in a worker; past it 503.")
    judging_wait_seconds: float = setting(
        5.0, "How long a capture waits for its turn, seconds.", zero=True
    )
    hashing_at_once: int = setting(4, "Password hashes computed at a time in a worker.")
    hashing_wait_seconds: float = setting(
        10.0, "How long a password check waits, seconds.", zero=True
    )
    request_bytes: int = setting(12 * 2**20, "Largest request body, bytes.")
    body_seconds: float = setting(120.0, "Longest time for a request's body to arrive, seconds.")
    capture_bytes: int = setting(8 * 2**20, "Largest capture body, bytes.")
    video_bytes: int = setting(20 * 2**20, "Largest digits video, bytes.")
    document_bytes: int = setting(10 * 2**20, "Largest document, bytes.")
    own_data_file_bytes: int = setting(
        100 * 2**20, "Most bytes of pictures in the file of a person's own data."
    )
    certificate_days: int = setting(90, "How long a printed certificate of rights is good, days.")
    certificates_a_day: int = setting(5, "Certificates of rights for one person in a day.")
    scanner: str = setting(
        "",
        "ClamAV's daemon: `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`; `none`, or empty in"
        " the demo: uploads are not scanned.",
    )
    scanner_seconds: float = setting(
        10.0, "Longest wait for the scanner's word on a file, seconds."
    )
    document_reading: int = setting(
        1,
        "1: what is printed on documents is read by a machine (900 MB for one page at a time);"
        " 0, in the demo profile only: people read them.",
        zero=True,
    )
    form_bytes: int = setting(100 * 1024, "Largest JSON body, or form field, bytes.")
    form_parts: int = setting(50, "Most parts of a multipart body.")
    frames_min: int = setting(3, "Fewest frames of a capture.")
    frames_max: int = setting(40, "Most frames of a capture.")
    document_bytes_a_day: int = setting(
        60 * 2**20, "Bytes a holder may upload in `ECARD_DOCUMENT_BYTES_WINDOW_SECONDS`."
    )
    document_bytes_window_seconds: int = setting(
        24 * 3600, "Window of `ECARD_DOCUMENT_BYTES_A_DAY`, seconds."
    )
    requests_per_address: int = setting(
        300,
        "Requests from one network address in `ECARD_REQUESTS_WINDOW_SECONDS`; in the demo profile"
        " 3,000.",
    )
    requests_window_seconds: int = setting(300, "Window of `ECARD_REQUESTS_PER_ADDRESS`, seconds.")
    sign_in_window_seconds: int = setting(
        60, "Window of the two limits of sign-in tries below, seconds."
    )
    sign_ins_per_address: int = setting(
        20, "Sign-in tries from one network address in a window; holders and staff."
    )
    sign_ins_per_account: int = setting(
        5, "Sign-in tries on one account from one address in a window; holders and staff."
    )
    sign_ins_total: int = setting(
        100,
        "Failed sign-ins in a row on one account, from wherever, until recovery (holders) or a new"
        " password (staff) is needed.",
    )
    staff_failures_free: int = setting(
        10, "Failed sign-ins in a row of one member of staff until waiting times begin.", zero=True
    )
    staff_wait_seconds: int = setting(30, "First of these waiting times, seconds; doubles.")
    staff_wait_longest_seconds: int = setting(3600, "Longest of these waiting times, seconds.")
    code_seconds: int = setting(600, "Life of a code sent to the phone on file, seconds.")
    code_tries: int = setting(5, "Wrong tries that end a code.")
    codes_a_day: int = setting(20, "Codes sent to one card in 24 hours.")
    codes_before_pause: int = setting(2, "Codes that may be asked for without a pause.", zero=True)
    code_pause_seconds: int = setting(10, "Pause after these codes, seconds.", zero=True)
    access_seconds: int = setting(900, "Life of an access token, seconds.")
    session_idle_seconds: int = setting(3600, "Life of a refresh token that is not used, seconds.")
    session_seconds: int = setting(12 * 3600, "Longest life of a session, seconds.")
    staff_idle_seconds: int = setting(900, "Staff session without use, seconds.")
    staff_seconds: int = setting(12 * 3600, "Longest life of a staff session, seconds.")
    recovery_delay_seconds: int = setting(24 * 3600, "Wait before a recovery takes effect.")
    fresh_sign_in_seconds: int = setting(
        900, "How long after a sign-in a first e-card password may be set, seconds."
    )
    devices_max: int = setting(5, "Devices of one account.")
    step_up_seconds: int = setting(20 * 60, "Life of a step-up grant, seconds.")
    card_password_tries: int = setting(6, "Wrong e-card passwords until it locks.")
    number_lookups_per_hour: int = setting(10, "Tries with one number by all actors in 1 hour.")
    numbers_per_day: int = setting(10, "Distinct numbers one holder may try in 24 hours.")
    applications_per_day: int = setting(5, "Applications one holder may open in 24 hours.")
    document_tries: int = setting(
        5, "Evidence submissions of one holder in `ECARD_DOCUMENT_TRIES_WINDOW_SECONDS`."
    )
    document_tries_window_seconds: int = setting(
        6 * 3600, "Window of `ECARD_DOCUMENT_TRIES`, seconds."
    )
    documents_max: int = setting(
        6, "Documents in one submission: the longest list that a family can need."
    )
    papers_read_max: int = setting(
        2,
        "Papers for a person's eyes, of one submission, that a machine reads first where the phone"
        " did not ask for it; each takes seconds.",
        zero=True,
    )
    upload_piece_bytes: int = setting(2**20, "Largest piece of an upload in pieces, bytes.")
    upload_piece_least_bytes: int = setting(
        64 * 1024, "Smallest piece of an upload in pieces, except its last, bytes."
    )
    uploads_open_max: int = setting(3, "Uploads in pieces that a holder may have begun.")
    partial_upload_seconds: int = setting(
        24 * 3600, "Life of an upload in pieces that is not finished, seconds."
    )
    finishing_seconds: int = setting(
        60, "An upload that was being finished this long ago belongs to a process that died."
    )
    tried_pictures_kept_days: int = setting(
        30, "How long a picture that was sent is recognised again, days."
    )
    unclaimed_document_seconds: int = setting(
        24 * 3600, "Life of a document that no application claims, seconds."
    )
    typed_kept_days: int = setting(
        30, "Days that a typed name and number are kept after their link is over."
    )
    reference_reminder_days: int = setting(
        30, "Both sides are told this long before a kept reference photo lapses, days."
    )
    capture_session_seconds: int = setting(900, "Life of a capture session, seconds.")
    capture_sessions_a_day: int = setting(
        20,
        "Capture sessions per relative and application in 24 hours; each draws other digits.",
    )
    challenge_start_seconds: int = setting(
        60, "How long a drawn challenge waits to be begun, seconds."
    )
    capture_sending_seconds: int = setting(
        60, "How long a finished capture may be on its way to us, seconds."
    )
    challenges_a_day: int = setting(
        40, "Challenges per relative and application in 24 hours; each is another one."
    )
    challenges_kept_days: int = setting(30, "How long a drawn challenge is kept, days.")
    prints_kept_days: int = setting(
        7, "How long a capture's frames are known again by their fingerprints, days."
    )
    unusable_max: int = setting(10, "Unusable captures in one capture session.")
    mismatches_in_a_row: int = setting(5, "Mismatches until waiting times begin.")
    mismatch_wait_seconds: int = setting(30, "First waiting time, seconds; doubles each time.")
    mismatch_wait_longest_seconds: int = setting(3600, "Longest waiting time, seconds.")
    mismatches_a_day: int = setting(10, "Mismatches in 24 hours per relative and application.")
    household_references_max: int = setting(
        4,
        "References of a holder's other relatives that one capture is compared with; where more are"
        " on file, a person looks.",
    )
    mismatches_total: int = setting(50, "Mismatches in all; then only the other routes.")
    judging_lease_seconds: int = setting(
        60, "A reserved try this old belongs to a process that died, seconds."
    )
    invitation_seconds: int = setting(7 * 24 * 3600, "Life of an invitation, seconds.")
    invitations_a_day: int = setting(5, "Invitations of one application in 24 hours.")
    counter_codes_a_day: int = setting(5, "Counter codes of one application in 24 hours.")
    wrong_counter_codes_an_hour: int = setting(
        10, "Wrong counter codes of one clerk in 1 hour; 31 to the 10 codes leave nothing to guess."
    )
    case_asked_seconds: int = setting(
        24 * 3600, "How long a question to open a minor's case waits for an approval, seconds."
    )
    case_opening_seconds: int = setting(
        1800, "How long an approval to open a minor's case is good, seconds."
    )
    figures_least: int = setting(
        5, "Figures show no number about fewer cases than this, other than none, cases."
    )
    faces_to_report: int = setting(
        100_000,
        "Whoever keeps the faces of so many people reports it to the authority; auditors read how"
        " many are kept (100,000 in the measures on facial recognition that China made in 2025).",
    )
    confirmation_floor_seconds: float = setting(
        0.4, "Answers that must not tell whether somebody exists take a multiple of this, seconds."
    )
    idempotency_seconds: int = setting(72 * 3600, "How long an idempotency key is remembered.")
    idempotency_lock_seconds: int = setting(90, "How long a key in work is held, seconds.")
    job_lease_seconds: int = setting(60, "Lease of a job taken from the outbox, seconds.")
    job_tries: int = setting(10, "Tries until a job is parked.")
    job_pause_longest_seconds: int = setting(
        3600, "Longest pause between two tries of a job, seconds; pauses double up to it."
    )
    sweep_rows: int = setting(200, "Most rows a sweep takes in one transaction.")
    orphan_seconds: int = setting(
        900, "A stored file this old that no row speaks of is removed, seconds."
    )
    codes_kept_hours: int = setting(24, "How long a code's row is kept after it was opened, hours.")
    sessions_kept_days: int = setting(
        30, "How long a session of holders or staff is kept after its longest life, days."
    )
    step_ups_kept_hours: int = setting(
        24, "How long a step-up grant is kept after it lapsed, hours."
    )
    recoveries_kept_days: int = setting(30, "How long a recovery is kept after it lapsed, days.")
    not_me_kept_days: int = setting(
        30, "How long a 'this was not me' address is kept after it lapsed, days."
    )
    failed_sign_ins_kept_days: int = setting(
        90, "How long failed sign-ins count after the last of them, days."
    )
    desk_messages_kept_days: int = setting(
        90, "How long a message to a region's desk is kept, days."
    )
    message_text_kept_days: int = setting(
        7, "How long the text of a message is kept after it was written, days."
    )
    tries_kept_days: int = setting(
        31, "How long counted tries are kept, days; longer than a month of new links."
    )
    done_jobs_kept_days: int = setting(
        30, "How long a job that is done stops its key from being enqueued again, days."
    )
    anchor_seconds: int = setting(60, "Longest time without a new audit anchor, seconds.")
    anchor_rows: int = setting(100, "Most audit rows without a new anchor.")
    qr_seconds: int = setting(60, "Life of an e-card's QR code, seconds; 60 at most.")
    qr_clock_tolerance_seconds: int = setting(
        10, "A QR code may begin this far in the future: clocks differ, seconds."
    )
    qr_codes_an_hour: int = setting(120, "QR codes that one holder may show in 1 hour.")
    qr_key_lead_seconds: int = setting(
        24 * 3600, "How long a new key for QR codes is published before it signs, seconds."
    )
    qr_unused_kept_hours: int = setting(
        24, "How long a QR code that nobody used is kept after its end, hours."
    )
    qr_uses_kept_days: int = setting(
        3 * 365, "How long both sides can read where a QR code was used, days."
    )
    smtp_url: str = setting("", "smtp://user:password@host:port; empty: embedded mailbox.")
    smtp_sender: str = setting("", "Sender of e-mails; needed with `ECARD_SMTP_URL`.")
    sms_webhook_url: str = setting("", "HTTPS address that sends SMS; empty: embedded mailbox.")
    sms_webhook_secret: str = setting("", "Secret that signs each SMS webhook call (HMAC).")
    outbound_seconds: float = setting(5.0, "Time limit of an outgoing call, seconds.")

    @property
    def demo(self) -> bool:
        """Whether this is the embedded demonstration."""
        return self.profile == "demo"

    @property
    def scans(self) -> bool:
        """Whether uploads are scanned for viruses."""
        return self.scanner not in ("", NO_SCANNER)

    @property
    def keys_folder(self) -> Path:
        """Where the key files are: never beside the database files."""
        return self.keys or self.var / "keys"

    @property
    def anchors_folder(self) -> Path:
        """Where the audit's anchors are written."""
        return self.anchors or self.var / "anchors"

    @property
    def files_folder(self) -> Path:
        """The root of the file store."""
        return self.var / "files"

    @property
    def models_folder(self) -> Path:
        """Where model packs were installed (``python -m biometrics.models install``)."""
        return self.var / "models"

    @property
    def reads_documents(self) -> bool:
        """Whether a machine reads documents."""
        return self.document_reading == 1

    @property
    def database_address(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{self.var / 'db' / 'ecard.sqlite3'}"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; raises UnsafeConfiguration with one line per finding."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems: list[str] = []
    for item in fields(Settings):
        name = environment_name(item.name)
        if name == "ECARD_DATABASE_URL" and name not in environ:
            name = "DATABASE_URL"
        raw = environ.get(name)
        if raw is None or raw == "":
            continue
        try:
            values[item.name] = _parse(raw, str(item.type))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    values.setdefault("var", Path("var").absolute())
    if values.get("profile", "demo") == "demo":
        values.setdefault("requests_per_address", DEMO_REQUESTS_PER_ADDRESS)
    if problems:
        raise UnsafeConfiguration("\n".join(problems))
    settings = Settings(**values)
    refuse_unsafe(settings)
    return settings


def _parse(raw: str, kind: str) -> Any:
    if "Path" in kind:
        return Path(raw).absolute()
    if kind in ("int", "float"):
        return _number(raw, kind)
    return raw


def _number(raw: str, kind: str) -> float:
    try:
        value = int(raw) if kind == "int" else float(raw)
    except ValueError:
        raise ValueError(f"must be a {'whole ' * (kind == 'int')}number") from None
    if not 0 <= value < math.inf:
        raise ValueError("must not be negative or endless")
    return value


def refuse_unsafe(settings: Settings) -> None:
    """Raise UnsafeConfiguration unless every value is fit for the profile."""
    problems = list(_findings(settings))
    if problems:
        raise UnsafeConfiguration("\n".join(problems))


def _findings(s: Settings) -> list[str]:
    found: list[str] = []
    if s.profile not in PROFILES:
        found.append(f"ECARD_PROFILE: must be one of {', '.join(PROFILES)}")
    if s.port not in PORTS:
        found.append("PORT: must be 1 to 65535")
    if s.demo and s.host not in LOOPBACK:
        found.append("HOST: the demo profile listens on loopback only; for others: docs/deploy.md")
    if s.demo and s.trusted_proxies:
        found.append(
            "ECARD_TRUSTED_PROXIES: the demo profile is for this machine alone, its passwords are"
            " printed and its mailbox is open to all; behind a proxy set ECARD_PROFILE=production"
        )
    if s.web_workers > 1 and s.database_address.startswith("sqlite"):
        found.append("ECARD_WEB_WORKERS: more than one worker needs PostgreSQL")
    if s.smtp_url and not s.smtp_sender:
        found.append("ECARD_SMTP_SENDER: needed with ECARD_SMTP_URL")
    if s.sms_webhook_url and len(s.sms_webhook_secret) < 32:
        found.append("ECARD_SMS_WEBHOOK_SECRET: at least 32 characters are needed")
    if not 1 <= s.qr_seconds <= QR_SECONDS_MOST:
        found.append(f"ECARD_QR_SECONDS: must be 1 to {QR_SECONDS_MOST}")
    found += [*_zeros(s), *_capture_findings(s), *_scanner_findings(s)]
    return found if s.demo else found + _production_findings(s)


def _capture_findings(s: Settings) -> list[str]:
    found: list[str] = []
    if not 1 <= s.frames_min <= s.frames_max <= MOST_FRAMES:
        found.append("ECARD_FRAMES_MIN / ECARD_FRAMES_MAX: not a range within 1 to 40")
    if s.frames_max < FRAMES_LEAST:
        found.append("ECARD_FRAMES_MAX: fewer than 20 cannot fill a challenge")
    if s.challenge_start_seconds > CHALLENGE_START_MOST:
        found.append("ECARD_CHALLENGE_START_SECONDS: more than 60")
    if s.capture_bytes > CAPTURE_BYTES_MOST:
        found.append("ECARD_CAPTURE_BYTES: more than 8 MiB")
    return found


def _zeros(s: Settings) -> list[str]:
    """Limits of nothing, that would shut everybody out, or to a database mean no limit at all."""
    numbers = (one for one in fields(s) if one.type in ("int", "float"))
    names = [one.name for one in numbers if not one.metadata["zero"] and not getattr(s, one.name)]
    return [f"{environment_name(name)}: must be more than 0" for name in names if name != "port"]


def _scanner_findings(s: Settings) -> list[str]:
    try:
        if s.scans:
            ClamdAddress.read(s.scanner)
    except ValueError as error:
        return [f"ECARD_SCANNER: {error}"]
    return []


def _production_findings(s: Settings) -> list[str]:
    found: list[str] = []
    if not s.public_address.startswith("https://"):
        found.append("ECARD_PUBLIC_ADDRESS: production needs an https:// address")
    if not s.smtp_url and not s.sms_webhook_url:
        found.append("ECARD_SMTP_URL / ECARD_SMS_WEBHOOK_URL: production needs a way to deliver")
    if s.sms_webhook_url and not s.sms_webhook_url.startswith("https://"):
        found.append("ECARD_SMS_WEBHOOK_URL: production needs https://")
    if not s.scanner:
        found.append("ECARD_SCANNER: name ClamAV's daemon, or say `none`")
    if not s.reads_documents:
        found.append("ECARD_DOCUMENT_READING: production reads documents (1)")
    if s.keys is None:
        found.append("ECARD_KEYS: name a key folder outside ECARD_VAR")
    elif s.keys.is_relative_to(s.var):
        found.append("ECARD_KEYS: keys must not lie in the data directory")
    if s.keys is not None and s.keys.exists() and stat.S_IMODE(s.keys.stat().st_mode) & 0o077:
        found.append("ECARD_KEYS: the folder must be readable by its owner only (0700)")
    return found
