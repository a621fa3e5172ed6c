"""How wide a text is, from the metrics of the fonts that the drawings ask for."""

from __future__ import annotations

import unicodedata

_ASCII = range(32, 127)
# Widths in 1/1000 em of the characters from space to tilde in Helvetica, and so in Arial and Liberation Sans.
_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 "
    "584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 "
    "333 611 556 778 556 556 500 389 280 389 584"
)
_WIDTHS = {
    name: dict(zip(map(chr, _ASCII), (int(width) / 1000 for width in table.split()), strict=True))
    for name, table in (("regular", _REGULAR), ("bold", _BOLD))
}
_MONO = 0.602


def width_of(text: str, size: float, face: str = "regular") -> float:
    """Return the width of one line of text.

    Args:
        text: one line.
        size: the font's size; the width has the same unit.
        face: ``"regular"``, ``"bold"`` or ``"mono"``.
    """
    if face == "mono":
        return size * sum(2 * _MONO if _is_wide(character) else _MONO for character in text)
    widths = _WIDTHS[face]
    return size * sum(widths.get(character) or (1.0 if _is_wide(character) else 0.62) for character in text)


def wrap(text: str, columns: int) -> list[str]:
    """Break a type into lines of at most ``columns`` characters: between its axes, and before the kind of values."""
    if len(text) <= columns:
        return [text]
    axes, separator, kind = text.partition(" ;")
    lines = [""] if not axes else []
    for word in axes.split():
        if lines and len(lines[-1]) + 1 + len(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if separator and len(lines[-1]) + len(separator + kind) <= columns:
        lines[-1] += separator + kind
    elif separator:
        lines.append(f";{kind}")
    return lines


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
