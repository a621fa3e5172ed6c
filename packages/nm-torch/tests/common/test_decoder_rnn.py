"""The attention decoder: teacher forcing, search, and use as a language model."""

import pytest
import torch

from nm_core import ParameterError, inputs
from nm_core.errors import PortError
from nm_torch.common import DecoderRNN, SequenceLoss
from nm_torch.common.errors import OptionError, SearchError
from nm_torch.precision import resolve_precision
from nm_types import NeuralTypeError


def decoder(**changes: object) -> DecoderRNN:
    """Return a small decoder in evaluation mode."""
    parameters: dict[str, object] = {"num_labels": 6, "encoder_size": 5, "hidden_size": 8, **changes}
    return DecoderRNN(**parameters).eval()


def test_each_position_is_a_distribution_over_labels_and_two_more() -> None:
    """One more prediction than labels; weights of attention sum to one over the real frames."""
    targets, lengths = torch.tensor([[0, 5, 3], [2, -1, -1]]), torch.tensor([4, 7])

    log_probs, attention = decoder()(
        targets=targets, encoder_outputs=1e3 * torch.randn(2, 7, 5), encoder_lengths=lengths
    )

    assert log_probs.shape == (2, 4, 8)
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(2, 4))
    torch.testing.assert_close(attention.sum(-1), torch.ones(2, 4))
    assert attention[0, :, 4:].abs().sum() == 0


@pytest.mark.parametrize("changes", [{}, {"cell": "gru", "num_layers": 2, "heads": 2, "tie_embedding": True}])
def test_padding_never_changes_a_result(changes: dict[str, object]) -> None:
    """Labels and frames behind the end of a sentence have no influence on it."""
    model = decoder(**changes)
    outputs, targets = torch.randn(1, 4, 5), torch.tensor([[0, 5]])
    padded = 9.0 * torch.randn(2, 7, 5)
    padded[0, :4] = outputs[0]

    alone, _ = model(targets=targets, encoder_outputs=outputs)
    company, _ = model(
        targets=torch.tensor([[0, 5, -1, -1], [1, 2, 3, 4]]),
        encoder_outputs=padded,
        encoder_lengths=torch.tensor([4, 7]),
    )

    torch.testing.assert_close(company[:1, :3], alone)


def test_no_prediction_sees_its_own_label() -> None:
    """A label has influence on later predictions alone."""
    model, outputs = decoder(), torch.randn(1, 4, 5)

    first, _ = model(targets=torch.tensor([[1, 2, 3]]), encoder_outputs=outputs)
    second, _ = model(targets=torch.tensor([[1, 5, 3]]), encoder_outputs=outputs)

    torch.testing.assert_close(first[:, :2], second[:, :2])
    assert not torch.allclose(first[:, 2:], second[:, 2:])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_search_scores_as_teacher_forcing_does(cell: str, beam_size: int) -> None:
    """The log-probability of each hypothesis is that of its labels and EOS given as targets."""
    model = decoder(cell=cell, num_layers=2)
    outputs, lengths = torch.randn(3, 6, 5), torch.tensor([6, 2, 4])

    results = model.generate(outputs, lengths, beam_size=beam_size, n_best=beam_size)

    for sentence, best in enumerate(results):
        assert len(best) == beam_size
        for hypothesis in best:
            assert len(hypothesis.symbols) <= lengths[sentence]
            symbols = torch.tensor([hypothesis.symbols], dtype=torch.int64)
            log_probs, _ = model(
                targets=symbols,
                encoder_outputs=outputs[sentence : sentence + 1],
                encoder_lengths=lengths[sentence : sentence + 1],
            )
            closed = torch.tensor([*hypothesis.symbols, model.eos])
            expected = log_probs[0].detach().gather(1, closed.unsqueeze(1)).sum()
            assert hypothesis.log_prob == pytest.approx(float(expected), abs=1e-4)


def test_a_search_leaves_the_decoder_in_its_mode() -> None:
    """Dropout is off during the search and back after it, part by part."""
    model = decoder(dropout=0.5).train()
    model.embedding.eval()
    outputs = torch.randn(2, 5, 5)

    assert model.generate(outputs) == model.generate(outputs)
    assert model.training
    assert model.dropout.training
    assert not model.embedding.training


def test_a_language_model_needs_no_encoder() -> None:
    """Without an encoder there are log-probabilities and no attention, and text is written up to a length."""
    model = decoder()

    log_probs, attention = model(targets=torch.tensor([[1, 2, -1]]))

    assert attention is None
    assert log_probs.shape == (1, 4, 8)
    ((hypothesis,),) = model.generate(max_length=5, min_length=5)
    assert len(hypothesis.symbols) == 5
    assert model.bos not in hypothesis.symbols
    with pytest.raises(SearchError, match="max_length"):
        model.generate()


def test_a_pretrained_language_model_goes_on_with_an_encoder() -> None:
    """Training on text moves the weights that speech uses, and then reading attention's still get a gradient."""
    model = decoder(dropout=0.0).train()
    loss = SequenceLoss()
    targets = torch.tensor([[1, 2, 3], [1, 2, -1]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)

    def text_loss() -> torch.Tensor:
        return loss(log_probs=model(targets=targets).log_probs, targets=targets)

    before = text_loss().item()
    for _ in range(30):
        optimizer.zero_grad()
        text_loss().backward()
        optimizer.step()
    assert text_loss().item() < 0.5 * before
    optimizer.zero_grad()
    spoken = model(targets=targets, encoder_outputs=torch.randn(2, 4, 5)).log_probs
    loss(log_probs=spoken, targets=targets).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_half_precision_stays_close_to_single(name: str) -> None:
    """In the engine's half precisions log-probabilities are float32 and near those of fp32, also in a search."""
    model = decoder()
    targets, outputs = torch.tensor([[0, 5, 3]]), 10.0 * torch.randn(1, 6, 5)

    context = resolve_precision(name, torch.device("cpu")).context()
    assert context is not None
    with context:
        half, _ = model(targets=targets, encoder_outputs=outputs)
        results = model.generate(outputs, beam_size=2)

    assert half.dtype == torch.float32
    assert (half - model(targets=targets, encoder_outputs=outputs).log_probs).abs().max() < 0.1
    assert results[0][0].log_prob < 0


def test_types_relate_labels_frames_and_lengths() -> None:
    """u labels give u+1 predictions; attention needs an encoder; swapped lengths are an error."""
    x = inputs(
        targets="B Token:u ; Labels(6)",
        target_lengths="B ; Lengths(u)",
        encoded="B T:t Encoded:5",
        lengths="B ; Lengths(t)",
    )
    model = decoder()

    spoken = model(targets=x.targets, encoder_outputs=x.encoded, encoder_lengths=x.lengths)
    written = model(targets=x.targets)

    assert str(spoken.log_probs.type).endswith("u+1 Class:8 ; LogProbs")
    SequenceLoss()(log_probs=spoken.log_probs, targets=x.targets)
    with pytest.raises(PortError, match="encoder_outputs"):
        SequenceLoss()(log_probs=written.attention, targets=x.targets)
    with pytest.raises(NeuralTypeError):
        model(targets=x.targets, encoder_outputs=x.encoded, encoder_lengths=x.target_lengths)


def test_a_decoder_of_text_attends_to_text() -> None:
    """Positions of the encoder are tokens where it says so, and features over time are refused then."""
    x = inputs(
        targets="B Token:u ; Labels(6)",
        words="B Token:s Encoded:5",
        words_length="B ; Lengths(s)",
        frames="B T:t Encoded:5",
        frames_length="B ; Lengths(t)",
    )
    model = decoder(encoder_axis="Token")

    called = model(targets=x.targets, encoder_outputs=x.words, encoder_lengths=x.words_length)

    assert str(called.attention.type) == "Batch Token:inputs.u+1 Token:inputs.s ; Attention"
    with pytest.raises(NeuralTypeError, match="NM101"):
        model(targets=x.targets, encoder_outputs=x.frames)
    with pytest.raises(NeuralTypeError, match="NM107"):
        model(targets=x.targets, encoder_outputs=x.words, encoder_lengths=x.frames_length)
    assert model(targets=x.targets).log_probs.call.unavailable


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "elman"}, "'lstm' or 'gru'"),
        ({"heads": 3}, "multiple of heads"),
        ({"tie_embedding": True, "embedding_size": 4}, "hidden size 8"),
    ],
)
def test_impossible_options_are_refused(changes: dict[str, object], message: str) -> None:
    """Each message names what was expected."""
    with pytest.raises((OptionError, ParameterError), match=message):
        decoder(**changes)
