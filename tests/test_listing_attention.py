"""The paper's second listing, speech recognition with attention, as it is written there."""

from collections.abc import Mapping
from pathlib import Path

import nm_asr
import nm_core
import nm_torch
from nm_core import Callback, Run


class LossCurve(Callback):
    """Keeps what each log point says."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        self.losses.append(values["loss"])


def test_the_listing_trains_on_the_first_listings_data_layer_and_encoder(tones: Path) -> None:
    """The same instances serve CTC first and attention then; each loss falls, and the encoder moves in both."""
    labels = ["a", "b", "c"]
    ctc_curve, attention_curve = LossCurve(), LossCurve()

    nf = nm_core.NeuralModuleFactory(placement="cpu")
    data_layer = nm_asr.AudioToTextDataLayer(manifest=str(tones), labels=labels, batch_size=8)
    jasper_encoder = nm_asr.JasperEncoder(
        feat_in=64,
        blocks=[
            {"filters": 32, "kernel": 11, "stride": 2, "separable": True},
            {"filters": 32, "kernel": 11, "separable": True, "residual": True},
        ],
    )
    jasper_decoder = nm_asr.JasperDecoderForCTC(feat_in=32, num_classes=len(labels))
    ctc_loss = nm_asr.CTCLossNM()

    spec, spec_len, transcript, transcript_len = data_layer()
    encoded, encoded_len = jasper_encoder(audio_signal=spec, length=spec_len)
    log_probs = jasper_decoder(encoder_output=encoded)
    loss = ctc_loss(log_probs=log_probs, targets=transcript, input_length=encoded_len, target_length=transcript_len)

    optimizer = {"name": "adam", "lr": 0.01}
    nf.train(tensors_to_optimize=[loss], callbacks=[ctc_curve], optimizer=optimizer, max_steps=10, log_every=3)
    after_ctc = {name: value.clone() for name, value in jasper_encoder.state_dict().items()}

    connector = nm_asr.JasperRNNConnector(in_channels=32, out_channels=48)
    decoder = nm_torch.common.DecoderRNN(num_labels=len(labels), encoder_size=48, hidden_size=48, dropout=0.0)
    seq_loss = nm_torch.common.SequenceLoss()

    spec, spec_len, transcript, transcript_len = data_layer()
    encoded, encoded_len = jasper_encoder(audio_signal=spec, length=spec_len)
    encoded = connector(tensor=encoded)
    log_probs, _ = decoder(targets=transcript, encoder_outputs=encoded)
    train_loss = seq_loss(log_probs=log_probs, targets=transcript)

    result = nf.train(
        tensors_to_optimize=[train_loss],
        callbacks=[attention_curve],
        optimizer=optimizer,
        max_steps=60,
        log_every=5,
    )

    assert result.step == 60
    assert ctc_curve.losses[-1] < ctc_curve.losses[0]
    assert attention_curve.losses[-1] < attention_curve.losses[0] / 2
    assert any(not value.equal(after_ctc[name]) for name, value in jasper_encoder.state_dict().items())
