"""Curves over updates as one stand-alone SVG document: panels below each other, each with its axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from nm_core.drawing.measure import width_of

WIDTH, PANEL, TITLE = 760.0, 220.0, 30.0
"""The width of the page, the height of a panel's area, and of its title."""
LEFT, RIGHT, BELOW, LINE = 78.0, 34.0, 36.0, 20.0
"""Margins of the area, and the height of a line of the legend."""
COLORS = 8
"""How many colors there are; further runs have dashes."""
_POINTS = 400
_SIZE = 11.0

_LIGHT = """
.nm-curves text { font: 11px Helvetica, Arial, "Liberation Sans", sans-serif; fill: #424a53 }
.nm-curves .title { font-weight: bold; font-size: 13px; fill: #1f2328 } .nm-curves .page { fill: #ffffff }
.nm-curves .grid { stroke: #d1d9e0; stroke-width: 1 } .nm-curves .axis { stroke: #98a1ab; stroke-width: 1 }
.nm-curves .line { fill: none; stroke-width: 1.6; stroke-linejoin: round } .nm-curves .raw { stroke-opacity: 0.25 }
.nm-curves .best { fill: none; stroke-width: 2 } .nm-curves .dashed { stroke-dasharray: 6 3 }
"""
_LIGHT_COLORS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#9a6700", "#0e7490", "#bf3989")
_DARK = """
.nm-curves text { fill: #c9d1d9 } .nm-curves .title { fill: #e6edf3 } .nm-curves .page { fill: #0d1117 }
.nm-curves .grid { stroke: #2a313a } .nm-curves .axis { stroke: #656c76 }
"""
_Place = Callable[[tuple[float, float]], tuple[float, float]]
_DARK_COLORS = ("#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#ff7b72", "#d29922", "#39c5cf", "#f778ba")


@dataclass(frozen=True)
class PlottedCurve:
    """A curve of one run.

    Attributes:
        run: the number of the run, which has its color.
        points: updates and values, in order; a value that is None breaks the line.
        dots: whether the points themselves are shown, as for evaluations.
        best: the point to be marked, if any.
    """

    run: int
    points: Sequence[tuple[float, float | None]]
    dots: bool = False
    best: tuple[float, float] | None = None


@dataclass(frozen=True)
class Panel:
    """What is drawn over one pair of axes."""

    title: str
    curves: Sequence[PlottedCurve]


def draw_curves(panels: Sequence[Panel], names: Sequence[str], *, smooth: float = 0.0, log: bool = False) -> str:
    """Return panels as an SVG document.

    Args:
        panels: what is drawn; all share the axis of updates.
        names: the runs, for the legend.
        smooth: the weight of the past in the line that is drawn over the fainter raw one, from 0 to below 1.
        log: whether values have a logarithmic axis; those that are not positive have no place there.

    Example:
        >>> picture = draw_curves([Panel("loss", [PlottedCurve(0, [(0, 1.0), (10, 0.5)])])], ["runs/a"])
        >>> picture.startswith("<svg"), "runs/a" in picture
        (True, True)
    """
    legend = list(_place_legend(names))
    top = 16 + LINE * (legend[-1][2] + 1 if legend else 0)
    step = TITLE + PANEL + BELOW
    height = top + step * max(len(panels), 1) + 8
    label = f"Curves of {', '.join(names) or 'no runs'}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nm-curves" width="{WIDTH:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label={quoteattr(label)}>',
        f"<style>{_style()}</style>",
        f'<rect class="page" width="{WIDTH:.0f}" height="{height:.0f}" rx="6"/>',
    ]
    for number, x, row in legend:
        y = 14 + LINE * row
        parts.append(f'<path class="{_classes(number)}" d="M{x:.1f} {y + 4:.1f} h18"/>')
        parts.append(f'<text x="{x + 24:.1f}" y="{y + 8:.1f}">{escape(names[number])}</text>')
    steps = [x for panel in panels for curve in panel.curves for x, _ in curve.points]
    span = (min(steps, default=0), max(steps, default=0))
    for number, panel in enumerate(panels):
        parts += _panel(panel, top + step * number + TITLE, span, smooth, log)
    if not panels:
        parts.append(f'<text x="{LEFT:.0f}" y="{top + 40:.0f}">There is nothing to draw yet.</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def thin(points: Sequence[tuple[float, float]], limit: int = _POINTS) -> list[tuple[float, float]]:
    """Return at most about as many points as a limit, among them the smallest and the largest of each stretch."""
    if len(points) <= limit:
        return list(points)
    size = math.ceil(len(points) / (limit / 2))
    kept: list[tuple[float, float]] = [points[0]]
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        ends = {min(stretch, key=lambda index: points[index][1]), max(stretch, key=lambda index: points[index][1])}
        kept += [points[index] for index in sorted(ends) if index]
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def ticks(low: float, high: float, count: int = 5, *, whole: bool = False) -> list[float]:
    """Return round numbers from one to another: steps of 1, 2 or 5 times a power of ten.

    Example:
        >>> ticks(0, 97)
        [0.0, 20.0, 40.0, 60.0, 80.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    size = next((power * factor for factor in (1, 2, 5) if power * factor >= raw * 0.999), power * 10)
    size = max(size, 1.0) if whole else size
    return [size * number for number in range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1)]


def _panel(panel: Panel, top: float, span: tuple[float, float], smooth: float, log: bool) -> Iterator[str]:
    bottom, right = top + PANEL, WIDTH - RIGHT
    yield f'<text class="title" x="{LEFT:.0f}" y="{top - 10:.1f}">{escape(panel.title)}</text>'
    yield from _best_values(panel, top - 10)
    parts = [(curve, list(_split(curve.points, log))) for curve in panel.curves]
    values = [value for _, pieces in parts for piece in pieces for _, value in piece]
    if not values:
        yield f'<text x="{LEFT:.0f}" y="{top + 20:.1f}">no values yet</text>'
        return
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = low - margin, high + margin
    first, last = span if span[1] > span[0] else (span[0] - 1, span[1] + 1)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = LEFT + (right - LEFT) * (point[0] - first) / (last - first)
        return x, bottom - PANEL * (point[1] - low) / (high - low)

    for value in _log_ticks(low, high) if log else ticks(low, high):
        y = place((first, value))[1]
        shown = _number(10**value if log else value)
        yield f'<line class="grid" x1="{LEFT:.0f}" y1="{y:.1f}" x2="{right:.0f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>'
    yield f'<line class="axis" x1="{LEFT:.0f}" y1="{bottom:.1f}" x2="{right:.0f}" y2="{bottom:.1f}"/>'
    for value in ticks(first, last, 6, whole=True):
        x = place((value, low))[0]
        yield f'<line class="axis" x1="{x:.1f}" y1="{bottom:.1f}" x2="{x:.1f}" y2="{bottom + 4:.1f}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 17:.1f}" text-anchor="middle">{value:,.0f}</text>'
    yield f'<text x="{right:.0f}" y="{bottom + 31:.1f}" text-anchor="end">update</text>'
    for curve, pieces in parts:
        for piece in pieces:
            yield from _line(curve, piece, smooth, place)
        if curve.best is not None and (curve.best[1] > 0 or not log):
            yield from _best(curve, place((curve.best[0], math.log10(curve.best[1]) if log else curve.best[1])))


def _line(curve: PlottedCurve, piece: Sequence[tuple[float, float]], smooth: float, place: _Place) -> Iterator[str]:
    classes = _classes(curve.run)
    if smooth and not curve.dots:
        yield _path([place(point) for point in thin(piece)], f"{classes} raw")
        piece = _smooth(piece, smooth)
    points = [place(point) for point in thin(piece)]
    yield _path(points, classes)
    if curve.dots or len(points) == 1:
        for x, y in points:
            yield f'<circle class="f{curve.run % COLORS}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>'


def _best(curve: PlottedCurve, point: tuple[float, float]) -> Iterator[str]:
    assert curve.best is not None
    (x, y), (step, value) = point, curve.best
    yield f"<g><title>{escape(f'best: {_number(value)} at update {step:,.0f}')}</title>"
    yield f'<circle class="best c{curve.run % COLORS}" cx="{x:.1f}" cy="{y:.1f}" r="6"/></g>'


def _best_values(panel: Panel, y: float) -> Iterator[str]:
    """Yield the best values in the colors of their runs, beside the title: at the curves they would lie over others."""
    x = WIDTH - RIGHT
    for curve in reversed([curve for curve in panel.curves if curve.best is not None]):
        assert curve.best is not None
        text = _number(curve.best[1])
        if x - width_of(text, _SIZE) < LEFT + width_of(panel.title, 13, "bold") + 50:
            return
        yield f'<text class="f{curve.run % COLORS}" x="{x:.1f}" y="{y:.1f}" text-anchor="end">{text}</text>'
        x -= width_of(text, _SIZE) + 14
    if x < WIDTH - RIGHT:
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="end">best</text>'


def _split(points: Sequence[tuple[float, float | None]], log: bool) -> Iterator[list[tuple[float, float]]]:
    """Yield the stretches of values that have a place, in the unit of the axis."""
    piece: list[tuple[float, float]] = []
    for x, value in points:
        if value is None or not math.isfinite(value) or (log and value <= 0):
            if piece:
                yield piece
            piece = []
        else:
            piece.append((x, math.log10(value) if log else value))
    if piece:
        yield piece


def _smooth(points: Sequence[tuple[float, float]], weight: float) -> list[tuple[float, float]]:
    """Return the exponential mean of the values so far, corrected for its short past at the beginning."""
    mean = total = 0.0
    smoothed = []
    for x, value in points:
        mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
        smoothed.append((x, mean / total))
    return smoothed


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(low), math.ceil(high) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        values = [power + math.log10(factor) for power in powers for factor in factors]
        inside = [value for value in values if low <= value <= high]
        if len(inside) >= 3:
            break
    return inside[:: max(1, len(inside) // 6)] or [low, high]


def _place_legend(names: Sequence[str]) -> Iterator[tuple[int, float, int]]:
    """Yield the number of each run with the place of its entry: x and row."""
    x, row = LEFT, 0
    for number, name in enumerate(names):
        width = 24 + width_of(name, _SIZE) + 22
        if x > LEFT and x + width > WIDTH - RIGHT:
            x, row = LEFT, row + 1
        yield number, x, row
        x += width


def _classes(run: int) -> str:
    return f"line c{run % COLORS}" + (" dashed" if run // COLORS % 2 else "")


def _path(points: Sequence[tuple[float, float]], classes: str) -> str:
    places = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{classes}" d="M{places}"/>'


def _number(value: float) -> str:
    """Return a number for an axis: 0.002, 1,500, 1e-05."""
    value = 0.0 if abs(value) < 1e-12 else value
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.4g}"


def _style() -> str:
    def rules(colors: Sequence[str]) -> str:
        return "\n".join(
            f".nm-curves .c{number} {{ stroke: {color} }} .nm-curves .f{number} {{ fill: {color} }}"
            for number, color in enumerate(colors)
        )

    light = f"{_LIGHT}{rules(_LIGHT_COLORS)}"
    return f"{light}\n@media (prefers-color-scheme: dark) {{{_DARK}{rules(_DARK_COLORS)}\n}}\n"
