"""The recurrent encoder against torch's packed sequences."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from nm_core import ParameterError, inputs
from nm_torch.common import EncoderRNN
from nm_types import NeuralTypeError


def reference(encoder: EncoderRNN, cell: type[nn.RNNBase], layers: int, bidirectional: bool) -> nn.RNNBase:
    """Return torch's module with the weights of ours."""
    theirs = cell(5, 4, layers, batch_first=True, bidirectional=bidirectional)
    for layer in range(layers):
        directions = [("", encoder.forwards)] + ([("_reverse", encoder.backwards)] if bidirectional else [])
        for suffix, ours in directions:
            for name, value in ours[layer].named_parameters():
                getattr(theirs, name.replace("l0", f"l{layer}{suffix}")).data.copy_(value)
    return theirs


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_results_are_those_of_packed_sequences(cell: str, bidirectional: bool) -> None:
    """At real positions, for sequences of any lengths in one batch, as for torch's own packing."""
    encoder = EncoderRNN(input_size=5, hidden_size=4, num_layers=2, cell=cell, bidirectional=bidirectional).eval()
    theirs = reference(encoder, {"lstm": nn.LSTM, "gru": nn.GRU}[cell], 2, bidirectional)
    x_BTD, lengths_B = torch.randn(3, 6, 5), torch.tensor([4, 6, 1])

    packed = pack_padded_sequence(x_BTD, lengths_B, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)

    result = encoder(inputs=x_BTD, lengths=lengths_B)
    real = torch.arange(6) < lengths_B.unsqueeze(1)
    torch.testing.assert_close(result[real], expected[real])


def test_padding_never_changes_a_result() -> None:
    """A sequence alone, without lengths, gives what it gives beside a longer one."""
    encoder = EncoderRNN(input_size=3, hidden_size=4, num_layers=2).eval()
    x_BTD = torch.randn(2, 7, 3)

    together = encoder(inputs=x_BTD, lengths=torch.tensor([5, 7]))

    torch.testing.assert_close(together[:1, :5], encoder(inputs=x_BTD[:1, :5]))


def test_the_type_of_the_output_follows_the_directions() -> None:
    """Both directions stand side by side, over the same time."""
    x = inputs(a="B T:t Spectrogram:64", lengths="B ; Lengths(t)")

    both = EncoderRNN(input_size=64, hidden_size=10)(inputs=x.a, lengths=x.lengths)
    outputs = EncoderRNN(input_size=64, hidden_size=10, bidirectional=False)(inputs=x.a)

    assert [str(tensor.type).split()[-3] for tensor in (both, outputs)] == ["Encoded:20", "Encoded:10"]


def test_positions_of_text_are_no_frames() -> None:
    """A coder of text says so, and takes neither features over time nor the lengths of another axis."""
    x = inputs(
        words="B Token:u Embedding:8", lengths="B ; Lengths(u)", frames="B T:t Encoded:8", others="B ; Lengths(t)"
    )
    coder = EncoderRNN(input_size=8, hidden_size=4, axis="Token")

    assert str(coder(inputs=x.words, lengths=x.lengths).type) == "Batch Token:inputs.u Encoded:8 ; Features"
    for wrong, code in (({"inputs": x.frames}, "NM101"), ({"inputs": x.words, "lengths": x.others}, "NM107")):
        with pytest.raises(NeuralTypeError, match=code):
            coder(**wrong)


def test_an_unknown_cell_is_refused() -> None:
    """The message names the cells there are."""
    with pytest.raises(ParameterError, match="'lstm' or 'gru'"):
        EncoderRNN(input_size=3, hidden_size=4, cell="elman")
