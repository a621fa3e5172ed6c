"""Values and sizes of the caller."""

from typing import Any

import pytest
import torch
from nm_torch_liars import module_of

from nm_core import ports, variadic
from nm_torch import check_module
from nm_torch.errors import ModuleCheckError
from nm_types import Kind, Text


class Spoken(Text, id="tests.Spoken"):
    """A kind of objects that only its author can make."""


class Level(Kind, id="tests.Level", dtype="int"):
    """A kind of whole numbers."""


def test_what_cannot_be_invented_is_asked_for() -> None:
    """The message says how to give it; given, it is used."""
    for kind, notation, value in (
        (Spoken, "object tests.Spoken", object()),
        (Level, "B ; tests.Level", torch.ones(3).int()),
    ):
        inputs = ports(x=notation, kinds=[kind])
        module = module_of(lambda x: "heard", inputs=dict(inputs), outputs={"y": "object Text"})

        with pytest.raises(ModuleCheckError, match=r'inputs=\{"x": \.\.\.\}'):
            check_module(module)
        assert check_module(module, inputs={"x": value}).runs


def test_given_values_decide_sizes_rows_and_elements() -> None:
    """Of everything that is related to them."""
    module = module_of(
        lambda x, length: x * (torch.arange(x.shape[1]) < length[:, None]),
        inputs={"x": "B T:t", "length": "B ; Lengths(t)"},
        outputs={"y": "B T:t"},
    )
    rows = module_of(lambda x, y: x + y, inputs={"x": "*s", "y": "*s"}, outputs={"z": "*s"})
    many = module_of(lambda xs: torch.cat(xs), inputs={"xs": variadic("T:n_i")}, outputs={"y": "T:sum(n_i)"})

    assert check_module(module, inputs={"x": torch.randn(2, 6)}).runs[0].sizes == {"B": 2, "t": 6}
    assert {run.use for run in check_module(rows, inputs={"x": torch.randn(2, 6, 4)}).runs} == {"*s of 3 axes"}
    assert check_module(many, inputs={"xs": [torch.ones(4)]}).runs[0].sizes == {"n[0]": 4}
    double = module_of(lambda x: x[:, ::2], inputs={"x": "B T:2*t"}, outputs={"y": "B T:t"})
    assert check_module(double, inputs={"x": torch.randn(2, 6)}).runs[0].sizes == {"B": 2, "t": 3}


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"inputs": {"y": torch.ones(3)}}, 'no input "y"'),
        ({"sizes": {"u": 4}}, 'has a size "u"'),
        ({"sizes": {"t": 0}}, "at least 1"),
        ({"inputs": {"x": torch.ones(3)}}, "2 axes"),
        ({"inputs": {"x": torch.ones(3, 4), "length": torch.ones(2).long()}}, "B is 2 there"),
        ({"inputs": {"length": torch.ones(3)}}, "float"),
        (
            {"inputs": {"x": torch.ones(3, 4), "length": torch.tensor([4, 5, 6])}},
            "lengths are 4 to 6; they must be 0 to t = 4",
        ),
        ({"inputs": {"x": torch.ones(3, 4)}, "sizes": {"t": 5}}, "t is 4 there"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given: Any, match: str) -> None:
    """With what is wrong about them."""
    module = module_of(lambda x, length: x, inputs={"x": "B T:t", "length": "B ; Lengths(t)"}, outputs={"y": "B T:t"})

    with pytest.raises(ModuleCheckError, match=match):
        check_module(module, **given)


def test_a_given_value_may_leave_a_name_open() -> None:
    """Two numbers of frames give the same half: the caller says which."""
    module = module_of(lambda x: x, inputs={"x": "B T:(t+1)//2"}, outputs={"y": "B T:(t+1)//2"})

    with pytest.raises(ModuleCheckError, match="for 7 to 8"):
        check_module(module, inputs={"x": torch.ones(3, 4)})
    assert check_module(module, inputs={"x": torch.ones(3, 4)}, sizes={"t": 8}).runs
