"""Finds the portrait on a document's page and cuts it out, to be used as a reference photo."""

from dataclasses import dataclass

import cv2
import numpy as np

from biometrics.engines import Engine
from biometrics.images import encode_jpeg
from biometrics.types import Box, Face, Portrait, PortraitQuality, RgbImage

_TURNS_DEGREES = (0, 90, 270, 180)
"""How a page may lie, the likeliest first."""


@dataclass(frozen=True, slots=True)
class PortraitSettings:
    """What is looked for on a page, and how much of it is cut out."""

    smallest_faces: tuple[float, ...] = (0.1, 0.05)
    """Part of the page's longer side, tried in this order: on a card, then on a card on a large
    page."""
    smoothing: float = 0.0035
    """Of the page's longer side: how widely (sigma) what is printed across a portrait is smoothed
    away where no face was found. Set by hand on one specimen passport and on drawn lines, not
    measured; of 11 specimen pages without a portrait none was taken for one."""
    margin: float = 0.6
    """Of the face's box, added on each side of the cut."""
    good_eye_distance_px: float = 30.0
    """From here on false non-matches stay near those of a photo."""
    poor_eye_distance_px: float = 20.0
    """Here they have doubled: usable with a warning. Below it they grow steeply: refused."""


def find_portrait(engine: Engine, page: RgbImage, settings: PortraitSettings) -> Portrait | None:
    """The largest face on the page, whichever way the page lies; None where there is none.

    Where it shows only once the page is smoothed, the cut is of the smoothed page: in the page
    itself no comparison would find it again.
    """
    for smallest_face in settings.smallest_faces:
        if found := _find_turned(engine, page, smallest_face, settings):
            return found
    return _find_turned(engine, _smoothed(page, settings), settings.smallest_faces[0], settings)


def _find_turned(
    engine: Engine, page: RgbImage, smallest_face: float, settings: PortraitSettings
) -> Portrait | None:
    for degrees in _TURNS_DEGREES:
        turned = np.ascontiguousarray(np.rot90(page, -degrees // 90))
        if faces := engine.find(turned, smallest_face * max(page.shape)):
            return _portrait(turned, faces[0], degrees, settings)
    return None


def _smoothed(page: RgbImage, settings: PortraitSettings) -> RgbImage:
    sigma_px = settings.smoothing * max(page.shape)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), sigma_px), np.uint8)


def _portrait(turned: RgbImage, face: Face, degrees: int, settings: PortraitSettings) -> Portrait:
    box = _grown(face.box, settings.margin, turned)
    cut = turned[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    quality = _quality(face.eye_distance_px, settings)
    page_box = _turned_back(box, degrees, turned)
    return Portrait(page_box, degrees, face.eye_distance_px, quality, encode_jpeg(cut))


def _quality(eye_distance_px: float, settings: PortraitSettings) -> PortraitQuality:
    if eye_distance_px < settings.poor_eye_distance_px:
        return PortraitQuality.REFUSE
    good = eye_distance_px >= settings.good_eye_distance_px
    return PortraitQuality.GOOD if good else PortraitQuality.WARN


def _grown(box: Box, margin: float, image: RgbImage) -> Box:
    """The box with a margin on every side, cut at the picture's edges."""
    height, width = image.shape[:2]
    more_x, more_y = margin * box.width, margin * box.height
    return Box(
        max(0.0, box.left - more_x),
        max(0.0, box.top - more_y),
        min(float(width), box.right + more_x),
        min(float(height), box.bottom + more_y),
    )


def _turned_back(box: Box, degrees: int, turned: RgbImage) -> Box:
    """A box of a page that was turned clockwise, in the page's own coordinates."""
    height, width = turned.shape[:2]
    if degrees == 90:
        return Box(box.top, width - box.right, box.bottom, width - box.left)
    if degrees == 180:
        return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
    if degrees == 270:
        return Box(height - box.bottom, box.left, height - box.top, box.right)
    return box
