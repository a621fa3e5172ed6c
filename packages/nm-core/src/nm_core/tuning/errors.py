"""Errors of the search for hyper-parameters."""

from nm_core.errors import NmError


class TuningError(NmError, ValueError):
    """A search cannot begin or go on: its spaces, its metric or its study are not what they should be."""
