"""Unifying: the edges of one call, whose sizes their values have, and what rows and tag variables stand for."""

from nm_types.unifying.misfit import Misfit
from nm_types.unifying.names import BATCH, LocalNames, Meanings, row_size
from nm_types.unifying.release import released, with_sizes
from nm_types.unifying.rows import laid_out
from nm_types.unifying.symbol_scopes import owned_kind, plain
from nm_types.unifying.unify import Casts, Unifier

__all__ = [
    "BATCH",
    "Casts",
    "LocalNames",
    "Meanings",
    "Misfit",
    "Unifier",
    "laid_out",
    "owned_kind",
    "plain",
    "released",
    "row_size",
    "with_sizes",
]
