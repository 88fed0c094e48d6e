"""The demonstration's hostile files are refused for what they are."""

from collections.abc import Callable

import pytest

from ecard.demo import hostile
from tests.support import Stage


@pytest.mark.parametrize(
    ("draw", "code"),
    [
        (hostile.page_as_photo, "file_type_not_allowed"),
        (hostile.bomb, "picture_too_large"),
        (hostile.program_in_pdf, "pdf_script"),
    ],
)
def test_each_is_refused_by_its_name_and_not_kept(
    stage: Stage, draw: Callable[[], bytes], code: str
) -> None:
    phone = stage.signed_in("lucia", password=None)
    files = [("file", ("scan.jpg", draw(), "image/jpeg"))]
    answer = phone.send("POST", "/documents?kind=birth_certificate", files=files)
    assert answer.code == code
    assert phone.must("GET", "/documents")["items"] == []
