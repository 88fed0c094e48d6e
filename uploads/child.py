"""The program that decodes what strangers send. Started by path, never imported.

It loads its decoder, gives up every right it can, says it is ready, and only then reads the file
from standard input; one answer goes to standard output and it ends. It imports nothing of this
project, and what it raises never reaches a person: only a code does.

Holds on Linux, from before the first untrusted byte: address space, processor seconds, no growing
file (RLIMIT_FSIZE 0), no core file, no new descriptor, no new privileges, not traceable, ends with
its parent; an empty environment and the working directory "/" come from the parent.
A child that cannot be cut off from the network, or could gain privileges, ends before it is ready,
unless its job says that it need not be (`isolated` false).
Holds on x86-64 besides: only the system calls in ALLOWED_CALLS, so no socket, no file opened, made,
removed or renamed, no process or program started, no signal to others. (For HEIC threads may be
started, which its library cannot do without.) On other processors the network is cut by an empty
namespace where the kernel grants one; files can be removed or renamed, and root can start processes
(RLIMIT_NPROC does not bind root).
Does not hold anywhere: a fault in the decoder can still forge the answer (the parent checks its
shape and caps, not its truth), and the child runs as the same user on the same kernel.
"""

from __future__ import annotations

import base64
import ctypes
import errno
import importlib
import io
import json
import math
import os
import re
import resource
import signal
import struct
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

READY = b"R"
NOT_ISOLATED = 77
"""Status of a child that ends since it could not be cut off."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER = 2
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CLONE, CLONE3, CLONE_THREAD = 56, 435, 0x00010000

AUDIT_ARCH_X86_64 = 0xC000003E
# Reading and writing what is open, memory, time, locks, ending: numbers of x86-64.
ALLOWED_CALLS = {
    "read": 0,
    "write": 1,
    "close": 3,
    "fstat": 5,
    "poll": 7,
    "lseek": 8,
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "pread64": 17,
    "readv": 19,
    "writev": 20,
    "sched_yield": 24,
    "mremap": 25,
    "madvise": 28,
    "nanosleep": 35,
    "getpid": 39,
    "exit": 60,
    "uname": 63,
    "gettimeofday": 96,
    "getrusage": 98,
    "sysinfo": 99,
    "times": 100,
    "getuid": 102,
    "geteuid": 107,
    "sigaltstack": 131,
    "gettid": 186,
    "futex": 202,
    "sched_getaffinity": 204,
    "restart_syscall": 219,
    "clock_gettime": 228,
    "clock_getres": 229,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "set_robust_list": 273,
    "getrandom": 318,
    "membarrier": 324,
    "rseq": 334,
}

# What Pillow raises on damaged files, seen on public collections of them.
DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    SyntaxError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)

Answer = tuple[dict[str, object], list[bytes]]

MAX_PROFILE_BYTES = 4 * 1024 * 1024  # printers' profiles have 0.5 to 3 MB
SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
NAMED_WITHIN = 4096  # the name stands in the first tags
LOOK_SIDE = 16
WAVES = [
    [math.cos(math.pi * (2 * at + 1) * wave / (4 * LOOK_SIDE)) for at in range(2 * LOOK_SIDE)]
    for wave in range(LOOK_SIDE)
]
BLANK_BELOW = 60.0  # the mean wave of paper without a word is under 20, of a page of text over 200


class Refusal(Exception):
    """Ends the job with a code for the sender."""


# ---- rights --------------------------------------------------------------------------------------


def confine(memory_bytes: int, cpu_seconds: int, threads: bool) -> dict[str, object]:
    """Give up what is not needed; says what was granted beyond the limits, which must hold."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    for none_of in ("FSIZE", "CORE") if threads else ("FSIZE", "CORE", "NPROC"):
        resource.setrlimit(getattr(resource, f"RLIMIT_{none_of}"), (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # the three that are open
    if not sys.platform.startswith("linux"):
        return {}
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    privileges_fixed = libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    filtered = privileges_fixed and filter_system_calls(libc, threads)
    return {
        "no_new_privileges": privileges_fixed,
        "system_calls_filtered": filtered,
        "network_cut": filtered or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0,
    }


def require_isolation(granted: dict[str, object], job: dict[str, Any]) -> None:
    """End here, before a byte of the file is read, where the system did not grant what the job
    asks for."""
    if job["isolated"] and not (granted.get("network_cut") and granted.get("no_new_privileges")):
        os._exit(NOT_ISOLATED)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction)))


def filter_system_calls(libc: ctypes.CDLL, threads: bool) -> bool:
    """Every call outside ALLOWED_CALLS fails with EPERM from now on; False where that cannot be.

    With `threads` a thread of this process may be started, and still no process: clone3 says that
    it is unknown, since its flags cannot be read here, and the C library then takes clone.
    """
    if os.uname().machine != "x86_64" or sys.maxsize < 2**32:
        return False  # the numbers above are this processor's
    load, jump_equal, jump_if_set, answer = 0x20, 0x15, 0x45, 0x06
    kill, allow, refuse = 0x80000000, 0x7FFF0000, 0x00050000
    calls = sorted(ALLOWED_CALLS.values())
    cloning = [
        _Instruction(jump_equal, 0, 1, CLONE3),
        _Instruction(answer, 0, 0, refuse | errno.ENOSYS),
        _Instruction(jump_equal, 0, 3, CLONE),
        _Instruction(load, 0, 0, 16),  # the lower half of its first argument, the flags
        _Instruction(jump_if_set, len(calls) + 2, 0, CLONE_THREAD),
        _Instruction(answer, 0, 0, refuse | errno.EPERM),
    ]
    program = [
        _Instruction(load, 0, 0, 4),  # the architecture; a 32-bit call would mean other numbers
        _Instruction(jump_equal, 1, 0, AUDIT_ARCH_X86_64),
        _Instruction(answer, 0, 0, kill),
        _Instruction(load, 0, 0, 0),  # the number of the call
        *(cloning if threads else ()),
        *(_Instruction(jump_equal, len(calls) - i, 0, call) for i, call in enumerate(calls)),
        _Instruction(answer, 0, 0, refuse | errno.EPERM),
        _Instruction(answer, 0, 0, allow),
    ]
    code = (_Instruction * len(program))(*program)
    granted = libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(program), code)), 0, 0
    )
    return bool(granted == 0)


# ---- pictures ------------------------------------------------------------------------------------


def load_pictures() -> None:
    """Import all that decoding may ask for later: afterwards no file can be opened."""
    from PIL import Image

    Image.preinit()  # opening a picture would do it
    for part in ("MpoImagePlugin", "JpegImagePlugin", "PngImagePlugin", "ImageCms"):
        importlib.import_module(f"PIL.{part}")
    importlib.import_module("PIL.TiffImagePlugin")  # reads EXIF
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def load_heif() -> None:
    """libheif, in one thread and for the main picture alone, beside what pictures need."""
    import pi_heif

    load_pictures()
    pi_heif.register_heif_opener(
        decode_threads=0, thumbnails=False, depth_images=False, aux_images=False
    )


def clean_picture(content: bytes, job: dict[str, Any]) -> Answer:
    """One JPEG, rebuilt from the pixels of a JPEG, PNG or HEIC."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = job["max_pixels"]
    try:
        image = Image.open(io.BytesIO(content), formats=[job["format"]])
        check_size(image.size, job)
        if job["format"] == "PNG" and getattr(image, "is_animated", False):
            raise Refusal("picture_animated")
        image.draft("RGB", (job["kept_side_px"],) * 2)  # decodes a large JPEG at a half or less
        image.load()
        profile, upwards = image.info.get("icc_profile"), orientation(image)
        small = reduced(flat(image), job["kept_side_px"])
        return as_answer([turned(as_srgb(small, profile), upwards)], job)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as too_large:
        raise Refusal("picture_too_large") from too_large
    except DAMAGE as damage:
        raise Refusal("picture_unreadable") from damage


def check_size(size: tuple[int, int], job: dict[str, Any]) -> None:
    """Refuse by the header's own words, before any pixel is decoded."""
    if max(size) > job["max_side_px"] or size[0] * size[1] > job["max_pixels"]:
        raise Refusal("picture_too_large")


def orientation(image: Any) -> int:
    """The EXIF orientation, 1 to 8; 1 where it is absent or nonsense: the pixels are sound."""
    try:
        value = image.getexif().get(0x0112, 1)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turned(image: Any, value: int) -> Any:
    """The picture as the camera's holder saw it."""
    from PIL.Image import Transpose

    ways = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(ways[value]) if value in ways else image


def flat(image: Any) -> Any:
    """8 bits a channel, grey, RGB or CMYK; what is transparent becomes white paper."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGB", rgba.size, (255, 255, 255))
        paper.paste(rgba, mask=rgba.getchannel("A"))
        return paper
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def as_srgb(image: Any, profile: object) -> Any:
    """RGB as every screen takes it. A profile that is damaged or of other colours is passed over:
    the picture looks paler, and is sound."""
    from PIL import ImageCms

    bent = isinstance(profile, bytes) and not any(n in profile[:NAMED_WITHIN] for n in SRGB_NAMES)
    if isinstance(profile, bytes) and bent and 0 < len(profile) <= MAX_PROFILE_BYTES:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, *DAMAGE):
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def reduced(image: Any, side: int) -> Any:
    """No side longer than `side` pixels."""
    from PIL.Image import Resampling

    image.thumbnail((side, side), Resampling.LANCZOS, reducing_gap=2.0)
    return image


def look(image: Any) -> str:
    """How a picture looks, in 253 signs of its low frequencies as hex; "" for a blank one.

    The same picture sent smaller and compressed anew keeps 89 % and more of its signs, another
    photograph of the same paper 66 to 92 %, another paper about half (56 specimens).
    """
    from PIL.Image import Resampling

    side = 2 * LOOK_SIDE
    grey = image.resize((side, side), Resampling.BOX, reducing_gap=2.0).convert("L").tobytes()
    rows = [transformed(grey[at : at + side]) for at in range(0, side * side, side)]
    waves = [transformed(column) for column in zip(*rows, strict=True)]
    signs = [wave for x, line in enumerate(waves) for y, wave in enumerate(line) if x + y > 1]
    if sum(map(abs, signs)) < BLANK_BELOW * len(signs):
        return ""
    return f"{int(''.join('1' if wave > 0 else '0' for wave in signs), 2):064x}"


def transformed(values: Any) -> list[float]:
    """The first LOOK_SIDE waves of a line of twice as many values (a cosine transform)."""
    return [sum(map(float.__mul__, wave, map(float, values))) for wave in WAVES]


def as_answer(images: list[Any], job: dict[str, Any]) -> Answer:
    """The answer that carries pictures."""
    pages = [encoded(image, job["jpeg_quality"]) for image in images]
    width, height = images[0].size
    facts = {"width": width, "height": height, "look": look(images[0])}
    return {"sizes": [len(page) for page in pages], **facts}, pages


def encoded(image: Any, quality: int) -> bytes:
    """A JPEG of the pixels alone: a new picture knows none of the old one's comments."""
    from PIL import Image

    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality)
    return out.getvalue()


# ---- PDF -----------------------------------------------------------------------------------------

# Names in a PDF's own syntax that start a program, or bring another file along. Pages are drawn by
# a library without a script engine and only pixels are kept, so these are refused not because
# they would get through but because nobody needs them on a certificate: who sends one is told.
SCRIPTS = re.compile(rb"/(JavaScript|Launch|RichMedia)(?![A-Za-z0-9])")
ATTACHMENTS = re.compile(rb"/(EmbeddedFiles?|FileAttachment)(?![A-Za-z0-9])")
STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
OBJECTS = re.compile(rb"/ObjStm\b[^\0]{0,400}?stream\r?\n", re.DOTALL)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
MAX_OBJECTS_BYTES = 16 * 1024 * 1024


def load_pdf() -> None:
    """PDFium, and Pillow to encode its pages."""
    import pypdfium2

    pypdfium2.PdfDocument.new().close()  # starts the library, which looks for its files
    load_pictures()


def clean_pdf(content: bytes, job: dict[str, Any]) -> Answer:
    """The first pages as they would be printed, as JPEGs."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        if len(document) > job["pdf_pages_most"]:
            raise Refusal("pdf_too_many_pages")
        refuse_cargo(document, content)
        if document.get_formtype():
            document.init_forms()  # what was filled in is drawn too
        pages = min(len(document), job["pdf_pages"])
        facts, parts = as_answer([render(document[i], job) for i in range(pages)], job)
        return {**facts, "pages_in_file": len(document)}, parts
    except pypdfium2.PdfiumError as error:
        asks = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise Refusal("pdf_password" if asks else "picture_unreadable") from error
    except DAMAGE as damage:
        raise Refusal("picture_unreadable") from damage


def refuse_cargo(document: Any, content: bytes) -> None:
    """Refuse scripts and attachments, by the library's count and by the names in the file."""
    from pypdfium2 import raw

    names = ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), syntax(content))
    if raw.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0 or SCRIPTS.search(names):
        raise Refusal("pdf_script")
    if raw.FPDFDoc_GetAttachmentCount(document.raw) > 0 or ATTACHMENTS.search(names):
        raise Refusal("pdf_attachment")


def syntax(content: bytes) -> bytes:
    """The file without its pictures and texts, and with its packed objects unpacked."""
    parts, room = [STREAM.sub(b"", content)], MAX_OBJECTS_BYTES
    for found in OBJECTS.finditer(content):
        end = content.find(b"endstream", found.end())
        for part in unpacked(content[found.end() : end if end > 0 else None], room):
            parts.append(part)
            room -= len(part)
        if room <= 0:
            raise Refusal("processing_limit")
    return b"\n".join(parts)


def unpacked(packed: bytes, room: int) -> Iterator[bytes]:
    """A stream as it stands, and what the filters of packed objects make of it, in any order."""
    for decode in (bytes, bytes_of_hex, bytes_of_85):
        try:
            plain = decode(packed)
        except ValueError:
            continue
        yield plain[:room]
        try:
            yield zlib.decompressobj().decompress(plain, room)
        except zlib.error:
            continue


def bytes_of_hex(text: bytes) -> bytes:
    """ASCIIHexDecode: two digits a byte, to the sign that ends it."""
    return bytes.fromhex(text.partition(b">")[0].decode("ascii"))


def bytes_of_85(text: bytes) -> bytes:
    """ASCII85Decode: five signs for four bytes, to the signs that end it."""
    return base64.a85decode(text.partition(b"~>")[0])


def render(page: Any, job: dict[str, Any]) -> Any:
    """One page on white paper at the asked resolution, or less where it would exceed the caps."""
    width, height = page.get_size()  # in points of 1/72 inch
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise Refusal("picture_unreadable")
    scale = min(
        job["pdf_dots_per_inch"] / 72,
        job["kept_side_px"] / max(width, height),
        math.sqrt(job["max_pixels"] / (width * height)),
    )
    return page.render(scale=scale).to_pil().convert("RGB")


# ---- video ---------------------------------------------------------------------------------------


def load_video() -> None:
    """OpenCV with its own FFmpeg, in one thread."""
    import cv2

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def measure_video(content: bytes, job: dict[str, Any]) -> Answer:
    """Length by the time stamps of decoded frames: headers of recorded video often have none."""
    import cv2

    options = [cv2.CAP_PROP_N_THREADS, 1]
    try:
        source: Any = io.BytesIO(content)
        video = cv2.VideoCapture(source, cv2.CAP_FFMPEG, options)
        size = (int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        if not video.isOpened() or min(size) <= 0:
            raise Refusal("video_unreadable")
        if max(size) > job["max_side_px"]:
            raise Refusal("picture_too_large")
        seconds = play(video, job["max_seconds"])
    except (cv2.error, *DAMAGE) as damage:
        raise Refusal("video_unreadable") from damage
    return {"sizes": [], "seconds": seconds, "width": size[0], "height": size[1]}, []


def play(video: Any, max_seconds: float) -> float:
    """Seconds until the last frame that decodes; stops at the first one past the limit."""
    import cv2

    seconds, frames = 0.0, 0
    while video.grab():
        frames += 1
        seconds = max(seconds, video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if seconds > max_seconds:
            raise Refusal("video_too_long")
    if frames == 0:
        raise Refusal("video_unreadable")
    return seconds


# ---- the job -------------------------------------------------------------------------------------


def load_report() -> None:
    """The module whose use must fail."""
    importlib.import_module("socket")


def report(_content: bytes, job: dict[str, Any]) -> Answer:
    """Tries out loud what must fail, for the operator's check and for tests."""
    import socket

    def refused(attempt: Callable[[], object]) -> bool:
        try:
            attempt()
        except (OSError, MemoryError):
            return True
        return False

    tried = {
        "socket": refused(socket.socket),
        "open": refused(lambda: os.open("/proc/self/status", os.O_RDONLY)),
        "create": refused(lambda: os.mkdir("/tmp/child")),  # noqa: S108 - must fail
        "fork": refused(os.fork),
        "program": refused(lambda: os.execv("/bin/true", ["true"])),  # noqa: S606 - must fail
        "inherit": all(is_closed(descriptor) for descriptor in range(3, 256)),
        "memory": refused(lambda: bytearray(job["memory_bytes"])),
    }
    return {"sizes": [], "refused": tried}, []


def load_nothing() -> None:
    """For the job that only tells what was granted."""


def say_nothing(_content: bytes, _job: dict[str, Any]) -> Answer:
    """What was granted goes into every answer."""
    return {"sizes": []}, []


def is_closed(descriptor: int) -> bool:
    """By the one call that works on all and is allowed."""
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno == errno.EBADF
    return False


JOBS: dict[str, tuple[Callable[[], None], Callable[[bytes, dict[str, Any]], Answer]]] = {
    "picture": (load_pictures, clean_picture),
    "heif": (load_heif, clean_picture),
    "pdf": (load_pdf, clean_pdf),
    "video": (load_video, measure_video),
    "report": (load_report, report),
    "granted": (load_nothing, say_nothing),
}


def answer(header: dict[str, object], payload: list[bytes]) -> NoReturn:
    """Write the answer and end at once, without the decoders' own clean-up."""
    text = json.dumps(header).encode()
    with os.fdopen(1, "wb", closefd=False) as out:
        out.write(struct.pack(">I", len(text)) + text)
        for part in payload:
            out.write(part)
    os._exit(0)


def main() -> NoReturn:
    """Load, confine, say ready, read, work, answer."""
    job = json.loads(sys.argv[1])
    load, work = JOBS[job["kind"]]
    load()
    granted = confine(job["memory_bytes"], job["cpu_seconds"], job.get("threads") is True)
    require_isolation(granted, job)
    os.write(1, READY)
    try:
        with os.fdopen(0, "rb", closefd=False) as source:
            content = source.read()
        header, payload = work(content, job)
    except Refusal as refusal:
        header, payload = {"code": str(refusal), "sizes": []}, []
    except MemoryError:
        header, payload = {"code": "processing_limit", "sizes": []}, []
    answer({**granted, **header}, payload)


if __name__ == "__main__":
    main()
