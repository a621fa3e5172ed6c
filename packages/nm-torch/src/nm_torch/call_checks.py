"""`checked`: a switch by which each call of eager modules and of lowered graphs is held to the types of its ports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nm_core.graphs.input_fixes import shape_fixes
from nm_core.symbols.user_location import user_location
from nm_torch.errors import UncheckedModuleError
from nm_torch.lowering import Lowered
from nm_torch.module import TorchModule
from nm_torch.values import extremes, family_of
from nm_types import Fix, Lengths, NeuralType, NeuralTypeError, Problem, check_shapes

MOST_COMBINATIONS = 4096
"""Combinations of shapes that one module remembers as fitting; beyond, they are all forgotten."""


class checked(AbstractContextManager["checked"]):  # named like torch.no_grad, which is used in the same way
    """Check each call of a module and of all modules with ports inside of it, from now until the end of the block.

    Values that are given, and those that come out, are checked together against the types of the ports: ranks, sizes,
    families of numbers, and lengths on the CPU against the axis that they measure. Shapes that fitted are remembered,
    so that a call costs some microseconds. Without the switch nothing is checked and nothing costs. Code under
    `torch.compile` and the exporter runs without checks.

    Args:
        module: a neural module, a lowered graph, or any module around such.

    Raises:
        UncheckedModuleError: there is no port in it.

    Example:
        >>> from nm_torch.common import Linear
        >>> layer = Linear(input_size=8, output_size=2, name="layer")
        >>> with checked(layer):
        ...     y = layer(torch.zeros(3, 5, 8))
        >>> switch = checked(layer)  # without a block, until switch.remove()
        >>> layer(torch.zeros(3, 8, 5))
        Traceback (most recent call last):
        ...
        nm_types.messages.problem.NeuralTypeError: NM121  a value has another shape than its port says
        ...
        >>> switch.remove()
    """

    def __init__(self, module: nn.Module) -> None:
        found = [part for part in module.modules() if isinstance(part, TorchModule | Lowered)]
        if not found:
            raise UncheckedModuleError(
                f"{type(module).__name__} has no ports, nor has a module inside of it: nothing can be checked.\n"
                "  Give it ports: nm_torch.from_torch(module, inputs=..., outputs=...)."
            )
        self._handles = [handle for part in found for handle in _CallCheck(part).register(part)]

    def remove(self) -> None:
        """End the checks; again does nothing."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __exit__(self, *error: object) -> None:
        self.remove()


class _CallCheck:
    """The checks of the calls of one module; it does not keep the module alive."""

    def __init__(self, module: TorchModule | Lowered) -> None:
        if isinstance(module, Lowered):
            self.owner = type(module).__name__
            self.inputs, self.outputs = dict(module.input_types), dict(module.output_types)
            self.tensor_outputs = frozenset[str]()  # each is that of a module inside, which is checked itself
        else:
            self.owner = module.name
            self.inputs, self.outputs = (
                {port.name: port.type for port in ports.values()} for ports in (module.inputs, module.outputs)
            )
            self.tensor_outputs = frozenset(
                port.name
                for port in module.outputs.values()
                if not (port.optional or port.needs or port.type.is_root or port.type.is_list or port.type.is_object)
            )
        self.names = tuple(self.inputs)
        self.lengths = [
            (name, self.names.index(name), *place)
            for name, type in self.inputs.items()
            if isinstance(type.kind, Lengths) and (place := _find_axis(type, self.inputs)) is not None
        ]
        self.fitting: set[Any] = set()

    def register(self, module: nn.Module) -> Iterator[Any]:
        yield module.register_forward_pre_hook(self.before, prepend=True, with_kwargs=True)
        yield module.register_forward_hook(self.after, with_kwargs=True)

    def before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Check what a call is given."""
        if torch.compiler.is_compiling():
            return
        key = _facts(args), _facts(kwargs.values()), tuple(kwargs)
        if key not in self.fitting:
            values = self._bind(args, kwargs)
            self._check(values, self.inputs, lambda problem: self._explain_input(problem, values))
            self._remember(key)
        for name, index, port, axis in self.lengths:
            lengths = args[index] if index < len(args) else kwargs.get(name)
            measured = args[self.names.index(port)] if self.names.index(port) < len(args) else kwargs.get(port)
            if isinstance(lengths, Tensor) and lengths.is_cpu and isinstance(measured, Tensor) and lengths.numel():
                self._check_lengths(name, lengths, f"axis {axis} of {port}", measured.shape[axis])

    def after(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """Check what a call gives, beside what it was given."""
        if torch.compiler.is_compiling():
            return
        results = output if isinstance(output, tuple) and len(self.outputs) > 1 else (output,)
        self._check_forms(output, results)
        key = _facts(args), _facts(kwargs.values()), _facts(results), tuple(kwargs)
        if key not in self.fitting:
            given = {f"input {name}": value for name, value in self._bind(args, kwargs).items()}
            types = {f"input {name}": type for name, type in self.inputs.items()} | self.outputs
            values = given | dict(zip(self.outputs, results, strict=True))
            self._check(values, types, self._explain_output)
            self._remember(key)

    def _check_forms(self, output: Any, results: Sequence[Any]) -> None:
        """Refuse another number of values than there are outputs, and what is no tensor where one is declared."""
        names = ", ".join(self.outputs)
        if len(results) != len(self.outputs):
            count = f"{len(output)} values" if isinstance(output, tuple | list) else _form(output)
            cause = f"{self.owner} gave {count}; its outputs are {names}."
            self._refuse("NM132", names, cause, names, count)
        for (name, type), value in zip(self.outputs.items(), results, strict=True):
            if name in self.tensor_outputs and not isinstance(value, Tensor):
                self._refuse("NM110", name, f"The value is {_form(value)}, and no tensor.", str(type), _form(value))

    def _refuse(self, code: str, port: str, cause: str, expected: str, given: str) -> None:
        problem = Problem(
            code=code,
            cause=cause,
            consumer=self.owner,
            port=port,
            expected=expected,
            given=given,
            location=user_location(),
        )
        raise NeuralTypeError([self._explain_output(problem)])

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the values of ports; arguments that are no ports follow from types and are left out."""
        values = dict(zip(self.names, args, strict=False)) | kwargs
        return {name: value for name, value in values.items() if name in self.inputs}

    def _check(
        self, values: Mapping[str, Any], types: Mapping[str, NeuralType], explain: Callable[[Problem], Problem]
    ) -> None:
        tensors = dict(_tensors(values))
        problems = self._problems({name: tuple(value.shape) for name, value in tensors.items()}, tensors, types)
        if problems:
            raise NeuralTypeError([explain(replace(problem, location=user_location())) for problem in problems])

    def _problems(
        self, shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor], types: Mapping[str, NeuralType]
    ) -> Sequence[Problem]:
        families = {name: family for name, value in tensors.items() if (family := family_of(value.dtype)) is not None}
        return check_shapes(
            {name: types[name.partition("[")[0]] for name in shapes}, shapes, families, owner=self.owner
        )

    def _explain_input(self, problem: Problem, values: Mapping[str, Any]) -> Problem:
        tensors = dict(_tensors(values))
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}

        def fits(shape: tuple[int, ...]) -> bool:
            others = self._problems({**shapes, problem.port: shape}, tensors, self.inputs)
            return all(other.port != problem.port for other in others)

        fixes = (
            ()
            if problem.code == "NM122"
            else shape_fixes(problem.port, tensors[problem.port], shapes[problem.port], fits)
        )
        advice = Fix(f"give {problem.port} values of the type that {self.owner} expects.")
        return replace(problem, fixes=tuple(fixes) or (advice,))

    def _explain_output(self, problem: Problem) -> Problem:
        advice = Fix(f"correct what {self.owner} returns, or the type that its port declares.")
        return replace(problem, fixes=(advice,), sides=(f"{self.owner} declares", "it gave"))

    def _check_lengths(self, name: str, lengths: Tensor, place: str, end: int) -> None:
        low, high = extremes(lengths)
        if low >= 0 and high <= end:
            return
        value = low if low < 0 else high
        cause = f"{name} has a length of {value:.0f}, and {place} has {end} positions."
        raise NeuralTypeError(
            [
                Problem(
                    code="NM124",
                    cause=cause,
                    consumer=self.owner,
                    port=name,
                    expected=str(self.inputs[name]),
                    given=str(tuple(lengths.shape)),
                    location=user_location(),
                    fixes=(Fix(f"count lengths in the positions of {place}."),),
                )
            ]
        )

    def _remember(self, key: Any) -> None:
        if len(self.fitting) >= MOST_COMBINATIONS:
            self.fitting.clear()
        self.fitting.add(key)


def _find_axis(type: NeuralType, types: Mapping[str, NeuralType]) -> tuple[str, int] | None:
    """Return the port and the axis whose size is that of a kind; behind a row an axis has no fixed number."""
    size = None if type.kind is None else type.kind.size(0)
    for name, other in types.items():
        if size is not None and all(hasattr(axis, "size") for axis in other.axes):
            for number, axis in enumerate(other.axes):
                if getattr(axis, "size", None) == size:
                    return name, number
    return None


def _form(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _facts(values: Any) -> tuple[Any, ...]:
    """Return what a check depends on, of values and of items of lists."""
    return tuple(
        [
            (value.shape, value.dtype)
            if isinstance(value, Tensor)
            else _facts(value)
            if isinstance(value, list | tuple)
            else None
            for value in values
        ]
    )


def _tensors(values: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors by name, those in lists as `xs[0]`, `xs[1]`."""
    for name, value in values.items():
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, list | tuple):
            yield from ((f"{name}[{i}]", item) for i, item in enumerate(value) if isinstance(item, Tensor))
