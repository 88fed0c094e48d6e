"""Embeds every picture once, and keeps the embeddings on disk for the next run.

The cache holds embeddings of real people: readable by its owner only, and never to be kept in a
repository. Its entries go by engine, by the source files that make an embedding, and by the
picture's SHA-256.
"""

import hashlib
import os
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from biometrics import images
from biometrics.cohort import Vectors
from biometrics.embedding import Embedding
from biometrics.engines import Engine
from biometrics.errors import UndecodableImage
from biometrics.evaluation.errors import CacheUnreadable, PicturesMissing
from biometrics.evaluation.looking import embed_centred, source_files
from biometrics.evaluation.manifest import Picture

_SAVE_EVERY = 400
"""Pictures, so that a run that was stopped goes on where it was."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of a manifest with their embeddings: pictures × cuts × dimensions; NaN where no
    face was found."""

    pictures: list[Picture]
    vectors: Vectors
    engine: str
    """Name with version."""
    weights: str
    """SHA-256 of the engine's weights."""
    files: list[str]
    """SHA-256 of each picture."""

    def found(self) -> NDArray[np.bool_]:
        """Per picture: whether there is an embedding."""
        return np.asarray(np.isfinite(self.vectors).all(axis=(1, 2)), np.bool_)


def open_gallery(
    pictures: Sequence[Picture], folder: Path, engine: Engine, cache: Path, workers: int
) -> Gallery:
    """Embeds what the cache lacks. Raises `PicturesMissing` where the folder lacks pictures."""
    contents = {picture.path: folder / picture.path for picture in pictures}
    if not pictures:
        raise PicturesMissing("the table names no picture")
    missing = [path for path, place in contents.items() if not place.is_file()]
    if missing:
        raise PicturesMissing(f"{len(missing)} pictures are not in {folder}, first: {missing[0]}")
    keys = [_hash(contents[picture.path]) for picture in pictures]
    store = _Store.open(cache / f"{engine.name}-{_fingerprint()}.npz")
    todo = [(key, contents[p.path]) for key, p in zip(keys, pictures, strict=True)]
    _embed(engine, store, [item for item in dict(todo).items() if item[0] not in store], workers)
    shape = next((vector.shape for vector in store.known.values() if vector.size > 1), (1, 1))
    vectors = np.stack([_filled(store.known[key], shape) for key in keys])
    return Gallery(list(pictures), vectors, engine.name, engine.weights, keys)


def _filled(vector: Embedding, shape: tuple[int, ...]) -> Embedding:
    return vector if vector.shape == shape else np.full(shape, np.nan, np.float32)


def _embed(engine: Engine, store: "_Store", todo: list[tuple[str, Path]], workers: int) -> None:
    cv2.setNumThreads(1)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress, ThreadPoolExecutor(workers) as pool:
        task = progress.add_task("embedding", total=len(todo))
        for start in range(0, len(todo), _SAVE_EVERY):
            part = todo[start : start + _SAVE_EVERY]
            found = pool.map(lambda item: _embedding(engine, item[1]), part)
            for (key, _), vector in zip(part, found, strict=True):
                store.known[key] = vector
                progress.advance(task)
            store.save()


_NOTHING = np.full(1, np.nan, np.float32)


def _embedding(engine: Engine, path: Path) -> Embedding:
    limits = images.ImageLimits()
    try:
        image = images.decode(path.read_bytes(), images.PHOTO_FORMATS, limits, limits.photo_side_px)
    except UndecodableImage:
        return _NOTHING
    vector = embed_centred(engine, image)
    return _NOTHING if vector is None else vector


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fingerprint() -> str:
    together = hashlib.sha256()
    for path in source_files():
        together.update(path.read_bytes())
    return together.hexdigest()[:12]


@dataclass(slots=True)
class _Store:
    path: Path
    known: dict[str, Embedding]

    @classmethod
    def open(cls, path: Path) -> "_Store":
        if not path.is_file():
            return cls(path, {})
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                vectors = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
                nothing = dict.fromkeys(kept["nothing"].tolist(), _NOTHING)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise CacheUnreadable(f"{path} is damaged: remove it and start again") from error
        return cls(path, vectors | nothing)

    def __contains__(self, key: str) -> bool:
        return key in self.known

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path.with_suffix(".partial.npz")
        found = {key: vector for key, vector in self.known.items() if vector.size > 1}
        nothing = [key for key in self.known if key not in found]
        with open(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            np.savez(
                file,
                keys=np.array(list(found), dtype="U64"),
                vectors=np.array(list(found.values()), np.float32),
                nothing=np.array(nothing, dtype="U64"),
            )
        partial.replace(self.path)
