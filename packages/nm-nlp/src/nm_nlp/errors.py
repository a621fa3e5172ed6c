"""Errors of nm-nlp."""

from nm_types import NmError


class TokenizerError(NmError, ValueError):
    """A tokenizer cannot be read, trained or used as asked."""


class ParallelTextError(NmError, ValueError):
    """Two files that should be translations of each other, line by line, are not."""


class LeftOutWarning(UserWarning):
    """Pairs of sentences are left out, as the data layer's settings ask; it says how many and why."""


class TranslationError(NmError, ValueError):
    """An application cannot translate, or cannot do it as asked."""
