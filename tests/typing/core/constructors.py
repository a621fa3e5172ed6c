"""How modules, metrics, composites and graphs are made, for type checkers alone: right uses, and wrong ones.

A comment that ignores an error is an expectation: mypy and pyright report one that nothing needs.
"""

from typing import Any, NamedTuple, Unpack, assert_type

from nm_core import (
    CompositeModule,
    Graph,
    Metric,
    ModuleOptions,
    NeuralModule,
    NeuralModuleFactory,
    NmTensor,
    Plan,
    PortSpec,
    assume,
    inputs,
    ports,
    transpose,
)


class SplitOutputs(NamedTuple):
    """Both parts."""

    head: Any
    tail: Any


class Split(NeuralModule[SplitOutputs]):
    """Several outputs, with names that checkers know."""

    input_ports = ports(x="B T:t")
    output_ports = ports(head="B T", tail="B T")

    def __init__(self, *, at: int, strict: bool = False, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.at = at

    def forward(self, x: list[float]) -> SplitOutputs:
        """Split."""
        return SplitOutputs(x[: self.at], x[self.at :])


class Undeclared(NeuralModule):
    """Several outputs without a named tuple, and no constructor."""

    input_ports = ports(x="B T:t")
    output_ports = ports(first="B T", second="B T")


class Older(NeuralModule):
    """A constructor that takes its own parameters alone."""

    def __init__(self, *, size: int) -> None:
        super().__init__()


class Finer(Split):
    """A constructor whose `**kwargs` pass to the base."""

    def __init__(self, *, extra: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class Both(CompositeModule[SplitOutputs]):
    """A composite."""

    input_ports = ports(x="B T:t")
    output_ports = ports(head="B T", tail="B T")

    def __init__(self, *, at: int = 1, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.split = Split(at=at)

    def build(self, x: Any) -> SplitOutputs:
        """Split."""
        return self.split(x)


class ScoreOptions(ModuleOptions, total=False):
    """What the metric may be bound to."""

    hypotheses: NmTensor


class Score(Metric):
    """A metric whose options name its ports."""

    input_ports = ports(hypotheses="list[object Text]")

    def __init__(self, *, lowercase: bool = False, **options: Unpack[ScoreOptions]) -> None:
        super().__init__(**options)


class Count(Metric):
    """A metric without a constructor takes any tensor."""

    input_ports = ports(hypotheses="list[object Text]")


def make(x: NmTensor, values: list[float], factory: NeuralModuleFactory) -> None:
    """Make everything, and look at what comes out."""
    split = Split(at=2, strict=True, name="split")
    assert_type(split, Split)
    assert_type(split(x=x), SplitOutputs)
    assert_type(split(x=values), SplitOutputs)
    head, tail = split(x)
    assert_type(split.name, str)
    assert_type(split.inputs, PortSpec)
    assert_type(Undeclared(name="anything")(x), Any)
    assert_type(Finer(at=1, name="finer"), Finer)
    assert_type(Both(at=3, name="both"), Both)
    assert_type(Both()(x=x), SplitOutputs)
    assert_type(Score(lowercase=True, hypotheses=x, name="score"), Score)
    assert_type(Score().bind(hypotheses=x), Score)
    assert_type(Score(name="score").fresh(), Score)
    assert_type(Count(hypotheses=x, name="count"), Count)
    graph = Graph(outputs={"head": head, "tail": tail}, name="halves")
    assert_type(graph, Graph)
    assert_type(graph.plan(), Plan)
    assert_type(graph.module, NeuralModule)
    assert_type(factory.create("common.Linear", name="linear"), NeuralModule)
    assert_type(inputs(x="B T"), Any)
    assert_type(transpose(x, "T B"), NmTensor)
    assert_type(assume(x, "B Token"), NmTensor)
    module: NeuralModule = split
    several: list[NeuralModule] = [split, Older(size=1), Both()]
    several.append(module)


def misuse(x: NmTensor) -> None:
    """Wrong uses, each on a line of its own."""
    Split(att=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Split()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Split(at="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Split(at=2, name=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Split(2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Undeclared(nam="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Older(size=1, name="older")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Both(att=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Score(hypothesis=x)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Score(hypotheses=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Graph(x, nam="halves")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Graph()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    transpose(x)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    outputs = Split(at=2)(x=x)
    print(outputs.tali)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _head, _tail, _rest = outputs  # type: ignore[misc]  # pyright: ignore[reportAssignmentType]
    x + x  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    x * 2  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    x[0]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    print(x.shape)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
