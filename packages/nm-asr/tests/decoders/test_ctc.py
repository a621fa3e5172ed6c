"""The CTC head gives distributions over the labels and the blank."""

import torch

from nm_asr import JasperDecoderForCTC


def test_every_frame_is_a_distribution() -> None:
    """Probabilities of a frame sum to one, however large the features are."""
    decoder = JasperDecoderForCTC(feat_in=8, num_classes=28)

    log_probs_BTC = decoder(encoder_output=1e3 * torch.randn(2, 8, 17))

    torch.testing.assert_close(log_probs_BTC.exp().sum(-1), torch.ones(2, 17))
    assert log_probs_BTC.shape == (2, 17, 29)


def test_the_type_counts_the_blank() -> None:
    """n labels give n + 1 classes."""
    decoder = JasperDecoderForCTC(feat_in=8, num_classes=28)

    assert str(decoder.outputs["output"].type) == "Batch Time:t Class:29 ; LogProbs"
