"""What is trained or scored together comes from one data layer: one rule for files and for actions."""

import pytest
from nm_core_samples import Encoder, Features, Loss

from nm_core import GraphError, inputs
from nm_core.graphs.calls import order_calls
from nm_core.graphs.sources import find_only_source


def test_the_data_layer_of_a_graph_is_found() -> None:
    """It is the one call that the engine iterates."""
    spec, length, *_ = Features()()
    encoded = Encoder()(spec, length).encoded
    assert find_only_source(order_calls([encoded], frozenset()), "A training") is spec.call


def test_several_data_layers_and_none_are_refused() -> None:
    """The error names who runs and what it would run over; free inputs are no data layers."""
    spec, *_ = Features(name="first")()
    *_, labels, _ = Features(name="second")()
    with pytest.raises(GraphError, match=r"A training needs exactly one data layer(.|\n)*it has first, second"):
        find_only_source(order_calls([spec, labels], frozenset()), "A training")
    free = Loss()(log_probs=inputs(x="B T Class ; LogProbs"), labels=inputs(y="B Token ; Labels"))
    with pytest.raises(GraphError, match=r"wer needs exactly one data layer(.|\n)*it has none"):
        find_only_source(order_calls([free], frozenset()), "wer")
