"""What can go wrong that is not an answer about a face.

A face that does not match, or cannot be used, is a `Verification`: a value. An exception means
that no judgement took place, so the caller must not count a try against the person.

    BiometricsError
    ├── UndecodableImage      the bytes are not a picture we read (`frame`: which one)
    │   └── ImageTooLarge     they are, but past the size caps
    ├── ReferenceUnusable     the stored photo cannot be compared with (`reason`)
    ├── NotComparable         a network answered with what is no number
    ├── NoNumber              a network's answer is no number, or no direction
    ├── AgeUnknown            what was given as an age is none
    └── ModelError            ours to repair: refuse to start
        ├── EngineUnknown     no engine has that name
        ├── ModelMissing      the package or pack with the weights is not installed
        ├── ModelAltered      a weights file is not the one whose SHA-256 is pinned
        └── NotCalibratedFor  limits or mean faces were made with other weights
"""

from biometrics.types import UnusableReason


class BiometricsError(Exception):
    """Any of the errors in this module's tree."""


class UndecodableImage(BiometricsError):
    """The bytes are not a sound picture of an allowed format."""

    def __init__(self, message: str, frame: int | None = None) -> None:
        super().__init__(message)
        self.frame = frame


class ImageTooLarge(UndecodableImage):
    """The picture has more bytes or pixels than the limits allow."""


class ReferenceUnusable(BiometricsError):
    """The reference photo has no face that can be compared; the holder must send another one."""

    def __init__(self, reason: UnusableReason) -> None:
        super().__init__(f"reference photo is unusable: {reason.value}")
        self.reason = reason


class NotComparable(BiometricsError, ValueError):
    """What was measured is no finite number: nothing follows from it, least of all nearness."""


class NoNumber(BiometricsError):
    """A network answered what is no number, or no direction: nobody was judged."""


class AgeUnknown(BiometricsError, ValueError):
    """An age is a whole number of years from 0 to 200, or None: nothing else has limits."""


class ModelError(BiometricsError):
    """The installed weights cannot be used."""


class EngineUnknown(ModelError):
    """No engine has that name."""


class ModelMissing(ModelError):
    """The package or file with the weights is not there."""


class ModelAltered(ModelError):
    """A weights file differs from the pinned one, or does not read as one."""


class NotCalibratedFor(ModelError):
    """Limits or mean faces were made for another engine, or with other weights, than is loaded."""
