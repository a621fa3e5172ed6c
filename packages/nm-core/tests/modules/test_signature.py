"""Ports follow from the parameters of a class, without an instance."""

from collections.abc import Mapping
from typing import Any

import pytest

from nm_core import ModuleDeclarationError, NeuralModule, ParameterError, PortSpec, ports, signature_of


class Stack(NeuralModule):
    """A size that is a parameter, one that is computed, and an axis that a parameter chooses."""

    input_ports = ports(x="B Channel:{size} T:t")
    output_ports = ports(y="B Channel:{stacked} T")

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        return {"stacked": params["size"] * params["factor"]}

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        inputs = ports(x=f"B Channel:{{size}} {params['axis']}:t")
        return inputs, ports(**params.get("outputs", {"y": f"B Channel:{{stacked}} {params['axis']}"}))

    def __init__(self) -> None:
        raise AssertionError("nothing is constructed")


PARAMS = {"size": 4, "factor": 3, "axis": "Token"}


def test_ports_follow_from_parameters_and_sizes() -> None:
    """Braces take parameters and what `sizes` derives from them; `ports_of` may change types."""
    signature = signature_of(Stack, PARAMS)

    assert str(signature.inputs["x"].type) == "Batch Channel:4 Token:t"
    assert str(signature.outputs["y"].type) == "Batch Channel:12 Token"


def test_a_parameter_in_braces_must_be_known_and_whole() -> None:
    """A name that is nowhere is the author's error, a value that is no integer the user's."""

    class Unknown(NeuralModule):
        output_ports = ports(y="B Channel:{width}")

    with pytest.raises(ModuleDeclarationError, match=r"mentions \{width\}, which is neither a parameter"):
        signature_of(Unknown, {})
    with pytest.raises(ParameterError, match="Unknown"):
        signature_of(Unknown, {"width": 1.5})


def test_ports_keep_their_names() -> None:
    """`ports_of` may change types, never names or their order."""
    with pytest.raises(ModuleDeclarationError, match="gives the output ports z; declared are y"):
        signature_of(Stack, {**PARAMS, "outputs": {"z": "B"}})


def test_an_error_of_the_author_is_told_as_such() -> None:
    """Whatever `sizes` raises names the class and the parameters."""
    with pytest.raises(ModuleDeclarationError, match=r"Stack\.sizes failed on the parameters .*KeyError"):
        signature_of(Stack, {"size": 4, "axis": "Token"})
