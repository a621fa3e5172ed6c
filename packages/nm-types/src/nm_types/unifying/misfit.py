"""Misfits of edges, before they are reported."""

from __future__ import annotations

from typing import Literal, NamedTuple

from nm_types.notation import Structure
from nm_types.relations import Permutation

Reason = Literal["form", "rank", "axes", "anchor", "anchors", "variable", "row", "kinds"]


class Misfit(NamedTuple):
    """An edge that does not fit, before it is reported.

    Attributes:
        reason: what does not fit.
        expected: the port's type, rows and tag variables filled in as far as they can be.
        given: the value's type.
        others: the edge that decided what a row or a tag variable stands for, where that is what does not fit.
        is_open: whether the port leaves tags open, so that the call decides which orders of the axes would fit.
        order: the order in which the axes fit such a port: the only one that tags allow, or where a row takes several
            axes, the one that keeps these as they stand.
        is_only_order: whether tags allow no other.
    """

    reason: Reason
    expected: Structure
    given: Structure
    is_open: bool = False
    others: str = ""
    order: Permutation | None = None
    is_only_order: bool = False
