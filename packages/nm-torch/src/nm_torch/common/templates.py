"""What the templates of several modules have in common."""


def of_kind(axes: str, kind: str | None) -> str:
    """Return a type with a kind of values where one is asked for."""
    return axes if kind is None else f"{axes} ; {kind}"
