"""`CompositeModule`: a pattern of calls under one name, expanded into its calls before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.metaclass import ModuleMeta, T
from nm_core.modules.module import NeuralModule, OutputsT
from nm_core.symbols import recording
from nm_core.symbols.component import CastPolicy, Segment
from nm_core.symbols.tensor import Call, CompositeCall, NmTensor
from nm_types import Edge, NeuralTypeError, type_call


class _CompositeMeta(ModuleMeta):
    def __call__(cls: type[T], *args: Any, name: str | None = None, **kwargs: Any) -> T:
        """Make an instance; the modules it made in its constructor take its name as a prefix."""
        instance: Any = ModuleMeta.__call__(cls, *args, name=name, **kwargs)
        for child in instance.children().values():
            _adopt(child, instance.name)
        return instance  # type: ignore[no-any-return]


def _adopt(child: NeuralModule, owner: str) -> None:
    child._nm.name = f"{owner}.{child.name}"
    if isinstance(child, CompositeModule):
        for grandchild in child.children().values():
            _adopt(grandchild, owner)


class CompositeModule(NeuralModule[OutputsT], metaclass=_CompositeMeta):
    """A module written in calls of other modules.

    A subclass makes its modules in its constructor, declares ports like any module, and implements
    `build(self, **inputs)`, which calls them and returns the outputs. The same `build` serves symbols and values.

    Example:
        >>> from nm_core import CompositeModule, NeuralModule, ports
        >>> class Double(NeuralModule):
        ...     input_ports = ports(x="B")
        ...     output_ports = ports(y="B")
        ...
        ...     def forward(self, x):
        ...         return [2 * value for value in x]
        >>> class Quadruple(CompositeModule):
        ...     input_ports = ports(x="B")
        ...     output_ports = ports(y="B")
        ...
        ...     def __init__(self, **options):
        ...         super().__init__(**options)
        ...         self.first, self.second = Double(name="first"), Double(name="second")
        ...
        ...     def build(self, x):
        ...         return self.second(self.first(x))
        >>> Quadruple()(x=[1, 2])
        [4, 8]
    """

    segment: ClassVar[Segment] = "host"
    _port_methods: ClassVar[tuple[str, ...]] = ("build",)

    def build(self, *args: Any, **inputs: Any) -> Any:
        """Call the inner modules on the inputs and return the outputs, several as a tuple in port order."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement build.")

    def children(self) -> dict[str, NeuralModule]:
        """Return the modules made in the constructor, by attribute."""
        return {key: value for key, value in vars(self).items() if isinstance(value, NeuralModule)}

    def has_weights(self) -> bool:
        """Tell whether any inner module holds state."""
        return any(child.has_weights() for child in self.children().values())

    def forward(self, **values: Any) -> Any:
        """Compute the outputs from values by calling the inner modules on them."""
        return self.build(**values)

    def _record(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OutputsT:
        call, outer = record_composite(self, args, kwargs)
        return self._name_outputs(
            [call.outputs[port] if port in call.outputs else outer.tensor(port) for port in self.outputs]
        )


def record_composite(
    module: CompositeModule,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    label: str | None = None,
    location: str | None = None,
    policy: CastPolicy | frozenset[str] | None = None,
) -> tuple[CompositeCall, Call]:
    """Record the calls that a composite module expands into; arguments as for `recording.record`.

    Returns:
        the call as the scope of those inside, and the same as one call. Outputs that need an input that was left open
        come out of the second alone: asking for one is an error that names what it needs, as for any module.

    Raises:
        PortError, NeuralTypeError: as for `recording.record`, also from the calls inside.
        ModuleDeclarationError: `build` gives other than the output ports promise.
    """
    outer = recording.record(module, args, kwargs, label=label, location=location, policy=policy)
    arguments = recording.bind_arguments(module.name, module.inputs, args, kwargs)
    if isinstance(policy, frozenset):  # the casts at its ports are made by the calls inside
        policy = "transpose" if policy else "error"
    call = CompositeCall(
        module,
        outer.inputs,
        outer.casts,
        policy=policy or recording.current_casts(),
        location=outer.location,
        label=label,
        scope=outer.scope,
    )
    with recording.casts(call.policy), recording.inside(call):
        result = module.build(**arguments)
    names = tuple(module.outputs)
    values = (result,) if len(names) == 1 else tuple(result)
    call.outputs = {name: value for name, value in zip(names, values, strict=False) if name not in outer.unavailable}
    if len(values) != len(names) or not all(isinstance(value, NmTensor) for value in call.outputs.values()):
        raise ModuleDeclarationError(
            f"{type(module).__qualname__}.build returned {', '.join(type(value).__name__ for value in values)}.\n"
            f"  Expected {len(names)} symbolic tensors, for {', '.join(names)}."
        )
    _check_promises(module, call)
    return call, outer


def _check_promises(module: CompositeModule, call: CompositeCall) -> None:
    """Hold what came out against the output ports, whose names stand for the sizes that the inputs have."""
    edges = recording.edges(call.name, module, call.inputs)
    promised = [
        Edge(call.name, port, tensor.name, module.outputs[port].type, tensor.type)
        for port, tensor in call.outputs.items()
    ]
    try:
        type_call([*edges, *promised], {}, owner=call.name, casts=frozenset(edge.port for edge in edges))
    except NeuralTypeError as error:
        raise ModuleDeclarationError(
            f"{type(module).__qualname__}.build gives other than its output ports promise.\n"
            f"  Correct build, or the ports: a port may promise less than what comes out, never more.\n\n{error}"
        ) from None


def holders(module: NeuralModule) -> Iterator[NeuralModule]:
    """Yield the modules that hold weights: the module itself, or those inside a composite one."""
    return (part for part in parts(module) if part.has_weights())


def parts(module: NeuralModule) -> Iterator[NeuralModule]:
    """Yield the modules that compute: the module itself, or those inside a composite one."""
    if isinstance(module, CompositeModule):
        for child in module.children().values():
            yield from parts(child)
    else:
        yield module
