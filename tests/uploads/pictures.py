"""Pictures drawn for tests: no person in them. Words that must not survive are called canaries."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

CANARY = "canary-in-the-mine"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def noise(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """A picture that does not compress to nothing; uint8 RGB."""
    small = np.random.default_rng(seed).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(content: bytes) -> Image.Image:
    """The file as a picture, decoded."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def corners() -> Image.Image:
    """120 x 80, four colours: red, green / blue, white."""
    image = Image.new("RGB", (120, 80), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 60, 40))
    image.paste((0, 255, 0), (60, 0, 120, 40))
    image.paste((0, 0, 255), (0, 40, 60, 80))
    return image


def colours_of_corners(image: Image.Image) -> str:
    """The first letters of the four colours: top left, top right, bottom left, bottom right."""
    width, height = image.size
    names = {"100": "r", "010": "g", "001": "b", "111": "w"}
    at = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    bright = np.asarray(image.convert("RGB")) > 127
    return "".join(names["".join(str(int(one)) for one in bright[y, x])] for x, y in at)


def exif(orientation: int | None = None, canary: str = CANARY) -> bytes:
    """EXIF with a maker, a place and, where asked, an orientation."""
    tags = Image.Exif()
    tags[0x010F] = canary
    tags.get_ifd(0x8825).update({1: "N", 2: (43.0, 21.0, 44.0), 27: canary.encode()})
    if orientation is not None:
        tags[0x0112] = orientation
    return tags.tobytes()


def jpeg_full_of_canaries() -> bytes:
    """EXIF, GPS, XMP, ICC, IPTC and comment segments, and bytes after the end."""
    content = encoded(noise(), exif=exif(), comment=CANARY, icc_profile=CANARY.encode() * 20)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x>" + CANARY.encode() + b"</x>"
    iptc = b"Photoshop 3.0\0" + CANARY.encode()
    extra = _segment(0xE1, xmp) + _segment(0xED, iptc)
    return content[:2] + extra + content[2:] + b"<script>" + CANARY.encode()


def png_full_of_canaries() -> bytes:
    """tEXt, zTXt, iTXt, eXIf and iCCP chunks, and bytes after the end."""
    words = PngInfo()
    words.add_text("Author", CANARY)
    words.add_text("Comment", CANARY * 9, zip=True)
    words.add_itxt("XML:com.adobe.xmp", CANARY)
    whole = encoded(noise(), "PNG", pnginfo=words, exif=exif(), icc_profile=CANARY.encode())
    return whole + b"PK\x03\x04" + CANARY.encode()


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def markers_of(content: bytes) -> list[int]:
    """The marker of every segment of a baseline JPEG up to its scan."""
    found, at = [], 2
    while content[at + 1] != 0xDA:
        found.append(content[at + 1])
        at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return found


def flat_png(width: int, height: int) -> bytes:
    """A white grey-scale PNG of any size in a few kilobytes: a bomb where the size is large."""
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * width
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG_MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its check sum."""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def scan_bomb(copies: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: small, and each copy costs a full pass."""
    content = encoded(Image.new("RGB", (4000, 4000), "gray"), progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * copies + content[-2:]


def pdf(pages: int = 1, width: int = 595, height: int = 842) -> bytes:
    """A PDF of pictures of the given size in points."""
    images = [noise(width, height, seed) for seed in range(pages)]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], author=CANARY)
    return out.getvalue()


def film(path: str, fourcc: str, seconds: float, frames_per_second: int = 10) -> bytes:
    """A film of grey noise, 160 x 120, written to `path` on the way."""
    code = cv2.VideoWriter.fourcc(*fourcc)
    writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, code, frames_per_second, (160, 120))
    for seed in range(int(seconds * frames_per_second)):
        writer.write(np.asarray(noise(160, 120, seed)))
    writer.release()
    with open(path, "rb") as file:
        return file.read()
