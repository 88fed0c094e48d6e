"""What a person is told about a picture: by measures, and on pictures spoiled in one way each."""

import io
import random
from collections.abc import Callable
from datetime import date

import pytest
from PIL import Image, ImageFilter

from ecard.demo import specimens
from uploads.documents.hints import Hint, hints
from uploads.evaluation import drawing, people, unhurried

SOUND = {"sharpness": 0.4, "bright": 0.0, "median": 180.0, "touching": 0.0, "colour": 60.0}


@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        ({}, ()),
        ({"sharpness": 0.1}, (Hint.BLURRED,)),
        ({"bright": 0.05}, (Hint.GLARE,)),
        ({"bright": 0.05, "median": 240.0}, ()),  # white paper
        ({"touching": 1.0}, (Hint.CUT_OFF,)),
        ({"colour": 5.0}, (Hint.PHOTOCOPY,)),
    ],
)
def test_each_measure_has_its_hint(spoiled: dict[str, float], expected: tuple[Hint, ...]) -> None:
    assert hints({**SOUND, **spoiled}, lines=9) == expected


def test_a_page_without_a_line_has_nothing_printed_and_no_other_hint() -> None:
    assert hints({**SOUND, "sharpness": 0.0}, lines=0) == (Hint.NOTHING_PRINTED,)


def with_glare(page: Image.Image) -> Image.Image:
    """A washed-out spot in the middle of the card."""
    spot = page.copy()
    width, height = page.size
    spot.paste((255, 255, 255), (width // 3, height // 3, width // 2, height // 2))
    return spot


SPOILED: dict[Hint, Callable[[Image.Image], Image.Image]] = {
    Hint.BLURRED: lambda page: page.filter(ImageFilter.GaussianBlur(page.width / 250)),
    Hint.GLARE: with_glare,
    Hint.CUT_OFF: lambda page: page.crop((page.width // 4, 0, page.width, page.height)),
    Hint.PHOTOCOPY: lambda page: page.convert("L").convert("RGB"),
}


def passport() -> Image.Image:
    """A drawn one on a table, as dark as a room makes it: a spot on white paper would be paper."""
    person = people.utopian(random.Random(4), date(2026, 11, 18))
    portrait = specimens.open_photo(specimens.public_portraits()[0])
    page = drawing.passport(person, portrait).picture.point(lambda shade: shade * 4 // 5)
    table = Image.new("RGB", (page.width + 160, page.height + 160), (120, 90, 60))
    table.paste(page, (80, 80))
    return table


@pytest.mark.gate
@pytest.mark.parametrize("hint", SPOILED)
def test_a_picture_spoiled_in_one_way_is_told_so(hint: Hint) -> None:
    reader, sound = unhurried.reader(), passport()
    found = {}
    for name, page in {"sound": sound, "spoiled": SPOILED[hint](sound)}.items():
        out = io.BytesIO()
        page.save(out, "JPEG", quality=92)
        text = reader.read(out.getvalue())
        found[name] = hints(text.measures, len(text.lines))
    assert hint in found["spoiled"]
    assert hint not in found["sound"]
