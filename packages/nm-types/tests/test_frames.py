"""Tracebacks: they end in the user's own line, and the whole stack can still be seen."""

import pickle
import traceback

import pytest

from nm_types import BindingError, DefinitionError, NeuralType, NmError, Tag, TimeTag, TypeSyntaxError
from nm_types.frames import boundary, hide


def frames(error: BaseException) -> list[str]:
    """The functions of the traceback, the outermost first."""
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def as_own(source: str, **names: object) -> dict[str, object]:
    """Run code as if it stood in the project itself."""
    namespace: dict[str, object] = {"__name__": "nm_core.example", "boundary": boundary, "NmError": NmError, **names}
    exec(compile(source, "own.py", "exec"), namespace)
    return namespace


OWN = """
def deep():
    raise NmError("wrong")

@boundary
def enter():
    deep()

@boundary
def around(build):
    build()
"""


def user_line(enter: object) -> None:
    """A function of a user."""
    enter()  # type: ignore[operator]


def test_the_traceback_ends_in_the_line_of_the_user() -> None:
    """No frame of the project is below it; the whole stack is there for whoever asks."""
    with pytest.raises(NmError) as caught:
        user_line(as_own(OWN)["enter"])

    assert frames(caught.value)[-1] == "user_line"
    assert [frame.name for frame in caught.value.stack()][-4:] == ["user_line", "call", "enter", "deep"]
    assert "own.py" in caught.value.full_traceback()
    assert caught.value.full_traceback().endswith("NmError: wrong\n")


def test_lines_of_a_user_in_the_middle_stay() -> None:
    """As where a user's composite is called, whose build makes a mistake."""
    own = as_own(OWN)

    def build() -> None:
        user_line(own["enter"])

    with pytest.raises(NmError) as caught:
        own["around"](build)  # type: ignore[operator]

    assert frames(caught.value)[-2:] == ["build", "user_line"]
    names = [frame.name for frame in caught.value.stack()]
    assert names[-7:] == ["call", "around", "build", "user_line", "call", "enter", "deep"]
    assert len(frames(caught.value)) == len(names) - 5


def test_other_errors_keep_their_traceback() -> None:
    """A bug must show where it is."""
    own = as_own("@boundary\ndef enter():\n    raise ZeroDivisionError\n")

    with pytest.raises(ZeroDivisionError) as caught:
        own["enter"]()  # type: ignore[operator]

    assert frames(caught.value)[-2:] == ["call", "enter"]


def test_hidden_frames_survive_pickles() -> None:
    """Processes hand errors to each other."""
    with pytest.raises(NmError) as caught:
        user_line(as_own(OWN)["enter"])

    again = pickle.loads(pickle.dumps(caught.value))

    assert "own.py" in again.full_traceback()


def test_hiding_twice_loses_nothing() -> None:
    """Functions that users call also call each other."""
    own = as_own(OWN)
    with pytest.raises(NmError) as caught:
        own["around"](own["enter"])  # type: ignore[operator]
    before = caught.value.full_traceback()

    hide(caught.value)

    assert caught.value.full_traceback() == before
    assert frames(caught.value) == [frames(caught.value)[0]]


@pytest.mark.parametrize(
    ("error", "statement"),
    [
        (TypeSyntaxError, lambda: NeuralType("B T: t")),
        (TypeSyntaxError, lambda: NeuralType(3)),  # type: ignore[arg-type]
        (BindingError, lambda: NeuralType("B T:{n}").bind({})),
        (DefinitionError, lambda: type("Two", (TimeTag, Tag), {}, id="a.Two")),
    ],
)
def test_types_are_written_in_the_line_that_is_shown(error: type[NmError], statement: object) -> None:
    """A notation, a parameter and a declaration without meaning."""
    with pytest.raises(error) as caught:
        statement()  # type: ignore[operator]

    assert frames(caught.value)[-1] == "<lambda>"
