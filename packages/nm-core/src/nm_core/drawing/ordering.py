"""Put the nodes of a sketch in rows, and each row in an order with few crossings (Sugiyama et al. 1981)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        last_port = [port.name for port in end.node.inputs].index(edge.target_port)
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
    rank = {item: index for index, item in enumerate(fixed)}
    links = rows.above if down else rows.below

    def mean(indexed: tuple[int, Item]) -> float:
        index, item = indexed
        ends = [
            rank[link.upper] + _fraction(link.upper_port, link.upper, True)
            if down
            else rank[link.lower] + _fraction(link.lower_port, link.lower, False)
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
    rank = {item: index for row in rows.rows for index, item in enumerate(row)}
    for _ in range(passes):
        better = False  # a pass without a swap changes nothing, and so would the next
        for row in rows.rows:
            if _is_fixed(row):
                continue
            for index in range(len(row) - 1):
                item, neighbour = row[index], row[index + 1]
                sides = [(_ends(rows, item, rank, up), _ends(rows, neighbour, rank, up)) for up in (True, False)]
                if sum(_inversions([*a, *b]) for a, b in sides) > sum(_inversions([*b, *a]) for a, b in sides):
                    row[index], row[index + 1] = neighbour, item
                    rank[item], rank[neighbour] = index + 1, index
                    better = True
        if not better:
            return


_End = tuple[tuple[int, int], int]
"""Where a link ends in the neighbouring row, by item and port, and its weight in crossings."""


def _ends(rows: Rows, item: Item, rank: Mapping[Item, int], up: bool) -> list[_End]:
    """Return the ends of the links of an item in the row above or below, from left to right."""
    if up:
        return sorted(((rank[link.upper], link.upper_port), _cost(link)) for link in rows.above.get(item, ()))
    return sorted(((rank[link.lower], link.lower_port), _cost(link)) for link in rows.below.get(item, ()))


def _cost(link: Link) -> int:
    """A crossing in the middle of a long edge counts for more."""
    return 2 if link.passes else 1


def _crossings(rows: Rows) -> int:
    return sum(_crossings_below(rows, number) for number in range(len(rows.rows) - 1))


def _crossings_below(rows: Rows, number: int) -> int:
    """Weigh the crossings between a row and the next."""
    lower = {item: index for index, item in enumerate(rows.rows[number + 1])}
    ends = sorted(
        (index, link.upper_port, lower[link.lower], link.lower_port, _cost(link))
        for index, item in enumerate(rows.rows[number])
        for link in rows.below.get(item, ())
    )
    return _inversions([(end[2:4], end[4]) for end in ends])


def _inversions(ends: Sequence[_End]) -> int:
    """Sum the products of weights over pairs whose lower ends are the other way round than their upper ones.

    The weights seen so far are kept in a tree of sums over places (Fenwick 1994).
    """
    rank = {end: index + 1 for index, end in enumerate(sorted({end for end, _ in ends}))}
    sums = [0] * (len(rank) + 1)
    count = total = 0
    for end, weight in ends:
        here, upto = rank[end], 0
        while here:
            upto += sums[here]
            here &= here - 1
        count += weight * (total - upto)
        here = rank[end]
        while here < len(sums):
            sums[here] += weight
            here += here & -here
        total += weight
    return count
