"""The service's confined processes where no time is measured: a machine with other work is waited
for, and is no reason to call a file refused."""

from __future__ import annotations

import os
from dataclasses import replace

from uploads.documents.pages import READING_LIMITS, PageReader
from uploads.sandbox import Sandbox
from uploads.types import SandboxLimits

WALL_SECONDS = 600.0


def sandbox() -> Sandbox:
    """Decodes."""
    return Sandbox(SandboxLimits(wall_seconds=WALL_SECONDS))


def reader() -> PageReader:
    """Reads pages, as many at once as there are processors."""
    limits = replace(READING_LIMITS, wall_seconds=WALL_SECONDS, wait_seconds=WALL_SECONDS)
    return PageReader(replace(limits, children=os.cpu_count() or 1))
