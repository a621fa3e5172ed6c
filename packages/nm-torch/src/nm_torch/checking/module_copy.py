"""Isolation of a check: a copy of the module, and random streams of its own."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import nn

from nm_core import CompositeModule, NeuralModule


def networks_of(module: NeuralModule) -> list[nn.Module]:
    """Return the parts of a module that the framework knows: itself, or what a composite module is made of."""
    if isinstance(module, nn.Module):
        return [module]
    if isinstance(module, CompositeModule):
        return [network for child in module.children().values() for network in networks_of(child)]
    return []


def home_of(module: NeuralModule) -> tuple[torch.dtype, torch.device]:
    """Return the type of a module's real numbers and where its weights are; float32 on the CPU where it has none."""
    tensors = [tensor for network in networks_of(module) for tensor in [*network.parameters(), *network.buffers()]]
    dtypes = [tensor.dtype for tensor in tensors if tensor.dtype.is_floating_point]
    device = tensors[0].device if tensors else torch.device("cpu")
    return dtypes[0] if dtypes else torch.float32, device


@contextmanager
def copied_or_restored(module: NeuralModule) -> Iterator[NeuralModule]:
    """Yield a copy of a module; where it cannot be copied yield itself, and restore its state at the end."""
    try:
        twin = copy.deepcopy(module)
    except (TypeError, RuntimeError, ValueError, AttributeError, NotImplementedError):
        with _restore_state(module):
            yield module
    else:
        yield twin


@contextmanager
def _restore_state(module: NeuralModule) -> Iterator[None]:
    parts: list[Any] = [module, *(part for network in networks_of(module) for part in network.modules())]
    # Parameters and buffers are dictionaries among the attributes: their copies lack whatever a run adds.
    attributes = [(part, {name: _shallow(value) for name, value in vars(part).items()}) for part in parts]
    tensors = {
        id(tensor): (tensor, tensor.detach().clone())
        for network in networks_of(module)
        for tensor in [*network.parameters(), *network.buffers()]
    }
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, copied in tensors.values():
                tensor.copy_(copied)
        for part, values in attributes:
            vars(part).clear()
            vars(part).update(values)


def _shallow(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, MutableMapping | MutableSequence | MutableSet) else value


@contextmanager
def own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Seed the streams of Python, numpy and torch inside the block, and restore the caller's after it."""
    states = random.getstate(), numpy.random.get_state()
    accelerators = [] if device.type == "cpu" else [device]
    kind = {} if device.type == "cpu" else {"device_type": device.type}
    with torch.random.fork_rng(devices=accelerators, **kind):
        try:
            random.seed(seed)
            numpy.random.seed(seed % 2**32)  # numpy refuses more
            torch.default_generator.manual_seed(seed)
            if accelerators:
                with torch.get_device_module(device).device(device):
                    torch.get_device_module(device).manual_seed(seed)
            yield
        finally:
            random.setstate(states[0])
            numpy.random.set_state(states[1])
