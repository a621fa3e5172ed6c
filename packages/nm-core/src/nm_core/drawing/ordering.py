"""Put the nodes of a sketch in rows, and each row in an order with few crossings (Sugiyama et al. 1981)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from nm_core.drawing.sketch import Node, Role, Sketch


@dataclass(eq=False, slots=True)
class Item:
    """A node in a row, or the place where an edge passes through a row.

    Attributes:
        node: the node; ``None`` where an edge passes.
        row: the row, counted from the top.
    """

    node: Node | None
    row: int


@dataclass(eq=False, slots=True)
class Link:
    """A piece of an edge between neighbouring rows; the ports are indices, 0 where an edge passes."""

    upper: Item
    upper_port: int
    lower: Item
    lower_port: int

    @property
    def passes(self) -> bool:
        """Whether the link is in the middle of a long edge."""
        return self.upper.node is None and self.lower.node is None


@dataclass(slots=True)
class Rows:
    """All items, row by row from left to right, and the links between neighbouring rows."""

    rows: list[list[Item]]
    links: list[Link]
    routes: dict[int, list[Link]]
    """For each edge of the sketch, by index, the links it runs along."""
    above: dict[Item, list[Link]] = field(default_factory=dict)
    below: dict[Item, list[Link]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for link in self.links:
            self.above.setdefault(link.lower, []).append(link)
            self.below.setdefault(link.upper, []).append(link)


def arrange(sketch: Sketch) -> Rows:
    """Put a sketch in rows and order each of them."""
    rows = _with_passes(sketch, _row_numbers(sketch))
    _order(rows)
    return rows


def _row_numbers(sketch: Sketch) -> dict[str, int]:
    """Give each node the row of its longest path from above, then move it down to where its values are used."""
    row = {node.id: 0 for node in sketch.nodes}
    users: dict[str, list[str]] = {node.id: [] for node in sketch.nodes}
    makers: dict[str, list[str]] = {node.id: [] for node in sketch.nodes}
    for edge in sketch.edges:
        users[edge.source].append(edge.target)
        makers[edge.target].append(edge.source)
    for node in sketch.nodes:
        row[node.id] = max((row[maker] + 1 for maker in makers[node.id]), default=0)
    for node in reversed(sketch.nodes):
        if len(users[node.id]) > len(makers[node.id]):
            row[node.id] = max(row[node.id], min(row[user] for user in users[node.id]) - 1)
    return _with_ports_outside(sketch, row)


def _with_ports_outside(sketch: Sketch, row: dict[str, int]) -> dict[str, int]:
    """Give the ports of an unfolded module the first and the last row for themselves."""
    ports = [node for node in sketch.nodes if node.role is Role.PORT]
    if not ports:
        return row
    inside = [row[node.id] for node in sketch.nodes if node.role is not Role.PORT]
    first, last = min(inside, default=0) - 1, max(inside, default=0) + 1
    row |= {node.id: last if node.inputs else first for node in ports}
    top = min(row.values())
    return {id: number - top for id, number in row.items()}


def _with_passes(sketch: Sketch, numbers: dict[str, int]) -> Rows:
    """Add a pass in every row that an edge runs through; edges from one output share them."""
    items = {node.id: Item(node, numbers[node.id]) for node in sketch.nodes}
    rows: list[list[Item]] = [[] for _ in range(max(numbers.values(), default=-1) + 1)]
    for item in items.values():
        rows[item.row].append(item)
    links: dict[tuple[int, int, int, int], Link] = {}
    passes: dict[tuple[str, str, int], Item] = {}
    routes: dict[int, list[Link]] = {}
    for index, edge in enumerate(sketch.edges):
        start, end = items[edge.source], items[edge.target]
        assert start.node is not None
        assert end.node is not None
        here, port = start, [output.name for output in start.node.outputs].index(edge.port)
        last_port = [given.name for given in end.node.inputs].index(edge.target_port)
        route = []
        for row in range(start.row + 1, end.row + 1):
            there, there_port = end, last_port
            if row < end.row:
                there_port = 0
                key = (edge.source, edge.port, row)
                if key not in passes:
                    passes[key] = Item(None, row)
                    rows[row].append(passes[key])
                there = passes[key]
            link = links.setdefault((id(here), port, id(there), there_port), Link(here, port, there, there_port))
            route.append(link)
            here, port = there, 0
        routes[index] = route
    return Rows(rows, list(links.values()), routes)


def _order(rows: Rows, sweeps: int = 12) -> None:
    """Order rows by the mean place of their neighbours, down and up, and keep the best order seen."""
    best, best_crossings = [list(row) for row in rows.rows], _crossings(rows)
    for sweep in range(sweeps):
        if best_crossings == 0:
            break
        down = sweep % 2 == 0
        numbers = range(1, len(rows.rows)) if down else range(len(rows.rows) - 2, -1, -1)
        for number in numbers:
            _sort(rows, number, down)
        crossings = _crossings(rows)
        if crossings < best_crossings:
            best, best_crossings = [list(row) for row in rows.rows], crossings
    rows.rows[:] = best
    _swap_neighbours(rows)


def _sort(rows: Rows, number: int, down: bool) -> None:
    if _is_fixed(rows.rows[number]):
        return
    fixed = rows.rows[number - 1 if down else number + 1]
    place = {item: index for index, item in enumerate(fixed)}
    links = rows.above if down else rows.below

    def mean(indexed: tuple[int, Item]) -> float:
        index, item = indexed
        ends = [
            place[link.upper] + _fraction(link.upper_port, link.upper, True)
            if down
            else place[link.lower] + _fraction(link.lower_port, link.lower, False)
            for link in links.get(item, ())
        ]
        return sum(ends) / len(ends) if ends else float(index)

    row = rows.rows[number]
    rows.rows[number] = [item for _, item in sorted(enumerate(row), key=mean)]


def _is_fixed(row: Sequence[Item]) -> bool:
    """Whether a row holds ports of an unfolded module, whose order is that of their declaration."""
    return any(item.node is not None and item.node.role is Role.PORT for item in row)


def _fraction(port: int, item: Item, output: bool) -> float:
    if item.node is None:
        return 0.5
    count = len(item.node.outputs if output else item.node.inputs)
    return (port + 0.5) / max(count, 1)


def _swap_neighbours(rows: Rows, passes: int = 4) -> None:
    """Swap neighbours wherever that saves crossings."""
    for _ in range(passes):
        better = False
        for number, row in enumerate(rows.rows):
            if _is_fixed(row):
                continue
            for left in range(len(row) - 1):
                before = _crossings_near(rows, number)
                row[left], row[left + 1] = row[left + 1], row[left]
                if _crossings_near(rows, number) < before:
                    better = True
                else:
                    row[left], row[left + 1] = row[left + 1], row[left]
        if not better:
            return


def _crossings_near(rows: Rows, number: int) -> int:
    return sum(_crossings_below(rows, upper) for upper in (number - 1, number) if 0 <= upper < len(rows.rows) - 1)


def _crossings(rows: Rows) -> int:
    return sum(_crossings_below(rows, number) for number in range(len(rows.rows) - 1))


def _crossings_below(rows: Rows, number: int) -> int:
    """Weigh the crossings between a row and the next; one in the middle of a long edge counts for more."""
    lower = {item: index for index, item in enumerate(rows.rows[number + 1])}
    ends = sorted(
        (index, link.upper_port, lower[link.lower], link.lower_port, 2 if link.passes else 1)
        for index, item in enumerate(rows.rows[number])
        for link in rows.below.get(item, ())
    )
    return _inversions([(end[2:4], end[4]) for end in ends])


def _inversions(ends: Sequence[tuple[tuple[int, int], int]]) -> int:
    """Sum the products of weights over pairs whose lower ends are the other way round than their upper ones."""
    seen: list[tuple[tuple[int, int], int]] = []
    count = 0
    for end, weight in ends:
        count += weight * sum(other for _, other in seen[bisect_right(seen, (end, 9)) :])
        insort(seen, (end, weight))
    return count
