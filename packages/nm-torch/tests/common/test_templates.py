"""Modules with templates: their types say of random shapes what torch makes of them."""

from random import Random

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nm_core import Graph, inputs
from nm_torch import TorchModule, lower
from nm_torch.common import Activation, Add, Concat, ConvSubsampling, Dropout, FrameStacking, LayerNorm, Linear
from nm_types import NeuralType, Size

TAGS = ("Batch", "Time", "Token", "Class", "Height", "Width")
CHANNELS = ("Channel", "Spectrogram", "Embedding", "Encoded")
seeds = st.integers(0, 2**20).map(Random)


def shape_of(type: NeuralType) -> tuple[int | None, ...]:
    """The sizes of a type, None for one that is no number."""
    return tuple(Size(axis.size).value for axis in type.axes)


def agrees(
    module: TorchModule, port: str, operands: list[tuple[list[str], list[int]]], *, several: bool = False
) -> None:
    """Hold the type of a module's first output against the shape of what its lowered graph computes."""
    types = [" ".join(f"{tag}:{size}" for tag, size in zip(*pair, strict=True)) for pair in operands]
    free = inputs(**{f"x{number}": type for number, type in enumerate(types)})
    tensors = list(free) if isinstance(free, tuple) else [free]
    output = module(**{port: tensors if several else tensors[0]})
    first = output[0] if isinstance(output, tuple) else output
    graph = Graph(outputs={"y": first}, inputs={f"x{number}": tensor for number, tensor in enumerate(tensors)})

    value = lower(graph.plan())(*(torch.randn(shape) for _, shape in operands))

    assert shape_of(first.type) == value.shape
    assert not first.call.typing.deferred


def axes(pick: Random, least: int = 0) -> tuple[list[str], list[int]]:
    """Axes of any meaning but channels, with small sizes."""
    count = pick.randrange(least, 4)
    return [pick.choice(TAGS) for _ in range(count)], [pick.randrange(1, 5) for _ in range(count)]


@given(seeds)
@settings(max_examples=40)
def test_concatenation(pick: Random) -> None:
    """From one to five tensors, along channels anywhere."""
    tags, sizes = axes(pick)
    index = pick.randrange(len(tags) + 1)
    operands = []
    for _ in range(pick.randrange(1, 6)):
        channels = pick.choice(CHANNELS), pick.randrange(1, 5)
        operands.append(([*tags[:index], channels[0], *tags[index:]], [*sizes[:index], channels[1], *sizes[index:]]))
    agrees(Concat(), "xs", operands, several=True)


@given(seeds)
@settings(max_examples=40)
def test_addition(pick: Random) -> None:
    """From one to five tensors of one shape."""
    agrees(Add(), "xs", [axes(pick, least=1)] * pick.randrange(1, 6), several=True)


@given(seeds)
@settings(max_examples=40)
def test_maps_of_the_last_axis(pick: Random) -> None:
    """Any axes before the channels."""
    tags, sizes = axes(pick)
    size = pick.randrange(1, 5)
    operands = [([*tags, pick.choice(CHANNELS)], [*sizes, size])]
    agrees(Linear(input_size=size, output_size=pick.randrange(1, 5)), "x", operands)
    agrees(LayerNorm(size=size), "x", operands)


@given(seeds)
@settings(max_examples=40)
def test_functions_of_every_entry(pick: Random) -> None:
    """Any axes at all."""
    operands = [axes(pick, least=1)]
    agrees(Activation(function=pick.choice(("relu", "tanh", "gelu"))), "x", operands)
    agrees(Dropout(probability=0.1), "x", operands)


@given(seeds)
@settings(max_examples=40)
def test_subsampling(pick: Random) -> None:
    """Any numbers of frames, strides and channels."""
    sizes = [pick.randrange(1, 4), pick.randrange(1, 5), pick.randrange(1, 40)]
    operands = [(["Batch", pick.choice(CHANNELS), "Time"], sizes)]
    strides = [pick.randrange(1, 5) for _ in range(pick.randrange(1, 4))]
    agrees(ConvSubsampling(input_size=sizes[1], output_size=3, strides=strides), "x", operands)
    agrees(FrameStacking(factor=pick.randrange(1, 6)), "x", operands)
