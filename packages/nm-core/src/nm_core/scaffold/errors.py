"""The error of writing a new package."""

from nm_types import NmError


class ScaffoldError(NmError, ValueError):
    """A package cannot be written as it was asked for; nothing was written."""
