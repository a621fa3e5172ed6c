"""Errors of the common collection."""

from nm_types import NmError


class SequenceLengthError(NmError, ValueError):
    """A sequence is longer than the positions a module was made for."""


class OptionError(NmError, ValueError):
    """A parameter has a value that a module cannot be built with."""


class SearchError(NmError, ValueError):
    """A search was asked for something that it cannot give."""
