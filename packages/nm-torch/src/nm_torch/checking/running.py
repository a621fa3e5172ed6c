"""Running a module on values and leaving no trace: on a copy, in one mode, with random streams of its own."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import numpy
import torch
from torch import Tensor, nn

from nm_core import CompositeModule, NeuralModule, inputs
from nm_torch.checking.slots import concrete
from nm_torch.checking.uses import Use
from nm_torch.module import TorchModule


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
def borrowed(module: NeuralModule) -> Iterator[NeuralModule]:
    """Give a copy of a module; where it cannot be copied give itself, and restore its state at the end."""
    try:
        twin = copy.deepcopy(module)
    except (TypeError, RuntimeError, ValueError, AttributeError, NotImplementedError):
        with _restored(module):
            yield module
    else:
        yield twin


@contextmanager
def _restored(module: NeuralModule) -> Iterator[None]:
    parts: list[Any] = [module, *(part for network in networks_of(module) for part in network.modules())]
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
            for tensor, before in tensors.values():
                tensor.copy_(before)
        for part, known in attributes:
            vars(part).clear()
            vars(part).update(known)


def _shallow(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, dict | list | set) else value


@contextmanager
def own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Seed the streams of Python, numpy and torch inside the block, and hand the caller's back after it."""
    before = random.getstate(), numpy.random.get_state()
    accelerators = [] if device.type == "cpu" else [device]
    kind = {} if device.type == "cpu" else {"device_type": device.type}
    with torch.random.fork_rng(devices=accelerators, **kind):
        try:
            random.seed(seed)
            numpy.random.seed(seed % 2**32)
            torch.default_generator.manual_seed(seed)
            if accelerators:
                with torch.get_device_module(device).device(device):
                    torch.get_device_module(device).manual_seed(seed)
            yield
        finally:
            random.setstate(before[0])
            numpy.random.set_state(before[1])


def result_of(
    module: NeuralModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int], *, training: bool | None
) -> Any:
    """Return what a module gives for values, by port, as it would in a graph."""
    for network in networks_of(module):
        network.train(bool(training))
    with torch.no_grad():
        if isinstance(module, TorchModule):
            left_open = dict.fromkeys(use.open)
            return module.compute(**values, **left_open, **_typed_arguments(module, use, sizes))
        return cast("Any", module).forward(**values)


def _typed_arguments(module: TorchModule, use: Use, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return what a graph tells the module from the types of a call, for modules that ask for it."""
    if type(module).typed_arguments is TorchModule.typed_arguments:
        return {}
    types = {f"input{index}": concrete(slot, sizes) for index, slot in enumerate(use.inputs)}
    free = inputs(**types)
    tensors = dict(zip(use.inputs, free if isinstance(free, tuple) else (free,), strict=True))
    given: dict[str, Any] = {}
    for slot, tensor in tensors.items():
        if module.inputs[slot.port].variadic:
            given.setdefault(slot.port, []).append(tensor)
        else:
            given[slot.port] = tensor
    symbolic = module(**given)
    return module.typed_arguments((symbolic[0] if isinstance(symbolic, tuple) else symbolic).call)


def on_cpu(value: Any) -> Any:
    """Return a tensor, or tensors in a list, on the CPU and without history."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    return [on_cpu(item) for item in value] if isinstance(value, list) else value
