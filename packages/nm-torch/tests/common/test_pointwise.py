"""Layers that keep the axes of their input: values and types."""

import pytest
import torch

from nm_core import inputs
from nm_core.errors import ParameterError
from nm_torch.common import Activation, Dropout, LayerNorm, LogSoftmax
from nm_torch.common.errors import OptionError
from nm_torch.common.pointwise import FUNCTIONS
from nm_types import NeuralTypeError


@pytest.mark.parametrize("type", ["B T:t Spectrogram:64", "B Encoded:8 T:t", "B H:h W:w C:3"])
def test_any_axes_come_out_as_they_went_in(type: str) -> None:
    """Tags and sizes of every axis are those of the input; an activation gives features."""
    x = inputs(x=type)

    assert str(Activation()(x).type) == f"{x.type} ; Features"
    assert Dropout(probability=0.1)(x).type == x.type


def test_a_kind_that_is_named_goes_through() -> None:
    """Logits stay logits behind a dropout, and one that says so refuses other values."""
    free = inputs(logits="B T:t Class:5 ; Logits", log_probs="B T:t Class:5 ; LogProbs")
    dropout = Dropout(probability=0.1, kind="Logits")

    assert str(dropout(free.logits).type) == "Batch Time:inputs.t Class:5 ; Logits"
    assert not LogSoftmax()(dropout(free.logits)).call.typing.unchecked
    assert not LogSoftmax()(Dropout(probability=0.1)(free.logits)).call.typing.unchecked
    with pytest.raises(NeuralTypeError, match="NM106"):
        LogSoftmax()(Dropout(probability=0.1)(free.log_probs))
    with pytest.raises(NeuralTypeError, match="NM106"):
        dropout(free.log_probs)


def test_an_activation_makes_no_probabilities_of_log_probabilities() -> None:
    """Its output holds features, which ports of probabilities refuse."""
    x = inputs(x="B Class:5 ; LogProbs")
    assert str(Activation(function="tanh")(x).type.kind) == "Features"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_activations_are_those_of_torch(function: str) -> None:
    """Each name is the function of torch that has it."""
    x = torch.randn(3, 7)
    functional = getattr(torch.nn.functional, function)
    torch.testing.assert_close(Activation(function=function)(x), functional(x))


def test_normalised_channels_have_mean_zero_and_variance_one() -> None:
    """At every position, whatever stands before; a new layer neither scales nor shifts."""
    y_BTC = LayerNorm(size=64)(5.0 + 3.0 * torch.randn(2, 4, 64))

    torch.testing.assert_close(y_BTC.mean(-1), torch.zeros(2, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(y_BTC.var(-1, correction=0), torch.ones(2, 4), atol=1e-4, rtol=0)


def test_normalisation_keeps_the_meaning_of_channels_and_refuses_other_axes() -> None:
    """Channels stay what they are; time in their place is an error."""
    x = inputs(good="B T:t Spectrogram:64", turned="B Spectrogram:64 T:t", wide="B T:t C:65")
    assert str(LayerNorm(size=64)(x.good).type) == "Batch Time:inputs.t Spectrogram:64 ; Features"
    for name, code in (("turned", "NM104"), ("wide", "NM105")):
        with pytest.raises(NeuralTypeError, match=code):
            LayerNorm(size=64)(getattr(x, name))


def test_dropout_is_that_of_torch() -> None:
    """Zeros and scaled values in training, nothing in evaluation."""
    dropout, x = Dropout(probability=0.5), torch.ones(1000)

    assert set(dropout(x).tolist()) == {0.0, 2.0}
    assert torch.equal(dropout.eval()(x), x)


def test_impossible_parameters_are_refused() -> None:
    """Messages say what there is."""
    with pytest.raises(OptionError, match=r'"rleu".*relu'):
        Activation(function="rleu")
    with pytest.raises(ParameterError, match="below 1"):
        Dropout(probability=1.0)
