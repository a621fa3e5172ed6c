"""Calls on symbolic tensors: bind arguments to ports, let the type system judge every edge, record the call."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from nm_core.errors import PortError, did_you_mean
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.size_origins import maker_among, with_makers
from nm_core.symbols.tensor import Argument, Call, Constant, NmTensor
from nm_core.symbols.user_location import user_location
from nm_types import Edge, NeuralTypeError

if TYPE_CHECKING:
    from nm_core.modules.composite import CompositeCall
    from nm_core.modules.module import NeuralModule
    from nm_types import NeuralType

CastPolicy = Literal["error", "transpose"]

_casts: ContextVar[CastPolicy] = ContextVar("nm_core_casts", default="error")
_scope: ContextVar[CompositeCall | None] = ContextVar("nm_core_scope", default=None)


@contextmanager
def casts(policy: CastPolicy) -> Iterator[None]:
    """Let calls inside the block insert visible transpose casts (`"transpose"`), or refuse them (`"error"`)."""
    if policy not in ("error", "transpose"):
        raise ValueError(f'casts must be "error" or "transpose", not {policy!r}.')
    token = _casts.set(policy)
    try:
        yield
    finally:
        _casts.reset(token)


def current_casts() -> CastPolicy:
    """Return the cast policy of the enclosing `casts` block."""
    return _casts.get()


def current_scope() -> CompositeCall | None:
    """Return the composite call whose `build` is running, if any."""
    return _scope.get()


@contextmanager
def inside(call: CompositeCall) -> Iterator[None]:
    """Record the calls of the block as having come out of a composite call."""
    token = _scope.set(call)
    try:
        yield
    finally:
        _scope.reset(token)


def is_symbolic(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    """Tell whether any argument is a symbolic tensor, or a list that holds one."""
    for value in args:
        if type(value) is NmTensor or (type(value) in (list, tuple) and _holds_symbolic(value)):
            return True
    for value in kwargs.values():
        if type(value) is NmTensor or (type(value) in (list, tuple) and _holds_symbolic(value)):
            return True
    return False


def is_constant_inside(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    """Tell whether a call in the `build` of a composite module is given constants of the graph and nothing else."""
    if _scope.get() is None:
        return False
    given = [value for value in (*args, *kwargs.values()) if value is not None]
    return bool(given) and all(isinstance(value, bool | int | float | str) for value in given)


def _holds_symbolic(values: Any) -> bool:
    return any(type(value) is NmTensor for value in values)


def record(
    module: NeuralModule,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    *,
    label: str | None = None,
    location: str | None = None,
    policy: CastPolicy | frozenset[str] | None = None,
) -> Call:
    """Record a call of a module on symbolic tensors.

    Args:
        label: a name for this call in its graph.
        location: where the call is written; found from the Python stack when not given.
        policy: what to do about axes in another order, or the ports at which they may be; that of the enclosing
            `casts` block when not given.

    Raises:
        PortError: an unknown, doubled or missing port, or a value that no graph can hold.
        NeuralTypeError: an edge whose types do not fit; all bad edges of the call at once.
    """
    where = user_location() if location is None else location
    inputs = symbolic_arguments(module, bind_arguments(module.name, module.inputs, args, kwargs), where)
    try:
        typing = module.type_edges(
            edges(module, inputs),
            {port.name: port.type for port in module.outputs.values()},
            owner=module.name,
            casts=_casts.get() if policy is None else policy,
            location=where,
        )
    except NeuralTypeError as error:
        given = tuple(_tensors(inputs.values()))
        raise with_makers(error, lambda text: maker_among(text, given)) from None
    missing = unavailable(module, inputs)
    return Call(module, inputs, typing, unavailable=missing, location=where, label=label, scope=_scope.get())


def unavailable(module: NeuralModule, inputs: Mapping[str, Argument]) -> dict[str, tuple[str, ...]]:
    """Return the outputs that have no value where only these inputs are connected, with the inputs that they need."""
    ports = module.outputs.values()
    return {port.name: port.needs for port in ports if not all(need in inputs for need in port.needs)}


def _tensors(arguments: Iterable[Argument]) -> Iterator[NmTensor]:
    for argument in arguments:
        if isinstance(argument, NmTensor):
            yield argument
        elif isinstance(argument, tuple):
            yield from argument


def bind_arguments(
    owner: str, ports: PortSpec, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Give positional and keyword arguments their port names, and refuse what does not fit."""
    problems = []
    names = list(ports)
    if len(args) > len(names):
        problems.append(f"{owner} has {len(names)} input ports and was given {len(args)} values.")
    given: dict[str, object] = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in ports:
            problems.append(f'{owner} has no input port "{name}".{did_you_mean(name, names)}')
        elif name in given:
            problems.append(f'{owner} was given "{name}" twice.')
        else:
            given[name] = value
    given = {name: given[name] for name in names if given.get(name) is not None}
    missing = [port for port in ports.values() if not port.optional and port.name not in given]
    problems += [f'{owner} needs its input "{port.name}" ({port.type}), which was left open.' for port in missing]
    if problems:
        shown = ", ".join(f"{port.name}{' (optional)' if port.optional else ''}" for port in ports.values())
        raise PortError("\n  ".join(problems) + f"\n  Its input ports: {shown or 'none'}.")
    return given


def symbolic_arguments(module: NeuralModule, given: Mapping[str, object], where: str) -> dict[str, Argument]:
    """Return what a call's ports were given as parts of a graph; refuse values that no graph can hold."""
    arguments: dict[str, Argument] = {}
    for name, value in given.items():
        port = module.inputs[name]
        if isinstance(value, NmTensor):
            _refuse_unavailable(module, name, value)
            arguments[name] = (value,) if port.variadic else value
        elif port.variadic and isinstance(value, list | tuple) and all(isinstance(v, NmTensor) for v in value):
            for item in value:
                _refuse_unavailable(module, name, item)
            arguments[name] = tuple(value)
        elif isinstance(value, bool | int | float | str):
            arguments[name] = Constant(value)
        else:
            raise PortError(
                f'{module.name} was given a real {type(value).__name__} for "{name}" beside symbolic tensors'
                f" ({where or 'here'}).\n"
                "  A call is either symbolic in all its tensors or computes at once on real ones.\n"
                f"  Give {name} from a module's output, or call with real values only."
            )
    return arguments


def _refuse_unavailable(module: NeuralModule, port: str, value: NmTensor) -> None:
    needs = value.call.unavailable.get(value.port)
    if needs:
        raise PortError(
            f'{module.name} was given {value.name} for "{port}", which has no value in that call.\n'
            f"  It needs {' and '.join(needs)} connected to {value.call.module.name}."
        )


def edges(module: NeuralModule, inputs: Mapping[str, Argument]) -> list[Edge]:
    """Return the edges of a call: for each connected tensor what the port expects and what it is given."""
    declared = _declared_in(module)
    found = []
    for name, argument in inputs.items():
        expected = module.inputs[name].type
        if isinstance(argument, NmTensor):
            found.append(_edge(module, name, argument, expected, declared))
        elif isinstance(argument, tuple):
            found += [
                _edge(module, f"{name}[{index}]", item, expected, declared) for index, item in enumerate(argument)
            ]
    return found


def _edge(module: NeuralModule, port: str, given: NmTensor, expected: NeuralType, declared: str) -> Edge:
    source = declared_at(given)
    return Edge(module.name, port, given.name, expected, given.type, declared, source)


def declared_at(tensor: NmTensor) -> str:
    """Return where the type of a tensor is declared: the class of its module, or the line of a free input."""
    return _declared_in(tensor.call.module) or tensor.call.location


def _declared_in(module: NeuralModule) -> str:
    """Return the class that declares a module's ports; none does for free inputs, a transpose, a claim."""
    cls = type(module)
    return "" if cls.__module__.startswith("nm_core.") else f"{cls.__module__}.{cls.__qualname__}"


@lru_cache(maxsize=1024)
def _structure(owner: str, names: tuple[str, ...]) -> Any:
    return namedtuple(f"{owner}Outputs", names)


def structured(owner: str, names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return one output bare and several as a named tuple in port order."""
    if len(names) == 1:
        return values[0]
    return _structure(owner, names)._make(values)
