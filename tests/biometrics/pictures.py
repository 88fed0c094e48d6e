"""Pictures made from the two public-domain portraits that other packages' wheels carry."""

import importlib.util
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from biometrics.types import RgbImage

FRAME_SIZE = (480, 640)
Change = Callable[[Image.Image], Image.Image]


def package_file(package: str, *parts: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], *parts)


def load(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def astronaut() -> Image.Image:
    return load(package_file("skimage", "data", "astronaut.png")).crop((60, 0, 380, 427))


def admiral() -> Image.Image:
    path = package_file("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg")
    return load(path).crop((0, 0, 450, 600))


def jpeg(picture: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", **({"quality": 92} | options))
    return out.getvalue()


def png(picture: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", **options)
    return out.getvalue()


def pixels(picture: Image.Image) -> RgbImage:
    return np.array(picture.convert("RGB"))


def views(picture: Image.Image, count: int = 3) -> list[Image.Image]:
    """As a camera might see it that moves a little: each a different cut and brightness."""
    width, height = picture.size
    cuts = [picture.crop((4 * n, 2 * n, width - 3 * n, height - 2 * n)) for n in range(count)]
    scaled = [cut.resize(FRAME_SIZE) for cut in cuts]
    return [ImageEnhance.Brightness(view).enhance(0.9 + 0.03 * n) for n, view in enumerate(scaled)]


def capture(picture: Image.Image, count: int = 3, change: Change | None = None) -> list[bytes]:
    """JPEG frames; `change` is done to each view."""
    seen = views(picture, count)
    return [jpeg(change(view) if change else view) for view in seen]


def brightened(factor: float) -> Change:
    return lambda view: ImageEnhance.Brightness(view).enhance(factor)


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    both = Image.new("RGB", (640, 400), (90, 90, 90))
    both.paste(left.resize((300, 400)), (10, 0))
    both.paste(right.resize((300, 400)), (330, 0))
    return both
