"""Symbolic tensors and the calls that make them: a graph hangs on its tensors and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never

from nm_core.errors import SymbolicValueError
from nm_types import NeuralType

if TYPE_CHECKING:
    from nm_core.modules.composite import CompositeCall
    from nm_core.modules.module import NeuralModule
    from nm_types import CallTyping


class NmTensor:
    """A value that an action will compute: one output port of one call.

    Two symbolic tensors are equal when they are the same port of the same call.
    """

    __slots__ = ("call", "port", "type")

    def __init__(self, call: Call, port: str, type: NeuralType) -> None:
        self.call = call
        self.port = port
        self.type = type

    @property
    def name(self) -> str:
        """The module and the port, as messages show them: `encoder.encoded`."""
        return f"{self.call.module.name}.{self.port}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NmTensor) and other.call is self.call and other.port == self.port

    def __hash__(self) -> int:
        return hash((id(self.call), self.port))

    def __repr__(self) -> str:
        return f"<symbolic {self.name}: {self.type}>"

    def _repr_html_(self) -> str:
        """Render the tensor for notebooks."""
        from nm_core.symbols.html_tables import tensor_html  # most programs run in no notebook

        return tensor_html(self.name, self.type)

    def _no_value(self, use: str) -> Never:
        raise SymbolicValueError(
            f"{self.name} is symbolic and has no value to {use}.\n"
            "  Values exist inside train, eval and infer. Ask for them with nf.infer(tensors=[...]),\n"
            "  or call the modules with real tensors, which compute at once."
        )

    def __bool__(self) -> bool:
        self._no_value("test")

    def __iter__(self) -> Iterator[Any]:
        self._no_value("unpack")

    def __len__(self) -> int:
        self._no_value("measure")

    def __float__(self) -> float:
        self._no_value("convert")

    def __array__(self, dtype: object = None, copy: object = None) -> Never:
        self._no_value("convert")


@dataclass(frozen=True, slots=True)
class Constant:
    """A plain number or text given beside symbolic tensors; it is part of the graph."""

    value: bool | int | float | str | None


Argument = NmTensor | Constant | tuple[NmTensor, ...]


class Call:
    """One use of a module in a graph: what was connected to its inputs, and the types that follow.

    Attributes:
        module: the module that was called.
        inputs: what each connected input port was given; ports left open are absent.
        types: the type of each output port in this call.
        typing: the verdict of the type system: casts, deferred checks, equations.
        unavailable: outputs that have no value here, with the optional inputs they need.
        location: file and line of the user's code, or of the application file.
        label: the name asked for this call, where one was (`as:` in a file).
        scope: the call of a composite module that this call came out of, if any.
    """

    __slots__ = ("__weakref__", "inputs", "label", "location", "module", "scope", "types", "typing", "unavailable")

    def __init__(
        self,
        module: NeuralModule,
        inputs: Mapping[str, Argument],
        typing: CallTyping,
        *,
        unavailable: Mapping[str, tuple[str, ...]],
        location: str,
        label: str | None = None,
        scope: CompositeCall | None = None,
    ) -> None:
        self.module = module
        self.inputs = dict(inputs)
        self.types = dict(typing.outputs)
        self.typing = typing
        self.unavailable = dict(unavailable)
        self.location = location
        self.label = label
        self.scope = scope

    @property
    def name(self) -> str:
        """The call's own label, else the name of its module."""
        return self.label or self.module.name

    def tensors(self) -> tuple[NmTensor, ...]:
        """Return the call's outputs as symbolic tensors, in port order."""
        return tuple(NmTensor(self, port, type) for port, type in self.types.items())

    def tensor(self, port: str) -> NmTensor:
        """Return one output of the call as a symbolic tensor."""
        return NmTensor(self, port, self.types[port])

    def sources_of_inputs(self) -> Iterator[NmTensor]:
        """Yield every symbolic tensor connected to this call, in port order."""
        for argument in self.inputs.values():
            if isinstance(argument, NmTensor):
                yield argument
            elif isinstance(argument, tuple):
                yield from argument

    def __repr__(self) -> str:
        return f"<call of {self.name}>"
