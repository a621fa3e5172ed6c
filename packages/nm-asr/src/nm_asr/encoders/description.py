"""Descriptions of the blocks of convolutional encoders, from plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from nm_asr.encoders.presets import PRESETS
from nm_asr.errors import EncoderError
from nm_core.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class BlockDescription:
    """The description of a block of Jasper or QuartzNet.

    Attributes:
        filters: channels of the block's output.
        kernel: width of its convolutions, odd.
        stride: frames per output frame, of the first convolution alone.
        dilation: frames between the taps of a convolution.
        repeat: convolutions in the block.
        separable: a convolution per channel and one across channels, in place of one full convolution.
        residual: add the block's input, projected, before the last activation.
        dense: with it, add the inputs of all earlier dense blocks too (Jasper DR).
        dropout: probability after each activation.
        squeeze_excite: channels per hidden unit of a squeeze-and-excitation gate; 0 has none.

    Example:
        >>> block = BlockDescription(filters=256, kernel=33, stride=2, separable=True)
        >>> block.frames("t")
        '(t-1)//2+1'
    """

    filters: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    repeat: int = 1
    separable: bool = False
    residual: bool = False
    dense: bool = False
    dropout: float = 0.0
    squeeze_excite: int = 0

    def frames(self, frames: str) -> str:
        """Return the number of output frames, as a size expression over the number of input frames."""
        return frames if self.stride == 1 else f"({frames}-1)//{self.stride}+1"


_NAMES = tuple(field.name for field in fields(BlockDescription))
_AT_LEAST_ONE = ("filters", "kernel", "stride", "dilation", "repeat")


def read_blocks(blocks: str | Sequence[Mapping[str, Any]]) -> tuple[BlockDescription, ...]:
    """Read the parameter ``blocks``: the name of a preset, or one mapping per block.

    Raises:
        EncoderError: the preset is unknown, or a block has an unknown, missing or impossible setting; all are named.
    """
    if isinstance(blocks, str):
        if blocks not in PRESETS:
            raise EncoderError(
                f'No preset is called "{blocks}".{did_you_mean(blocks, PRESETS)}\n'
                f"  Presets: {', '.join(PRESETS)}; or give a list of blocks."
            )
        blocks = PRESETS[blocks]
    if not blocks:
        raise EncoderError("An encoder needs at least one block.")
    problems: list[str] = []
    descriptions = []
    for number, block in enumerate(blocks):
        block_problems = _check_block(block)
        problems += [f"block {number}: {problem}" for problem in block_problems]
        if not block_problems:
            descriptions.append(BlockDescription(**block))
    if not problems:
        problems = _check_dense_blocks(descriptions)
    if problems:
        raise EncoderError("\n  ".join(problems) + f"\n  A block has the settings {', '.join(_NAMES)}.")
    return tuple(descriptions)


def _check_block(block: Mapping[str, Any]) -> list[str]:
    unknown = [name for name in block if name not in _NAMES]
    problems = [f'"{name}" is no setting of a block.{did_you_mean(name, _NAMES)}' for name in unknown]
    problems += [f'"{name}" is missing.' for name in ("filters", "kernel") if name not in block]
    for name in _AT_LEAST_ONE:
        value = block.get(name, 1)
        # True is an integer to Python, and no number of channels to anybody
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            problems.append(f"{name} is {value!r}; expected an integer of at least 1.")
        elif name == "kernel" and value % 2 == 0:
            problems.append(f"kernel is {value}; expected an odd number, so that a frame stays in the middle.")
    if not 0.0 <= block.get("dropout", 0.0) < 1.0:
        problems.append(f"dropout is {block['dropout']!r}; expected a probability below 1.")
    if block.get("squeeze_excite", 0) < 0:
        problems.append(f"squeeze_excite is {block['squeeze_excite']!r}; expected channels per hidden unit, or 0.")
    if block.get("dense") and not block.get("residual"):
        problems.append("dense needs residual: true.")
    return problems


def _check_dense_blocks(blocks: Sequence[BlockDescription]) -> list[str]:
    dense = [number for number, block in enumerate(blocks) if block.dense]
    if not dense:
        return []
    strided = [number for number in range(dense[0], dense[-1]) if blocks[number].stride > 1]
    return [f"block {number}: a stride between dense blocks leaves nothing of one length to add." for number in strided]
