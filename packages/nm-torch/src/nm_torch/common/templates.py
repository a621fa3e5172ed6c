"""Notations of types whose kind follows from a parameter."""


def with_kind(axes: str, kind: str | None) -> str:
    """Return the notation of axes with a kind of values, or without where the kind is None."""
    return axes if kind is None else f"{axes} ; {kind}"
