"""Symbolic tensors and the calls that make them: a graph hangs on its tensors and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Never

from nm_core.errors import SymbolicValueError
from nm_core.symbols.component import CastPolicy, Component
from nm_core.symbols.symbolic_uses import (
    add_operators,
    refuse_attribute,
    refuse_function,
    refuse_item,
    refuse_unpacking,
    refuse_value,
)
from nm_types import CallTyping, NeuralType

_UNKNOWN: Final = NeuralType({})
_FAILED: Final = CallTyping({}, {}, (), (), ())


class NmTensor:
    """A value that an action will compute: one output port of one call.

    Two symbolic tensors are equal when they are the same port of the same call.

    Example:
        >>> from nm_core import inputs
        >>> x = inputs(x="B Channel:64")
        >>> x
        <symbolic inputs.x: Batch Channel:64>
        >>> x == x.call.tensor("x")
        True
    """

    __slots__ = ("call", "port", "type")

    def __init__(self, call: Call, port: str, type: NeuralType) -> None:
        self.call = call
        self.port = port
        self.type = type

    @property
    def name(self) -> str:
        """The call and the port, as messages show them: `encoder.encoded`; a free input of a file is its port alone."""
        owner = self.call.name
        return f"{owner}.{self.port}" if owner else self.port

    @property
    def is_failed(self) -> bool:
        """Whether there is no value, as behind a call that failed: what uses it is not blamed for that."""
        return self.port not in self.call.types or self.port in self.call.unavailable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NmTensor) and other.call is self.call and other.port == self.port

    def __hash__(self) -> int:  # a call lives as long as its tensors do, so that no other has its id
        return hash((id(self.call), self.port))

    def __repr__(self) -> str:
        return f"<symbolic {self.name}: {self.type}>"

    def _repr_html_(self) -> str:
        """Render the tensor for notebooks."""
        from nm_core.symbols.html_tables import tensor_html  # most programs run in no notebook

        return tensor_html(self.name, self.type)

    # without these, `if x`, `list(x)`, `len(x)` and `np.asarray(x)` would go wrong in silence or far away

    def __bool__(self) -> bool:
        refuse_value(self, "test", "A graph has no branches: a module decides in its forward.")

    def __iter__(self) -> Iterator[Any]:
        refuse_unpacking(self)

    def __len__(self) -> int:
        refuse_value(self, "measure", f"What is known of its sizes is in its type, {self.type}.")

    def __float__(self) -> float:
        refuse_value(self, "convert")

    def __array__(self, dtype: object = None, copy: object = None) -> Never:
        refuse_value(self, "convert")

    if not TYPE_CHECKING:  # checkers refuse these where they are written, which is earlier

        def __int__(self) -> int:
            refuse_value(self, "convert")

        def __complex__(self) -> complex:
            refuse_value(self, "convert")

        def __format__(self, spec: str) -> str:
            return str(self) if not spec else refuse_value(self, f'format as "{spec}"')

        def __getitem__(self, index: object) -> Never:
            refuse_item(self, index)

        def __setitem__(self, index: object, value: object) -> Never:
            refuse_value(self, "change")

        def __getattr__(self, name: str) -> Never:
            # private names are asked for by copying, pickling and notebooks, and the slots before they are filled
            if name.startswith("_") or name in NmTensor.__slots__:
                raise AttributeError(name)
            refuse_attribute(self, name)

        # the protocols by which torch and numpy hand a call of theirs over to an argument

        @classmethod
        def __torch_function__(cls, function: Any, types: object, args: Any = (), kwargs: Any = None) -> Never:
            refuse_function(_first_symbolic((args, kwargs)), getattr(function, "__name__", str(function)))

        def __array_ufunc__(self, function: Any, method: str, *args: object, **kwargs: object) -> Never:
            refuse_function(self, function.__name__)

        def __array_function__(self, function: Any, types: object, args: object, kwargs: object) -> Never:
            refuse_function(self, function.__name__)


add_operators(NmTensor)


def _first_symbolic(value: Any) -> NmTensor:
    """Return the first symbolic tensor in the arguments of a call, at any depth."""
    pending = [value]
    while pending:
        item = pending.pop(0)
        if isinstance(item, NmTensor):
            return item
        if isinstance(item, Mapping):
            pending += item.values()
        elif isinstance(item, list | tuple):
            pending += item
    raise SymbolicValueError("A symbolic tensor has no value to compute with.")


@dataclass(frozen=True, slots=True)
class ConstantInput:
    """A plain number or text given beside symbolic tensors; it is part of the graph."""

    value: bool | int | float | str | None


Argument = NmTensor | ConstantInput | tuple[NmTensor, ...]


def flat_arguments(inputs: Mapping[str, Argument]) -> Iterator[tuple[str, NmTensor | ConstantInput]]:
    """Yield each input with what it was given; a variadic one as one input per value: `xs[0]`, `xs[1]`."""
    for port, argument in inputs.items():
        if isinstance(argument, tuple):
            for index, item in enumerate(argument):
                yield f"{port}[{index}]", item
        else:
            yield port, argument


class Call:
    """One use of a module in a graph: the tensors at its inputs, and the types of its outputs.

    Attributes:
        module: the module that was called.
        inputs: the tensor or constant at each connected input port; ports left open are absent.
        types: the type of each output port in this call; none where the call failed, as in a file with problems.
        typing: the verdict of the type system: casts, deferred checks, equations.
        unavailable: outputs that have no value here, with the optional inputs they need.
        location: file and line of the user's code, or of the application file.
        label: the name asked for this call, where one was (`as:` in a file).
        scope: the call of a composite module that this call came out of, if any.
        graphs: graphs that actions have cut which end in this call, by their names and outputs.

    Example:
        >>> from nm_core import inputs
        >>> inputs(x="B Channel:64", length="B").length.call.tensors()
        (<symbolic inputs.x: Batch Channel:64>, <symbolic inputs.length: Batch>)
    """

    # weak references let a data layer find its one call again without keeping its graph alive
    __slots__ = (
        "__weakref__",
        "graphs",
        "inputs",
        "label",
        "location",
        "module",
        "scope",
        "types",
        "typing",
        "unavailable",
    )

    def __init__(
        self,
        module: Component,
        inputs: Mapping[str, Argument],
        typing: CallTyping,
        *,
        unavailable: Mapping[str, tuple[str, ...]],
        location: str,
        label: str | None = None,
        scope: CompositeCall | None = None,
    ) -> None:
        self.graphs: dict[Any, Any] = {}
        self.module = module
        self.inputs = dict(inputs)
        self.types = dict(typing.outputs)
        self.typing = typing
        self.unavailable = dict(unavailable)
        self.location = location
        self.label = label
        self.scope = scope

    @classmethod
    def failed(
        cls,
        module: Component,
        inputs: Mapping[str, Argument],
        *,
        label: str | None = None,
        location: str = "",
        scope: CompositeCall | None = None,
    ) -> Call:
        """Put a call in the place of one that could not be recorded: nothing is known of its outputs."""
        return cls(module, inputs, _FAILED, unavailable={}, location=location, label=label, scope=scope)

    @property
    def is_failed(self) -> bool:
        """Whether it stands for a call that could not be recorded."""
        return self.typing is _FAILED

    @property
    def name(self) -> str:
        """The call's own label, else the name of its module."""
        return self.module.name if self.label is None else self.label

    def tensors(self) -> tuple[NmTensor, ...]:
        """Return the call's outputs as symbolic tensors, in port order."""
        return tuple(NmTensor(self, port, type) for port, type in self.types.items())

    def tensor(self, port: str) -> NmTensor:
        """Return one output of the call as a symbolic tensor, a failed one where the call has no such output."""
        return NmTensor(self, port, self.types.get(port, _UNKNOWN))

    @property
    def outputs(self) -> dict[str, NmTensor]:
        """The call's outputs as symbolic tensors, by port."""
        return {port: NmTensor(self, port, type) for port, type in self.types.items()}

    def sources_of_inputs(self) -> Iterator[NmTensor]:
        """Yield every symbolic tensor connected to this call, in port order."""
        for argument in self.inputs.values():
            if isinstance(argument, NmTensor):
                yield argument
            elif isinstance(argument, tuple):
                yield from argument

    @property
    def casts(self) -> Mapping[str, tuple[int, ...]]:
        """Ports whose value has its axes in another order, with the order in which they are put."""
        return self.typing.casts

    @property
    def outermost(self) -> Call | CompositeCall:
        """The call that a user wrote: that of the composite around this one, if it came out of one."""
        step: Call | CompositeCall = self
        while step.scope is not None:
            step = step.scope
        return step

    def __repr__(self) -> str:
        return f"<call of {self.name}>"


class CompositeCall:
    """One use of a composite module: the scope of the calls it expanded into.

    Attributes:
        module: the composite module.
        inputs: what its ports were given.
        outputs: the tensors of inner calls that came out, by port.
        casts: ports whose value has its axes in another order, which the calls inside put right.
        policy: what calls inside do about axes in another order.
        location: file and line of the user's code.
        label: the name asked for this call, where one was (`as:` in a file).
        scope: the composite call around this one, if any.
    """

    __slots__ = ("casts", "inputs", "label", "location", "module", "outputs", "policy", "scope")

    def __init__(
        self,
        module: Component,
        inputs: Mapping[str, Argument],
        casts: Mapping[str, tuple[int, ...]],
        *,
        policy: CastPolicy,
        location: str,
        label: str | None = None,
        scope: CompositeCall | None = None,
    ) -> None:
        self.module = module
        self.inputs = dict(inputs)
        self.outputs: dict[str, NmTensor] = {}
        self.casts = dict(casts)
        self.policy = policy
        self.location = location
        self.label = label
        self.scope = scope

    @property
    def name(self) -> str:
        """The call's own label, else the name of its module."""
        return self.label or self.module.name

    @property
    def is_failed(self) -> bool:
        """Whether it stands for a call that could not be recorded: never, since a single call does."""
        return False


Step = Call | CompositeCall
"""A call as a user writes it: of a module, or of a composite one with all calls that came out of it."""
