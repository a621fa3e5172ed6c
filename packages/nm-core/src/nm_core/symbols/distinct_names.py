"""Names for the calls in a message, where several calls have one name: the second is `data_2`, as in a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nm_core.symbols.tensor import Call, NmTensor, flat_arguments
from nm_types import Equation, NeuralType, Size
from nm_types.sizes import Name, Origin, OutputSize
from nm_types.unifying import with_sizes


class DistinctNames:
    """Names of the calls above some tensors, each of one call, and types whose sizes speak of them.

    Args:
        tensors: what a message speaks of.
        owner: the call that takes them, if it is not recorded yet.

    Attributes:
        owner: the name of that call.
        repeated: the calls whose names are not theirs alone, in order, by the names that they have here.
    """

    def __init__(self, tensors: Iterable[NmTensor], owner: str = "") -> None:
        calls = list(_calls_above(tensors))
        self._names: dict[Call, str] = {}
        self._sizes: dict[Name, Size] = {}
        used: set[str] = set()
        origins: set[Origin] = set()
        plain = [call.name for call in calls] + [owner]
        self.repeated: dict[str, Call] = {}
        for call in calls:
            name = _free_name(call.name, used)
            used.add(name)
            self._names[call] = name
            if plain.count(call.name) > 1:
                self.repeated[name] = call
            # sizes without an origin met before are those that this call has made
            new = {size for type in call.types.values() for size in _output_sizes(type) if size.origin not in origins}
            origin = Origin(name)
            for size in new:
                origins.add(size.origin)
                if name and size.origin.owner != name:  # free inputs of a file have a name each, and their call none
                    self._sizes[size] = Size(OutputSize(origin, size.name, size.meaning, size.implicit))
        self.owner = _free_name(owner, used)

    def name(self, tensor: NmTensor) -> str:
        """Return the call and the port of a tensor: `data_2.spec`."""
        owner = self._names[tensor.call]
        return f"{owner}.{tensor.port}" if owner else tensor.port

    def type(self, tensor: NmTensor) -> NeuralType:
        """Return the type of a tensor, its sizes printed with the names of their calls."""
        return with_sizes(tensor.type, self._sizes) if self._sizes else tensor.type

    def notes(self) -> tuple[str, ...]:
        """Say where the calls that share a name are written."""
        return tuple(f"{name} is called at {call.location}." for name, call in self.repeated.items() if call.location)

    def equations(self, call: Call) -> Iterator[Equation]:
        """Yield the open equations of a recorded call with these names."""
        tensors = {port: value for port, value in flat_arguments(call.inputs) if isinstance(value, NmTensor)}
        for equation in call.typing.equations:
            tensor = tensors[equation.port]
            edge = replace(
                equation.edge, consumer=self._names[call], producer=self.name(tensor), given=self.type(tensor)
            )
            expected, given = (size.substitute(self._sizes) for size in (equation.expected, equation.given))
            yield replace(equation, edge=edge, expected=expected, given=given)


def _calls_above(tensors: Iterable[NmTensor]) -> Iterator[Call]:
    """Yield the calls that lead to tensors, each after those that it uses."""
    done: set[Call] = set()
    stack = [(tensor.call, False) for tensor in reversed(list(tensors))]
    while stack:
        call, is_expanded = stack.pop()
        if is_expanded:
            yield call
        elif call not in done:
            done.add(call)
            stack.append((call, True))
            stack += [(tensor.call, False) for tensor in reversed(list(call.sources_of_inputs()))]


def _output_sizes(type: NeuralType) -> Iterator[OutputSize]:
    for size in type.all_sizes():
        if isinstance(size, Size):
            yield from (name for name in size.symbols() if isinstance(name, OutputSize))


def _free_name(base: str, used: set[str]) -> str:
    if base not in used or not base:
        return base
    number = 2  # the first of a name has none, as in the labels of a graph
    while f"{base}_{number}" in used:
        number += 1
    return f"{base}_{number}"
