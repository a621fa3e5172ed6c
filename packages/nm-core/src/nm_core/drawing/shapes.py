"""How large a box has to be, and where along its edges its ports are."""

from __future__ import annotations

from collections.abc import Sequence

from nm_core.drawing.geometry import Layout
from nm_core.drawing.measure import width_of, wrap
from nm_core.drawing.ordering import Item
from nm_core.drawing.sketch import Node, Role

TITLE, SUBTITLE, PORT, TYPE, NOTE = 13.0, 10.5, 10.5, 9.5, 9.5
"""Font sizes."""
LINE = 11.5
"""Height of a line of a type."""
HEADER, STRIP, PILL = 38.0, 18.0, 26.0
"""Heights: of the name and class of a box, of a row of ports, of a box without ports."""
PASS = 8.0
"""Width of the place where an edge passes through a row."""
_COLUMNS = 25


class Shape:
    """The measures of one item: its size, and the offsets of its ports from its centre.

    Attributes:
        types: for each output the lines of its type, empty where it is not used.
    """

    def __init__(self, item: Item, notes: Sequence[str], inside: Layout | None = None) -> None:
        self.width, self.height = PASS, 0.0
        self.inputs, self.outputs = [0.0], [0.0]
        self.types: list[list[str]] = []
        self.is_entry = item.node is not None and item.node.role is Role.PORT and bool(item.node.outputs)
        if item.node is not None and item.node.role is Role.PORT:
            self.width = 16 + width_of(item.node.title, PORT)
            self.inputs, self.outputs = [0.0] * len(item.node.inputs), [0.0] * len(item.node.outputs)
            self.types = [[] for _ in item.node.outputs]
        elif item.node is not None and inside is not None:
            self._surround(item.node, inside)
        elif item.node is not None:
            self._measure(item.node, notes)

    @property
    def label_height(self) -> float:
        """How much room the types below the box take; below the ports of an unfolded module stands its name."""
        return HEADER if self.is_entry else label_height(max(self.types, key=len, default=[]))

    def _surround(self, node: Node, inside: Layout) -> None:
        """Make room for what is inside, and beside its ports for the name."""
        self.types = [[] for _ in node.outputs]
        self.width, self.height = inside.width, inside.height + STRIP * (bool(node.inputs) + bool(node.outputs))
        self.inputs, self.outputs = ([x - inside.width / 2 for x in side] for side in (inside.inputs, inside.outputs))

    def _measure(self, node: Node, notes: Sequence[str]) -> None:
        self.types = [wrap(port.type, _COLUMNS) if port.used and port.type else [] for port in node.outputs]
        ins = [
            16 + max(width_of(text, PORT), chip_width(note) if note else 0.0)
            for text, note in zip((port.text for port in node.inputs), notes, strict=True)
        ]
        outs = [
            16 + max([width_of(port.name, PORT), *(width_of(line, TYPE, "mono") for line in lines)])
            for port, lines in zip(node.outputs, self.types, strict=True)
        ]
        header = width_of(node.title, TITLE, "bold") if node.is_end else header_width(node)
        self.height = PILL if node.is_end else HEADER + STRIP * (bool(ins) + bool(outs))
        self.width = max(header + 28, sum(ins), sum(outs))
        self.inputs, self.outputs = _spread(ins, self.width), _spread(outs, self.width)


def chip_width(note: str) -> float:
    """Return how wide the chip around a note is."""
    return width_of(note, NOTE) + 14


def header_width(node: Node) -> float:
    """Return how much room the name and the class of a box take."""
    return max(width_of(node.title, TITLE, "bold"), width_of(node.subtitle, SUBTITLE))


def label_height(lines: Sequence[str]) -> float:
    """Return how much room a type takes below its port."""
    return len(lines) * LINE + 5 if lines else 0.0


def _spread(slots: Sequence[float], width: float) -> list[float]:
    """Return the centres of slots side by side, with the room that is left shared out, from the middle of the box."""
    spare = (width - sum(slots)) / max(len(slots), 1)
    centres, x = [], -width / 2
    for slot in slots:
        centres.append(x + (slot + spare) / 2)
        x += slot + spare
    return centres
