"""Which pictures the demo shows: a folder of test pictures, or the two public portraits.

Pairs are taken in the order of the folder's manifests, never by how well they match.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ecard.demo import specimens

CHILD_AGES = range(8, 11)
FRAMES = 8
FIRST_SECONDS = 1.5
"""Of a clip: before the person begins to turn their head."""
SHORT_SIDE_PX = 480
WANTED = 3
"""People to have at hand, so that one unfortunate pair does not end the demo."""


@dataclass(frozen=True)
class Pair:
    """A photo of a person and a later capture of the same person."""

    photo: Image.Image
    frames: list[bytes]


@dataclass(frozen=True)
class Pictures:
    """What the scenes need; ``note`` says what these pictures can and cannot show."""

    children: list[Pair]
    adults: list[Pair]
    impostor: list[bytes]
    note: str


def choose(folder: Path | None) -> Pictures:
    """The folder's pictures, or the two public portraits; raises FileNotFoundError."""
    return public_pictures() if folder is None else folder_pictures(folder)


def public_pictures() -> Pictures:
    """One portrait as everybody's photo and capture, the other as the impostor."""
    first, second = (specimens.open_photo(path) for path in specimens.public_portraits())
    pair = Pair(first, specimens.frames_of(first, take=_take()))
    return Pictures(
        children=[pair],
        adults=[pair],
        impostor=specimens.frames_of(second, take=_take()),
        note="No ECARD_DATA: two public-domain portraits stand in for everybody, and one picture "
        "is both the photo and the live capture. This shows the flow, not recognition.",
    )


def folder_pictures(folder: Path) -> Pictures:
    """Children from the ageing set, adults from selfies and clips of the same person."""
    children = list(_first(_children(folder)))
    adults = list(_first(_adults(folder)))
    if not children or len(adults) < 2:
        raise FileNotFoundError(f"{folder} has no pairs of pictures for the demo")
    return Pictures(
        children=children,
        adults=adults[:-1],
        impostor=adults[-1].frames,
        note="Pictures of ECARD_DATA: the child's two pictures are of one person at about that "
        "age; for the mother of 72 another adult stands in (a selfie as the portrait, a clip as "
        "the live capture), since the folder has no such pair of that age. All documents are "
        "drawn specimens.",
    )


def _first(pairs: Iterator[Pair]) -> Iterator[Pair]:
    for _, pair in zip(range(WANTED), pairs, strict=False):
        yield pair


def _children(folder: Path) -> Iterator[Pair]:
    earlier: dict[str, tuple[int, str]] = {}
    for row in _rows(folder / "faces" / "manifest.csv"):
        if not row["path"].startswith("fgnet/") or not row["age"]:
            continue
        age, subject = int(row["age"]), row["subject"]
        if age not in CHILD_AGES:
            continue
        known = earlier.setdefault(subject, (age, row["path"]))
        if known[1] != row["path"] and abs(known[0] - age) <= 1:
            photos = [specimens.open_photo(folder / "faces" / p) for p in (known[1], row["path"])]
            yield Pair(photos[0], specimens.frames_of(photos[1], take=_take()))


def _adults(folder: Path) -> Iterator[Pair]:
    selfies: dict[str, Path] = {}
    clips: dict[str, Path] = {}
    for row in _rows(folder / "captures" / "manifest.csv"):
        if row["label"] != "bona_fide" or not row["path"].startswith("pad_tdm_real/"):
            continue
        of_kind = selfies if row["kind"] == "selfie" else clips
        of_kind[row["subject"]] = folder / "captures" / row["path"]
        subject = row["subject"]
        if subject in selfies and subject in clips:
            photo = specimens.open_photo(selfies[subject])
            yield Pair(photo, clip_frames(clips[subject]))


def _rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _take() -> int:
    """Each run of the demo is another recording: the very same frames are refused a second time."""
    return 1 + secrets.randbelow(specimens.TAKES - 1)


def clip_frames(path: Path) -> list[bytes]:
    """Eight JPEG frames of a clip's first seconds, as a phone would send them."""
    clip, take = cv2.VideoCapture(str(path)), _take()
    rate = clip.get(cv2.CAP_PROP_FPS) or 30.0
    wanted = np.linspace(0, FIRST_SECONDS * rate, FRAMES).astype(int).tolist()
    found: list[bytes] = []
    number = 0
    while len(found) < FRAMES:
        read, frame = clip.read()
        if not read:
            break
        if number in wanted:
            frame_jpeg = specimens.jpeg(_small(Image.fromarray(frame[:, :, ::-1])))
            found.append(specimens.retaken(frame_jpeg, take))
        number += 1
    clip.release()
    if len(found) < FRAMES:
        raise FileNotFoundError(f"{path.name} is too short a clip")
    return found


def _small(frame: Image.Image) -> Image.Image:
    scale = SHORT_SIDE_PX / min(frame.size)
    return frame.resize((round(frame.width * scale), round(frame.height * scale)))
