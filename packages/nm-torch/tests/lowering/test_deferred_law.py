"""Law 13 on lowered graphs: a check fails exactly when trying all sizes says that an open edge does not fit.

Graphs of generated modules run on random shapes; some modules keep their promises, some lie about sizes, the number of
axes or the family of their numbers. The reference tries every value of the names of a call, and knows nothing of
equations. Where every module keeps its promises, what was accepted without a check fits (law 7).

Legend: T positions, C channels, B lengths.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nm_core import Graph, NmTensor, inputs, optional, ports
from nm_core.graphs.open_checks import checks
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call
from nm_torch import TorchModule
from nm_torch.lowering import lower
from nm_types import NeuralType, NeuralTypeError, Size
from nm_types.sizes import Name, Variable

LARGEST = 40
Fact = tuple[Size, int]


class Generated(TorchModule):
    """A module whose ports are parameters: it gives what they promise, plus its lies."""

    input_ports = ports(x="T:t C", z=optional("T C"), n=optional("B ; Lengths"))
    output_ports = ports(y="T C", m="B ; Lengths")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the ports that are asked for."""
        takes = ports(x=params["x"], z=optional(params["z"]), n=optional(params["n"]))
        return takes, ports(y=f"T:{params['length']} C:{params['width']}", m=params["m"])

    def __init__(
        self,
        *,
        x: str,
        z: str,
        n: str,
        length: str,
        width: str,
        m: str,
        fresh: int,
        longer: int = 0,
        wider: int = 0,
        flat: bool = False,
        real: bool = False,
    ) -> None:
        super().__init__()
        self.asked = x.split()[0].partition(":")[2]
        self.only_z_says_c = z.endswith("C:c") and not x.endswith("C:c")
        self.length, self.width, self.fresh = length, width, fresh
        self.lies = (longer, wider, flat, real)

    def forward(self, x: Tensor, z: Tensor | None = None, n: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return values of the promised shapes, where it tells the truth."""
        longer, wider, flat, real = self.lies
        time, width = len(x), x.shape[1] if x.dim() > 1 else 1
        if z is not None and self.only_z_says_c:
            width = z.shape[1] if z.dim() > 1 else 1
        t = {"t": time, "2*t": time // 2, "t+1": time - 1}[self.asked]
        known = {"t": t, "t//2": t // 2, "t+1": t + 1, "s": self.fresh, "?": self.fresh, "c": width, "3": 3, "4": 4}
        shape = [max(1, known[self.length] + longer), max(1, known[self.width] + wider)]
        return x.new_zeros(shape[:1] if flat else shape), torch.zeros(2, dtype=torch.float32 if real else torch.int64)


def generated(random: Random, name: str, honest: bool) -> Generated:
    """A module with ports and behaviour by chance."""
    lies: dict[str, Any] = {}
    if not honest and random.random() < 0.6:
        kind = random.choice(["longer", "longer", "wider", "flat", "real"])
        lies = {kind: True if kind in ("flat", "real") else random.choice([-2, -1, 1, 2])}
    return Generated(
        name=name,  # type: ignore[call-arg]
        x=f"T:{random.choice(['t', 't', 't', 't', '2*t', 't+1'])} C:{random.choice(['3', 'c', '?', 'c'])}",
        z=f"T:{random.choice(['t', 't//2', 'u', '2*u', 't+1'])} C:{random.choice(['3', 'c', '?'])}",
        n=f"B ; Lengths({random.choice(['t', 't', 't', 't//2', 'u', 't+1', '2*u'])})",
        length=random.choice(["t", "t//2", "t+1", "s", "s", "?"]),
        width=random.choice(["3", "c", "?", "4"]),
        m=f"B ; Lengths({random.choice(['t', 't//2', 's', 't+1'])})",
        fresh=random.randint(3, 12),
        **lies,
    )


def build(random: Random, honest: bool) -> tuple[Graph, dict[str, Tensor]] | None:
    """A graph with values for its inputs, which are what their types say; None where the types allow no call."""
    length, other, width = random.randint(8, 13), random.randint(8, 13), random.choice([3, 3, 4])
    free = inputs(x=f"T:t C:{random.choice([width, '?'])}", w="T:v C:3", n="B ; Lengths(t)", o="B ; Lengths(v)")
    values = {"x": torch.zeros(length, width), "w": torch.zeros(other, 3)}
    values |= {"n": torch.zeros(2, dtype=torch.int64), "o": torch.zeros(2, dtype=torch.int64)}
    features, lengths, made = [free.x, free.w], [free.n, free.o], []
    for number in range(random.randint(1, 4)):
        arguments = {"x": random.choice(features[-3:])}
        if random.random() < 0.5:
            arguments["z"] = random.choice(features)
        if random.random() < 0.6:
            arguments["n"] = random.choice(lengths[-3:])
        try:
            y, m = generated(random, f"m{number}", honest)(**arguments)
        except NeuralTypeError:
            continue
        features.append(y)
        lengths.append(m)
        made += [y, m]
    try:
        return (Graph(made), values) if made else None
    except NeuralTypeError:
        return None


def value_of(size: Size, known: Mapping[Name, int]) -> int:
    """A size with numbers for its names."""
    return size.substitute({name: Size(number) for name, number in known.items()}).constant


def fits(facts: list[Fact]) -> bool:
    """Whether some values of the names, from 1 on, give these numbers: all of them are tried."""
    names = sorted({name for size, _ in facts for name in size.symbols()}, key=str)
    alone = {size.symbol: number for size, number in facts if isinstance(size.symbol, Variable)}
    ranges = [[alone[name]] if name in alone else range(1, LARGEST) for name in names]
    tried = (dict(zip(names, numbers, strict=True)) for numbers in product(*ranges))
    return any(all(value_of(size, known) == number for size, number in facts) for known in tried)


class Reference:
    """What really happens in a graph: the shapes, and for each size the axis that declares it."""

    def __init__(self, graph: Graph, values: Mapping[str, Tensor]) -> None:
        plan = graph.plan()
        self.values = {tensor: values[name] for name, tensor in graph.inputs.items()}
        self.order: list[NmTensor] = list(plan.framework_inputs)
        self.checks = checks(plan)

    def size(self, size: Size) -> int | None:
        """The number that a size of calls is, by the first axes that are exactly what it speaks of."""
        known = {name: self._length(Size(name)) for name in size.symbols()}
        found = {name: number for name, number in known.items() if number is not None}
        return value_of(size, found) if len(found) == len(known) else self._length(size)

    def _length(self, size: Size) -> int | None:
        for tensor in self.order:
            for place, axis in enumerate(tensor.type.axes):
                if axis.size == size:  # type: ignore[union-attr]
                    shape = self.values[tensor].shape
                    return shape[place] if place < len(shape) else None
        return None

    def judge(self, call: Call, chosen: set[str], without_kind: set[str]) -> bool:
        """Whether real values fit some ports of a call, together."""
        facts: list[Fact] = []
        for edge in recording.edges(call.name, call.module, call.inputs):
            value = self.values[call.inputs[edge.port]]  # type: ignore[index]
            if edge.port in chosen:
                expected: NeuralType = edge.expected
                if len(value.shape) != len(expected.axes):
                    return False
                if expected.kind is not None and expected.kind.dtype == "int" and value.is_floating_point():
                    return False
                facts += self._facts(expected, value)
                if expected.kind is not None and edge.port not in without_kind:
                    number = self.size(edge.given.kind.size(0))  # type: ignore[arg-type, union-attr]
                    if number is not None:
                        facts.append((expected.kind.size(0), number))  # type: ignore[arg-type]
        return fits(facts)

    def _facts(self, expected: NeuralType, value: Tensor) -> Iterator[Fact]:
        for axis, number in zip(expected.axes, value.shape, strict=True):
            if isinstance(axis.size, Size):  # type: ignore[union-attr]
                yield axis.size, number  # type: ignore[union-attr]

    def run(self, call: Call) -> None:
        """Let a module make its values."""
        given = {port: self.values[tensor] for port, tensor in call.inputs.items()}  # type: ignore[index]
        self.values |= dict(zip(call.tensors(), call.module(**given), strict=True))
        self.order += call.tensors()


def hold(random: Random, honest: bool) -> str:
    """Hold the law for one graph by chance; tell what came out."""
    built = build(random, honest)
    if built is None:
        return "no graph"
    graph, values = built
    reference = Reference(graph, values)
    failing: Call | None = None
    for call in graph.calls:
        check = reference.checks.get(call)
        opened = set(check.ports) if check else set()
        unseen = set(check.unchecked) if check else set()
        connected = set(call.inputs)
        if honest:
            assert reference.judge(call, connected - opened, unseen), "what was accepted without a check does not fit"
        if not reference.judge(call, opened, unseen):
            failing = call
            break
        if honest:
            assert reference.judge(call, connected, unseen), "what passed its checks does not fit"
        reference.run(call)
    lowered = lower(graph.plan())
    arguments = {name: values[name] for name in lowered.input_names}
    if failing is None:
        lowered(**arguments)
        lowered(**arguments)
        return "checked" if reference.checks else "decided"
    with pytest.raises(NeuralTypeError) as caught:
        lowered(**arguments)
    assert caught.value.problems[0].consumer == failing.name
    return caught.value.problems[0].code


@given(st.randoms(use_true_random=False))
def test_a_check_fails_exactly_when_an_open_edge_does_not_fit(random: Random) -> None:
    """Whatever modules claim and do, the graph stops at the first call whose open ports no sizes fit."""
    hold(random, honest=False)


@given(st.randoms(use_true_random=False))
def test_what_is_accepted_without_a_check_fits(random: Random) -> None:
    """With modules that keep their promises, decided ports always fit, and all ports do once the checks have passed."""
    hold(random, honest=True)


def test_the_graphs_show_every_outcome() -> None:
    """The laws above are held on graphs that are decided, that pass their checks, and that fail in each way."""
    liars = Counter(hold(Random(seed), honest=False) for seed in range(300))
    honest = Counter(hold(Random(seed), honest=True) for seed in range(150))

    assert min(liars[outcome] for outcome in ("decided", "checked", "NM121", "NM123")) >= 5
    assert min(honest[outcome] for outcome in ("decided", "checked", "NM121", "NM123")) >= 5
    assert liars["NM120"] > 0
    assert "NM120" not in honest
    assert "NM122" not in honest
