"""What a file is, by its content, and what its header already rules out."""

import pytest

from tests.uploads import pictures
from uploads.errors import FileEmpty, FileTooLarge, FileTypeNotAllowed, PictureTooLarge
from uploads.inspection import file_type, inspect_picture, picture_size
from uploads.types import PICTURE_TYPES, FileType, PictureLimits

LIMITS = PictureLimits()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pictures.encoded(pictures.corners()), FileType.JPEG),
        (pictures.encoded(pictures.corners(), "PNG"), FileType.PNG),
        (pictures.pdf(), FileType.PDF),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", FileType.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", FileType.HEIC),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", FileType.MP4),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", FileType.QUICKTIME),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", FileType.WEBM),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"\0\0\0\x18ftypavif\0\0\0\0", None),
        (pictures.encoded(pictures.corners(), "GIF"), None),
        (pictures.encoded(pictures.corners(), "TIFF"), None),
        (pictures.encoded(pictures.corners(), "WEBP"), None),
        (pictures.encoded(pictures.corners(), "BMP"), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_the_type_is_told_by_content(content: bytes, kind: FileType | None) -> None:
    assert file_type(content) is kind


def test_a_text_file_named_jpg_is_refused() -> None:
    with pytest.raises(FileTypeNotAllowed):
        inspect_picture(b"I am called photo.jpg and am none.", LIMITS)


def test_what_iphones_take_is_a_picture_and_their_films_are_none() -> None:
    assert inspect_picture(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", LIMITS) is FileType.HEIC
    with pytest.raises(FileTypeNotAllowed):
        inspect_picture(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", LIMITS)


def test_where_a_photo_is_asked_for_a_pdf_is_refused() -> None:
    with pytest.raises(FileTypeNotAllowed):
        inspect_picture(pictures.pdf(), LIMITS, PICTURE_TYPES)


def test_an_empty_file_is_refused_by_name() -> None:
    with pytest.raises(FileEmpty):
        inspect_picture(b"", LIMITS)


def test_ten_mebibytes_pass_and_one_byte_more_does_not() -> None:
    photo = pictures.encoded(pictures.corners())
    full = photo + b"\0" * (LIMITS.max_bytes - len(photo))
    assert len(full) == 10 * 1024 * 1024
    assert inspect_picture(full, LIMITS) is FileType.JPEG
    with pytest.raises(FileTooLarge):
        inspect_picture(full + b"\0", LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_size_is_read_from_the_header(kind: str) -> None:
    content = pictures.encoded(pictures.noise(300, 200), kind, exif=pictures.exif(6))
    assert picture_size(content, FileType[kind]) == (300, 200)


@pytest.mark.parametrize(
    ("width", "height", "allowed"),
    [
        (8_000, 3_125, True),
        (8_001, 10, False),
        (10, 8_001, False),
        (5_000, 5_000, True),
        (5_001, 5_000, False),
        (60_000, 60_000, False),
    ],
)
def test_pixels_and_sides_have_limits(width: int, height: int, allowed: bool) -> None:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\2\0\0\0"
    content = pictures.PNG_MAGIC + pictures.chunk(b"IHDR", header)
    if allowed:
        assert inspect_picture(content, LIMITS) is FileType.PNG
    else:
        with pytest.raises(PictureTooLarge):
            inspect_picture(content, LIMITS)


@pytest.mark.parametrize("cut", range(3, 40))
def test_a_header_cut_anywhere_raises_nothing_of_pythons_own(cut: int) -> None:
    for kind in ("JPEG", "PNG"):
        content = pictures.encoded(pictures.corners(), kind)[:cut]
        picture_size(content, FileType[kind])


def test_a_jpeg_whose_segments_have_no_length_ends_the_search() -> None:
    assert picture_size(b"\xff\xd8" + b"\xff\xe1\x00\x00" * 1000, FileType.JPEG) is None
