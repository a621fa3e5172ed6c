"""Small layers: values and types."""

import pytest
import torch

from nm_core import inputs
from nm_torch.common import ArgMax, Linear, LogSoftmax, MSELoss
from nm_types import ClassTag, NeuralTypeError


def test_a_chain_of_layers_is_typed_from_features_to_labels() -> None:
    """Linear, log-softmax and arg-max keep all axes but the last and say what their values are."""
    features = inputs(features="B T:t Spectrogram:64")
    logits = Linear(input_size=64, output_size=10, tag="Class", kind="Logits")(features)
    log_probs = LogSoftmax()(logits)

    assert str(logits.type) == "Batch Time:inputs.t Class:10 ; Logits"
    assert str(log_probs.type) == "Batch Time:inputs.t Class:10 ; LogProbs"
    assert str(ArgMax()(log_probs).type) == "Batch Time:inputs.t ; Labels(10)"
    assert str(ArgMax(kind="TokenIds")(log_probs).type) == "Batch Time:inputs.t ; TokenIds(10)"


def test_scores_of_classes_are_logits() -> None:
    """Who forgets the softmax is told so, also where nobody has named a kind."""
    scores = Linear(input_size=64, output_size=10, tag="Class")(inputs(x="B T:t Encoded:64"))
    assert str(scores.type) == "Batch Time:inputs.t Class:10 ; Logits"
    with pytest.raises(NeuralTypeError, match="NM106"):
        MSELoss(kind="LogProbs")(predictions=scores, targets=scores)


def test_only_channels_are_mapped() -> None:
    """Time in their place is an error while the graph is built, although a size would fit for some data."""
    x = inputs(turned="B Encoded:16 T:t", classes="B T:t Class:16")
    for name, code in (("turned", "NM104"), ("classes", "NM101")):
        with pytest.raises(NeuralTypeError, match=code):
            Linear(input_size=16, output_size=4)(getattr(x, name))
    assert str(Linear(input_size=16, output_size=4, axis="Class")(x.classes).type).endswith("Encoded:4 ; Features")


class SymbolTag(ClassTag, id="test.Symbol"):
    """A symbol of an alphabet."""


def test_classes_keep_a_narrower_meaning() -> None:
    """A softmax does not change the tag of the classes."""
    logits = inputs(logits="B Symbol:4 ; Logits", tags=[SymbolTag])
    assert LogSoftmax()(logits).type.axes == logits.type.axes


def test_log_probabilities_are_no_logits() -> None:
    """A second log-softmax is refused while the graph is built."""
    log_probs = inputs(log_probs="B Class:4 ; LogProbs")
    with pytest.raises(NeuralTypeError):
        LogSoftmax()(log_probs)


def test_values_are_those_of_torch() -> None:
    """Any number of axes stands before the last."""
    layer, x = Linear(input_size=4, output_size=3, bias=False), torch.randn(2, 5, 4)

    torch.testing.assert_close(layer(x), x @ layer.layer.weight.T)
    torch.testing.assert_close(LogSoftmax()(x), x.log_softmax(-1))
    assert torch.equal(ArgMax()(x), x.argmax(-1))


def test_log_softmax_of_half_precision_is_single() -> None:
    """Statistics run in float32, and large logits give no NaN."""
    log_probs = LogSoftmax()(torch.tensor([[6e4, 0.0, -6e4]], dtype=torch.float16))

    assert log_probs.dtype == torch.float32
    assert log_probs.isfinite().all()
