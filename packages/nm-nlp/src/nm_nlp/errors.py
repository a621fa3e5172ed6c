"""Errors and warnings of nm-nlp."""

from nm_torch.common.errors import ComposedTextWarning, LeftOutWarning, TextFileError, TokenizerError
from nm_types import NmError

__all__ = ["ComposedTextWarning", "LeftOutWarning", "ParallelTextError", "TokenizerError", "TranslationError"]


class ParallelTextError(TextFileError):
    """Two files that should be translations of each other, line by line, are not."""


class TranslationError(NmError, ValueError):
    """An application cannot translate, or not with these options."""
