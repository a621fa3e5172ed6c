"""One encoder gives Jasper and QuartzNet; padding and company never change a result in evaluation."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nm_asr import JasperEncoder
from nm_asr.encoders.presets import PRESETS
from nm_asr.errors import EncoderError
from nm_core import inputs, signature_of

FULL = {"filters": 12, "kernel": 5, "repeat": 2, "residual": True}
SEPARABLE = FULL | {"separable": True, "kernel": 19}
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "jasper": [{"filters": 8, "kernel": 5, "stride": 2}, FULL, FULL | {"filters": 10, "dropout": 0.3}],
    "quartznet": [{"filters": 8, "kernel": 7, "stride": 2, "separable": True}, SEPARABLE, {"filters": 6, "kernel": 1}],
    "dense": [{"filters": 8, "kernel": 5}, FULL | {"dense": True}, FULL | {"dense": True}, FULL | {"dense": True}],
    "gated": [SEPARABLE | {"squeeze_excite": 4}, FULL | {"squeeze_excite": 100}],
    "strided": [FULL | {"stride": 3}, {"filters": 8, "kernel": 5, "stride": 2, "dilation": 2}],
}


def encoder(variant: str, **settings: Any) -> JasperEncoder:
    """Return an encoder whose batch normalisation has seen something, so that evaluation is no identity."""
    model = JasperEncoder(feat_in=7, blocks=VARIANTS[variant], **settings)
    model.train()
    for _ in range(3):
        model(audio_signal=2.0 * torch.randn(4, 7, 31) + 1.0, length=torch.tensor([31, 20, 11, 5]))
    return model.eval()


@pytest.mark.parametrize("activation", ["relu", "hardtanh", "silu"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_and_company_change_nothing(variant: str, activation: str) -> None:
    """Each utterance of a ragged batch, with rubbish in its padding, gives what it gives alone, within 1e-5."""
    model = encoder(variant, activation=activation)
    lengths = torch.tensor([40, 1, 17, 33])
    batch = torch.randn(4, 7, 46)
    for row, length in enumerate(lengths.tolist()):
        batch[row, :, length:] = 1e4 * torch.randn(7, 46 - length)

    together, frames = model(audio_signal=batch, length=lengths)

    for row, length in enumerate(lengths.tolist()):
        alone, count = model(audio_signal=batch[row : row + 1, :, :length], length=lengths[row : row + 1])
        assert count[0] == frames[row] == alone.shape[2]
        torch.testing.assert_close(together[row : row + 1, :, : int(count)], alone, rtol=1e-5, atol=1e-5)
        assert together[row, :, int(count) :].abs().sum() == 0.0


@pytest.mark.parametrize("rubbish", [float("nan"), float("inf")])
def test_padding_may_be_anything(rubbish: float) -> None:
    """Not even infinities in the padding reach a result."""
    batch = torch.randn(1, 7, 20)
    batch[..., 12:] = rubbish

    encoded, _ = encoder("quartznet")(audio_signal=batch, length=torch.tensor([12]))

    assert encoded.isfinite().all()


@given(
    frames=st.integers(1, 60),
    strides=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    dilation=st.integers(1, 3),
)
def test_types_tensors_and_lengths_agree(frames: int, strides: list[int], dilation: int) -> None:
    """The time axis, the integer lengths and the type of the port follow one formula."""
    blocks = [{"filters": 2, "kernel": 3, "stride": stride, "dilation": dilation} for stride in strides]
    model = JasperEncoder(feat_in=2, blocks=blocks).eval()

    encoded, length = model(audio_signal=torch.randn(2, 2, frames), length=torch.tensor([frames, 1]))

    expected = frames
    for stride in strides:
        expected = (expected - 1) // stride + 1
    assert encoded.shape == (2, 2, expected)
    assert length.tolist() == [expected, 1]
    assert length.dtype == torch.int64
    assert model.outputs["encoded"].type.axes[2].size.evaluate({"t": frames}) == expected
    assert model.outputs["encoded_len"].type.kind.size(0).evaluate({"t": frames}) == expected


def test_ports_are_known_without_construction() -> None:
    """A preset's types follow from its parameters alone, and lengths that were not subsampled are refused later."""
    outputs = signature_of(
        JasperEncoder, {"feat_in": 64, "blocks": "quartznet_15x5", "activation": "relu", "mask_statistics": False}
    ).outputs

    assert str(outputs["encoded"].type) == "Batch Encoded:1024 Time:(t+1)//2 ; Features"
    assert str(outputs["encoded_len"].type) == "Batch ; Lengths((t+1)//2)"


def test_a_symbolic_call_unpacks_in_the_listings_order() -> None:
    """The encoder gives features and lengths, in this order."""
    free = inputs(spec="B Spectrogram:7 T:t", length="B ; Lengths(t)")

    encoded, encoded_len = JasperEncoder(feat_in=7, blocks=VARIANTS["quartznet"])(
        audio_signal=free.spec, length=free.length
    )

    assert (encoded.port, encoded_len.port) == ("encoded", "encoded_len")


@pytest.mark.parametrize(
    ("preset", "millions"),
    [
        ("quartznet_5x5", 6.7),
        ("quartznet_10x5", 12.8),
        ("quartznet_15x5", 18.9),
        ("jasper_10x5", 333.0),
    ],
)
def test_presets_have_the_published_sizes(preset: str, millions: float) -> None:
    """Parameters of encoder and head over 28 labels, as the papers count them."""
    with torch.device("meta"):
        model = JasperEncoder(feat_in=64, blocks=preset)
    head = 1025 * 29

    assert (sum(p.numel() for p in model.parameters()) + head) / 1e6 == pytest.approx(millions, rel=0.01)


def test_masked_statistics_ignore_padding() -> None:
    """With mask_statistics a training step does not depend on how much padding there is; by default it does."""
    batch, lengths = torch.randn(3, 7, 20), torch.tensor([20, 13, 6])
    wide = torch.cat([batch, torch.randn(3, 7, 15)], 2)
    results = {}
    for mask in (True, False):
        torch.manual_seed(1)
        model = JasperEncoder(feat_in=7, blocks=VARIANTS["quartznet"], mask_statistics=mask).train()
        state = {name: value.clone() for name, value in model.state_dict().items()}
        narrow, _ = model(audio_signal=batch, length=lengths)
        after = {name: value.clone() for name, value in model.state_dict().items()}
        model.load_state_dict(state)
        padded, _ = model(audio_signal=wide, length=lengths)
        same = torch.allclose(narrow, padded[..., : narrow.shape[2]], atol=1e-5)
        results[mask] = same and all(torch.allclose(after[n], v, atol=1e-5) for n, v in model.state_dict().items())

    assert results == {True: True, False: False}


def test_masked_statistics_without_padding_are_torchs() -> None:
    """Where nothing is padded both ways agree, running statistics and gradients included."""
    x, lengths = torch.randn(3, 7, 20), torch.tensor([20, 20, 20])
    statistics = []
    for mask in (True, False):
        torch.manual_seed(1)
        model = JasperEncoder(feat_in=7, blocks=VARIANTS["jasper"][:2], mask_statistics=mask).train()
        model(audio_signal=x, length=lengths).encoded.square().sum().backward()
        statistics.append([*model.state_dict().values(), *(p.grad for p in model.parameters())])

    for actual, expected in zip(*statistics, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_weight_learns(variant: str) -> None:
    """A training step gives each parameter a finite gradient, and the input is left as it was."""
    model = JasperEncoder(feat_in=7, blocks=VARIANTS[variant])
    x = torch.randn(3, 7, 30)
    before = x.clone()

    model(audio_signal=x, length=torch.tensor([30, 22, 9])).encoded.square().sum().backward()

    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert sum(float(p.grad.abs().sum()) > 0 for p in model.parameters()) == len(list(model.parameters()))
    assert torch.equal(x, before)


def test_the_separable_encoder_is_quartznet() -> None:
    """A block computes what the paper draws, written here once more with plain torch layers."""
    torch.manual_seed(0)
    model = JasperEncoder(feat_in=4, blocks=[FULL | {"filters": 5, "separable": True}]).eval()
    layers = model.blocks[0].layers
    x = torch.randn(2, 4, 15)

    def normalise(norm: nn.Module, y: torch.Tensor) -> torch.Tensor:
        return nn.functional.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=1e-3)

    def convolve(layer: nn.Module, y: torch.Tensor) -> torch.Tensor:
        depthwise = nn.functional.conv1d(y, layer.conv[0].weight, padding=2, groups=y.shape[1])
        return normalise(layer.norm, nn.functional.conv1d(depthwise, layer.conv[1].weight))

    projection = model.blocks[0].added[0]
    residual = normalise(projection.norm, nn.functional.conv1d(x, projection.conv.weight))
    expected = (convolve(layers[1], convolve(layers[0], x).relu()) + residual).relu()

    torch.testing.assert_close(model(audio_signal=x, length=torch.tensor([15, 15])).encoded, expected)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ("quartznet_5x6", r'No preset is called "quartznet_5x6".*Did you mean "quartznet_5x5"'),
        ([], "at least one block"),
        ([{"filters": 4}], r'block 0: "kernel" is missing'),
        ([{"filters": 4, "kernel": 4}], r"kernel is 4; expected an odd number"),
        ([{"filters": 4, "kernal": 5}], r'"kernal" is no setting of a block\. Did you mean "kernel"'),
        ([{"filters": 0, "kernel": 5}], r"filters is 0; expected a whole number of at least 1"),
        ([{"filters": 4, "kernel": 5, "repeat": True}], r"repeat is True; expected a whole number"),
        ([{"filters": 4, "kernel": 5, "dropout": 1.0}], r"dropout is 1.0; expected a number of at least 0 and below 1"),
        ([{"filters": 4, "kernel": 5, "squeeze_excite": -1}], r"squeeze_excite is -1"),
        ([{"filters": 4, "kernel": 5, "dense": True}], r"dense needs residual: true"),
        (
            [FULL | {"dense": True}, FULL | {"stride": 2}, FULL | {"dense": True}],
            r"block 1: a stride between dense blocks",
        ),
    ],
)
def test_blocks_that_cannot_be_built_are_named(blocks: Any, message: str) -> None:
    """Every fault of a description is named with its block, and what a block may say is listed."""
    with pytest.raises(EncoderError, match=message):
        JasperEncoder(feat_in=4, blocks=blocks)


def test_an_unknown_activation_is_named() -> None:
    """The error lists what there is."""
    with pytest.raises(EncoderError, match=r'activation is "rely".*Did you mean "relu"'):
        JasperEncoder(feat_in=4, blocks=[FULL], activation="rely")


def test_presets_are_plain_data() -> None:
    """A preset given as its list makes the same encoder as its name."""
    model = JasperEncoder(feat_in=64, blocks=PRESETS["jasper_5x3"][:2])

    assert model.params["blocks"][0]["filters"] == 256
    assert not model.opaque
