"""The soundness claim of the page Types: random graphs are judged as running them with real numbers judges them."""

from collections import Counter
from random import Random

import pytest
from nm_types_graphs import Call, Runs, Value, first_worlds, joined, made_by, module, run, sources

from nm_types import CallTyping, Equation, NeuralType, NeuralTypeError, check_equations, check_shapes, type_call


class Graph:
    """A random graph, call by call, with the worlds in which all of its calls fit so far.

    What is seen on the way is counted; what is wrong is an assertion that shows the graph.
    """

    def __init__(self, seed: int, seen: Counter[str], worlds: int) -> None:
        self.pick = Random(seed)
        self.seen = seen
        self.most = worlds
        self.casts = "transpose" if self.pick.random() < 0.3 else "error"
        self.log = [f"seed {seed}, casts {self.casts}"]
        self.values: list[Value] = []
        self.equations: list[Equation] = []
        self.runs: Runs | None = None
        for _ in range(self.pick.randrange(1, 3)):
            call = sources(self.pick)
            own = first_worlds(call, self.pick, worlds)
            self.runs = own if self.runs is None else joined(self.runs, own, self.pick, worlds)
            self.values += made_by(call, self.typed(call).outputs)

    def typed(self, call: Call) -> CallTyping:
        """What the type system says of a call."""
        wires = "; ".join(f"{w.port}: {w.declared} <- {w.value.producer}: {w.value.type}" for w in call.wires)
        self.log.append(f"{call.owner}: {wires} -> {', '.join(f'{n}: {d}' for n, d in call.outputs.items())}")
        edges = [wire.edge(call.owner) for wire in call.wires]
        outputs = {name: NeuralType(str(declared)) for name, declared in call.outputs.items()}
        return type_call(edges, outputs, owner=call.owner, casts=self.casts)

    def grow(self, number: int) -> None:
        """Add a call, judge it, and hold the judgement against every world."""
        assert self.runs is not None
        call = module(self.pick, f"m{number}", self.values, self.casts == "transpose")
        on_axes, in_full, after = run(call, self.runs, self.pick, self.most)
        try:
            typing = self.typed(call)
        except NeuralTypeError as error:
            codes = {problem.code for problem in error.problems}
            self.seen.update(codes)
            if codes <= {"NM105", "NM113"}:
                assert not any(in_full), self.shown("sizes differ, but it fits", in_full)
            if codes == {"NM114"}:
                assert not after.worlds, self.shown("an output is empty, but it is not", in_full)
            return
        assert all(typing.casts.get(w.port, tuple(sorted(w.order))) == w.order for w in call.wires), self.shown("order")
        self.seen.update({"cast": bool(typing.casts), "deferred": bool(typing.deferred)})
        rows = [wire.port for wire in call.wires if len(wire.rows()) == 2]
        self.seen["two rows, deferred"] += not typing.casts and not set(rows).isdisjoint(typing.deferred)
        self.seen["elements with rows, deferred"] += not {f"xs[{i}]" for i in range(3)}.isdisjoint(
            set(rows) & set(typing.deferred)
        )
        self.seen.update({"decided": not typing.deferred and not typing.unchecked, "blind": bool(typing.unchecked)})
        if not typing.deferred:
            assert all(on_axes), self.shown("no check, but shapes do not fit", on_axes, False)
        for (_, shapes), fits, fully in zip(self.runs.worlds, on_axes, in_full, strict=True):
            passes = self.passes(call, typing, shapes)
            assert passes is fits, self.shown(f"the check of {typing.deferred} says {passes}, with {shapes}")
            assert fully or not fits or typing.unchecked, self.shown(f"all checked, but it does not fit: {shapes}")
        self.hold(call, typing, after)
        self.values += made_by(call, typing.outputs)
        self.runs = after
        self.seen["depth"] += number > 1

    def passes(self, call: Call, typing: CallTyping, shapes: dict[str, tuple[tuple[int, ...], int | None]]) -> bool:
        """Whether the deferred check of a call lets some shapes pass."""
        wires = [wire for wire in call.wires if wire.port in typing.deferred]
        ports = {wire.port: NeuralType(str(wire.declared)) for wire in wires}
        real = {wire.port: tuple(shapes[wire.value.producer][0][i] for i in wire.order) for wire in wires}
        values = {
            wire.port: NeuralType(" ".join(wire.value.tags[i] for i in wire.order) or "; Logits") for wire in wires
        }
        return check_shapes(ports, real, values=values) == ()

    def hold(self, call: Call, typing: CallTyping, after: Runs) -> None:
        """In every world that is left, open equations are true and types of outputs tell the real sizes."""
        for world, shapes in after.worlds:
            for one in typing.equations:
                assert one.expected.evaluate(world) == one.given.evaluate(world), self.shown(f"{one} in {world}")
            for port, type in typing.outputs.items():
                shape, number = shapes[f"{call.owner}.{port}"]
                told = tuple(one.size.evaluate(world) for one in type.axes)
                assert told == shape, self.shown(f"{port}: {type} is {told}, really {shape} in {world}")
                assert number is None or type.kind.sizes[0].evaluate(world) == number, self.shown(f"{type} in {world}")
        self.equations += typing.equations
        codes = {problem.code for problem in check_equations(self.equations)}
        if "NM115" in codes:
            self.seen["contradiction"] += 1
            assert not after.worlds, self.shown(f"no solution, but {after.worlds[:1]}")

    def shown(self, what: str, found: list[bool] | None = None, wanted: bool = True) -> str:
        """The graph, and a world that is not as the judgement says."""
        world = self.runs.worlds[found.index(wanted)] if found and self.runs else ""
        return "\n".join([what, *self.log, *map(str, self.equations), str(world)])


def hunt(seeds: range, worlds: int) -> Counter[str]:
    """Judge random graphs, and count what was seen."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        graph = Graph(seed, seen, worlds)
        for number in range(graph.pick.randrange(1, 6)):
            if graph.runs is not None and graph.runs.worlds:
                graph.grow(number)
    return seen


def test_random_graphs_are_judged_as_running_them_judges() -> None:
    """Accepted without a check: it fits in every world. Sizes differ: in none. Checks are exact. Outputs are true."""
    seen = hunt(range(120), 16)

    assert min(seen[what] for what in ("decided", "deferred", "NM105", "depth")) >= 30, seen
    assert min(seen[what] for what in ("blind", "cast", "NM113", "NM108")) >= 5, seen
    assert min(seen[what] for what in ("two rows, deferred", "elements with rows, deferred")) >= 5, seen


@pytest.mark.proof
@pytest.mark.parametrize("start", range(0, 40_000, 4_000))
def test_many_random_graphs_are_judged_as_running_them_judges(start: int) -> None:
    """The same for tens of thousands of graphs with more worlds."""
    assert hunt(range(start, start + 4_000), 40)["decided"] > 1000
