"""Error codes, each with its meaning, the harm it prevents, an example and the way to mend it."""

from __future__ import annotations

from typing import Final

from nm_types.codes.connections import CONNECTIONS
from nm_types.codes.notations import NOTATIONS
from nm_types.codes.runs import RUNS
from nm_types.errors import UnknownNameError, did_you_mean

CODES: Final[dict[str, tuple[str, str]]] = {**NOTATIONS, **CONNECTIONS, **RUNS}
"""A title and a text for each code."""


def explain(code: str) -> str:
    """Explain an error code: its title, its meaning, an example and the way to mend it.

    Raises:
        UnknownNameError: there is no such code.
    """
    name = code.strip().upper()
    if name not in CODES:
        guess = did_you_mean(name, CODES)
        raise UnknownNameError(
            f'There is no code "{code}".{" " if guess else ""}{guess}\n  nmod explain lists all of them.', code=""
        )
    title, text = CODES[name]
    return f"{name}  {title}\n\n{text}\n"
