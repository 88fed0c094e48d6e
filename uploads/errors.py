"""Everything this package raises.

UploadError
├── UploadRefused          the sender's file cannot be taken; `code` is stable and public
│   ├── FileEmpty, FileTooLarge, FileTypeNotAllowed
│   ├── PictureTooLarge, PictureUnreadable, PictureAnimated
│   ├── PdfPassword, PdfTooManyPages, PdfScript, PdfAttachment
│   ├── VideoTooLong, VideoUnreadable
│   ├── FileInfected       the scanner knows it
│   └── ProcessingLimit    decoding it ran out of time or memory, or ended the decoder
└── UploadFault            ours; nothing is to be counted against the sender
    ├── StoreFault         the file store failed; `retryable` says whether later may help
    │   ├── FileMissing    no such file
    │   └── StoreFull      no room; taken again once there is some
    ├── DecryptionFailed   wrong key, wrong place, or the bytes were changed
    ├── KeyFileRefused     a key file that is missing, readable by others or of the wrong length
    ├── ScannerFault       the scanner does not answer, or not in its own words
    ├── ReadingFault       a sound page on which the program that reads pages failed
    ├── SandboxBusy        all children at work; try again after `retry_after_seconds`
    └── SandboxFault       a child could not be started or does not keep to its protocol
"""

from __future__ import annotations

from typing import ClassVar


class UploadError(Exception):
    """Root of the tree."""


class UploadRefused(UploadError):
    """The file is refused; `code` is the name that clients see."""

    code: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.code)


class FileEmpty(UploadRefused):
    """No bytes."""

    code = "file_empty"


class FileTooLarge(UploadRefused):
    """More bytes than the limit."""

    code = "file_too_large"


class FileTypeNotAllowed(UploadRefused):
    """The content is of no type that is taken here, whatever its name says."""

    code = "file_type_not_allowed"


class PictureTooLarge(UploadRefused):
    """More pixels, or a longer side, than the limit."""

    code = "picture_too_large"


class PictureUnreadable(UploadRefused):
    """Damaged, truncated or not really a picture."""

    code = "picture_unreadable"


class PictureAnimated(UploadRefused):
    """More than one picture played after another; which one is meant cannot be told."""

    code = "picture_animated"


class PdfPassword(UploadRefused):
    """The PDF asks for a password."""

    code = "pdf_password"


class PdfTooManyPages(UploadRefused):
    """More pages than the limit."""

    code = "pdf_too_many_pages"


class PdfScript(UploadRefused):
    """The PDF carries a program, or starts one."""

    code = "pdf_script"


class PdfAttachment(UploadRefused):
    """The PDF carries other files."""

    code = "pdf_attachment"


class VideoTooLong(UploadRefused):
    """Longer than the limit."""

    code = "video_too_long"


class VideoUnreadable(UploadRefused):
    """Damaged, or without a picture in it."""

    code = "video_unreadable"


class FileInfected(UploadRefused):
    """The scanner found something; what it found is not told to the sender."""

    code = "file_infected"


class ProcessingLimit(UploadRefused):
    """Decoding took more time or memory than allowed, or ended the decoder."""

    code = "processing_limit"


REFUSALS: dict[str, type[UploadRefused]] = {
    kind.code: kind
    for kind in (
        FileEmpty,
        FileTooLarge,
        FileTypeNotAllowed,
        PictureTooLarge,
        PictureUnreadable,
        PictureAnimated,
        PdfPassword,
        PdfTooManyPages,
        PdfScript,
        PdfAttachment,
        VideoTooLong,
        VideoUnreadable,
        FileInfected,
        ProcessingLimit,
    )
}


class UploadFault(UploadError):
    """Something of ours failed."""


class StoreFault(UploadFault):
    """The file store failed. `retryable`: later may help (disk full), or not (a symlink in it)."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class FileMissing(StoreFault):
    """No file of that name."""

    def __init__(self) -> None:
        super().__init__("no such file in the store", retryable=False)


class StoreFull(StoreFault):
    """The disk, or our share of it, is full."""

    def __init__(self) -> None:
        super().__init__("no room left in the store", retryable=True)


class DecryptionFailed(UploadFault):
    """Wrong key, wrong place, or changed bytes: one answer, so that it tells nothing."""


class KeyFileRefused(UploadFault):
    """The key file cannot be used; the message says what to repair and holds no key."""


class ScannerFault(UploadFault):
    """The scanner cannot be asked or understood: a file that nobody looked at is not taken."""


class ReadingFault(UploadFault):
    """The program that reads pages failed on one that was taken: nothing is wrong with the page,
    and another try ends the same way."""


class SandboxBusy(UploadFault):
    """All children were at work for the whole wait."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("all decoding processes are at work")
        self.retry_after_seconds = retry_after_seconds


class SandboxFault(UploadFault):
    """The child did not start, or answered out of protocol."""
