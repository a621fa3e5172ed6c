"""Checks of the values that a backend computes: the framework segment of a plan, and the host suffix after it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping
from typing import Any

from nm_core.errors import GraphError
from nm_core.graphs.graph import Graph
from nm_core.modules.free_inputs import inputs
from nm_core.modules.module import NeuralModule
from nm_core.modules.views import assume, transpose
from nm_core.symbols.ports import optional, ports, variadic
from nm_core.symbols.recording import casts
from nm_core.symbols.tensor import NmTensor
from nm_core.testing.backends.backend_hooks import ROWS, VECTOR, SuiteTools
from nm_core.testing.expectations import equal, expect_error, hold

SEQUENCE = "B T:t Channel:2"
TURNED = "B Channel:2 T:t"
X = [[[1.0, 2.0], [3.0, 4.0]]]
X_TURNED = [[[1.0, 3.0], [2.0, 4.0]]]
"""Of equal lengths, so that an order of axes that is wrong shows in the values and breaks nothing else."""


class LoweringChecks(SuiteTools):
    """A plan computes what its modules compute."""

    def compute(self, outputs: Mapping[str, NmTensor], **values: Any) -> dict[str, Any]:
        """Return the outputs of a graph's lowered module on plain values of its free inputs."""
        graph = Graph(outputs)
        plan = graph.plan()
        lowered = self.session().lower(plan)
        results = lowered(*(self.tensor(values[plan.argument_name(tensor)]) for tensor in plan.framework_inputs))
        tensors = plan.framework_outputs
        by_tensor = dict(zip(tensors, (results,) if len(tensors) == 1 else results, strict=True))
        return {name: self.plain(by_tensor[tensor]) for name, tensor in graph.outputs.items()}

    def double(self) -> NeuralModule:
        """Return a module that doubles."""
        return self.module("doubling", lambda x: x * 2, ports(x=VECTOR), ports(y=VECTOR))

    def test_a_lowered_plan_computes_what_its_modules_compute(self) -> None:
        """One pass equals the calls of its modules one by one: shared modules, lists, constants, open ports."""
        free = inputs(x=VECTOR, more=VECTOR)
        net = self.linear(2, 2, name="net")
        scale = self.module(
            "scale",
            lambda x, factor, bias=None: x * factor if bias is None else x * factor + bias,
            ports(x=VECTOR, factor={}, bias=optional(VECTOR)),
            ports(y=VECTOR),
        )
        add = self.module("add", lambda xs: sum(xs[1:], xs[0]), ports(xs=variadic(VECTOR)), ports(y=VECTOR))
        twice = net(x=net(x=free.x))
        out = add(xs=[twice, scale(x=free.more, factor=0.5), scale(x=twice, factor=3, bias=free.more)])
        rows = ROWS["x"]

        results = self.compute({"out": out, "twice": twice}, x=rows, more=rows[::-1])

        expected = Graph({"out": out, "twice": twice})(x=self.tensor(rows), more=self.tensor(rows[::-1]))
        for name, value in expected._asdict().items():
            do = "Run the calls of plan.framework in order, each on what call.inputs names."
            equal(results[name], self.plain(value), f"the output {name} of a lowered plan", do)

    def test_arguments_go_by_place_and_by_name(self) -> None:
        """The lowered module takes plan.framework_inputs in order, or by plan.argument_name."""
        free = inputs(b=VECTOR, a=VECTOR)
        minus = self.module("minus", lambda x, y: x - y, ports(x=VECTOR, y=VECTOR), ports(z=VECTOR))
        plan = Graph(minus(x=free.a, y=free.b)).plan()
        lowered = self.session().lower(plan)
        values = {"a": self.tensor([[5.0, 7.0]]), "b": self.tensor([[1.0, 2.0]])}

        for result in (lowered(**values), lowered(*[values[plan.argument_name(t)] for t in plan.framework_inputs])):
            equal(self.plain(result), [[4.0, 5.0]], "a - b", "Take arguments in the order of plan.framework_inputs.")

    def test_open_ports_constants_and_lists_arrive_as_declared(self) -> None:
        """An open port is None, a constant is itself, a variadic port is a list."""
        arguments: list[dict[str, Any]] = []

        def forward(xs: Any, **rest: Any) -> Any:
            arguments.append({"list": isinstance(xs, list | tuple), **rest})
            return xs[0]

        declared = ports(xs=variadic(VECTOR), factor={}, text={}, bias=optional(VECTOR))
        probe = self.module("probe", forward, declared, ports(y=VECTOR))
        self.compute({"y": probe(xs=inputs(x=VECTOR), factor=0.5, text="sum")}, x=ROWS["x"])

        expected = [{"list": True, "factor": 0.5, "text": "sum", "bias": None}]
        do = "Give None for open ports, constants by value, lists as lists."
        equal(arguments, expected, "what forward was given", do)

    def test_casts_are_applied(self) -> None:
        """A cast of a call reorders the axes of its value, in a list those of the item it names."""
        free = inputs(x=SEQUENCE, turned=TURNED)
        take = self.module("take", lambda x: x * 1, ports(x=TURNED), ports(y=TURNED))
        add = self.module("add", lambda xs: xs[0] + xs[1], ports(xs=variadic(TURNED)), ports(y=TURNED))
        with casts("transpose"):
            outputs = {"taken": take(x=free.x), "added": add(xs=[free.turned, free.x])}

        results = self.compute(outputs, x=X, turned=X_TURNED)

        do = "Apply call.typing.casts[port] to the value of the port (nm_core.graphs.calls.permute); items: xs[0] ..."
        equal(results["taken"], X_TURNED, "a value whose edge has a transpose cast", do)
        equal(results["added"], [[[2.0, 6.0], [4.0, 8.0]]], "a list whose second item has a cast", do)

    def test_views_pass_their_value_on(self) -> None:
        """A transposition moves axes, an assumption moves nothing, and neither needs a forward of the framework."""
        free = inputs(x="B T:t Embedding")
        turned = assume(transpose(free, "B Embedding T"), "B WordEmbedding T")
        out = self.module("out", lambda x: x + 0, ports(x="B WordEmbedding T:t"), ports(y="B WordEmbedding T:t"))
        do = "Give the value of a nm_core.modules.views.View as it is, after the casts of its call."
        equal(self.compute({"y": out(x=turned)}, inputs=X, x=X)["y"], X_TURNED, "a value after a transposition", do)

    def test_each_call_runs_once_and_in_order(self) -> None:
        """Every call of the plan runs exactly once per micro-batch, branches that nobody asked for never."""
        ran: list[str] = []

        def recorder(name: str) -> NeuralModule:
            def forward(x: Any) -> Any:
                ran.append(name)
                return x * 2

            return self.module(name, forward, ports(x=VECTOR), ports(y=VECTOR))

        task = self.task()
        first, branch, chain, dead = (recorder(name) for name in ("first", "left", "right", "dead"))
        start = first(x=task.x)
        dead(x=start)
        outputs = {"left": branch(x=start), "right": chain(x=chain(x=start))}
        order = [call.name for call in Graph(outputs).plan().framework]

        self.infer(task.session, outputs)

        do = "Run each call of plan.framework once per micro-batch, in that order, whatever uses its outputs."
        equal(ran, order * 4, "the modules that ran in four micro-batches", do)

    def test_values_are_dropped_after_their_last_use(self) -> None:
        """Values are freed after their last use while the segment still runs (plan.last_use), where no gradient is."""
        alive: list[bool] = []
        references: list[Any] = []

        def first(x: Any) -> Any:
            y = x * 2
            references.append(weakref.ref(y))
            return y

        def third(x: Any) -> Any:
            # a value that only a reference cycle holds is no fault of the backend
            gc.collect()
            alive.append(references[-1]() is not None)
            return x * 2

        free = inputs(x=VECTOR)
        start = self.module("one", first, ports(x=VECTOR), ports(y=VECTOR))(x=free)
        middle = self.double()(x=start)
        out = self.module("three", third, ports(x=VECTOR), ports(y=VECTOR))(x=middle)
        self.infer(self.session(), {"y": out}, inputs={"x": self.tensor(ROWS["x"])})
        do = "Drop the tensors of plan.last_use[call] after each call, and record no gradients outside of training."
        hold(alive == [False], "A value of the framework segment outlives its last use in an inference.", do)

    def test_nothing_to_lower_is_an_error(self) -> None:
        """A graph of a data layer alone has no framework segment, and the error says so."""
        session = self.session()
        do = "Raise nm_core.GraphError when plan.framework is empty."
        with expect_error("Lowering a graph without a framework segment", do, GraphError):
            session.lower(Graph(self.task(session).x).plan())

    def test_the_host_suffix_runs_after_the_framework(self) -> None:
        """Host modules get what the framework and the data layer made, casts and constants included."""
        task = self.task()

        def spell(y: Any, index: Any, **rest: Any) -> list[str]:
            hold(rest == {"extra": None}, f"An open port of a host module arrived as {rest}.", "Give None for it.")
            first, second = self.plain(y)
            signs = ["up" if a > b else "down" for a, b in zip(first, second, strict=True)]
            return [f"{number} {sign}" for number, sign in zip(self.plain(index), signs, strict=True)]

        declared = ports(y="Channel:2 B", index="B ; Index", extra=optional(VECTOR))
        words = ports(text="list[object Text]")
        host = self.module("spell", spell, declared, words, base=NeuralModule)
        mark = self.module(
            "mark",
            lambda text, mark: [word + mark for word in text],
            ports(text=words["text"].type, mark={}),
            words,
            base=NeuralModule,
        )
        with casts("transpose"):
            text = mark(text=host(y=self.double()(x=task.x), index=task.index), mark="!")

        records = self.infer(task.session, {"text": text, "index": task.index})

        expected = [f"{i} {'up' if a > b else 'down'}!" for i, (a, b) in enumerate(ROWS["x"])]
        do = "Run plan.host after the framework segment, on values bound as in the framework, one record per sample."
        equal([record["text"] for record in records], expected, "the records of a host module", do)
