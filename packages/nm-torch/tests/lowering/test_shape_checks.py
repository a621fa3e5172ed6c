"""Deferred checks in lowered graphs: only where something is open, before the consumer, at the cost of a look-up.

Legend: B samples, T positions, C=3 channels.
"""

import copy
import gc
import inspect
import multiprocessing
import re
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import nm_core.graphs.run_time_check
from nm_core import Graph, NeuralModule, NmTensor, assume, casts, inputs, optional, ports, variadic
from nm_core.graphs.open_checks import checks
from nm_torch import TorchModule
from nm_torch.lowering import Lowered, lower
from nm_torch.lowering.shape_checks import MOST_COMBINATIONS, ShapeCheck, shape_check
from nm_types import NeuralTypeError, check_shapes

CHECK = re.compile(r"^ +check_\w+ = ", re.MULTILINE)
CALL = re.compile(r"\.(compute|summed)\(")


class Unsized(TorchModule):
    """Gives channels without saying how many, and says which length they have."""

    input_ports = ports(x="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(y="B T:s C", m="B ; Lengths(s)", plain="B")

    def __init__(self, *, width: int = 3, cut: int = 1) -> None:
        super().__init__()
        self.width = width
        self.cut = cut

    def forward(self, x: Tensor, n: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what was asked for."""
        return x.new_zeros(x.shape[0], x.shape[1] - self.cut, self.width), n - self.cut, n


class Sized(TorchModule):
    """Passes on what it is given, and counts how often it ran."""

    input_ports = ports(x="B T:t C:3", n=optional("B ; Lengths(t)"))
    output_ports = ports(y="B T:t C:3")

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
        self.runs = 0

    def forward(self, x: Tensor, n: Tensor | None = None) -> Tensor:
        """Count and scale."""
        self.runs += 1
        return x * self.weight


class Plain(TorchModule):
    """Needs features and their lengths, and counts nothing."""

    input_ports = ports(x="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(y="B T:t C:3")

    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        """Scale."""
        return x * 2


class Stack(TorchModule):
    """Takes any number of values."""

    input_ports = ports(xs=variadic("B T:t C:3"))
    output_ports = ports(y="B T:t C:3")

    def forward(self, xs: list[Tensor]) -> Tensor:
        """Add them."""
        return torch.stack(xs).sum(0)


class Columns(TorchModule):
    """Takes channels before time."""

    input_ports = ports(x="B C:3 T:t")
    output_ports = ports(y="B C:3 T:t")

    def forward(self, x: Tensor) -> Tensor:
        """Return it."""
        return x


class Items(TorchModule):
    """Takes a list as one value."""

    input_ports = ports(x="list[B T C:3]")
    output_ports = ports(y="; Loss")

    def forward(self, x: list[Tensor]) -> Tensor:
        """Add everything."""
        return torch.stack([item.sum() for item in x]).sum()


class Words(NeuralModule):
    """Runs in Python."""

    input_ports = ports(x="B T:t C:3", n="B ; Lengths(t)")
    output_ports = ports(text="list[object Text]")

    def __init__(self) -> None:
        self.runs = 0

    def forward(self, x: Tensor, n: Tensor) -> list[str]:
        """Count."""
        self.runs += 1
        return ["word"] * len(x)


def given() -> Any:
    """Free inputs: features and their lengths, and lengths of something else."""
    return inputs(x="B T:t C:3", n="B ; Lengths(t)", other="B ; Lengths(v)")


def values(batch: int = 2, length: int = 7, device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Features and lengths that are what their types say."""
    return torch.zeros(batch, length, 3, device=device), torch.full((batch,), length, device=device)


def code(lowered: Lowered) -> str:
    """The generated code."""
    return str(type(lowered).__doc__)


def one_check(**changes: int) -> Lowered:
    """A graph with one open edge: a producer that does not say how many channels it gives."""
    free = given()
    y, m, _ = Unsized(**changes)(x=free.x, n=free.n)
    return lower(Graph(Sized()(x=y, n=m)).plan())


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every comparison of shapes from now on."""
    seen: list[Any] = []

    def counting(*args: Any, **kwargs: Any) -> Any:
        seen.append(args)
        return check_shapes(*args, **kwargs)

    monkeypatch.setattr(nm_core.graphs.run_time_check, "check_shapes", counting)
    return seen


def only_check(*tensors: NmTensor) -> ShapeCheck:
    """The check of the one call that leaves something open."""
    ((call, open_call),) = checks(Graph(list(tensors)).plan()).items()
    check = shape_check(call, open_call)
    assert check is not None
    return check


def test_a_decided_graph_has_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code is the calls of its modules, nothing is compared, and no length is read."""
    seen = counted(monkeypatch)
    free = given()
    first, second = Sized(name="first"), Sized(name="second")
    lowered = lower(Graph(second(x=first(x=free.x, n=free.n), n=free.n)).plan())

    for length in range(1, 9):
        lowered(*values(length=length))

    assert CHECK.findall(code(lowered)) == []
    assert len(CALL.findall(code(lowered))) == 2
    assert "shape_checks" not in code(lowered)
    assert (seen, first.runs, second.runs) == ([], 8, 8)


def test_one_open_edge_is_one_check_that_compares_once_per_combination(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes or types of numbers seen before cost a look-up; the decided edges of the same call are not looked at."""
    seen = counted(monkeypatch)
    lowered = one_check()

    for _ in range(50):
        for length in (5, 6, 7):
            lowered(*values(length=length))
        lowered(values()[0].double(), values()[1])

    assert len(CHECK.findall(code(lowered))) == 1
    assert "length_of" not in code(lowered)
    assert len(seen) == 4
    assert all(set(types) == {"x"} for types, *_ in seen)


def test_what_is_wrong_is_never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same wrong shapes fail each time."""
    lowered = one_check(width=4)

    for _ in range(3):
        with pytest.raises(NeuralTypeError):
            lowered(*values())


def test_the_consumer_does_not_run_and_the_producer_is_blamed() -> None:
    """The error comes before the consumer, names the producer, and shows where the connection was written."""
    free = given()
    producer, consumer = Unsized(width=4, name="encoder"), Sized(name="decoder")
    y, m, _ = producer(x=free.x, n=free.n)
    line = inspect.currentframe().f_lineno + 1  # type: ignore[union-attr]
    out = consumer(x=y, n=m)

    with pytest.raises(NeuralTypeError) as caught:
        lower(Graph(out).plan())(*values())

    assert consumer.runs == 0
    (problem,) = caught.value.problems
    assert (problem.code, problem.producer, problem.consumer, problem.port) == ("NM121", "encoder.y", "decoder", "x")
    assert problem.location.endswith(f"test_shape_checks.py:{line}")
    assert problem.given_declared.endswith("Unsized")
    assert "Axis 2 has the size 4, its type says 3" in str(caught.value)


def test_lengths_of_another_axis_are_caught_by_the_axes_that_declare_them() -> None:
    """Lengths that were not shortened with their features fail, with both numbers and where they were read."""
    free = given()
    consumer = Sized(name="loss")
    y, m, _ = Unsized(cut=2, name="encoder")(x=free.x, n=free.n)
    right = lower(Graph(Sized()(x=y, n=m)).plan())
    wrong = lower(Graph(consumer(x=y, n=free.n)).plan())

    assert right(*values()).shape == (2, 5, 3)
    with pytest.raises(NeuralTypeError) as caught:
        wrong(*values())

    (problem,) = caught.value.problems
    assert consumer.runs == 0
    assert (problem.code, problem.producer, problem.port) == ("NM123", "inputs.n", "n")
    assert "inputs.t is 7, axis 1 of inputs.x" in problem.cause
    assert "t is 5, axis 1 of x" in problem.cause
    assert len(CHECK.findall(code(wrong))) == 1


def test_lengths_that_happen_to_fit_pass_without_a_look_at_their_contents() -> None:
    """The module that keeps the length is accepted, whatever numbers the vector holds."""
    free = given()
    y, _, _ = Unsized(cut=0)(x=free.x, n=free.n)
    lowered = lower(Graph(Sized()(x=y, n=free.n)).plan())

    assert lowered(values()[0], torch.tensor([100, -5])).shape == (2, 7, 3)


def test_a_size_that_no_axis_has_is_not_checked_and_costs_nothing() -> None:
    """What nobody can see is said in drawings; no code pretends to look."""
    free = given()
    lowered = lower(Graph(Sized()(x=Sized(name="first")(x=free.x), n=free.other)).plan())

    assert CHECK.findall(code(lowered)) == []


def test_a_measured_value_lives_no_longer_for_it() -> None:
    """Only the length of an axis is kept for a later check, and the value goes after its last use."""
    free = given()
    first = Sized(name="first")(x=free.x, n=free.n)
    y, _, _ = Unsized(cut=0)(x=first, n=free.n)
    text = code(lower(Graph(Sized(name="last")(x=Sized(name="between")(x=assume(y, "B T C:3")), n=free.n)).plan()))

    lines = text.splitlines()
    read = next(index for index, line in enumerate(lines) if "length_of(x, 1)" in line)
    dropped = next(index for index, line in enumerate(lines) if " x = None" in line)
    used = next(index for index, line in enumerate(lines) if "check_last(" in line)
    assert read < dropped < used


def test_elements_of_lists_are_checked_one_by_one() -> None:
    """A bad element of a variadic port is named with its place, so is a bad item of a list that is one value."""
    free = inputs(a="B T:t C", b="B T:t C", items="list[B T C]")
    stacked = lower(Graph(Stack()(xs=[free.a, free.b])).plan())
    listed = lower(Graph(Items()(x=free.items)).plan())
    good, bad = torch.zeros(2, 7, 3), torch.zeros(2, 7, 4)

    stacked(good, good)
    listed([good, good])
    with pytest.raises(NeuralTypeError, match=r"inputs\.b -> stack\.xs\[1\]"):
        stacked(good, bad)
    with pytest.raises(NeuralTypeError, match=r"items\.x\[1\]"):
        listed([good, bad])


def test_a_cast_value_is_checked_in_the_order_of_the_port() -> None:
    """The check sees what the consumer is given."""
    free = inputs(x="B T:t C")
    with casts("transpose"):
        lowered = lower(Graph(Columns()(x=free)).plan())

    assert lowered(torch.zeros(2, 7, 3)).shape == (2, 3, 7)
    with pytest.raises(NeuralTypeError, match="Axis 1 has the size 7"):
        lowered(torch.zeros(2, 3, 7))


def test_the_family_of_numbers_is_checked_where_a_producer_says_no_kind() -> None:
    """Whole numbers pass for lengths, others do not."""
    free = given()
    y, m, plain = Unsized(width=3)(x=free.x, n=free.n)
    lowered = lower(Graph(Sized()(x=Sized(name="first")(x=assume(y, "B T C:3"), n=m), n=plain)).plan())

    lowered(*values())
    with pytest.raises(NeuralTypeError, match="NM122"):
        lowered(values()[0], values()[1].double())


def test_an_input_left_open_is_measured_by_nobody() -> None:
    """Where an optional value is absent, what would be read from it is not known, and nothing is claimed."""
    free = inputs(x="B T:t C:3", y="B T:s C:3", n="B ; Lengths(s)")

    class Maybe(TorchModule):
        """Takes something more, where there is something."""

        input_ports = ports(x="B T:t C:3", y=optional("B T C:3"))
        output_ports = ports(z="B T:t C:3")

        def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
            """Return the first."""
            return x

    lowered = lower(Graph(Sized()(x=Maybe()(x=free.x, y=free.y), n=free.n)).plan())
    x, n = values()

    assert lowered(x=x, n=n).shape == x.shape
    assert lowered(x=x, y=x, n=n).shape == x.shape
    with pytest.raises(NeuralTypeError, match="NM123"):
        lowered(x=x, y=x[:, :3], n=n)


def test_no_value_is_read_and_nothing_is_computed_for_a_check() -> None:
    """A check runs on tensors without storage, and gives the framework nothing to do."""

    class Refuse(TorchDispatchMode):
        """Refuses every operation."""

        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            raise AssertionError(f"{function} was called")

    free = given()
    y, m, _ = Unsized()(x=free.x, n=free.n)
    check = only_check(Sized()(x=y, n=free.n), m)
    x, n = values(device="meta")
    longer = x.expand(2, 7, 3).new_empty(2, 9, 3)

    with Refuse():
        for _ in range(2):
            check.run({"x": x, "n": n}, {free.x: x})
        with pytest.raises(NeuralTypeError):
            check.run({"x": x, "n": n}, {free.x: longer})
    assert one_check()(*values(device="meta")).device.type == "meta"


def test_what_a_check_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand different shapes cost no more memory than a few thousand."""
    monkeypatch.setattr(nm_core.graphs.run_time_check, "check_shapes", lambda *args, **kwargs: ())
    free = inputs(x="B T:t C")
    check = only_check(Sized()(x=free))
    x = torch.empty((), device="meta")
    remembered = inspect.getclosurevars(check.function).nonlocals["passed"]
    largest = 0
    tracemalloc.start()
    for number in range(100_000):
        check.function(x.expand(number // 300 + 1, number % 300 + 1, 3))
        largest = max(largest, len(remembered))
        if number == MOST_COMBINATIONS:
            full = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()

    assert largest == MOST_COMBINATIONS
    assert full < 4e6


def test_a_check_keeps_no_tensor_and_no_module_alive() -> None:
    """What it holds are names and types; the values and the graph it was made for go away."""
    free = given()
    y, m, _ = Unsized()(x=free.x, n=free.n)
    consumer = Sized()
    function = only_check(consumer(x=y, n=free.n), m).function
    x, n = values(length=7)
    gone = [weakref.ref(one) for one in (x, n, consumer, y.call)]

    function(x, n, 7)
    del x, n, consumer, y, m, free, _
    gc.collect()

    assert [one() for one in gone] == [None] * len(gone)
    with pytest.raises(NeuralTypeError):
        function(*values(length=6), 7)


def test_a_copy_checks_too() -> None:
    """A deep copy of a lowered graph has the check, with weights of its own."""
    copied = copy.deepcopy(one_check(width=4))

    with pytest.raises(NeuralTypeError, match=r"unsized\.y"):
        copied(*values())


def _in_a_process(make: Callable[..., Lowered], results: Any) -> None:
    try:
        make(width=4)(*values())
    except NeuralTypeError as error:
        results.put(str(error))


def test_several_processes_check_each_for_itself() -> None:
    """A process that builds the same graph raises the same error, in the same words."""
    with pytest.raises(NeuralTypeError) as here:
        one_check(width=4)(*values())
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_in_a_process, args=(one_check, results)) for _ in range(2)]
    for process in processes:
        process.start()
    texts = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join(30)

    assert texts == [str(here.value)] * 2


@pytest.mark.slow
def test_compiler_and_exporter_take_a_graph_with_checks_whole() -> None:
    """Both see one graph, in which nothing of a check is left."""
    free = given()
    y, m, _ = Unsized(cut=0)(x=free.x, n=free.n)
    lowered = lower(Graph([Plain()(x=y, n=free.n), m]).plan())
    expected = lowered(*values())

    compiled = torch.compile(lowered, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(tuple(compiled(*values())), tuple(expected))
    for strict in (False, True):
        exported = torch.export.export(lowered, values(), strict=strict)
        torch.testing.assert_close(tuple(exported.module()(*values())), tuple(expected))
        assert "check" not in str(exported.graph)


def test_what_runs_in_python_is_checked_before_it_runs() -> None:
    """The engine looks at the open edges of decoders and writers as well."""
    from nm_core import NeuralModuleFactory

    free = inputs(x="B T:t C:3", n="B ; Lengths(t)")
    y, m, _ = Unsized(width=3, cut=2)(x=free.x, n=free.n)
    right, wrong = Words(name="right"), Words(name="wrong")
    graph = [Sized()(x=y, n=m), right(x=y, n=m)]
    x, n = values()
    factory = NeuralModuleFactory(placement="cpu")

    factory.infer(tensors=graph, inputs={"x": x, "n": n}).collect()
    with pytest.raises(NeuralTypeError, match=r"inputs\.n -> wrong\.n"):
        factory.infer(tensors=[free.x, wrong(x=y, n=free.n)], inputs={"x": x, "n": n}).collect()

    assert (right.runs, wrong.runs) == (1, 0)
