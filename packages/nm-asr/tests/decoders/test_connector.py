"""The connector corrects the dimensions between encoder and recurrent decoder."""

import pytest
import torch

from nm_asr import JasperRNNConnector
from nm_core import inputs
from nm_torch.common import DecoderRNN


def test_without_a_width_it_only_turns() -> None:
    """Time and channels change places, and nothing is learned."""
    connector = JasperRNNConnector(in_channels=3)
    x = torch.randn(2, 3, 5)

    assert torch.equal(connector(tensor=x), x.transpose(1, 2))
    assert not connector.has_weights()


def test_with_a_width_it_projects() -> None:
    """Each frame is projected by one affine map."""
    connector = JasperRNNConnector(in_channels=3, out_channels=4)
    x = torch.randn(2, 3, 5)

    expected = x.transpose(1, 2) @ connector.project.weight.T + connector.project.bias
    torch.testing.assert_close(connector(tensor=x), expected)


@pytest.mark.parametrize("width", [None, 6])
def test_it_fits_between_encoder_and_decoder(width: int | None) -> None:
    """DecoderRNN takes the output of the connector, and refuses that of the encoder."""
    free = inputs(encoded="B Encoded:3 T:t", targets="B Token:u ; Labels(5)")
    decoder = DecoderRNN(num_labels=5, encoder_size=width or 3, hidden_size=4)

    connected = JasperRNNConnector(in_channels=3, out_channels=width)(tensor=free.encoded)
    log_probs, _ = decoder(targets=free.targets, encoder_outputs=connected)

    assert str(log_probs.type).endswith("Class:7 ; LogProbs")
    with pytest.raises(TypeError, match="NM1"):
        decoder(targets=free.targets, encoder_outputs=free.encoded)
