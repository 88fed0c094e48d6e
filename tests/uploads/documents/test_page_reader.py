"""The process that reads pages can do nothing else."""

import platform
import random
from dataclasses import replace
from datetime import date

import cv2
import pytest
from PIL import Image

from ecard.demo import specimens
from uploads.documents import page_reader
from uploads.documents.pages import READING_FAILED, READING_LIMITS, PageReader
from uploads.documents.reading import read_page
from uploads.errors import ProcessingLimit
from uploads.evaluation import drawing, people, unhurried
from uploads.evaluation.photographing import photographed
from uploads.types import MIB

TODAY = date(2026, 11, 18)

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


@pytest.mark.parametrize("seed", [4, 16])
def test_a_line_of_a_zone_whose_fillers_were_not_seen_as_text_is_read_to_its_end(
    seed: int,
) -> None:
    person = people.utopian(random.Random(seed), TODAY)
    photo = specimens.open_photo(specimens.public_portraits()[0])
    page = photographed(drawing.passport(person, photo).picture, seed)
    zone = read_page(unhurried.reader().read(page), TODAY).zone
    assert zone is not None
    assert (list(zone.lines), zone.sound) == (drawing.passport_zone(person), True)


@pytest.mark.parametrize("size", [(4096, 1), (1, 4096), (1, 1)])
def test_a_page_of_one_row_or_column_is_read_like_any_other(size: tuple[int, int]) -> None:
    assert unhurried.reader().read(specimens.jpeg(Image.new("RGB", size, "white"))).lines == ()


def test_a_failure_of_the_program_is_told_from_a_limit_and_from_what_is_no_page() -> None:
    assert page_reader.code_of(cv2.error("anything")) == page_reader.FAILED == READING_FAILED
    assert page_reader.code_of(ZeroDivisionError()) == page_reader.FAILED
    assert page_reader.code_of(MemoryError()) == "processing_limit"
    assert page_reader.code_of(RuntimeError("std::bad_alloc")) == "processing_limit"
    assert page_reader.code_of(page_reader.NoPage()) == "picture_unreadable"
