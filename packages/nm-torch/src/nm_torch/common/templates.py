"""Notations of types whose kind follows from a parameter."""

KIND = "'K"
SUM_OF_KIND = "sum('K)"
"""The kind of sums and multiples of values of `KIND`."""


def with_kind(axes: str, kind: str | None, default: str = KIND) -> str:
    """Return the notation of axes with a kind of values, or with one that the call decides where the kind is None."""
    return f"{axes} ; {kind or default}"
