"""`CompositeModule`: a pattern of calls under one name, expanded into its calls before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.module import ModuleMeta, NeuralModule, OutputsT, Segment, T
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, NmTensor
from nm_core.symbols.user_location import user_location
from nm_types import Edge, NeuralTypeError, type_call


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
        module: CompositeModule,
        inputs: Mapping[str, Any],
        location: str,
        scope: CompositeCall | None,
        casts: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.module = module
        self.inputs = dict(inputs)
        self.outputs: dict[str, NmTensor] = {}
        self.casts = dict(casts)
        self.policy = recording.current_casts()
        self.location = location
        self.label: str | None = None
        self.scope = scope


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

    def _check_promises(self, edges: list[Edge], outputs: Mapping[str, NmTensor]) -> None:
        """Hold what came out against the output ports, whose names stand for the sizes that the inputs have."""
        promised = [
            Edge(self.name, port, tensor.name, self.outputs[port].type, tensor.type) for port, tensor in outputs.items()
        ]
        try:
            type_call([*edges, *promised], {}, owner=self.name, casts=frozenset(edge.port for edge in edges))
        except NeuralTypeError as error:
            raise ModuleDeclarationError(
                f"{type(self).__qualname__}.build gives other than its output ports promise.\n"
                f"  Correct build, or the ports: a port may promise less than what comes out, never more.\n\n{error}"
            ) from None

    def _record(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OutputsT:
        where = user_location()
        given = recording.bind_arguments(self.name, self.inputs, args, kwargs)
        arguments = recording.symbolic_arguments(self, given, where)
        types = {name: port.type for name, port in self.outputs.items()}
        edges = recording.edges(self, arguments)
        typing = type_call(edges, types, owner=self.name, casts=recording.current_casts(), location=where)
        call = CompositeCall(self, arguments, where, recording.current_scope(), typing.casts)
        with recording.inside(call):
            result = self.build(**given)
        names = tuple(self.outputs)
        values = (result,) if len(names) == 1 else tuple(result)
        missing = recording.unavailable(self, arguments)
        call.outputs = {name: value for name, value in zip(names, values, strict=False) if name not in missing}
        if len(values) != len(names) or not all(isinstance(value, NmTensor) for value in call.outputs.values()):
            raise ModuleDeclarationError(
                f"{type(self).__qualname__}.build returned {', '.join(type(value).__name__ for value in values)}.\n"
                f"  Expected {len(names)} symbolic tensors, for {', '.join(names)}."
            )
        self._check_promises(edges, call.outputs)
        if missing:  # asking for one of them is an error that names what it needs, as for any module
            absent = Call(self, arguments, typing, unavailable=missing, location=where, scope=call.scope)
            values = tuple(absent.tensor(name) if name in missing else call.outputs[name] for name in names)
        return self._name_outputs(values)


def outermost(call: Call) -> Call | CompositeCall:
    """Return the call that a user wrote: that of the composite around it, if it came out of one."""
    step: Call | CompositeCall = call
    while step.scope is not None:
        step = step.scope
    return step


def holders(module: NeuralModule) -> Iterator[NeuralModule]:
    """Yield the modules that hold weights: the module itself, or those inside a composite one."""
    if isinstance(module, CompositeModule):
        for child in module.children().values():
            yield from holders(child)
    elif module.has_weights():
        yield module
