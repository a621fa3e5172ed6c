"""Masks hide what they say while training, and nothing in evaluation."""

import pytest
import torch

from nm_asr import SpectrogramAugmentation
from nm_core import inputs
from nm_core.errors import ParameterError
from nm_types import NeuralTypeError, ProcessedTimeTag, SpectrogramTag

NONE = {"freq_masks": 0, "time_masks": 0, "cutout_masks": 0}


def hidden(lengths: list[int] | None = None, **settings: float) -> torch.Tensor:
    """Return which of 400 spectrograms of 20 bands and 50 frames are hidden where."""
    torch.manual_seed(0)
    module = SpectrogramAugmentation(**(NONE | settings))
    length = None if lengths is None else torch.tensor(lengths * (400 // len(lengths)))
    return module(spec=torch.ones(400, 20, 50), length=length) == 0.0


def test_evaluation_changes_nothing() -> None:
    """In evaluation the very same tensor comes back."""
    spec = torch.randn(2, 8, 9)

    assert SpectrogramAugmentation().eval()(spec=spec, length=torch.tensor([9, 4])) is spec


def test_bands_are_hidden_over_all_time() -> None:
    """A frequency mask hides whole rows, 0 to freq_width of them, uniformly."""
    mask = hidden(freq_masks=1, freq_width=6)

    rows = mask.all(2)
    assert torch.equal(rows, mask.any(2))
    widths = rows.sum(1)
    assert widths.min() == 0
    assert widths.max() == 6
    assert widths.float().mean() == pytest.approx(3.0, abs=0.3)
    assert (rows.float().mean(0) > 0).all()


def test_time_is_hidden_within_the_utterance() -> None:
    """A time mask hides whole columns, and only those before the utterance's end."""
    mask = hidden([50, 20], time_masks=1, time_width=10)

    columns = mask.all(1)
    assert torch.equal(columns, mask.any(1))
    assert columns.sum(1).max() == 10
    assert columns[0::2, 20:].any()
    assert not columns[1::2, 20:].any()


def test_a_width_below_one_is_a_share_of_the_utterance() -> None:
    """time_width=0.2 hides at most a fifth of each utterance."""
    widths = hidden([50, 20], time_masks=1, time_width=0.2).all(1).sum(1)

    assert widths[0::2].max() == 10
    assert widths[1::2].max() == 4


def test_rectangles() -> None:
    """Cutout hides blocks that are narrow in both directions."""
    mask = hidden(cutout_masks=1, cutout_freq=5, cutout_time=7)

    assert mask.any(2).sum(1).max() == 5
    assert mask.any(1).sum(1).max() == 7
    torch.testing.assert_close(mask.sum((1, 2)), mask.any(2).sum(1) * mask.any(1).sum(1))


def test_utterances_are_masked_independently() -> None:
    """Two utterances of a batch seldom have the same mask, and the same seed gives the same masks."""
    mask = hidden(freq_masks=2, freq_width=6, time_masks=2, time_width=10)

    assert len({tuple(row.flatten().tolist()) for row in mask[:50]}) > 45
    assert torch.equal(mask, hidden(freq_masks=2, freq_width=6, time_masks=2, time_width=10))


def test_negative_settings_are_errors() -> None:
    """A negative number or width is named."""
    with pytest.raises(ParameterError, match="freq_width is -1; expected a whole number of at least 0"):
        SpectrogramAugmentation(freq_width=-1)


class MelTag(SpectrogramTag, id="test.Mel"):
    """Bands of the mel scale."""


def test_what_comes_out_has_the_type_of_what_went_in() -> None:
    """Narrower meanings of bands and frames stay what they are."""
    x = inputs(spec="B Mel:64 ProcessedTime:t", length="B ; Lengths(t)", tags=[MelTag])
    augmented = SpectrogramAugmentation()(spec=x.spec, length=x.length)

    assert str(augmented.type) == f"{x.spec.type} ; Features"
    assert [axis.tag for axis in augmented.type.axes[1:]] == [MelTag, ProcessedTimeTag]


@pytest.mark.parametrize(
    ("spec", "length", "code"),
    [
        ("B T:t Spectrogram:64", "B ; Lengths(t)", "NM104"),
        ("B Encoded:64 T:t", "B ; Lengths(t)", "NM101"),
        ("B Spectrogram:64 Token:t", "B ; Lengths(t)", "NM101"),
        ("B Spectrogram:64 T:t//2", "B ; Lengths(t)", "NM108"),
    ],
)
def test_other_features_and_lengths_are_refused(spec: str, length: str, code: str) -> None:
    """Another order of the axes, other meanings, and lengths of other frames."""
    x = inputs(spec=spec, length=length, frames="B T:t")
    with pytest.raises(NeuralTypeError, match=code):
        SpectrogramAugmentation()(spec=x.spec, length=x.length)
