"""Two calls of one name are told apart in messages, by a number and by the lines on which they are written."""

import pytest
from nm_core_samples import Encoder, Features, Loss

from nm_core import Graph, NeuralModule, NeuralTypeError, ports


class Next(NeuralModule):
    """A module whose second input is longer by one."""

    input_ports = ports(a="B Spectrogram T:t", b="B Spectrogram T:t+1")
    output_ports = ports(y="B")


def test_sizes_of_two_unnamed_layers_are_numbered() -> None:
    """Nobody reads that `features.t` is `features.t`."""
    first, second = Features()(), Features()()
    with pytest.raises(NeuralTypeError) as caught:
        Loss()(log_probs=first.spec, labels=second.spec)
    producers = [problem.producer for problem in caught.value.problems]
    assert producers == ["features.spec", "features_2.spec"]
    assert "features_2 is called at" in str(caught.value)
    assert "test_distinct_names.py:" in str(caught.value)


def test_contradictions_of_a_graph_name_both_layers() -> None:
    """An equation between sizes of two layers of one name says which is which."""
    first, second = Features()(), Features()()
    calls = [Next(name="one")(first.spec, second.spec), Next(name="two")(second.spec, first.spec)]
    with pytest.raises(NeuralTypeError) as caught:
        Graph(calls)
    (problem,) = caught.value.problems
    text = str(problem)
    assert "features_2.t+1 = features.t" in text
    assert "features.t+1 = features_2.t because of features_2.spec -> one.b" in text


def test_names_that_are_of_one_call_stay() -> None:
    """Nothing is numbered, and nothing is noted, where each name is of one call."""
    spec, length, labels, _ = Features()()
    with pytest.raises(NeuralTypeError) as caught:
        Encoder()(signal=spec, length=labels)
    assert "is called at" not in str(caught.value)
    assert caught.value.problems[0].producer == "features.labels"
    assert length.name == "features.length"
