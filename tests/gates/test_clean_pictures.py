"""Sound pictures are taken, the right way up, and nothing but their pixels is kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from uploads.evaluation import unhurried
from uploads.evaluation.clean import Clean, all_pictures, found, report

pytestmark = pytest.mark.gate
FULL = bool(os.environ.get("ECARD_FULL"))
DRAWINGS = 12 if FULL else 1
EVERY = 1 if FULL else 6
FOLDERS = ("documents", "captures/selfies")
LEAST_SOUND = 0.99


def held(what: str, pictures: list[Clean], record_property: Callable[[str, object], None]) -> None:
    told = report(unhurried.sandbox(), pictures)
    for name in ("taken", "upright", "bare"):
        record_property(f"{what}: {name}", f"{told[name]} of {told['pictures']}")
    assert told["pictures"] == len(pictures) > 0
    assert len(told["not_sound"]) <= (1 - LEAST_SOUND) * len(pictures), told["not_sound"]


def test_drawn_pictures_of_twelve_megapixels_in_every_orientation(
    record_property: Callable[[str, object], None],
) -> None:
    held("12 MP JPEG, EXIF 0-8", list(all_pictures(None, DRAWINGS)), record_property)


def test_pictures_that_phones_and_scanners_made(
    ecard_data: Path, record_property: Callable[[str, object], None]
) -> None:
    pictures = [one for folder in FOLDERS for one in found(ecard_data / folder)]
    assert any(one.name.endswith(".heic") for one in pictures)
    held("phones' and scanners' JPEG, PNG, HEIC", pictures[::EVERY], record_property)
