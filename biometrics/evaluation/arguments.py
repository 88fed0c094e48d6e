"""What the commands share: where the pictures are, which engine, and how a refusal is said."""

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from biometrics.engines import DEFAULT_ENGINE, ENGINES, load_engine
from biometrics.errors import BiometricsError
from biometrics.evaluation.errors import EvaluationError
from biometrics.evaluation.gallery import Gallery, open_gallery
from biometrics.evaluation.manifest import read_manifest
from biometrics.packs import default_folder

Command = Callable[[Sequence[str]], int]


def reported(command: Command) -> Command:
    """A named error, or a file that cannot be had, becomes one line and exit status 2."""

    def run(arguments: Sequence[str]) -> int:
        try:
            return command(arguments)
        except (BiometricsError, EvaluationError, OSError) as error:
            print(f"not done: {error}", file=sys.stderr)
            return 2

    run.__doc__ = command.__doc__
    return run


def at_least_one(written: str) -> int:
    """A whole number from 1 on, for argparse."""
    number = int(written)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{written} is less than 1")
    return number


def duration(written: str) -> float:
    """Seconds, more than none, for argparse."""
    seconds = float(written)
    if not (seconds > 0 and math.isfinite(seconds)):
        raise argparse.ArgumentTypeError(f"{written} is no length of time")
    return seconds


def share(written: str) -> float:
    """A number from 0 to 1, for argparse."""
    number = float(written)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{written} does not lie between 0 and 1")
    return number


def add_models(parser: argparse.ArgumentParser) -> None:
    """Where installed packs lie: where `python -m biometrics.models install` puts them."""
    parser.add_argument(
        "--models", type=Path, default=default_folder(), help="folder of installed model packs"
    )


def add_sources(parser: argparse.ArgumentParser, default_engine: str = DEFAULT_ENGINE) -> None:
    """The options every command that reads pictures has."""
    parser.add_argument("--manifest", type=Path, required=True, help="path, subject, age, …")
    parser.add_argument("--images", type=Path, required=True, help="folder of its paths")
    parser.add_argument("--engine", default=default_engine, help=", ".join(ENGINES))
    add_models(parser)
    parser.add_argument("--cache", type=Path, help="embeddings kept for the next run; private")
    parser.add_argument("--workers", type=at_least_one, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="only pictures whose path starts like this")


def opened_gallery(options: argparse.Namespace, beside: Path) -> Gallery:
    """The embedded pictures; the cache lies in a folder `embeddings` beside the result, unless
    named."""
    pictures = [p for p in read_manifest(options.manifest) if p.path.startswith(options.only)]
    engine = load_engine(options.engine, models=options.models)
    cache = options.cache or beside / "embeddings"
    return open_gallery(pictures, options.images, engine, cache, options.workers)
