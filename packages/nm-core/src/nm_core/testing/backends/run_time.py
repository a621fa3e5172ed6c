"""Checks of sizes that types leave open: they are judged when the graph runs, before the consumer does."""

from __future__ import annotations

from typing import Any

from nm_core.modules.free_inputs import inputs
from nm_core.modules.module import NeuralModule
from nm_core.symbols.ports import ports, variadic
from nm_core.symbols.tensor import NmTensor
from nm_core.testing.backends.backend_hooks import ROWS, VECTOR, SuiteTools
from nm_core.testing.expectations import hold
from nm_types import NeuralTypeError

JUDGE = (
    "Check each call in nm_core.graphs.open_checks.checks(plan) with "
    "nm_core.graphs.run_time_check.build_run_time_check, before you call its module."
)


class RunTimeChecks(SuiteTools):
    """Sizes that types leave open are judged before the consumer runs."""

    def run_and_catch(self, outputs: dict[str, NmTensor], **values: Any) -> str:
        """Run a graph on values and return the message of the type error it ends with, or nothing."""
        tensors = {name: self.tensor(value) for name, value in values.items()}
        try:
            self.infer(self.session(), outputs, inputs=tensors)
        except NeuralTypeError as error:
            return str(error)
        return ""

    def consumer(self, ran: list[str], inputs: Any, base: Any = None) -> NeuralModule:
        """Return a module that notes that it ran."""

        def forward(**values: Any) -> Any:
            ran.append("consumer")
            value = next(iter(values.values()))
            return value[0] if isinstance(value, list) else value

        return self.module("consumer", forward, inputs, ports(out="B Channel"), base=base)

    def test_a_size_that_differs_stops_the_run_before_the_consumer(self) -> None:
        """Where a producer leaves a size open and the value has another, the consumer never sees it."""
        self._check_sizes(lambda ran, size: self.consumer(ran, ports(x=f"B Channel:{size}")), "x")

    def test_items_of_lists_are_judged_too(self) -> None:
        """A variadic port is judged item by item."""
        self._check_sizes(lambda ran, size: self.consumer(ran, ports(xs=variadic(f"B Channel:{size}"))), "xs")

    def test_host_modules_are_judged_too(self) -> None:
        """Modules that run in Python are held to their types as the framework is."""
        self._check_sizes(lambda ran, size: self.consumer(ran, ports(x=f"B Channel:{size}"), NeuralModule), "x")

    def test_lengths_are_measured_on_the_axis_that_declares_them(self) -> None:
        """Lengths of one axis for a value of another are refused where their sizes differ, by shapes alone."""
        sequence = "B T:{} Channel:2"
        free = inputs(x=sequence.format("t"), z=sequence.format("s"), n="B ; Lengths(t)")
        x, z = ([[[1.0, 2.0]] * length] for length in (3, 2))
        for value, fits in ((x, True), (z, False)):
            ran: list[str] = []
            consumer = self.consumer(ran, ports(y=sequence.format("t"), n="B ; Lengths(t)"))
            # x itself goes through the framework, so that its axis can be read there
            used = self.module("used", lambda x: x * 1, ports(x=sequence.format("t")), ports(y=sequence.format("t")))
            outputs = {"used": used(x=free.x), "out": consumer(y=free.z, n=free.n)}
            wrong = self.run_and_catch(outputs, x=x, z=value, n=[2])
            hold(
                bool(ran) == fits and bool(wrong) != fits,
                f"Lengths of 3 positions, a value of {len(value[0])}: "
                f"{wrong or 'no error'}, consumer ran: {bool(ran)}.",
                JUDGE,
            )

    def _check_sizes(self, consumer: Any, port: str) -> None:
        for size in (2, 3):
            ran: list[str] = []
            free = inputs(x=VECTOR)
            # its producer does not say how many channels the value has
            value = self.module("unsized", lambda x: x * 1, ports(x=VECTOR), ports(y="B Channel"))(x=free)
            module = consumer(ran, size)
            out = module(**{port: [value] if port == "xs" else value})
            wrong = self.run_and_catch({"out": out}, x=ROWS["x"])
            if size == 2:
                hold(ran and not wrong, f"A value that fits is refused: {wrong}", JUDGE)
            else:
                hold(not ran, "A module ran on a value that its types refuse.", JUDGE)
                hold("unsized.y" in wrong, f"The error does not name the producer unsized.y: {wrong}", JUDGE)
