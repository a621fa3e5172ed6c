"""Calls of the tests, in few words."""

import pytest

from nm_types import CallTyping, Edge, NeuralType, NeuralTypeError, type_call

Values = dict[str, NeuralType]


def source(owner: str = "loader", **outputs: str) -> Values:
    """The outputs of a call without inputs."""
    return type_call([], {name: NeuralType(text) for name, text in outputs.items()}, owner=owner).outputs


def call(
    inputs: dict[str, tuple[str, NeuralType | str]], outputs: dict[str, str], owner: str = "m", casts: str = "error"
) -> CallTyping:
    """A call whose ports take the given types of values."""
    edges = [
        Edge(owner, port, f"source{i}.y", NeuralType(expected), NeuralType(given) if isinstance(given, str) else given)
        for i, (port, (expected, given)) in enumerate(inputs.items())
    ]
    return type_call(edges, {name: NeuralType(text) for name, text in outputs.items()}, owner=owner, casts=casts)


def codes(inputs: dict[str, tuple[str, NeuralType | str]], outputs: dict[str, str] | None = None) -> dict[str, str]:
    """The codes of a call that must fail, by port."""
    with pytest.raises(NeuralTypeError) as caught:
        call(inputs, outputs or {})
    return {problem.port: problem.code for problem in caught.value.problems}
