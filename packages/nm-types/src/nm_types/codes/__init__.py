"""The codes of errors: what each one means, why it matters, an example, and what to do."""

from __future__ import annotations

from typing import Final

from nm_types.codes.connections import CONNECTIONS
from nm_types.codes.notations import NOTATIONS
from nm_types.codes.runs import RUNS
from nm_types.errors import UnknownNameError, did_you_mean

CODES: Final[dict[str, tuple[str, str]]] = {**NOTATIONS, **CONNECTIONS, **RUNS}
"""A title and a text for each code."""


def explain(code: str) -> str:
    """What a code means, why it matters and what to do: a title and a text with an example.

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
