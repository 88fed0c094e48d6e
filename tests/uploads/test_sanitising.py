"""A picture that comes out is sound, upright, ours, and holds nothing but pixels."""

import base64
import json
import math
import os
import random
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.uploads import pictures
from uploads.encryption import BlindIndex
from uploads.errors import (
    FileTypeNotAllowed,
    PdfAttachment,
    PdfPassword,
    PdfScript,
    PdfTooManyPages,
    PictureAnimated,
    PictureTooLarge,
    PictureUnreadable,
    ProcessingLimit,
    UploadRefused,
)
from uploads.fingerprint import look_alike, look_marks
from uploads.sandbox import Sandbox
from uploads.sanitising import clean_picture
from uploads.types import PICTURE_TYPES, FileType, PictureLimits, SandboxLimits

SPOILED_FILES = 600 if os.environ.get("ECARD_FULL") else 80
OUR_MARKERS = {0xE0, 0xDB, 0xC0, 0xC4}  # JFIF, tables, baseline frame: what a bare JPEG needs

# How the four corners lie after a camera's tag is obeyed, from the EXIF standard's own pictures.
UPRIGHT = {
    0: "rgbw",
    1: "rgbw",
    2: "grwb",
    3: "wbgr",
    4: "bwrg",
    5: "rbgw",
    6: "brwg",
    7: "wgbr",
    8: "gwrb",
    9: "rgbw",
}


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures of one size, 0 to 255."""
    a, b = (np.asarray(image.convert("RGB"), dtype=np.int16) for image in (one, other))
    return float(np.abs(a - b).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_clean_picture_looks_like_what_was_sent(sandbox: Sandbox, kind: str) -> None:
    sent = pictures.noise()
    clean = clean_picture(pictures.encoded(sent, kind), sandbox)
    assert (clean.width, clean.height, clean.source_type) == (320, 240, FileType[kind])
    assert len(clean.pages) == 1
    assert difference(pictures.decoded(clean.pages[0]), sent) < 6


@pytest.mark.parametrize(
    "content", [pictures.jpeg_full_of_canaries(), pictures.png_full_of_canaries()]
)
def test_nothing_but_pixels_survives(sandbox: Sandbox, content: bytes) -> None:
    canary = pictures.CANARY.encode()
    assert content.count(canary) >= 4
    (page,) = clean_picture(content, sandbox).pages
    assert canary not in page
    assert set(pictures.markers_of(page)) == OUR_MARKERS
    assert page.endswith(b"\xff\xd9")
    assert page.count(b"\xff\xd9") == 1
    assert not pictures.decoded(page).getexif()


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["JPEG", pytest.param("PNG", marks=pytest.mark.gate)])
def test_every_orientation_is_turned_upright(sandbox: Sandbox, orientation: int, kind: str) -> None:
    sent = pictures.encoded(pictures.corners(), kind, exif=pictures.exif(orientation))
    clean = clean_picture(sent, sandbox)
    page = pictures.decoded(clean.pages[0])
    assert pictures.colours_of_corners(page) == UPRIGHT[orientation]
    assert page.size == (clean.width, clean.height)
    assert (page.width < page.height) is (5 <= orientation <= 8)


@pytest.mark.gate
def test_photographed_orientations_all_come_out_alike(sandbox: Sandbox, ecard_data: Path) -> None:
    folder = ecard_data / "documents" / "orientation"
    upright = pictures.decoded(
        clean_picture((folder / "Landscape_1.jpg").read_bytes(), sandbox).pages[0]
    )
    for tag in range(9):
        clean = clean_picture((folder / f"Landscape_{tag}.jpg").read_bytes(), sandbox)
        page = pictures.decoded(clean.pages[0])
        assert page.size == upright.size, tag
        assert difference(page, upright) < 6, tag


@pytest.mark.parametrize(
    "broken",
    [
        pictures.exif(6)[:20] + b"\xff" * 40,
        b"Exif\0\0XX*\0\x08\0\0\0",
        b"Exif\0\0MM\0*\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12",
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", pytest.param("PNG", marks=pytest.mark.gate)])
def test_a_picture_with_broken_exif_is_taken_as_it_lies(
    sandbox: Sandbox, broken: bytes, kind: str
) -> None:
    clean = clean_picture(pictures.encoded(pictures.corners(), kind, exif=broken), sandbox)
    assert pictures.colours_of_corners(pictures.decoded(clean.pages[0])) == "rgbw"


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(sandbox: Sandbox, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    sent = pictures.noise().convert(mode)
    page = pictures.decoded(clean_picture(pictures.encoded(sent, kind), sandbox).pages[0])
    assert page.mode == "RGB"
    assert difference(page, sent.convert("RGB")) < 20


def test_what_is_transparent_becomes_white_paper(sandbox: Sandbox) -> None:
    sent = pictures.encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")
    page = pictures.decoded(clean_picture(sent, sandbox).pages[0])
    assert np.asarray(page).min() > 250


def test_sixteen_bit_grey_keeps_its_shades(sandbox: Sandbox) -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 1))
    sent = pictures.encoded(Image.fromarray(ramp), "PNG")
    page = np.asarray(pictures.decoded(clean_picture(sent, sandbox).pages[0]).convert("L"))
    assert np.abs(page.astype(int) - np.arange(256)).max() <= 4


@pytest.mark.gate
def test_a_long_picture_is_reduced_to_the_kept_side(sandbox: Sandbox) -> None:
    clean = clean_picture(pictures.flat_png(8_000, 3_125), sandbox)
    assert (clean.width, clean.height) == (4_096, 1_600)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_picture_is_unreadable(sandbox: Sandbox, kind: str) -> None:
    content = pictures.encoded(pictures.noise(), kind)
    with pytest.raises(PictureUnreadable):
        clean_picture(content[: len(content) // 2], sandbox)


def test_a_bomb_is_refused_by_its_header(sandbox: Sandbox) -> None:
    with pytest.raises(PictureTooLarge):
        clean_picture(pictures.flat_png(20_000, 5_000), sandbox)


def test_the_child_checks_the_size_for_itself(sandbox: Sandbox) -> None:
    content = pictures.encoded(pictures.noise(), "PNG")
    for cap in ({"max_side_px": 200}, {"max_pixels": 9_999}):
        job = {"kind": "picture", "format": "PNG", **asdict(PictureLimits(**cap))}
        with pytest.raises(PictureTooLarge):
            sandbox.run(job, content, 1_000_000)


def test_the_child_opens_a_file_as_the_type_it_was_told_and_no_other(sandbox: Sandbox) -> None:
    job = {"kind": "picture", "format": "JPEG", **asdict(PictureLimits())}
    with pytest.raises(PictureUnreadable):
        sandbox.run(job, pictures.encoded(pictures.noise(), "PNG"), 1_000_000)


@pytest.mark.gate
def test_a_scan_bomb_runs_out_of_time_and_of_nothing_else() -> None:
    bomb = pictures.scan_bomb(copies=10_000)
    assert len(bomb) < PictureLimits().max_bytes
    started = time.monotonic()
    with pytest.raises(ProcessingLimit):
        clean_picture(bomb, Sandbox(SandboxLimits(cpu_seconds=1, wall_seconds=60)))
    assert time.monotonic() - started < 30


def test_a_picture_that_needs_more_memory_than_allowed_is_refused() -> None:
    tight = Sandbox(SandboxLimits(picture_memory_bytes=60 * 1024 * 1024))
    with pytest.raises(ProcessingLimit):
        clean_picture(pictures.flat_png(5_000, 5_000), tight)


@pytest.mark.gate
def test_pages_of_a_pdf_become_pictures_at_the_named_resolution(sandbox: Sandbox) -> None:
    clean = clean_picture(pictures.pdf(pages=3), sandbox)
    assert (len(clean.pages), clean.source_type) == (3, FileType.PDF)
    assert (clean.width, clean.height) == (math.ceil(595 * 300 / 72), math.ceil(842 * 300 / 72))
    for number, page in enumerate(clean.pages):
        assert pictures.CANARY.encode() not in page
        seen = pictures.decoded(page).resize((595, 842))
        assert difference(seen, pictures.noise(595, 842, number)) < 12


def test_a_huge_page_is_rendered_no_larger_than_the_kept_side(sandbox: Sandbox) -> None:
    clean = clean_picture(pictures.pdf(width=1_200, height=300), sandbox)
    assert max(clean.width, clean.height) <= PictureLimits().kept_side_px


def test_of_a_longer_pdf_the_first_pages_are_kept_and_the_number_of_all_is_told(
    sandbox: Sandbox,
) -> None:
    clean = clean_picture(pictures.pdf(pages=5, width=100, height=140), sandbox)
    assert (len(clean.pages), clean.pages_in_file) == (3, 5)


def test_a_pdf_with_one_page_too_many_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(PdfTooManyPages):
        clean_picture(pictures.pdf(pages=21, width=100, height=140), sandbox)


@pytest.mark.parametrize(
    ("cargo", "refusal"),
    [
        (b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>", PdfScript),
        (b"<< /S /J#61vaScript /JS (hidden) >>", PdfScript),
        (b"<< /S /Launch /F (calc.exe) >>", PdfScript),
        (b"<< /Type /RichMedia >>", PdfScript),
        (b"<< /Names << /EmbeddedFiles 9 0 R >> >>", PdfAttachment),
        (b"<< /Type /Annot /Subtype /FileAttachment >>", PdfAttachment),
    ],
)
def test_a_pdf_that_brings_a_program_or_a_file_along_is_refused_by_name(
    sandbox: Sandbox, cargo: bytes, refusal: type[UploadRefused]
) -> None:
    plain = pictures.pdf(width=100, height=140)
    assert clean_picture(plain, sandbox)
    loaded = plain.replace(b"%PDF-1.4\n", b"%PDF-1.4\n90 0 obj " + cargo + b" endobj\n", 1)
    assert loaded != plain
    with pytest.raises(refusal):
        clean_picture(loaded, sandbox)


def hexed(content: bytes) -> bytes:
    return content.hex().encode() + b">"


def in_85(content: bytes) -> bytes:
    return base64.a85encode(content) + b"~>"


@pytest.mark.parametrize(
    "pack",
    [
        zlib.compress,
        pytest.param(bytes, marks=pytest.mark.gate),
        pytest.param(hexed, marks=pytest.mark.gate),
        pytest.param(lambda content: hexed(zlib.compress(content)), marks=pytest.mark.gate),
        pytest.param(lambda content: in_85(zlib.compress(content)), marks=pytest.mark.gate),
    ],
    ids=["flate", "plain", "hex", "flate_hex", "flate_85"],
)
def test_a_program_in_packed_objects_is_found_too(
    sandbox: Sandbox, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(b"91 0 << /S /JavaScript /JS (x) >>")
    head = b"90 0 obj << /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode >> stream\n"
    loaded = pictures.pdf(width=100, height=140).replace(
        b"%PDF-1.4\n", b"%PDF-1.4\n" + head + packed + b"\nendstream endobj\n", 1
    )
    with pytest.raises(PdfScript):
        clean_picture(loaded, sandbox)


def test_the_word_for_a_program_in_a_pictures_bytes_is_no_program(sandbox: Sandbox) -> None:
    plain = pictures.pdf(width=100, height=140)
    stream = b"95 0 obj << /Length 30 >> stream\n/JavaScript /EmbeddedFiles 1 \nendstream endobj\n"
    assert clean_picture(plain.replace(b"%PDF-1.4\n", b"%PDF-1.4\n" + stream, 1), sandbox)


def test_a_moving_picture_is_refused_by_name(sandbox: Sandbox) -> None:
    frames = [pictures.noise(seed=seed) for seed in (1, 2)]
    moving = pictures.encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(PictureAnimated):
        clean_picture(moving, sandbox)


@pytest.mark.gate
def test_colours_of_a_profile_are_brought_to_those_of_screens(sandbox: Sandbox) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    sent = Image.new("RGB", (64, 64), (200, 60, 60))
    wide = linear_profile()
    plain, with_profile, of_other_colours = (
        pictures.decoded(clean_picture(pictures.encoded(sent, "PNG", **more), sandbox).pages[0])
        for more in ({}, {"icc_profile": wide}, {"icc_profile": lab.tobytes()})
    )
    assert difference(plain, of_other_colours) < 1
    assert difference(plain, with_profile) > 10


def linear_profile() -> bytes:
    """An sRGB profile whose curves say that the values are linear, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    bent = profile.replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), b"\0w\0i\0d\0e")
    count = struct.unpack_from(">I", bent, 128)[0]
    for at in range(132, 132 + 12 * count, 12):
        name, start, _ = struct.unpack_from(">4sII", bent, at)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            curve = b"curv" + b"\0" * 8
            bent = bent[:start] + curve + bent[start + len(curve) :]
    return bent


@pytest.mark.gate
def test_the_same_picture_sent_smaller_or_compressed_anew_is_recognised(sandbox: Sandbox) -> None:
    index = partial(BlindIndex(bytes(range(32))).of, "look")
    sent, other = pictures.noise(640, 480), pictures.noise(640, 480, seed=2)
    files = [
        pictures.encoded(sent),
        pictures.encoded(sent.resize((600, 450)), quality=80),
        pictures.encoded(other),
    ]
    looks = [clean_picture(content, sandbox).look for content in files]
    first, smaller, stranger = (look_marks(index, look) for look in looks if look is not None)
    assert look_alike(first, first)
    assert look_alike(first, smaller)
    assert not look_alike(first, stranger)
    other_index = partial(BlindIndex(bytes(range(1, 33))).of, "look")
    assert not look_alike(first, look_marks(other_index, looks[0] or b""))


def test_a_blank_picture_looks_like_nothing(sandbox: Sandbox) -> None:
    assert clean_picture(pictures.flat_png(400, 300), sandbox).look is None


@pytest.mark.gate
def test_pictures_of_telephones_come_out_upright_whatever_their_format(
    sandbox: Sandbox, ecard_data: Path
) -> None:
    sizes = {"heif_other_pug.heic": (4032, 3024), "heif_other_empty_icc.heic": (1025, 900)}
    for name, size in sizes.items():
        clean = clean_picture((ecard_data / "documents" / "heic" / name).read_bytes(), sandbox)
        assert (clean.width, clean.height, clean.source_type) == (*size, FileType.HEIC)
        assert set(pictures.markers_of(clean.pages[0])) == OUR_MARKERS


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\0" * 500])
def test_a_pdf_without_a_page_is_unreadable(sandbox: Sandbox, content: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        clean_picture(content, sandbox)


def test_a_pdf_with_a_password_is_refused_by_name(sandbox: Sandbox, ecard_data: Path) -> None:
    (locked,) = (ecard_data / "documents" / "pdf").glob("*password*.pdf")
    with pytest.raises(PdfPassword):
        clean_picture(locked.read_bytes(), sandbox)


def test_a_pdf_is_no_face_photo(sandbox: Sandbox) -> None:
    with pytest.raises(FileTypeNotAllowed):
        clean_picture(pictures.pdf(), sandbox, allowed=PICTURE_TYPES)


def test_postscript_named_jpg_meets_no_interpreter(sandbox: Sandbox) -> None:
    for program in (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\xff\xd8\xff%!PS\n"):
        with pytest.raises(UploadRefused):
            clean_picture(program, sandbox)


def test_photos_of_documents_are_taken_and_their_places_are_gone(
    sandbox: Sandbox, ecard_data: Path
) -> None:
    with_places = sorted((ecard_data / "documents" / "gps").glob("*.jp*g"))
    assert with_places
    for path in with_places:
        (page,) = clean_picture(path.read_bytes(), sandbox).pages
        assert set(pictures.markers_of(page)) == OUR_MARKERS, path.name


def spoiled(content: bytes, rng: random.Random) -> bytes:
    """Cut at a random place, or with some random bits turned."""
    if rng.random() < 0.5:
        return content[: rng.randrange(len(content))]
    bent = bytearray(content)
    for _ in range(rng.randrange(1, 20)):
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
    return bytes(bent)


def outcomes_of_spoiled_files(sandbox: Sandbox, count: int, seed: int) -> dict[str, int]:
    """How often each code, or "taken" when a sound picture came out."""
    rng = random.Random(seed)
    sound = [
        pictures.jpeg_full_of_canaries(),
        pictures.png_full_of_canaries(),
        pictures.encoded(pictures.noise(), progressive=True),
        pictures.pdf(width=200, height=300),
    ]
    outcomes: dict[str, int] = {}
    for number in range(count):
        content = spoiled(sound[number % len(sound)], rng)
        try:
            page = clean_picture(content, sandbox).pages[0]
            assert set(pictures.markers_of(page)) == OUR_MARKERS
            pictures.decoded(page)
            outcome = "taken"
        except UploadRefused as refusal:
            outcome = refusal.code
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


@pytest.mark.gate
def test_many_spoiled_files_are_refused_or_come_out_sound(
    sandbox: Sandbox, record_property: Callable[[str, object], None]
) -> None:
    outcomes = outcomes_of_spoiled_files(sandbox, count=SPOILED_FILES, seed=3)
    record_property("spoiled files by outcome", json.dumps(outcomes, sort_keys=True))
    assert sum(outcomes.values()) == SPOILED_FILES
    assert outcomes["picture_unreadable"] >= SPOILED_FILES // 4
    assert "processing_limit" not in outcomes
