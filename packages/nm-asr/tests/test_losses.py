"""The CTC loss is the negative log-probability of all alignments, and says what cannot be aligned."""

import copy
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nm_asr_samples import BLOCKS, LABELS, RATE

from nm_asr import AudioToTextDataLayer, CTCLossNM, JasperDecoderForCTC, JasperEncoder
from nm_asr.errors import ImpossibleAlignmentWarning
from nm_asr.losses import find_impossible
from nm_core import NeuralModuleFactory, NeuralTypeError, inputs
from nm_torch.errors import TrainingError


def every_alignment(log_probs_TC: torch.Tensor, target: list[int]) -> float:
    """Return the log-probability of a transcript by trying every path: repeats joined, blanks left out."""
    blank = log_probs_TC.shape[1] - 1
    total = 0.0
    for path in itertools.product(range(blank + 1), repeat=len(log_probs_TC)):
        spelled = [label for label, _ in itertools.groupby(path) if label != blank]
        if spelled == target:
            total += float(sum(log_probs_TC[frame, label] for frame, label in enumerate(path)).exp())
    return total


@given(st.lists(st.integers(0, 1), max_size=3), st.integers(1, 5), st.integers(0, 2**16))
def test_it_sums_every_alignment(target: list[int], frames: int, seed: int) -> None:
    """The total agrees with brute force; where no alignment exists it is zero and warns."""
    random = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(1, frames, 3, generator=random, dtype=torch.float64).log_softmax(-1)
    probability = every_alignment(log_probs[0], target)
    padded = torch.tensor([[*target, -1, -1]])
    loss = CTCLossNM()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        total = loss.total(log_probs, padded, torch.tensor([frames]), torch.tensor([len(target)]))

    assert bool(caught) == (probability == 0.0) == bool(loss.impossible_alignments)
    expected = -torch.tensor(probability).log() if probability else torch.tensor(0.0)
    torch.testing.assert_close(total.float(), expected.float(), rtol=1e-4, atol=1e-5)


def test_it_is_a_mean_over_utterances() -> None:
    """Total over weight; padding of labels and frames plays no part."""
    log_probs = torch.randn(2, 9, 5).log_softmax(-1)
    targets, lengths = torch.tensor([[1, 2, 2], [0, -1, -1]]), torch.tensor([3, 1])
    loss = CTCLossNM()
    alone = [
        loss.total(log_probs[:1, :9], targets[:1], torch.tensor([9]), lengths[:1]),
        loss.total(log_probs[1:, :4], targets[1:, :1], torch.tensor([4]), lengths[1:]),
    ]

    both = loss(log_probs=log_probs, targets=targets, input_length=torch.tensor([9, 4]), target_length=lengths)

    torch.testing.assert_close(both, sum(alone) / 2)
    assert float(loss.weight(target_length=lengths)) == 2.0


def test_impossible_alignments_are_left_out_counted_and_said() -> None:
    """One utterance too short has no gradient, the others learn; the first time warns, later ones are counted."""
    logits = torch.randn(3, 4, 4, requires_grad=True)
    targets, lengths = torch.tensor([[1, 1, 1], [1, 2, -1], [0, 1, 2]]), torch.tensor([3, 2, 3])
    loss = CTCLossNM(name="ctc")
    inputs = {"targets": targets, "input_length": torch.tensor([4, 4, 2]), "target_length": lengths}

    with pytest.warns(ImpossibleAlignmentWarning, match=r"ctc: 2 transcripts of a batch are longer"):
        value = loss(log_probs=logits.log_softmax(-1), **inputs)
    value.backward()
    loss(log_probs=logits.log_softmax(-1), **inputs)

    assert value.isfinite()
    assert [float(row.abs().sum()) > 0 for row in logits.grad] == [False, True, False]
    assert loss.impossible_alignments == 4


@pytest.mark.parametrize("padded", [0, 2])
def test_empty_transcripts_are_all_blanks(padded: int) -> None:
    """The loss of a batch of empty transcripts is minus the sum of the blank's log-probabilities, as in torch."""
    logits = torch.randn(2, 5, 4, requires_grad=True)
    log_probs, frames = logits.log_softmax(-1), torch.tensor([5, 3])

    loss = CTCLossNM()
    value = loss(
        log_probs=log_probs,
        targets=torch.full((2, padded), -1),
        input_length=frames,
        target_length=torch.tensor([0, 0]),
    )
    value.backward()

    expected = -(log_probs[0, :, 3].sum() + log_probs[1, :3, 3].sum()) / 2
    torch.testing.assert_close(value, expected)
    assert logits.grad is not None
    assert [float(row.abs().sum()) > 0 for row in logits.grad[1]] == [True] * 3 + [False] * 2
    assert loss.impossible_alignments == 0


@pytest.mark.parametrize(("utterances", "frames", "labels"), [(0, 4, 2), (0, 0, 0), (2, 0, 0), (2, 0, 3)])
def test_nothing_has_no_loss(utterances: int, frames: int, labels: int) -> None:
    """A batch without utterances, or utterances without frames, adds 0 and has a gradient of 0."""
    log_probs = torch.zeros(utterances, frames, 4, requires_grad=True)
    loss = CTCLossNM()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImpossibleAlignmentWarning)  # labels without frames
        value = loss(
            log_probs=log_probs,
            targets=torch.ones(utterances, labels, dtype=torch.int64),
            input_length=torch.full((utterances,), frames),
            target_length=torch.full((utterances,), labels),
        )
    value.backward()

    assert value.item() == 0.0
    assert loss.impossible_alignments == (utterances if labels else 0)


def test_repeats_need_a_blank_between_them() -> None:
    """aa needs three frames, ab two."""
    targets = torch.tensor([[1, 1], [1, 2], [1, 1], [1, -1]])

    impossible = find_impossible(targets, torch.tensor([2, 2, 3, 1]), torch.tensor([2, 2, 2, 1]))

    assert impossible.tolist() == [True, False, False, False]


def test_a_wrong_vocabulary_is_a_type_error() -> None:
    """Log-probabilities over 29 classes do not fit labels out of 10."""
    free = inputs(
        log_probs="B T:t Class:29 ; LogProbs",
        targets="B Token:u ; Labels(10)",
        frames="B ; Lengths(t)",
        labels="B ; Lengths(u)",
    )

    with pytest.raises(NeuralTypeError, match="Labels"):
        CTCLossNM()(log_probs=free.log_probs, targets=free.targets, input_length=free.frames, target_length=free.labels)


def test_swapped_and_stale_lengths_are_type_errors() -> None:
    """Lengths of the transcript for those of the frames, and frames counted before striding, are refused."""
    free = inputs(
        spec="B Spectrogram:7 T:t",
        spec_len="B ; Lengths(t)",
        targets="B Token:u ; Labels(4)",
        labels="B ; Lengths(u)",
    )
    encoded, frames = JasperEncoder(feat_in=7, blocks=BLOCKS)(audio_signal=free.spec, length=free.spec_len)
    log_probs = JasperDecoderForCTC(feat_in=16, num_classes=4)(encoder_output=encoded)
    loss, wires = CTCLossNM(), {"log_probs": log_probs, "targets": free.targets}

    assert str(loss(**wires, input_length=frames, target_length=free.labels).type) == "; Loss"
    with pytest.raises(NeuralTypeError, match="swapped"):
        loss(**wires, input_length=free.labels, target_length=frames)
    with pytest.raises(NeuralTypeError, match="subsampled"):
        loss(**wires, input_length=free.spec_len, target_length=free.labels)


def test_it_copies_and_has_no_weights() -> None:
    """A loss has no state that a checkpoint would hold, and copies with its graph."""
    loss = CTCLossNM()

    assert not loss.has_weights()
    assert copy.deepcopy(loss).impossible_alignments == 0


def test_a_training_on_transcripts_that_never_fit_is_an_error(corpus: Callable[..., Path]) -> None:
    """When every transcript is longer than its frames nothing is learned, and that is no success with a loss of 0."""
    manifest = corpus(["abcabcabcabcabcabcabc", "cbacbacbacbacbacbacba"])
    data = AudioToTextDataLayer(
        manifest=str(manifest), labels=LABELS, sample_rate=RATE, n_mels=20, front_end={"window_stride": 0.2}
    )
    spec, spec_len, transcript, transcript_len = data()
    encoded, encoded_len = JasperEncoder(feat_in=20, blocks=BLOCKS)(audio_signal=spec, length=spec_len)
    log_probs = JasperDecoderForCTC(feat_in=16, num_classes=len(LABELS))(encoder_output=encoded)
    loss = CTCLossNM()(log_probs=log_probs, targets=transcript, input_length=encoded_len, target_length=transcript_len)

    with (
        pytest.warns(ImpossibleAlignmentWarning),
        pytest.raises(TrainingError, match=r"none of 2 samples adds anything to loss"),
    ):
        NeuralModuleFactory().train(loss, max_steps=50)
