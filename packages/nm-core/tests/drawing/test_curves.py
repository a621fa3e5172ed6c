"""Curves: every value where it belongs, round ticks, spikes that survive thinning, gaps where nothing is finite."""

import math
import re
import xml.etree.ElementTree as Xml

import pytest

from nm_core.drawing.curves import LEFT, RIGHT, WIDTH, Panel, PlottedCurve, draw_curves, thin, ticks

SVG = "{http://www.w3.org/2000/svg}"


def lines(picture: str) -> list[list[tuple[float, float]]]:
    """Return the corners of the lines, those of the legend left out."""
    paths = (str(path.get("d")) for path in Xml.fromstring(picture).iter(f"{SVG}path"))
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)] for path in paths if "h18" not in path
    ]


def texts(picture: str) -> list[str]:
    """Return all texts."""
    return [str(text.text) for text in Xml.fromstring(picture).iter(f"{SVG}text")]


def test_values_lie_where_the_ticks_say() -> None:
    """A straight line is straight, from the left edge to the right; the value of a tick is at its height."""
    picture = draw_curves([Panel("loss", [PlottedCurve(0, [(0, 0.0), (50, 5.0), (100, 10.0)])])], ["a"])
    ((first, middle, last),) = lines(picture)
    assert (first[0], last[0]) == (LEFT, WIDTH - RIGHT)
    assert middle == pytest.approx(((first[0] + last[0]) / 2, (first[1] + last[1]) / 2), abs=0.1)
    assert first[1] > last[1]  # larger values stand higher
    (tick,) = (text for text in Xml.fromstring(picture).iter(f"{SVG}text") if text.text == "10")
    assert float(str(tick.get("y"))) - 4 == pytest.approx(last[1], abs=0.1)
    assert {"a", "loss", "update", "0", "100"} <= set(texts(picture))


def test_a_logarithmic_axis_has_powers_at_equal_distances() -> None:
    """What is not positive has no place on it."""
    points = [(0, 100.0), (1, 10.0), (2, 1.0), (3, 0.0), (4, 1.0)]
    first, second = lines(draw_curves([Panel("loss", [PlottedCurve(0, points)])], ["a"], log=True))
    assert first[1][1] - first[0][1] == pytest.approx(first[2][1] - first[1][1], abs=0.11)
    assert len(first) == 3
    assert len(second) == 1


@pytest.mark.parametrize("strange", [None, math.nan, math.inf])
def test_a_value_that_is_not_finite_is_a_gap(strange: float | None) -> None:
    """The line ends before it and begins anew behind it."""
    picture = draw_curves(
        [Panel("loss", [PlottedCurve(0, [(0, 1.0), (1, 2.0), (2, strange), (3, 1.0), (4, 2.0)])])], ["a"]
    )
    assert [len(line) for line in lines(picture)] == [2, 2]
    assert "nan" not in picture
    assert "inf" not in picture.partition("</style>")[2]


def test_the_best_is_marked_and_written() -> None:
    """A ring around the point, the value in the color of the run."""
    curve = PlottedCurve(1, [(0, 0.5), (10, 0.125), (20, 0.25)], dots=True, best=(10, 0.125))
    root = Xml.fromstring(draw_curves([Panel("dev.wer", [curve])], ["a", "b"]))
    circles = list(root.iter(f"{SVG}circle"))
    (ring,) = (circle for circle in circles if "best" in str(circle.get("class")))
    assert [circle.get("cx") for circle in circles].count(ring.get("cx")) == 2
    (value,) = (text for text in root.iter(f"{SVG}text") if text.text == "0.125")
    assert value.get("class") == "f1"


def test_thinning_keeps_ends_and_spikes() -> None:
    """At most about as many points as asked for, in their order, and those among them that stand out."""
    points = [(float(x), math.sin(x / 500)) for x in range(10_000)]
    points[4321], points[7000] = (4321.0, 9.0), (7000.0, -9.0)
    thinned = thin(points, 400)
    assert len(thinned) <= 402
    assert thinned == sorted(thinned)
    assert {points[0], points[-1], points[4321], points[7000]} <= set(thinned)
    assert thin(points[:400], 400) == points[:400]


def test_a_smooth_line_lies_over_a_fainter_one() -> None:
    """It begins at the first value, and ends near the mean of a noise."""
    points = [(x, float(x % 2)) for x in range(300)]
    raw, smooth = lines(draw_curves([Panel("loss", [PlottedCurve(0, points)])], ["a"], smooth=0.9))
    assert smooth[0] == raw[0]
    heights = [y for _, y in raw]
    assert smooth[-1][1] == pytest.approx((min(heights) + max(heights)) / 2, abs=0.06 * (max(heights) - min(heights)))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 97, [0, 20, 40, 60, 80]),
        (-0.3, 0.31, [-0.2, 0, 0.2]),
        (4.02e-5, 9e-5, [5e-05, 6e-05, 7e-05, 8e-05, 9e-05]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    """Multiples of 1, 2 or 5 times a power of ten, all inside."""
    assert ticks(low, high) == pytest.approx(expected)
    assert ticks(0, 3, 6, whole=True) == [0, 1, 2, 3]


def test_many_runs_have_a_legend_of_several_rows() -> None:
    """Each name stands inside the page; names are text, whatever they contain."""
    names = [f"runs/with-a-long-name-{number}<&>" for number in range(12)]
    root = Xml.fromstring(draw_curves([], names))
    entries = [text for text in root.iter(f"{SVG}text") if text.text in names]
    assert len(entries) == 12
    assert all(float(str(entry.get("x"))) < WIDTH - 100 for entry in entries)
    assert len({entry.get("y") for entry in entries}) > 1
    assert "There is nothing to draw yet." in texts(draw_curves([], ["a"]))


def test_a_single_point_and_equal_values_are_drawn() -> None:
    """Neither axis has an extent of its own then."""
    picture = draw_curves([Panel("loss", [PlottedCurve(0, [(5, 0.0)]), PlottedCurve(1, [(5, 0.0)])])], ["a", "b"])
    assert len(lines(picture)) == 2
    assert "no values yet" in texts(draw_curves([Panel("loss", [PlottedCurve(0, [(0, None)])])], ["a"]))
