"""What stops a command of the bench, in words for the person who typed it."""


class EvaluationError(Exception):
    """Any of the errors in this module."""


class ManifestUnreadable(EvaluationError):
    """The table of pictures is missing or not what it should be."""


class PicturesMissing(EvaluationError):
    """The folder lacks pictures that the table names."""


class CacheUnreadable(EvaluationError):
    """The kept embeddings cannot be read."""


class EngineUnknown(EvaluationError):
    """No engine of that name is installed."""


class TooFewPeople(EvaluationError):
    """What was asked for would be learned from too few people."""
