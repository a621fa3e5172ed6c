"""Wrong connections between the modules of the collection: refused while the graph is built."""

from typing import Any

import pytest
from nm_nlp_samples import Corpus

from nm_core import Graph, NmTensor
from nm_nlp import (
    PaddedSmoothedCrossEntropyLossNM,
    Perplexity,
    TransformerDecoderNM,
    TransformerEncoderNM,
    TransformerLogSoftmaxNM,
    TranslationDataLayer,
)
from nm_types import NeuralTypeError

SMALL: dict[str, Any] = {"hidden_size": 8, "num_layers": 1, "num_heads": 2, "inner_size": 8}


def translation(
    corpus: Corpus,
    wrong: dict[str, str],
    *,
    target_ids: int = 10,
    classes: int = 10,
    encoder_size: int = 8,
    **data: Any,
) -> NmTensor:
    """The loss of a small model, with other outputs of the layers where `wrong` names them by port."""
    tensors: dict[str, NmTensor] = {}

    def select_inputs(**right: str) -> dict[str, NmTensor]:
        return {port: tensors[wrong.get(port, name)] for port, name in right.items()}

    layer = TranslationDataLayer(**{**corpus._asdict(), "batch_size": 8, **data})
    tensors |= layer()._asdict()
    encoder = TransformerEncoderNM(vocabulary_size=10, **SMALL)
    decoder = TransformerDecoderNM(vocabulary_size=target_ids, encoder_size=encoder_size, **SMALL)
    tensors["hidden"] = encoder(**select_inputs(input_ids="src", input_mask_src="src_mask"))
    tensors["states"] = decoder(
        **select_inputs(
            input_ids_tgt="tgt", hidden_states_src="hidden", input_mask_src="src_mask", input_mask_tgt="tgt_mask"
        )
    )
    log_softmax = TransformerLogSoftmaxNM(hidden_size=8, vocabulary_size=classes)
    tensors["log_probs"] = log_softmax(**select_inputs(hidden_states="states"))
    return PaddedSmoothedCrossEntropyLossNM()(**select_inputs(log_probs="log_probs", target_ids="labels"))


@pytest.mark.parametrize(
    ("wrong", "sizes", "code"),
    [
        ({"input_ids": "src_mask"}, {}, "NM106"),
        ({"input_mask_src": "src"}, {}, "NM106"),
        ({"input_ids": "sent_ids"}, {}, "NM102"),
        ({"input_mask_tgt": "tgt"}, {}, "NM106"),
        ({"hidden_states_src": "src"}, {}, "NM102"),
        ({}, {"encoder_size": 12}, "NM105"),
        ({"log_probs": "states"}, {}, "NM101"),
        ({"target_ids": "tgt_mask"}, {}, "NM106"),
        ({}, {"source_vocabulary": 10, "target_vocabulary": 10, "target_ids": 11}, "NM113"),
        ({}, {"source_vocabulary": 10, "target_vocabulary": 10, "classes": 11}, "NM113"),
    ],
)
def test_wrong_connections_are_errors_while_the_graph_is_built(
    corpus: Corpus, wrong: dict[str, str], sizes: dict[str, int], code: str
) -> None:
    """Ids for masks, numbers of lines for ids, features for probabilities, widths and vocabularies that differ."""
    with pytest.raises(NeuralTypeError) as caught:
        translation(corpus, wrong, **sizes)
    assert {problem.code for problem in caught.value.problems} == {code}


def test_the_right_connections_are_accepted(corpus: Corpus) -> None:
    """The same model without a mistake, whether vocabularies are given or not."""
    for data in ({}, {"source_vocabulary": 10, "target_vocabulary": 10}, {"target_tokenizer": None}):
        assert str(translation(corpus, {}, **data).type) == "; Loss"


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [({"target_ids": 11}, False), ({"classes": 11}, False), ({"target_ids": 11, "classes": 11}, True)],
)
def test_a_vocabulary_that_nobody_states_is_one_number_still(
    corpus: Corpus, sizes: dict[str, int], shares: bool
) -> None:
    """Decoder and last layer must agree, and the encoder with both where one tokenizer serves source and target."""
    loss = translation(corpus, {}, **sizes, **({"target_tokenizer": None} if shares else {}))
    with pytest.raises(NeuralTypeError, match="NM115"):
        Graph(outputs={"loss": loss})


def test_a_metric_takes_no_features_for_probabilities(corpus: Corpus) -> None:
    """Perplexity is bound to log-probabilities and to ids of the vocabulary that they are of."""
    loss = translation(corpus, {}, source_vocabulary=10, target_vocabulary=10)
    log_probs, labels = loss.call.inputs["log_probs"], loss.call.inputs["target_ids"]
    states = log_probs.call.inputs["hidden_states"]

    assert Perplexity(log_probs=log_probs, target_ids=labels).call is not None
    with pytest.raises(NeuralTypeError, match="NM101"):
        Perplexity(log_probs=states, target_ids=labels)
    with pytest.raises(NeuralTypeError, match="NM106"):
        Perplexity(log_probs=log_probs, target_ids=states.call.inputs["input_mask_tgt"])
