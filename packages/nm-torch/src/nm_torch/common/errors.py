"""Errors of the common collection, and of what it shares with the collections above it."""

from nm_types import NmError


class SequenceLengthError(NmError, ValueError):
    """A sequence is longer than the positions a module was made for."""


class OptionError(NmError, ValueError):
    """A parameter has a value that a module cannot be built with."""


class SearchError(NmError, ValueError):
    """The options of a search contradict each other, or the scores of its model are not numbers."""


class TokenizerError(NmError, ValueError):
    """A tokenizer cannot be read, trained or used as asked."""


class TextFileError(NmError, ValueError):
    """A file cannot be read as text in UTF-8."""


class LeftOutWarning(UserWarning):
    """Samples are left out, as the settings of a data layer ask; the message says how many and why."""


class ComposedTextWarning(UserWarning):
    """Texts are not in Unicode's composed form (NFC) and are read as if they were; the message says how many."""


class LabelError(NmError, ValueError):
    """A text holds characters, or a transcript holds ids, that are not among the labels."""


class MetricError(NmError, ValueError):
    """A metric was given hypotheses and references that do not belong together."""
