"""Declarations of ports: names that calls can give."""

import pytest

from nm_core import ModuleDeclarationError, ports


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("class", "Call it class_."), ("self", "Call it self_."), ("None", "Call it None_."), ("_x", "Call it x."),
        ("x-y", "Call it x_y."), ("1st", "Call it port_1st."), ("", "Call it x."), ("_", "Call it x."),
    ],
)  # fmt: skip
def test_a_name_that_no_call_could_give_is_refused_when_declared(name: str, advice: str) -> None:
    """Words of Python, private names and what is no name at all, each with a name that would do."""
    with pytest.raises(ModuleDeclarationError) as caught:
        ports(**{name: "B T"})

    assert advice in str(caught.value)
    ports(**{advice[8:-1]: "B T"})
