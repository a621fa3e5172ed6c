"""Names that are free: of losses, scores and callbacks that come more than once."""

from collections.abc import Container


def free_name(base: str, names: Container[str]) -> str:
    """Return `base`, or `base_2`, `base_3` and so on, whichever is the first that `names` lacks."""
    name, number = base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    return name
