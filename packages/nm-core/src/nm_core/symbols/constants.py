"""Constants given to ports: typed values like the outputs of calls, held against the types of their ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Integral, Real

from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Argument, ConstantInput, NmTensor
from nm_types import Fix, NeuralType, Problem, Text
from nm_types.messages import Column
from nm_types.notation import Row

FAMILIES = {"float": ("float", "int"), "int": ("int",), "bool": ("bool",)}
"""The constants that a port of each family of numbers takes: a whole number is a float, a truth value is no number."""


def constant_problems(
    owner: str, ports: PortSpec, inputs: Mapping[str, Argument], *, declared: str = "", location: str = ""
) -> Iterator[Problem]:
    """Yield a problem for each constant that its port cannot take.

    A number is a tensor without axes, whose family is that of its class; a text is an object of the kind `Text`.

    Args:
        owner: the name of the call.
        ports: the ports of the module.
        inputs: what they are given.
        declared: the class that declares the ports.
        location: file and line of the user's code.
    """
    for name, value in inputs.items():
        port = ports.get(name)
        if port is None or not isinstance(value, ConstantInput):
            continue
        code, cause = _misfit(port, value.value)
        if not code and isinstance(value.value, int | float):
            code, cause = _misfit_of_row(ports, port, inputs, _describe(value.value))
        if code:
            yield Problem(
                code=code,
                cause=cause,
                consumer=owner,
                port=name,
                producer="a constant",
                expected=str(port.type),
                given=_describe(value.value),
                columns=(Column("type", str(port.type), _describe(value.value), True),),
                declared=declared,
                location=location,
                fixes=(Fix("connect an output of a module, or an input of the graph that is given with each batch."),),
            )


def _misfit(port: Port, value: bool | int | float | str | None) -> tuple[str, str]:
    """Return the code and the cause of a constant that a port cannot take; no code where it can."""
    type = port.type
    what = _describe(value)
    if value is None:
        return ("", "") if port.optional else ("NM110", "The port needs a value, it is given none.")
    if port.variadic or type.is_list:
        return "NM110", f"The port takes a list of values, it is given {what}."
    if type.is_root:
        return "", ""
    if type.is_object:
        if isinstance(type.kind, Text) and not isinstance(value, str):
            return "NM110", f"The port takes a text, it is given {what}."
        return "", ""
    if isinstance(value, str):
        return "NM110", f"The port takes a tensor, it is given {what}."
    return _misfit_of_number(type, value, what)


def _misfit_of_number(type: NeuralType, value: bool | int | float, what: str) -> tuple[str, str]:
    axes = sum(not isinstance(axis, Row) for axis in type.axes)
    if axes:
        return "NM102", f"The port expects {axes} {'axis' if axes == 1 else 'axes'}, {what} has none."
    kind = type.kind
    family = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"
    if kind is not None and family not in FAMILIES.get(kind.dtype, ()):
        return "NM106", f"The values are {kind.dtype} numbers ({kind}), {what} is none."
    return "", ""


def _misfit_of_row(ports: PortSpec, port: Port, inputs: Mapping[str, Argument], what: str) -> tuple[str, str]:
    """Hold a number, which has no axes, against what its port's rows stand for at the tensors of other ports."""
    rows = {axis.name for axis in port.type.axes if isinstance(axis, Row)}
    for name, value in inputs.items() if rows else ():
        tensor = value[0] if isinstance(value, tuple) and value else value
        if not isinstance(tensor, NmTensor) or tensor.is_failed or tensor.type.form != "tensor":
            continue
        axes = ports[name].type.axes
        shared = [axis for axis in axes if isinstance(axis, Row)]
        spare = len(tensor.type.axes) - len(axes) + len(shared)
        if spare > 0 and shared and rows.issuperset(axis.name for axis in shared):
            return "NM112", f"The port has the axes of {name} at *{shared[0].name} ({tensor.type}), {what} has none."
    return "", ""


def as_constant(value: object) -> ConstantInput | None:
    """Return a number or a text as a part of a graph, those of other libraries as Python's own; None for all else."""
    kind = type(value)
    if isinstance(value, bool) or (kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")):
        return ConstantInput(bool(value))
    if isinstance(value, str):
        return ConstantInput(str.__str__(value))
    # numpy's numbers are registered with these classes; arrays and tensors are not
    if isinstance(value, Integral):
        return ConstantInput(int(value))
    return ConstantInput(float(value)) if isinstance(value, Real) else None


def _describe(value: bool | int | float | str | None) -> str:
    """Return what a constant is in a few words."""
    if value is None:
        return "nothing"
    text = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:37]}..."
    return f"the text {text}" if isinstance(value, str) else f"the {type(value).__name__} {text}"
