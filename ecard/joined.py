"""The real collaborators, built once from the settings: what ``wsgi.py`` and commands work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from random import Random, SystemRandom
from threading import BoundedSemaphore

import structlog

from biometrics.errors import ModelError
from biometrics.verifier import FaceVerifier
from ecard.actors import SYSTEM
from ecard.call import Call
from ecard.config import Settings, UnsafeConfiguration
from ecard.db import Bounds, Database
from ecard.delivery import delivery_from
from ecard.dependencies import Dependencies, utc_now
from ecard.hashing import Hasher
from ecard.registry.sql import SqlRegistry
from ecard.vault import Vault
from uploads.documents.pages import PageReader
from uploads.errors import UploadFault
from uploads.sandbox import Sandbox
from uploads.scanning import Clamd, ClamdAddress, NoScanner, Scanner
from uploads.storage import DirectoryStore

log = structlog.get_logger()


@dataclass(frozen=True)
class Joined:
    """Database, settings and collaborators of one process."""

    db: Database
    settings: Settings
    dependencies: Dependencies

    def call(self) -> Call:
        """A call made by the system itself."""
        return Call(
            actor=SYSTEM,
            db=self.db,
            settings=self.settings,
            dependencies=self.dependencies,
            channel="system",
        )


def join(
    settings: Settings,
    *,
    now: Callable[[], datetime] = utc_now,
    verifier: Callable[[], FaceVerifier] | None = None,
    hasher: Hasher | None = None,
    database: Callable[[str, Bounds], Database] = Database,
    chance: Callable[[], Random] = SystemRandom,
) -> Joined:
    """Open the database, the keys and the store; raises on a missing or unsafe key file."""
    db = database(settings.database_address, _bounds(settings))
    vault = Vault(settings.keys_folder)
    dependencies = Dependencies(
        vault=vault,
        registry=SqlRegistry(db, vault),
        file_store=DirectoryStore(settings.files_folder),
        scanner=scanner_from(settings),
        delivery=delivery_from(settings, db, vault),
        verifier=verifier or cache(partial(_load_verifier, settings)),
        judging=BoundedSemaphore(settings.judging_at_once),
        hashing=BoundedSemaphore(settings.hashing_at_once),
        hasher=hasher or Hasher(),
        decoder=decoder_from(settings),
        reader=PageReader(isolated=not settings.demo) if settings.reads_documents else None,
        chance=chance,
        now=now,
    )
    return Joined(db, settings, dependencies)


def scanner_from(settings: Settings) -> Scanner:
    """The scanner that is set, or the one that says that nothing was scanned."""
    if not settings.scans:
        return NoScanner()
    return Clamd(ClamdAddress.read(settings.scanner), seconds=settings.scanner_seconds)


def decoder_from(settings: Settings) -> Sandbox:
    """Decodes only where it can be cut off from the network; the demo, wherever it runs."""
    return Sandbox(isolated=not settings.demo)


def warn_of_what_is_off(settings: Settings) -> None:
    """Say at the start what an operator should know to be missing; raises UnsafeConfiguration
    where production must not go on without it."""
    if not settings.scans:
        log.warning("no_scanner", consequence="uploads are not scanned for viruses")
    require_isolation(settings, decoder_from(settings))


def require_isolation(settings: Settings, decoder: Sandbox) -> None:
    """Whoever decodes what strangers send is cut off, or the demo says that it is not."""
    try:
        if decoder.granted().isolated:
            return
    except UploadFault as fault:
        raise UnsafeConfiguration(
            f"The process that decodes uploads does not start ({type(fault).__name__})"
        ) from fault
    if not settings.demo:
        raise UnsafeConfiguration(
            "This system does not let a process be cut off from the network (neither seccomp nor"
            " an empty network namespace), so uploads cannot be decoded safely"
        )
    log.warning("no_isolation", consequence="uploads are decoded with a network within reach")


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        pool_size=settings.database_pool,
        statement_seconds=settings.statement_seconds,
        wait_seconds=settings.database_wait_seconds,
    )


def _load_verifier(settings: Settings) -> FaceVerifier:
    """The engine that is set, or UnsafeConfiguration: never another one instead."""
    try:
        return FaceVerifier.load(
            engine=settings.face_engine, pack=settings.liveness_pack, models=settings.models_folder
        )
    except ModelError as error:
        raise UnsafeConfiguration(f"ECARD_FACE_ENGINE, ECARD_LIVENESS_PACK: {error}") from error
