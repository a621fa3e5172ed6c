"""Containers that hold symbolic tensors are told from real values, and explained."""

from typing import Any

import pytest

from nm_core import inputs, ports, variadic
from nm_core.symbols.arguments import explain_argument, holds_symbolic, outputs_of_call

X, Y = inputs(x="B Channel:4", y="B ; Labels")


@pytest.mark.parametrize("container", [[X], (1, X), {"x": X}, {X}, [(X, Y)], [{"x": X}]])
def test_a_container_with_a_symbolic_tensor_is_found(container: Any) -> None:
    """In it, or in its first item."""
    assert holds_symbolic(container)


@pytest.mark.parametrize("container", [[], [1], ("a", None), {}, {"x": 1}, [[1, 2], [3]]])
def test_real_containers_hold_none(container: Any) -> None:
    """Lists of numbers and texts are real values."""
    assert not holds_symbolic(container)


def test_outputs_of_one_call_are_told_from_other_tuples() -> None:
    """All outputs in their order, and nothing less."""
    both = X.call.tensors()
    assert outputs_of_call(both) == both
    assert outputs_of_call((Y, X)) == outputs_of_call((X,)) == outputs_of_call([X, Y]) == outputs_of_call(()) == ()


def test_the_output_that_fits_is_named() -> None:
    """Where exactly one of the outputs fits a port, it is the advice; else all are listed."""
    labels, values, many = ports(labels="B ; Labels", values={}, many=variadic("B Channel")).values()
    both = X.call.tensors()
    assert "loss(labels=outputs.y)" in explain_argument("loss", labels, both)
    assert 'Give "values" one of them: x, y.' in explain_argument("loss", values, both)
    assert "one value of this list is a constant" in explain_argument("add", many, [X, 1])
