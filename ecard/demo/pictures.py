"""Which pictures the demo shows: a folder of test pictures, or the two public portraits.

Pairs are taken in the order of the folder's manifests, never by how well they match.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
from PIL import Image

from ecard.demo import specimens
from ecard.demo.simulated_camera import SimulatedCamera, camera_before

CHILD_AGES = range(8, 11)
FRAMES_LOOKED_AT = 45
"""Of a clip: before the person begins to turn their head."""
SHORT_SIDE_PX = 480
WANTED = 3
"""People to have at hand, so that one unfortunate pair does not end the demo."""


@dataclass(frozen=True)
class Pair:
    """A photo of a person, and a simulated camera before the same person at another moment."""

    photo: Image.Image
    camera: SimulatedCamera


@dataclass(frozen=True)
class Pictures:
    """What the scenes need; ``note`` says what these pictures can and cannot show."""

    children: list[Pair]
    adults: list[Pair]
    impostor: SimulatedCamera
    note: str


def choose(folder: Path | None) -> Pictures:
    """The folder's pictures, or the two public portraits; raises FileNotFoundError."""
    return public_pictures() if folder is None else folder_pictures(folder)


def public_pairs() -> tuple[Pair, Pair]:
    """The two public portraits, each with a camera before its own picture; FileNotFoundError."""
    first, second = (_public_pair(path) for path in specimens.public_portraits())
    return first, second


def _public_pair(path: Path) -> Pair:
    photo = specimens.open_photo(path)
    camera = camera_before(photo)
    if camera is None:
        raise FileNotFoundError("the public portraits show no face")
    return Pair(photo, camera)


def public_pictures() -> Pictures:
    """One portrait as everybody's photo and capture, the other as the impostor."""
    first, second = public_pairs()
    return Pictures(
        children=[first],
        adults=[first],
        impostor=second.camera,
        note="No ECARD_DATA: two public-domain portraits stand in for everybody, and one picture "
        "is both the photo and the face before the camera. This shows the flow, not recognition. "
        + SIMULATED,
    )


SIMULATED = (
    "The camera is simulated: a head made from a picture does what the server asks for. It passes "
    "as a changed app would; no person was before a camera."
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
        impostor=adults[-1].camera,
        note="Pictures of ECARD_DATA: the child's two pictures are of one person at about that "
        "age; for the mother of 72 another adult stands in (a selfie as the portrait, a frame of a "
        "clip for the camera), since the folder has no such pair of that age. All documents are "
        "drawn specimens. " + SIMULATED,
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
            camera = camera_before(photos[1])
            if camera is not None:
                yield Pair(photos[0], camera)


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
            camera = camera_before_clip(clips[subject])
            if camera is not None:
                yield Pair(specimens.open_photo(selfies[subject]), camera)


def _rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def camera_before_clip(path: Path) -> SimulatedCamera | None:
    """A camera before the person on a clip, as they are at its beginning."""
    clip, camera = cv2.VideoCapture(str(path)), None
    for _ in range(FRAMES_LOOKED_AT):
        read, frame = clip.read()
        camera = camera_before(_small(Image.fromarray(frame[:, :, ::-1]))) if read else None
        if camera is not None or not read:
            break
    clip.release()
    return camera


def _small(frame: Image.Image) -> Image.Image:
    scale = SHORT_SIDE_PX / min(frame.size)
    return frame.resize((round(frame.width * scale), round(frame.height * scale)))
