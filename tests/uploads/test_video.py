"""The digits video: recognised, measured, kept as it came."""

from pathlib import Path

import pytest

from tests.uploads import pictures
from uploads.errors import (
    FileEmpty,
    FileTooLarge,
    FileTypeNotAllowed,
    PictureTooLarge,
    UploadRefused,
    VideoTooLong,
    VideoUnreadable,
)
from uploads.sandbox import Sandbox
from uploads.types import FileType, VideoLimits
from uploads.video import check_video

KINDS = {"webm": ("VP80", FileType.WEBM), "mp4": ("mp4v", FileType.MP4)}


@pytest.fixture(scope="session", params=KINDS)
def short_film(request, tmp_path_factory) -> tuple[bytes, FileType]:
    code, kind = KINDS[request.param]
    path = tmp_path_factory.mktemp("film") / f"film.{request.param}"
    return pictures.film(str(path), code, seconds=3), kind


def test_a_video_is_measured_and_kept_unchanged(
    sandbox: Sandbox, short_film: tuple[bytes, FileType]
) -> None:
    content, kind = short_film
    video = check_video(content, sandbox)
    assert video.content == content
    assert video.source_type is kind
    assert video.seconds == pytest.approx(2.9, abs=0.15)
    assert (video.width, video.height) == (160, 120)


@pytest.mark.gate
def test_a_video_past_the_limit_is_too_long(
    sandbox: Sandbox, short_film: tuple[bytes, FileType]
) -> None:
    content, _ = short_film
    assert check_video(content, sandbox, VideoLimits(max_seconds=2.5)).seconds > 2.5  # grace
    with pytest.raises(VideoTooLong):
        check_video(content, sandbox, VideoLimits(max_seconds=2.0))


def test_a_video_with_large_frames_is_refused(
    sandbox: Sandbox, short_film: tuple[bytes, FileType]
) -> None:
    with pytest.raises(PictureTooLarge):
        check_video(short_film[0], sandbox, VideoLimits(max_side_px=100))


def test_a_video_without_a_frame_is_unreadable(
    sandbox: Sandbox, short_film: tuple[bytes, FileType]
) -> None:
    with pytest.raises(VideoUnreadable):
        check_video(short_film[0][:200], sandbox)


def test_a_picture_and_an_empty_file_are_no_video(sandbox: Sandbox) -> None:
    with pytest.raises(FileTypeNotAllowed):
        check_video(pictures.encoded(pictures.noise()), sandbox)
    with pytest.raises(FileEmpty):
        check_video(b"", sandbox)


def test_a_video_over_twenty_mebibytes_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(FileTooLarge):
        check_video(b"\0" * (20 * 1024 * 1024 + 1), sandbox)


@pytest.mark.gate
@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + b"moov" * 500,
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\xff" * 500,
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1#EXTM3U\nhttp://127.0.0.1/x\n",
    ],
)
def test_nonsense_behind_a_right_beginning_is_refused(sandbox: Sandbox, content: bytes) -> None:
    with pytest.raises(UploadRefused):
        check_video(content, sandbox)


@pytest.mark.gate
def test_phone_clips_are_taken_or_too_long(sandbox: Sandbox, ecard_data: Path) -> None:
    clips = sorted((ecard_data / "captures" / "pad_tdm_real").rglob("*.[mM][pPoO][4vV]"))[:3]
    assert clips
    for clip in clips:
        try:
            assert check_video(clip.read_bytes(), sandbox).seconds > 0.5, clip.name
        except VideoTooLong:
            continue
