"""Where along its row each item stands, so that edges are short and straight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from nm_core.drawing.ordering import Item, Link, Rows
from nm_core.drawing.shapes import Shape

_APART, _NEAR = 20.0, 60.0


class Places:
    """The horizontal centres of all items, found without changing the order of any row."""

    def __init__(self, rows: Rows, shapes: Mapping[Item, Shape], passes: int = 30) -> None:
        self.rows = rows
        self.shapes = shapes
        self.centres: dict[Item, float] = {}
        for row in rows.rows:
            for item, x in zip(row, _nearest([0.0] * len(row), [1.0] * len(row), self._widths(row)), strict=True):
                self.centres[item] = x
        for number in range(passes):
            down, settled = number % 2 == 0, number >= passes // 2
            for row in rows.rows if down else reversed(rows.rows):
                self._pull(row, above=down or settled, below=settled or not down)
        for row in rows.rows:
            for item in row:
                self._snap(item)
        for chain in self._chains():
            self._straighten(chain)

    def upper(self, link: Link) -> float:
        """Return where a link leaves its upper item."""
        return self.centres[link.upper] + self.shapes[link.upper].outputs[link.upper_port]

    def lower(self, link: Link) -> float:
        """Return where a link reaches its lower item."""
        return self.centres[link.lower] + self.shapes[link.lower].inputs[link.lower_port]

    def move(self, distance: float) -> None:
        """Move everything to the right."""
        for item in self.centres:
            self.centres[item] += distance

    def extent(self) -> tuple[float, float]:
        """Return the left and the right end of the drawing."""
        ends = [(x - self.shapes[item].width / 2, x + self.shapes[item].width / 2) for item, x in self.centres.items()]
        return min((start for start, _ in ends), default=0.0), max((end for _, end in ends), default=0.0)

    def _widths(self, row: Sequence[Item]) -> list[float]:
        return [self.shapes[item].width for item in row]

    def _pull(self, row: Sequence[Item], *, above: bool, below: bool) -> None:
        """Move the items of a row to where their neighbours above or below want them."""
        targets, weights = [], []
        for item in row:
            pulls = [*(self._pulls_up(item) if above else ()), *(self._pulls_down(item) if below else ())]
            total = sum(weight for _, weight in pulls)
            targets.append(sum(x * weight for x, weight in pulls) / total if total else self.centres[item])
            weights.append(total or 0.01)  # an item that nothing pulls gives way to all others, but stays solvable
        for item, x in zip(row, _nearest(targets, weights, self._widths(row)), strict=True):
            self.centres[item] = x

    def _pulls_up(self, item: Item) -> Iterator[tuple[float, float]]:
        for link in self.rows.above.get(item, ()):
            yield self.upper(link) - self.shapes[item].inputs[link.lower_port], _weight(link)

    def _pulls_down(self, item: Item) -> Iterator[tuple[float, float]]:
        for link in self.rows.below.get(item, ()):
            yield self.lower(link) - self.shapes[item].outputs[link.upper_port], _weight(link)

    def _snap(self, item: Item) -> None:
        """Move a box right below where its main input comes from, if that is near and there is room."""
        links = self.rows.above.get(item, ())
        main = [link for link in links if _weight(link) == max(map(_weight, links))]
        if item.node is None or len(main) != 1:
            return
        low, high = self._room(item)
        x = self.centres[item] + self.upper(main[0]) - self.lower(main[0])
        if low <= x <= high and abs(x - self.centres[item]) <= _NEAR:
            self.centres[item] = x

    def _chains(self) -> Iterator[list[Item]]:
        """Yield the rows that one edge passes, from top to bottom."""
        for row in self.rows.rows:
            for item in row:
                if item.node is not None or self.rows.above[item][0].upper.node is None:
                    continue
                chain = [item]
                while (below := self._pass_below(chain[-1])) is not None:
                    chain.append(below)
                yield chain

    def _pass_below(self, item: Item) -> Item | None:
        return next((link.lower for link in self.rows.below[item] if link.lower.node is None), None)

    def _straighten(self, chain: Sequence[Item]) -> None:
        """Make an edge that passes rows one vertical line where there is room, straight above or below its ends."""
        middle = sum(self.centres[item] for item in chain) / len(chain)
        ends = [self.upper(link) for link in self.rows.above[chain[0]]]
        ends += [self.lower(link) for link in self.rows.below[chain[-1]]]
        room = [self._room(item) for item in chain]
        low, high = max(low for low, _ in room), min(high for _, high in room)
        if low <= high:
            nearest = min((x for x in ends if low <= x <= high), key=lambda x: abs(x - middle), default=middle)
            for item in chain:
                self.centres[item] = min(max(nearest, low), high)

    def _room(self, item: Item) -> tuple[float, float]:
        row = self.rows.rows[item.row]
        index, half = row.index(item), self.shapes[item].width / 2 + _APART
        low, high = -float("inf"), float("inf")
        if index:
            low = self.centres[row[index - 1]] + self.shapes[row[index - 1]].width / 2 + half
        if index + 1 < len(row):
            high = self.centres[row[index + 1]] - self.shapes[row[index + 1]].width / 2 - half
        return low, high


def _weight(link: Link) -> float:
    """Return how much a piece of an edge wants to be vertical: long edges most, values before what goes along."""
    if link.passes:
        return 8.0
    if link.upper.node is None or link.lower.node is None or link.upper.node.outputs[link.upper_port].minor:
        return 1.0
    return 4.0


def _nearest(targets: Sequence[float], weights: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Return the places nearest to the targets, by weighted squares, at which nothing overlaps.

    With the distances subtracted this is isotonic regression, which pooling adjacent violators solves exactly.
    """
    offsets = [0.0]
    for width, next_width in pairwise(widths):
        offsets.append(offsets[-1] + (width + next_width) / 2 + _APART)
    pools: list[tuple[float, float, int]] = []
    for target, weight, offset in zip(targets, weights, offsets, strict=False):
        mean, total, count = target - offset, weight, 1
        while pools and pools[-1][0] > mean:
            last_mean, last_total, last_count = pools.pop()
            mean = (mean * total + last_mean * last_total) / (total + last_total)
            total, count = total + last_total, count + last_count
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
