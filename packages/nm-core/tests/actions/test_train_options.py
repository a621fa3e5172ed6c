"""An option of training is declared in one place, and stands everywhere from there."""

import inspect
import math
import re
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import pytest
from nm_core_fake_backend import factory, speech
from nm_core_samples import Features

from nm_core import Callback, GraphError, NeuralModuleFactory, ParameterError, PortError
from nm_core.actions.keywords import keywords_of
from nm_core.actions.requests import CallOptions, Settings, TrainRequest
from nm_core.actions.train_options import EngineOptions, Option, TrainOptions, declared_options
from nm_core.application.form.entries import TrainEntry
from nm_core.application.form.schema import TRAIN, option_fields
from nm_core.errors import OptionError


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
    assert field.shape.schema()["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
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
        # without a seed the caller's generator stays as it is: the factory can tell none from 0
        default = None if field.name == "seed" else field.default
        assert keywords[field.name].default == default


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("max_steps", 0, "a whole number from 1"),
        ("log_every", True, "a whole number from 1"),
        ("batches_per_step", None, "a whole number from 1"),
        ("gradient_clip_norm", 0.0, "a number above 0"),
        ("non_finite", "stop", '"error" or "skip"'),
        ("non_finite", 3, '"error" or "skip"'),
        ("max_steps", -1, "a whole number from 1"),
        ("max_steps", 1.5, "a whole number from 1"),
        ("max_epochs", "2", "a whole number from 1"),
        ("max_steps", 10**20, "a whole number from 1 to 9223372036854775807"),
        ("gradient_clip_norm", "x", "a number above 0"),
        ("gradient_clip_norm", math.nan, "a number above 0"),
        ("gradient_clip_norm", math.inf, "a number above 0"),
        ("gradient_clip_norm", True, "a number above 0"),
        ("gradient_clip_norm", [1], "a number above 0"),
    ],
)
def test_values_that_no_training_can_have_are_told(option: str, value: object, expected: str) -> None:
    """A problem names the option, what it is, and what was given."""
    assert list(TrainOptions(**{option: value}).problems()) == [f"{option} is {expected}, and {value!r} was given."]


def test_a_value_that_cannot_be_shown_is_told_by_its_class() -> None:
    """A number of ten thousand digits has no text, and a long list a short one."""
    (problem,) = TrainOptions(max_steps=10**10_000).problems()
    assert problem.endswith("and a int was given.")
    (problem,) = TrainOptions(gradient_clip_norm=list(range(1000))).problems()
    assert len(problem) < 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"callbacks": 3}, "callbacks is a list of callbacks, made by calling their classes, and 3 was given"),
        ({"callbacks": [3]}, "callbacks is a list of callbacks"),
        ({"callbacks": [Callback]}, "made by calling their classes"),
        ({"callbacks": Callback()}, "callbacks is a list of callbacks"),
        ({"callbacks": "progress"}, "callbacks is a list of callbacks"),
        ({"restart": "yes"}, "restart is True or False, and 'yes' was given"),
        ({"resume": 3}, 'resume is True, "auto" or the path of a checkpoint, and 3 was given'),
        ({"non_finite": "skp"}, 'Did you mean "skip"?'),
        ({"max_steps": 10**20}, "a whole number from 1 to"),
    ],
)
def test_an_action_refuses_values_that_an_option_does_not_take(options: dict[str, Any], message: str) -> None:
    """Each is an error of ours that is a TypeError and a ValueError, before anything is cut."""
    nf = factory()
    with pytest.raises(OptionError, match=re.escape(message)) as error:
        nf.train(speech()[0], **{"max_steps": 3, **options})
    assert isinstance(error.value, TypeError)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("wrong", [3, None, "loss", [3], [], Features(name="given")])
def test_what_is_no_tensor_is_refused_by_every_action(wrong: object) -> None:
    """Numbers, text and modules in the place of symbolic tensors are errors of ours."""
    nf = factory()
    for act in (lambda: nf.train(wrong, max_steps=1), lambda: nf.infer(wrong), lambda: nf.lower(wrong)):
        with pytest.raises(GraphError):
            act()
    with pytest.raises(GraphError, match=r"needs metrics|needs a list of metrics|computes metrics"):
        nf.eval(wrong)


def test_calls_with_other_arguments_are_answered() -> None:
    """A call without losses, a misspelt keyword and a tensor where a metric is due say what there is."""
    nf, (loss, _) = factory(), speech()
    with pytest.raises(ParameterError, match="train was not given tensors_to_optimize"):
        nf.train(max_steps=3)
    with pytest.raises(ParameterError, match=r'eval has no option "max_batch"\. Did you mean "max_batches"'):
        nf.eval([], max_batch=3)
    with pytest.raises(ParameterError, match=r'infer has no option "input"\. Did you mean "inputs"'):
        nf.infer(loss, input={})
    with pytest.raises(ParameterError, match=r'the factory has no option "sed"\. Did you mean "seed"'):
        NeuralModuleFactory(sed=1)
    with pytest.raises(ParameterError, match="the factory is called wrongly: too many positional arguments"):
        NeuralModuleFactory("torch")
    with pytest.raises(GraphError, match="is a symbolic tensor"):
        nf.eval([loss])
    with pytest.raises(PortError, match="inputs are values by name, and 3 was given"):
        nf.infer(loss, inputs=3)
    with pytest.raises(OptionError, match="callbacks is a list"):
        nf.infer(loss, callbacks=3)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"seed": "x"}, "seed is a whole number from 0, and 'x' was given"),
        ({"seed": -1}, "seed is a whole number from 0"),
        ({"seed": True}, "seed is a whole number from 0"),
        ({"seed": 10**30}, "seed is a whole number from 0 to 18446744073709551615"),
        ({"placement": 3}, "placement is text, and 3 was given"),
        ({"precision": 16}, "precision is text"),
        ({"strategy": None}, "strategy is text"),
        ({"work_dir": 3}, "work_dir is a path"),
        ({"work_dir": ""}, "work_dir is a path"),
        ({"deterministic": "no"}, "deterministic is True or False"),
    ],
)
def test_a_factory_refuses_settings_of_another_kind(setting: dict[str, Any], message: str) -> None:
    """They are checked when the factory is made."""
    with pytest.raises(OptionError, match=message):
        factory(**setting)


def test_a_seed_that_is_given_seeds_the_framework_once() -> None:
    """So modules that are made by their classes repeat; without one, nothing is seeded."""
    assert factory(seed=3).session.asked == [("seed", 3)]
    assert factory().session.asked == []
    assert factory().settings.seed == 0


def test_what_is_open_is_no_problem() -> None:
    """An option whose default is None may be None, and words of a Literal are the words that it may be."""
    assert not list(TrainOptions().problems())
    assert declared_options(TrainOptions)["non_finite"].words == ("error", "skip")
    assert declared_options(TrainOptions)["non_finite"].type == Literal["error", "skip"]


def test_an_unknown_option_is_an_error_with_a_suggestion() -> None:
    """A keyword that is no option is refused before anything is cut."""
    with pytest.raises(ParameterError, match=r'no option "max_step".* Did you mean "max_steps"\?'):
        factory().train(speech()[0], max_step=3)
