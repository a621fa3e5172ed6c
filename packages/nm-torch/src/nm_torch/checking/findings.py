"""Findings of one run: outputs whose number, form, shape, family of numbers or values break their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from nm_core import NeuralModule, Port
from nm_core.probing.port_uses import Use
from nm_core.probing.size_choice import complete
from nm_core.probing.slots import BATCH, AnythingTag, Slot
from nm_torch.checking.rules import OutputValue, ValueFault
from nm_torch.checking.run_module import on_cpu
from nm_torch.checking.values import check_values, unchecked_aspect
from nm_torch.values import family_of
from nm_types import AxisType, BatchTag, Fix, Lengths, NeuralType, Problem, Size, Text, check_shapes
from nm_types.messages import Column
from nm_types.notation import Structure
from nm_types.sizes import Variable

PINNED = ""
"""The name of a port that no module has: it tells `check_shapes` the sizes that were chosen."""


@dataclass(slots=True)
class CheckedRun:
    """One run of a module, with the problems of its outputs.

    Attributes:
        module: the module, for its names and ports.
        use: how its ports are used.
        sizes: the size of each name; empty for a source, whose data say it.
        values: what went in, by slot name.
        conditions: inputs, sizes and mode, for messages.
        location: file and line of the user's code.
        problems: outputs that break their types.
        unseen: aspects that no check covers.
        lacking: the outputs that had no value and need none.
    """

    module: NeuralModule
    use: Use
    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    conditions: str = ""
    location: str = ""
    problems: list[Problem] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    def check(self, result: Any) -> None:
        """Compare the result of a module with its output ports."""
        names = list(self.module.outputs)
        results = (result,) if len(names) == 1 else result
        if len(names) > 1 and (not isinstance(result, tuple | list) or len(result) != len(names)):
            self._report_number(names, result)
            return
        tensors: dict[str, tuple[Slot, Tensor]] = {}
        for slot, value in zip(self.use.outputs, results, strict=True):
            self._check_form(slot, self.module.outputs[slot.port], on_cpu(value), tensors)
        self._check_shapes(tensors)
        self._check_values(tensors)

    def _check_form(self, slot: Slot, port: Port, value: Any, tensors: dict[str, tuple[Slot, Tensor]]) -> None:
        """Compare the form of a value with its type, and collect tensors for the checks that follow."""
        if value is None and self.use.may_lack(port):
            self.lacking.append(slot.port)
        elif slot.type.is_root:
            self.unseen.append(f"{slot.name}: its type, {{}}, promises nothing")
        elif slot.type.is_list:
            if not isinstance(value, list):
                self._report_form(slot, "a list", value)
                return
            for index, item in enumerate(value):
                inner = Slot(slot.port, f"{slot.name}[{index}]", slot.type.item or slot.type, is_output=True)
                self._check_form(inner, replace(port, optional=False, needs=()), item, tensors)
        elif slot.type.is_object:
            self._check_object(slot, value)
        elif isinstance(value, Tensor):
            tensors[slot.name] = (slot, value)
        else:
            self._report_form(slot, "a tensor", value)

    def _check_object(self, slot: Slot, value: Any) -> None:
        kind = slot.type.kind
        if value is None or isinstance(value, Tensor | list | tuple):
            self._report_form(slot, f"an object, {kind}", value)
        elif kind is None or type(kind).chain != Text.chain:
            self.unseen.append(f"{slot.port}: that its objects ({type(value).__name__}) are {kind}")
        elif not isinstance(value, str):
            cause = f"The value is of the class {type(value).__name__}; {kind} is str."
            self._report_values(slot, ValueFault(cause, type(value).__name__, "give str"), None)

    def _check_shapes(self, tensors: Mapping[str, tuple[Slot, Tensor]]) -> None:
        pins = [(BatchTag, None) if name == BATCH else (AnythingTag, Size(Variable(name))) for name in self.sizes]
        axes = tuple(AxisType(tag, size) for tag, size in pins)
        expected = {PINNED: NeuralType(Structure("tensor", axes))}
        shapes = {PINNED: tuple(self.sizes.values())}
        for slot in self.use.inputs:
            if isinstance(self.values.get(slot.name), Tensor):
                name = f"input {slot.name}"  # an output may have the name of an input
                expected[name], shapes[name] = slot.type, tuple(self.values[slot.name].shape)
        expected |= {name: slot.type for name, (slot, _) in tensors.items()}
        shapes |= {name: tuple(value.shape) for name, (_, value) in tensors.items()}
        families = {name: f for name, (_, value) in tensors.items() if (f := family_of(value.dtype)) is not None}
        # Inputs take part, as a size that both mention must agree; only outputs are reported.
        for problem in check_shapes(expected, shapes, families, owner=self.module.name):
            if problem.port in tensors:
                slot, value = tensors[problem.port]
                columns = problem.columns
                if problem.code == "NM122":
                    columns += (Column("values", str(slot.core.kind), str(value.dtype).removeprefix("torch."), True),)
                self._report(slot, problem.code, problem.cause, columns, "differs", problem.given)

    def _check_values(self, tensors: Mapping[str, tuple[Slot, Tensor]]) -> None:
        bad = {problem.port for problem in self.problems}
        good = {name: pair for name, pair in tensors.items() if name not in bad and pair[0].port not in bad}
        sizes = complete(self.sizes)
        for slot, value in good.values():
            for size, length in zip(slot.sizes(), value.shape, strict=False):
                if isinstance(size.symbol, Variable):
                    sizes.setdefault(str(size.symbol), length)
        lengths: dict[Size, Tensor] = {}
        for slot in self.use.inputs:
            lengths |= _lengths_by_size(slot, self.values.get(slot.name))
        # Lengths first: they say which entries of the other outputs are padding, that may hold anything.
        for slot, value in sorted(good.values(), key=lambda pair: not _lengths_by_size(*pair)):
            output = OutputValue(slot, value, sizes, lengths)
            fault = check_values(output)
            if fault is not None:
                self._report_values(slot, fault, value)
                continue
            lengths = _lengths_by_size(slot, value) | lengths
            if (text := unchecked_aspect(output)) is not None:
                self.unseen.append(f"{slot.port}: {text}")

    def _report_number(self, names: list[str], result: Any) -> None:
        count = f"{len(result)} values" if isinstance(result, tuple | list) else _form(result)
        cause = f"forward gave {count}; the output ports are {', '.join(names)}."
        fix = f"let forward return a tuple ({', '.join(names)}), or declare the ports that it has values for."
        self._add("NM132", ", ".join(names), cause, (), "", count, fix)

    def _report_form(self, slot: Slot, expected: str, value: Any) -> None:
        columns = (Column("value", expected, _form(value), True),)
        self._report(slot, "NM110", f"The value is {_form(value)}.", columns, "differs", _form(value))

    def _report_values(self, slot: Slot, fault: ValueFault, value: Tensor | None) -> None:
        shape = () if value is None else tuple(value.shape)
        columns = [
            Column(f"axis {i}", str(axis), str(n)) for i, (axis, n) in enumerate(zip(slot.axes(), shape, strict=False))
        ]
        columns.append(Column("values", str(slot.core.kind), fault.numbers, True))
        fix = f"let forward {fault.fix}, or declare {slot.port} as what it is and not as {slot.core.kind}."
        self._add("NM130", slot.name, fault.cause, tuple(columns), "outside", fault.numbers, fix, str(slot.type))

    def _report(self, slot: Slot, code: str, cause: str, columns: tuple[Column, ...], mark: str, given: str) -> None:
        fix = f"correct what forward gives, or the type of {slot.port} in output_ports."
        self._add(code, slot.name, cause, columns, mark, given, fix, str(slot.type))

    def _add(
        self,
        code: str,
        port: str,
        cause: str,
        columns: tuple[Column, ...],
        mark: str,
        given: str,
        fix: str,
        expected: str = "",
    ) -> None:
        cls = type(self.module)
        self.problems.append(
            Problem(
                code=code,
                cause=cause,
                consumer=self.module.name,
                port=port,
                expected=expected,
                given=given,
                columns=columns,
                mark=mark,
                declared=f"{cls.__module__}.{cls.__qualname__}",
                location=self.location,
                notes=(f"Seen {self.conditions}.",) if self.conditions else (),
                fixes=(Fix(fix),),
                sides=(f"{self.module.name} promises", f"{self.module.name} gives"),
            )
        )


def _lengths_by_size(slot: Slot, value: Any) -> dict[Size, Tensor]:
    """Return lengths under the size of the axis that they measure, one per sample; other values give nothing."""
    kind, size = slot.core.kind, slot.kind_size()
    if kind is None or size is None or not type(kind).is_a(Lengths) or not isinstance(value, Tensor):
        return {}
    return {size: value.cpu()} if value.dim() == 1 and family_of(value.dtype) == "int" else {}


def _form(value: Any) -> str:
    if isinstance(value, Tensor):
        return "a tensor"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return "nothing" if value is None else f"of the class {type(value).__name__}"
