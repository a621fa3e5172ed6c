"""Fixes that can be pasted: the failing call with its value transposed or assumed."""

from __future__ import annotations

from dataclasses import replace

from nm_types.meanings import KindVariable, Nominal
from nm_types.messages import Fix
from nm_types.notation import Axis, AxisType, Row, Structure
from nm_types.relations import GREATER, Permutation, order_of_axes, order_of_kinds
from nm_types.sizes import Size
from nm_types.solving import Edge


def transpose_fix(edge: Edge, given: Structure, order: Permutation) -> Fix:
    """Suggest the call with its value transposed to the port's order."""
    words = " ".join(_tag_text(given.axes[i]) for i in order)
    return replace(_call(edge, "transpose", words, Structure("tensor", given.axes)), safe=True)


def assume_fix(edge: Edge, expected: Structure, given: Structure) -> Fix:
    """Suggest the call with `assume` of exactly what the port needs."""
    if edge.expected.is_list or expected.form != "tensor" or any(isinstance(axis, Row) for axis in expected.axes):
        return Fix("connect an output that promises it.")
    actual_axes = given.axes if given.form == "tensor" else expected.axes
    axes = [
        claimed if order_of_axes(axis, claimed) == GREATER else axis
        for claimed, axis in zip(expected.axes, actual_axes, strict=True)
    ]
    kind = None if isinstance(expected.kind, KindVariable) else expected.kind
    if kind is not None and given.kind is not None and order_of_kinds(given.kind, kind) != GREATER:
        kind = None
    words = [*map(_claim_text, axes), *(() if kind is None else (";", str(kind)))]
    claim = Structure("tensor", tuple(axes), kind)
    return replace(_call(edge, "assume", " ".join(words), claim), when="you know that it holds")


def _call(edge: Edge, function: str, words: str, named: Structure) -> Fix:
    """Write the call with its value wrapped in `transpose` or `assume`, with imports of foreign tags and kinds."""
    value = edge.value or edge.producer.rpartition(".")[2]
    foreign: dict[str, list[Nominal]] = {
        "tags": [axis.tag for axis in named.axes if isinstance(axis, AxisType) and isinstance(axis.tag, Nominal)],
        "kinds": [type(named.kind)] if named.kind is not None else [],
    }
    imports, options = [f"from nm_core import {function}"], ""
    for option, members in foreign.items():
        own = [member for member in dict.fromkeys(members) if not member.id.startswith("nm.")]
        if own:
            options += f", {option}=[{', '.join(member.__name__ for member in own)}]"
            named_here = [member for member in own if member.__module__ != "__main__"]
            imports += [f"from {member.__module__} import {member.__name__}" for member in named_here]
    call = f'{function}({value}, "{words}"{options})'
    port, bracket, _ = edge.port.partition("[")
    if bracket:
        text = f"{call} in the place of {value} in {port}"
    else:
        text = f"{edge.caller or edge.consumer}({port}={call})" if port else call
    parameter = {"transpose": "order", "assume": "type"}[function]
    module = f'{{type: nm.{function.title()}, params: {{{parameter}: "{words}"}}}}'
    return Fix(text, needs="; ".join(imports), module=module)


def _claim_text(axis: Axis) -> str:
    """Write an axis for a claim; symbolic sizes belong to another call and are omitted."""
    number = axis.size.value if isinstance(axis, AxisType) and isinstance(axis.size, Size) else None
    return _tag_text(axis) if number is None else f"{_tag_text(axis)}:{number}"


def _tag_text(axis: Axis) -> str:
    tag = axis.tag if isinstance(axis, AxisType) else None
    return tag.short or tag.text if isinstance(tag, Nominal) else str(axis)
