"""What is shown is never what is kept: smaller, marked everywhere, and still readable."""

import numpy as np
import pytest
from PIL import Image

from tests.uploads import pictures
from uploads.evaluation.bare import bytes_besides_picture
from uploads.watermarking import SEEN_SIDE_PX, watermarked

WORDS = "staff 0a1b2c3d / case 4e5f6071 / 2026-11-26 14:00 UTC"


def difference(size: tuple[int, int], shade: int) -> np.ndarray:
    """How far each pixel of a page of one shade is moved by the words; 0 to 255."""
    page = pictures.encoded(Image.new("RGB", size, (shade,) * 3), quality=92)
    seen = pictures.decoded(watermarked(page, WORDS)).convert("L")
    return np.abs(np.asarray(seen, dtype=np.int16) - shade)


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("size", [(800, 500), (500, 800), (200, 240)])
def test_words_stand_in_every_part_of_a_page_of_any_shade(
    size: tuple[int, int], shade: int
) -> None:
    moved = difference(size, shade) > 15
    for rows in np.array_split(moved, 3):
        for part in np.array_split(rows, 3, axis=1):
            assert part.mean() > 0.005
    assert moved.mean() < 0.5


def test_no_pixel_is_moved_so_far_that_what_lies_below_is_lost() -> None:
    assert difference((800, 500), 128).max() < 90


def test_what_is_seen_is_reduced_and_holds_nothing_but_the_picture() -> None:
    page = pictures.encoded(pictures.noise(4032, 3024), quality=92)
    seen = watermarked(page, WORDS)
    assert pictures.decoded(seen).size == (SEEN_SIDE_PX, SEEN_SIDE_PX * 3 // 4)
    assert bytes_besides_picture(seen) == 0


def test_two_who_look_see_different_pictures_of_the_same_page() -> None:
    page = pictures.encoded(pictures.noise(), quality=92)
    assert watermarked(page, WORDS) != watermarked(page, WORDS.replace("0a1b2c3d", "99999999"))
    assert page not in (watermarked(page, WORDS), watermarked(page, " "))
