"""Transformer blocks against torch's own, their caches, masks and number formats."""

import math

import pytest
import torch
from torch import Tensor, nn

from nm_torch.common.blocks import TransformerEncoderBlock, TransformerOptions
from nm_torch.common.errors import OptionError, SequenceLengthError
from nm_torch.common.positions import LearnedPositions, SinusoidalPositions, sinusoids
from nm_torch.common.transformer import TransformerDecoder, TransformerEncoder


def options(norm: str = "pre", **changes: object) -> TransformerOptions:
    """Return options of a small model."""
    parameters: dict[str, object] = {"size": 16, "heads": 4, "inner_size": 24, "dropout": 0.0, "norm": norm, **changes}
    return TransformerOptions(**parameters)  # type: ignore[arg-type]


def copy_attention(ours: nn.Module, theirs: nn.MultiheadAttention) -> None:
    """Give torch's attention the weights of ours."""
    if hasattr(ours, "query_key_value"):
        theirs.in_proj_weight.data.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.data.copy_(ours.query_key_value.bias)
    else:
        theirs.in_proj_weight.data.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
        theirs.in_proj_bias.data.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_an_encoder_block_is_that_of_torch(norm: str, activation: str) -> None:
    """With equal weights and masks the result at real positions is that of nn.TransformerEncoderLayer."""
    ours = TransformerEncoderBlock(options(norm, activation=activation)).eval()
    theirs = nn.TransformerEncoderLayer(
        16, 4, 24, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre"
    ).eval()
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.3)
    copy_attention(ours.attention, theirs.self_attn)
    theirs.linear1.load_state_dict(ours.network.expand.state_dict())
    theirs.linear2.load_state_dict(ours.network.contract.state_dict())
    theirs.norm1.load_state_dict(ours.around_attention.norm.state_dict())
    theirs.norm2.load_state_dict(ours.around_network.norm.state_dict())
    x_BTD, mask_BT = torch.randn(3, 7, 16), torch.arange(7) < torch.tensor([[7], [3], [5]])

    expected = theirs(x_BTD.requires_grad_(), src_key_padding_mask=~mask_BT)

    torch.testing.assert_close(ours(x_BTD, mask_BT[:, None, None])[mask_BT], expected[mask_BT], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_decoder_step_by_step_equals_the_whole_sequence(norm: str) -> None:
    """Cached keys and values give the same features as recomputation, also past the first size of the cache."""
    decoder = TransformerDecoder(options(norm), 2, memory_size=12).double().eval()
    x_BTD, memory_BSD = torch.randn(3, 40, 16).double(), torch.randn(3, 7, 12).double()
    mask_BS = torch.arange(7) < torch.tensor([[7], [3], [5]])

    whole_BTD = decoder(x_BTD, None, memory_BSD, mask_BS)
    state = decoder.start(memory_BSD, mask_BS)
    steps_BTD = torch.stack([decoder.step(x_BTD[:, i], state) for i in range(40)], dim=1)

    torch.testing.assert_close(steps_BTD, whole_BTD, rtol=0, atol=1e-12)


def test_rows_of_a_state_can_be_reordered_and_dropped() -> None:
    """After `select` a row goes on exactly as the row that it was taken from."""
    decoder = TransformerDecoder(options(), 1, memory_size=12).double().eval()
    memory_BSD, mask_BS = torch.randn(3, 5, 12).double(), torch.ones(3, 5)
    first_ND, second_ND = torch.randn(6, 16).double(), torch.randn(4, 16).double()
    sentences, rows = torch.tensor([0, 2]), torch.tensor([1, 1, 4, 5])  # two beams each; sentence 1 is finished

    state = decoder.start(memory_BSD, mask_BS)
    decoder.step(first_ND, state)
    state.select(rows, sentences)
    result_ND = decoder.step(second_ND, state)

    for index, row in enumerate(rows.tolist()):
        sequence_1TD = torch.stack([first_ND[row], second_ND[index]]).unsqueeze(0)
        sentence = int(sentences[index // 2])
        expected = decoder(sequence_1TD, None, memory_BSD[[sentence]], None)[0, -1]
        torch.testing.assert_close(result_ND[index], expected, rtol=0, atol=1e-12)


def test_no_position_sees_a_later_one() -> None:
    """Changing a target position changes no result before it."""
    decoder = TransformerDecoder(options(), 2, memory_size=16).eval()
    x_BTD, memory_BSD = torch.randn(1, 6, 16), torch.randn(1, 4, 16)
    changed_BTD = x_BTD.clone()
    changed_BTD[:, 4] = torch.randn(16)

    before, after = (decoder(x, torch.ones(1, 6), memory_BSD, None) for x in (x_BTD, changed_BTD))

    torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
    assert not torch.allclose(before[:, 4:], after[:, 4:])


def test_padding_never_changes_a_result() -> None:
    """Real positions of encoder and decoder are the same with and without padding and other sentences."""
    encoder, decoder = TransformerEncoder(options(), 2).eval(), TransformerDecoder(options(), 2, memory_size=16).eval()
    x_1TD, memory_1SD = torch.randn(1, 4, 16), torch.randn(1, 5, 16)
    padded_BTD, padded_BSD = 9.0 * torch.randn(2, 7, 16), 9.0 * torch.randn(2, 8, 16)
    padded_BTD[0, :4], padded_BSD[0, :5] = x_1TD[0], memory_1SD[0]
    mask_BT, mask_BS = torch.arange(7) < torch.tensor([[4], [7]]), torch.arange(8) < torch.tensor([[5], [8]])

    alone = encoder(memory_1SD), decoder(x_1TD, None, memory_1SD, None)
    company = encoder(padded_BSD, mask_BS), decoder(padded_BTD, mask_BT, padded_BSD, mask_BS)

    torch.testing.assert_close(company[0][:1, :5], alone[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(company[1][:1, :4], alone[1], rtol=1e-5, atol=1e-5)


def test_a_sentence_of_padding_alone_gives_numbers() -> None:
    """A mask without any real position leads to no NaN, forward or backward."""
    encoder = TransformerEncoder(options(), 1)
    x_BTD = torch.randn(2, 3, 16, requires_grad=True)

    encoder(x_BTD, torch.tensor([[1, 1, 0], [0, 0, 0]]))[0].sum().backward()

    assert x_BTD.grad is not None
    assert x_BTD.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_close_to_single(dtype: torch.dtype) -> None:
    """Under autocast features, large ones too, are finite and near those of float32."""
    encoder, decoder = TransformerEncoder(options(), 2).eval(), TransformerDecoder(options(), 2, memory_size=16).eval()
    x_BTD, mask_BT = 30.0 * torch.randn(2, 6, 16), torch.arange(6) < torch.tensor([[4], [6]])

    def run() -> Tensor:
        memory = encoder(x_BTD, mask_BT)
        return decoder(x_BTD, mask_BT, memory, mask_BT)

    with torch.autocast("cpu", dtype=dtype):
        half = run()

    assert half.isfinite().all()
    assert (half.float() - run()).abs().mean() < 0.05


def test_sinusoids_are_those_of_the_paper() -> None:
    """Each entry is the sine or cosine of its position at its wavelength, also beyond the first table."""
    positions = SinusoidalPositions(6, length=4)

    table = positions(3, start=9)

    for row in range(3):
        for column in range(6):
            angle = (9 + row) / 10_000 ** (column // 2 * 2 / 6)
            assert float(table[row, column]) == pytest.approx((math.sin, math.cos)[column % 2](angle), abs=1e-5)
    torch.testing.assert_close(positions(4), sinusoids(4, 6))
    assert "table" not in positions.state_dict()


def test_learned_positions_end_where_training_ended() -> None:
    """A longer sequence than positions is an error that says both numbers."""
    positions = LearnedPositions(8, 5)

    assert positions(2, start=3).shape == (2, 8)
    with pytest.raises(SequenceLengthError, match=r"6 positions.*5"):
        positions(3, start=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 3}, "multiple of heads"),
        ({"activation": "tanh"}, "relu, gelu, silu"),
        ({"norm": "both"}, "pre"),
        ({"dropout": 1.0}, "probability"),
    ],
)
def test_impossible_options_are_refused(changes: dict[str, object], message: str) -> None:
    """Each message names what was expected."""
    with pytest.raises(OptionError, match=message):
        options(**changes)  # type: ignore[arg-type]
