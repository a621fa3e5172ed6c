"""Unification of the edges of one call: sizes, rows and tag variables."""

from nm_types.unifying.misfit import Misfit
from nm_types.unifying.names import BATCH, LocalNames, Meanings, row_size
from nm_types.unifying.release import release_sizes, with_sizes
from nm_types.unifying.rows import Spread, lay_out_rows, spread_axes
from nm_types.unifying.symbol_scopes import own_kind, plain
from nm_types.unifying.unify import Casts, Unifier

__all__ = [
    "BATCH",
    "Casts",
    "LocalNames",
    "Meanings",
    "Misfit",
    "Spread",
    "Unifier",
    "lay_out_rows",
    "own_kind",
    "plain",
    "release_sizes",
    "row_size",
    "spread_axes",
    "with_sizes",
]
