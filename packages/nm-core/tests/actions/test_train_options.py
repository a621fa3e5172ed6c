"""An option of training is declared in one place, and stands everywhere from there."""

import inspect
from dataclasses import dataclass, fields
from typing import Annotated, Literal

import pytest
from nm_core_fake_backend import factory, speech

from nm_core import NeuralModuleFactory, ParameterError
from nm_core.actions.keywords import keywords_of
from nm_core.actions.requests import CallOptions, Settings, TrainRequest
from nm_core.actions.train_options import EngineOptions, Option, TrainOptions, declared_options
from nm_core.application.form.entries import TrainEntry
from nm_core.application.form.schema import TRAIN, option_fields


@dataclass(frozen=True, kw_only=True)
class MoreOptions(TrainOptions):
    """The options of training and one more, which takes one edit."""

    warm_start: Annotated[int, Option("Updates before the first that counts.", at_least=0)] = 0


class Trainer:
    """Something that is called with options."""

    @keywords_of(MoreOptions)
    def train(self, options: MoreOptions) -> MoreOptions:
        """Give the options back."""
        return options


def test_a_new_option_takes_one_edit() -> None:
    """A field is a keyword with its default and text, a key of the file with its check, and a value of the request."""
    field = option_fields(MoreOptions)["warm_start"]

    assert inspect.signature(Trainer().train).parameters["warm_start"].default == 0
    assert "warm_start: Updates before the first that counts." in (Trainer.train.__doc__ or "")
    assert (field.default, field.about) == (0, "Updates before the first that counts.")
    assert field.shape.schema()["anyOf"][0] == {"type": "integer", "minimum": 0}
    assert Trainer().train(warm_start=3).warm_start == 3
    assert list(declared_options(MoreOptions)) == [*declared_options(TrainOptions), "warm_start"]


def test_every_place_has_every_option() -> None:
    """The keywords of train, requests, the train section and its entry have the options, with the same defaults."""
    keywords = inspect.signature(NeuralModuleFactory.train).parameters
    for name, declared in declared_options(CallOptions).items():
        assert keywords[name].default == declared.default
        assert name in {field.name for field in fields(TrainRequest)}
    for name, declared in (declared_options(TrainOptions) | declared_options(EngineOptions)).items():
        assert name in {field.name for field in fields(TrainEntry)}
        default = {"name": declared.default} if name == "optimizer" else declared.default
        assert TRAIN.fields[name].default == default
        assert TRAIN.fields[name].about == declared.option.about


def test_the_factory_takes_the_settings_as_they_are_declared() -> None:
    """A factory has a keyword for each setting, with its default."""
    keywords = inspect.signature(NeuralModuleFactory).parameters
    for field in fields(Settings):
        assert keywords[field.name].default == field.default


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("max_steps", 0, "a whole number from 1"),
        ("log_every", True, "a whole number from 1"),
        ("batches_per_step", None, "a whole number from 1"),
        ("gradient_clip_norm", 0.0, "a number above 0"),
        ("non_finite", "stop", '"error" or "skip"'),
    ],
)
def test_values_that_no_training_can_have_are_told(option: str, value: object, expected: str) -> None:
    """A problem names the option, what it is, and what was given."""
    assert list(TrainOptions(**{option: value}).problems()) == [f"{option} is {expected}, and {value!r} was given."]


def test_what_is_open_is_no_problem() -> None:
    """An option whose default is None may be None, and words of a Literal are the words that it may be."""
    assert not list(TrainOptions().problems())
    assert declared_options(TrainOptions)["non_finite"].words == ("error", "skip")
    assert declared_options(TrainOptions)["non_finite"].type == Literal["error", "skip"]


def test_an_unknown_option_is_an_error_with_a_suggestion() -> None:
    """A keyword that is no option is refused before anything is cut."""
    with pytest.raises(ParameterError, match=r'no option "max_step".* Did you mean "max_steps"\?'):
        factory().train(speech()[0], max_step=3)
