"""Errors: one base, readable texts, stable codes, the fitting builtin."""

import copy
import pickle

import pytest

from nm_types import (
    BindingError,
    DefinitionError,
    FrozenError,
    NeuralTypeError,
    NmError,
    TypeSyntaxError,
    UnknownNameError,
    did_you_mean,
)


class MissingThing(NmError, KeyError):
    """A class as other packages of the project make them."""


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (TypeSyntaxError, ValueError),
        (UnknownNameError, LookupError),
        (DefinitionError, TypeError),
        (BindingError, ValueError),
        (FrozenError, AttributeError),
        (NeuralTypeError, TypeError),
        (MissingThing, KeyError),
    ],
)
def test_errors_inherit_the_fitting_builtin(error: type[NmError], builtin: type[Exception]) -> None:
    """So that code which knows nothing of the project can catch them."""
    assert issubclass(error, NmError)
    assert issubclass(error, builtin)


def test_the_text_is_the_whole_message() -> None:
    """Also where the builtin would print its argument's repr."""
    assert str(MissingThing('there is no "x".\n  Known: y.')) == 'there is no "x".\n  Known: y.'
    assert str(NmError()) == ""


def test_a_code_belongs_to_a_class_or_to_one_error() -> None:
    """It stands before the message, and survives copies."""
    assert NmError("x").code is None
    assert NmError("x", code="NM300").code == "NM300"
    assert TypeSyntaxError("x").code == "NM001"
    for again in (
        copy.copy(MissingThing("m", code="NM301")),
        pickle.loads(pickle.dumps(MissingThing("m", code="NM301"))),
    ):
        assert (str(again), again.message, again.code) == ("NM301  m", "m", "NM301")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Spectrgram", 'Did you mean "Spectrogram"?'), ("time", 'Did you mean "Time"?'), ("xyzzy", "")],
)
def test_did_you_mean(name: str, sentence: str) -> None:
    """The closest known name, whatever its case; nothing where none is close."""
    assert did_you_mean(name, ["Spectrogram", "Time", "Token"]) == sentence
