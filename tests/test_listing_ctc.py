"""The paper's first listing, speech recognition with CTC, as it is written there."""

from collections.abc import Mapping
from pathlib import Path

import nm_asr
import nm_core
from nm_core import Callback, Run


class LossCurve(Callback):
    """Keeps what each log point says."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        self.losses.append(values["loss"])


def test_the_listing_trains(tones: Path, tmp_path: Path) -> None:
    """Names, ports and order of outputs are the paper's; the loss falls to a fifth within 40 updates."""
    labels = [" ", "a", "b", "c"]
    train_cb, saver_cb = LossCurve(), nm_core.Callback()

    nf = nm_core.NeuralModuleFactory(placement="cpu", work_dir=tmp_path)
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

    result = nf.train(
        tensors_to_optimize=[loss],
        callbacks=[train_cb, saver_cb],
        optimizer={"name": "adam", "lr": 0.02},
        max_steps=40,
        log_every=5,
    )

    assert result.step == 40
    assert train_cb.losses[-1] < train_cb.losses[0] / 5
