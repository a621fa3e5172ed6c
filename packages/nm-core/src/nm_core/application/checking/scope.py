"""The scope of a graph in a file: free inputs and outputs of calls, which references name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nm_core.application.checking.context import Context
from nm_core.application.form.entries import Reference
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, CompositeCall, NmTensor, Step


class GraphScope:
    """The names of one graph.

    Attributes:
        free: the call that all free inputs come from.
        inputs: the free inputs by name, those with problems too, of which nothing is known.
        labels: the labels of all calls.
        steps: the calls recorded so far, by label.
    """

    def __init__(
        self, context: Context, at: Path, free: Call, inputs: Mapping[str, NmTensor], labels: Collection[str]
    ) -> None:
        self.free = free
        self.inputs = inputs
        self.labels = labels
        self.steps: dict[str, Step] = {}
        self._context = context
        self._at = at

    @property
    def calls_are_known(self) -> bool:
        """Whether every call of the graph could be read."""
        at = (*self._at, "calls")
        return not self._context.is_broken(at) and not self._context.problems.broken.touches(at)

    def find(self, reference: Reference, at: Path | None) -> NmTensor:
        """Return the tensor that a reference names; a failed one where there is none.

        Args:
            at: where the reference stands, to complain there unless that has been done; None to be silent.
        """
        if reference.call is None:
            return self._find_input(reference.port, at)
        step = self.steps.get(reference.call)
        if step is None:
            if reference.call not in self.labels and self.calls_are_known:
                self._complain(self._no_call(reference.call), at)
            return self.free.tensor(str(reference))
        if isinstance(step, Call):
            ports: Collection[str] = step.types
            tensor = step.tensor(reference.port)
        else:
            ports = outputs = step.outputs
            tensor = outputs[reference.port] if reference.port in outputs else self._inside(step).tensor(reference.port)
        if step.is_failed:
            return tensor
        if reference.port in tensor.call.unavailable:
            self._complain(f"{reference} {recording.no_value(tensor)}", at)
        elif reference.port not in ports:
            meant = suggest(reference.port, ports)
            message = f'{reference.call} has no output port "{reference.port}".{meant}'
            self._complain(f"{message}\n  Its output ports: {listed(ports)}.", at)
        return tensor

    def _find_input(self, name: str, at: Path | None) -> NmTensor:
        if name in self.inputs:
            return self.inputs[name]
        if not self._context.is_broken((*self._at, "inputs")):
            if name in self.labels:
                self._complain(self._no_output(name), at)
            elif self.calls_are_known:
                meant = suggest(name, [*self.inputs, *self.labels])
                hint = f"Its inputs: {listed(self.inputs)}. The output of a call is written call.port."
                self._complain(f'This graph has no input "{name}".{meant}\n  {hint}', at)
        return self.free.tensor(name)

    def _inside(self, step: CompositeCall) -> Call:
        """Return a failed call inside a nested graph, for an output that the graph does not have."""
        return Call.failed(self.free.module, {}, scope=step)

    def _complain(self, message: str, at: Path | None) -> None:
        if at is not None:
            self._context.complain(message, at)

    def _no_output(self, name: str) -> str:
        step = self.steps.get(name)
        ports = [] if step is None else list(step.outputs)
        return f'"{name}" is a call.\n  Name one of its outputs{f": {name}.{ports[0]}" if ports else ""}.'

    def _no_call(self, name: str) -> str:
        if name in self._context.entry.modules:
            hint = f"  {name} is a module: call it in this graph, - {{call: {name}}}."
        else:
            hint = f"  The calls: {listed(self.labels)}."
        return f'This graph has no call "{name}".{suggest(name, self.labels)}\n{hint}'
