"""The process that reads pages can do nothing else."""

import platform
from dataclasses import replace

import pytest

from ecard.demo import specimens
from uploads.documents.pages import READING_LIMITS, PageReader
from uploads.errors import ProcessingLimit
from uploads.evaluation import unhurried
from uploads.types import MIB

pytestmark = pytest.mark.gate


def test_it_can_reach_neither_files_nor_network_nor_programs_nor_more_memory() -> None:
    report = unhurried.reader().report()  # it tries each; raises where one succeeds
    assert report.no_new_privileges
    assert report.network_cut
    assert report.system_calls_filtered is (platform.machine() == "x86_64")


def test_a_page_that_needs_more_than_it_may_have_ends_its_reading_alone() -> None:
    page = specimens.paper("birth certificate", ["Ada Example"])
    small = PageReader(replace(READING_LIMITS, picture_memory_bytes=420 * MIB, wall_seconds=600.0))
    with pytest.raises(ProcessingLimit):
        small.read(page)
    assert unhurried.reader().read(page).lines
