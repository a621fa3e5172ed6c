"""Safe fixes: what a message calls safe was tried with the whole call."""

import pytest

from nm_types import Edge, NeuralType, NeuralTypeError, type_call


def message(ports: dict[str, str], values: dict[str, str], outputs: str) -> list[str]:
    """The lines of the message of a call that must fail."""
    edges = [
        Edge("m", port, f"{chr(97 + i)}.y", NeuralType(ports[port.partition("[")[0]]), NeuralType(value))
        for i, (port, value) in enumerate(values.items())
    ]
    with pytest.raises(NeuralTypeError) as caught:
        type_call(edges, {"y": NeuralType(outputs)}, owner="m")
    return [" ".join(line.split()) for line in str(caught.value).splitlines()]


def test_a_transpose_that_would_not_fit_the_others_is_not_called_safe() -> None:
    """The fix is tried with all edges of the call: sizes, rows and fixes of other edges."""
    lines = message({"xs": "*s"}, {"xs[0]": "B Encoded:32 T:4", "xs[1]": "B T:4 Encoded:16"}, "*s")
    assert not any("(safe)" in line or "casts(" in line for line in lines)
    assert "Once transposed, the sizes would not fit either." in lines

    lines = message({"xs": "B T:t C"}, {"xs[0]": "B T:n C", "xs[1]": "B C T:2*a", "xs[2]": "B C T:2*b+1"}, "B")
    assert [line.partition(":")[0] for line in lines if line.startswith("fix")] == ["fix (safe)", "fix"]
