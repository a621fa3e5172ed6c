"""Descriptions of the blocks of convolutional encoders, from plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from nm_asr.encoders.presets import PRESETS
from nm_asr.errors import EncoderError
from nm_core import NonNegativeInt, PositiveInt, ProbabilityBelowOne
from nm_core.errors import did_you_mean, find_closest
from nm_core.symbols.parameter_values import find_misfit


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

    filters: PositiveInt
    kernel: PositiveInt
    stride: PositiveInt = 1
    dilation: PositiveInt = 1
    repeat: PositiveInt = 1
    separable: bool = False
    residual: bool = False
    dense: bool = False
    dropout: ProbabilityBelowOne = 0.0
    squeeze_excite: NonNegativeInt = 0

    def frames(self, frames: str) -> str:
        """Return the number of output frames, as a size expression over the number of input frames."""
        return frames if self.stride == 1 else f"({frames}-1)//{self.stride}+1"


_HINTS = get_type_hints(BlockDescription, include_extras=True)
_NAMES = tuple(_HINTS)


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
        raise EncoderError("An encoder needs at least one block; blocks is empty.")
    problems: dict[tuple[str | int, ...], str] = {}
    descriptions = []
    for number, block in enumerate(blocks):
        block_problems = _check_block(block)
        for setting, problem in block_problems.items():
            place = ("blocks", number, setting) if setting in block else ("blocks", number)
            problems[place] = f"block {number}: {problem}"
        if not block_problems:
            descriptions.append(BlockDescription(**block))
    if not problems:
        problems = _check_dense_blocks(descriptions)
    if problems:
        message = "\n  ".join(problems.values())
        raise EncoderError(f"{message}\n  A block has the settings {', '.join(_NAMES)}.", problems=problems)
    return tuple(descriptions)


def _check_block(block: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each setting that is unknown, missing or impossible."""
    unknown = [name for name in block if name not in _NAMES]
    problems = {name: f'"{name}" is no setting of a block.{did_you_mean(name, _NAMES)}' for name in unknown}
    meant = {find_closest(name, _NAMES) for name in unknown}  # a misspelt setting is not missing as well
    problems |= {
        name: f'"{name}" is missing.' for name in ("filters", "kernel") if name not in block and name not in meant
    }
    for name, value in block.items():
        misfit = find_misfit(value, _HINTS[name]) if name in _HINTS else None
        if misfit is not None:
            problems[name] = f"{name} is {value!r}; expected {misfit.expected}."
        elif name == "kernel" and value % 2 == 0:
            problems[name] = f"kernel is {value}; expected an odd number, so that a frame stays in the middle."
    if block.get("dense") and not block.get("residual"):
        problems["dense"] = "dense needs residual: true."
    return problems


def _check_dense_blocks(blocks: Sequence[BlockDescription]) -> dict[tuple[str | int, ...], str]:
    dense = [number for number, block in enumerate(blocks) if block.dense]
    if not dense:
        return {}
    strided = [number for number in range(dense[0], dense[-1]) if blocks[number].stride > 1]
    what = "a stride between dense blocks leaves nothing of one length to add."
    return {("blocks", number, "stride"): f"block {number}: {what}" for number in strided}
