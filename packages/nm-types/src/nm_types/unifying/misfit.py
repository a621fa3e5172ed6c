"""Misfits of edges, before they are reported."""

from __future__ import annotations

from typing import Literal, NamedTuple

from nm_types.notation import Structure

Reason = Literal["form", "rank", "axes", "anchor", "anchors", "variable", "row"]


class Misfit(NamedTuple):
    """An edge that does not fit, before it is reported.

    Attributes:
        reason: what does not fit.
        expected: the port's type, rows and tag variables filled in as far as they can be.
        given: the value's type.
        others: the edge that decided what a row or a tag variable stands for, where that is what does not fit.
        is_open: whether the port leaves tags open, so that no other order of the axes can be proposed.
    """

    reason: Reason
    expected: Structure
    given: Structure
    is_open: bool = False
    others: str = ""
