"""What the types of calls leave open: which of it a run can see, where it is read, and what nobody checks."""

from typing import Any, ClassVar

from nm_core import Graph, NeuralModule, NmTensor, assume, inputs, ports, variadic
from nm_core.graphs.open_checks import Check, checks
from nm_core.graphs.size_readers import Axes, Measure, Place
from nm_types import Size


class Framework(NeuralModule):
    """What the modules of this file share: they run in the framework."""

    segment: ClassVar[Any] = "framework"

    def forward(self, **values: Any) -> Any:
        """Return nothing: these graphs are only looked at."""


class Shrink(Framework):
    """Gives features of a length of its own, and the lengths for them."""

    input_ports = ports(x="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(y="B T:s C:3", m="B ; Lengths(s)")


class Halve(Framework):
    """Halves the time axis, and says so."""

    input_ports = ports(x="B T:t C:3")
    output_ports = ports(y="B T:t//2 C:3")


class Count(Framework):
    """Gives the lengths of the halved axis."""

    input_ports = ports(x="B T:t C:3")
    output_ports = ports(n="B ; Lengths(t//2)")


class Pair(Framework):
    """Takes features and their lengths."""

    input_ports = ports(y="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(out="B T:t C:3")


class Lengths(Framework):
    """Takes two vectors of lengths of one axis that it never sees."""

    input_ports = ports(a="B ; Lengths(t)", b="B ; Lengths(t)")
    output_ports = ports(out="B")


class Both(Framework):
    """Takes any number of features with as many channels each as they have, and labels of four classes."""

    input_ports = ports(xs=variadic("B T:t C:5"), labels="B ; Labels(4)")
    output_ports = ports(out="B")


class Source(NeuralModule):
    """A data layer."""

    segment: ClassVar[Any] = "source"
    output_ports = ports(x="B T:t C:3", n="B ; Lengths(t)", other="B ; Lengths(v)", labels="B ; Labels", plain="B")


class Text(NeuralModule):
    """Runs in Python, on what leaves the framework."""

    input_ports = ports(y="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(text="list[object Text]")


def opened(*tensors: NmTensor) -> dict[str, Check]:
    """What the calls of a graph leave open, by the name of the call."""
    return {call.name: check for call, check in checks(Graph(list(tensors)).plan()).items()}


def test_a_decided_graph_leaves_nothing() -> None:
    """Where every size is known to agree there is no check at all."""
    source = Source()()
    y, m = Shrink()(x=source.x, n=source.n)

    assert opened(Pair()(y=y, n=m)) == {}


def test_lengths_of_another_axis_are_read_where_it_is_declared() -> None:
    """An equation between sizes of two calls is measured on the axes that declare them, and checked with the others."""
    source = Source()()
    y, _ = Shrink()(x=source.x, n=source.n)

    check = opened(Pair()(y=y, n=source.n))["pair"]

    assert list(check.ports) == ["y", "n"]
    assert [(place.name, place.axis) for place in check.places] == [("source.x", 1)]
    assert check.unchecked == {}
    (measure,) = check.kinds["n"]
    assert measure is not None
    (place,) = check.places
    assert measure.value({place: 40}) == 40
    assert measure.source({place: 40}) == "source.t is 40, axis 1 of source.x"
    assert [check.note(port) for port in ("y", "n")] == ["checked in use"] * 2


def test_a_size_that_only_lengths_mention_stays_unchecked_with_the_reason() -> None:
    """No axis has it, so that no run can see it; the edge says so."""
    source = Source()()
    y, _ = Shrink()(x=source.x, n=source.n)

    check = opened(Pair()(y=y, n=source.other))["pair"]

    assert check.ports == {}
    assert check.unchecked == {"n": ("Lengths(t)", "no axis that can be read has the size source.v")}
    assert check.note("n") == "not checked: Lengths(t)"
    assert check.note("y") == ""


def test_two_lengths_are_checked_with_each_other_only_when_both_can_be_read() -> None:
    """What decides the expected size must be readable too."""
    source = Source()()
    _, m = Shrink()(x=source.x, n=source.n)

    both = opened(Lengths()(a=source.n, b=m))["lengths"]
    one = opened(Lengths()(a=source.n, b=source.other))["lengths"]

    assert list(both.ports) == ["a", "b"]
    assert [place.name for place in both.places] == ["source.x", "shrink.y"]
    assert one.ports == {}
    assert set(one.unchecked) == {"b"}


def test_a_kind_that_the_producer_leaves_out_is_never_seen() -> None:
    """Its family of numbers is checked in use, what the values are is not; both are said."""
    source = Source()()
    y, m = Shrink()(x=source.x, n=source.n)

    check = opened(Pair()(y=y, n=source.plain), Lengths()(a=m, b=m))["pair"]

    assert list(check.ports) == ["n"]
    assert check.note("n") == "checked in use; not checked: Lengths(t)"
    assert check.unchecked["n"][1] == "source.plain does not say what its values are"


def test_a_number_of_classes_that_nobody_says_cannot_be_checked() -> None:
    """Beside it the elements of a variadic port are checked one by one."""
    free = inputs(z="B T C", labels="B ; Labels")

    check = opened(Both()(xs=[free.z], labels=free.labels))["both"]

    assert list(check.ports) == ["xs[0]"]
    assert check.unchecked == {"labels": ("Labels(4)", "inputs.labels leaves it out")}


def test_a_size_is_read_whole_where_its_parts_have_no_axis() -> None:
    """A graph that is cut knows the halved axis, not the one that was halved."""
    source = Source()()
    half = Halve()(x=source.x)
    given = inputs(z="B T:z C:3")
    n = Count()(x=source.x)
    graph = Graph(
        {"out": Pair()(y=given, n=n), "more": Pair(name="more")(y=half, n=n)},
        inputs={"z": given, "half": half, "n": n},
    )
    found = {call.name: check for call, check in checks(graph.plan()).items()}

    assert [(place.name, place.axis) for place in found["pair"].places] == [("halve.y", 1)]
    assert "more" not in found


def test_only_what_a_part_of_the_graph_is_given_can_be_read() -> None:
    """The framework reads what it takes, Python what leaves the framework or the data layer for it."""
    source = Source()()
    y, m = Shrink()(x=source.x, n=source.n)
    done = Pair()(y=y, n=m)

    alone = opened(Text()(y=done, n=source.n))["text"]
    beside = opened(Text()(y=done, n=source.n), Text(name="raw")(y=source.x, n=source.n))["text"]

    assert alone.unchecked["n"][1] == "no axis that can be read has the size source.t"
    assert [place.name for place in beside.places] == ["source.x"]


def test_what_is_assumed_of_lengths_is_measured() -> None:
    """A claim is checked like any other connection."""
    source = Source()()
    _, m = Shrink()(x=source.x, n=source.n)
    claimed = assume(source.n, "B ; Lengths(7)")

    check = opened(claimed, m)["assume"]

    assert list(check.ports) == ["x"]
    assert [place.name for place in check.places] == ["source.x"]


def test_measures_compute_with_sizes_of_calls_of_one_name() -> None:
    """Two sizes that print alike are two sizes."""
    one, other = inputs(y="T:t"), inputs(y="T:t")
    axes = Axes()
    axes.add(one)
    axes.add(other)
    sizes = [tensor.type.axes[0].size for tensor in (one, other)]
    assert isinstance(sizes[0], Size)
    assert isinstance(sizes[1], Size)

    measure = axes.measure(sizes[0] * 2 + sizes[1] // 2)

    assert isinstance(measure, Measure)
    assert measure.value({Place(one, "inputs.y", 0): 5, Place(other, "inputs.y", 0): 9}) == 14
    assert axes.measure(Size("t")) is None
