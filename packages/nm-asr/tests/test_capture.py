"""The network from waveform to log-probabilities is captured whole by torch's compiler and exporter."""

import pytest
import torch
from nm_asr_samples import BLOCKS

from nm_asr import AudioToMelSpectrogramPreprocessor, JasperDecoderForCTC, JasperEncoder, SpectrogramAugmentation
from nm_core import Graph, inputs
from nm_torch.lowering import Lowered, lower

WIDE = [*BLOCKS, {"filters": 16, "kernel": 21, "separable": True, "residual": True}]


def network() -> Lowered:
    """Return the lowered graph from audio to log-probabilities and their lengths."""
    free = inputs(audio="B T:t ; AudioSignal(8000)", length="B ; Lengths(t)")
    preprocessor = AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=20)
    spec, spec_len = preprocessor(audio=free.audio, length=free.length)
    hidden = SpectrogramAugmentation()(spec=spec, length=spec_len)
    encoded, encoded_len = JasperEncoder(feat_in=20, blocks=WIDE)(audio_signal=hidden, length=spec_len)
    log_probs = JasperDecoderForCTC(feat_in=16, num_classes=4)(encoder_output=encoded)
    return lower(Graph({"log_probs": log_probs, "length": encoded_len}).plan())


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_the_compiler_takes_it_whole(training: bool) -> None:
    """fullgraph=True finds nothing to break at, and the captured graph computes the same, gradients included."""
    audio, length = torch.randn(3, 4000), torch.tensor([4000, 3000, 1000])
    plain = network().train(training)
    captured = torch.compile(plain, fullgraph=True, backend="eager")
    results = []
    for candidate in (plain, captured):
        torch.manual_seed(0)
        log_probs, frames = candidate(audio, length)
        (gradient,) = torch.autograd.grad(log_probs.square().mean(), next(plain.parameters()))
        results.append((log_probs, frames, gradient))

    for actual, expected in zip(*results, strict=True):
        torch.testing.assert_close(actual, expected)


@pytest.mark.slow
def test_the_exporter_takes_it_with_any_batch_and_length() -> None:
    """One exported program serves other numbers of recordings and samples."""
    example = (torch.randn(3, 4000), torch.tensor([4000, 3000, 1000]))
    plain = network().eval()
    batch, samples = torch.export.Dim.DYNAMIC(min=2, max=64), torch.export.Dim.DYNAMIC(min=400, max=100_000)
    program = torch.export.export(plain, example, dynamic_shapes=({0: batch, 1: samples}, {0: batch}))

    ranges = {(bounds.lower, bounds.upper) for bounds in program.range_constraints.values()}
    assert ranges == {(2, 64), (400, 100_000)}
    for audio, length in (
        (torch.randn(2, 5001), torch.tensor([5001, 700])),
        (torch.randn(64, 400), torch.full((64,), 400)),
    ):
        for actual, expected in zip(program.module()(audio, length), plain(audio, length), strict=True):
            torch.testing.assert_close(actual, expected)
