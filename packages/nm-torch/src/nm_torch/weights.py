"""Weights of modules: files of them, ties between them, and which of them learn."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from nm_core import NeuralModule
from nm_core.errors import did_you_mean
from nm_torch.errors import WeightsError


def save_weights(module: NeuralModule, path: Path) -> None:
    """Write a module's parameters and buffers to a safetensors file, which appears only when it is complete."""
    weights = {name: tensor.detach().cpu().clone() for name, tensor in state(module).items()}
    partial = path.with_name(f".partial-{path.name}")
    partial.write_bytes(safetensors.torch.save({name: tensor.contiguous() for name, tensor in weights.items()}))
    os.replace(partial, path)


def load_weights(module: NeuralModule, path: Path) -> None:
    """Read a module's parameters and buffers from a safetensors file.

    Raises:
        WeightsError: the file is missing or damaged, or does not fit the module; every difference is named.
    """
    try:
        weights = safetensors.torch.load_file(path)
    except FileNotFoundError:
        raise WeightsError(f"{path}: there are no weights of {module.name} here.") from None
    except (safetensors.SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: the weights of {module.name} cannot be read: {error}") from error
    expected = state(module)
    problems = [f"{name} is not in the file" for name in expected.keys() - weights.keys()]
    problems += [f"{name} is only in the file" for name in weights.keys() - expected.keys()]
    problems += [
        f"{name} has shape {tuple(weights[name].shape)} in the file and {tuple(tensor.shape)} in the module"
        for name, tensor in expected.items()
        if name in weights and weights[name].shape != tensor.shape
    ]
    if problems:
        shown = sorted(problems)[:10] + ([f"and {len(problems) - 10} more"] if len(problems) > 10 else [])
        raise WeightsError(
            f"{path}: these are not the weights of {module.name} ({type(module).__name__}).\n"
            + "".join(f"  {problem}\n" for problem in shown)
            + "  Make the module with the parameters it was trained with."
        )
    assert isinstance(module, nn.Module)
    module.load_state_dict(weights)


def tie(modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
    """Make two parameters, named `module.weight`, one; the first one's values stay.

    Raises:
        WeightsError: there is no such parameter, or their shapes differ.
    """
    kept_owner, kept_name = _find(modules, first)
    other_owner, other_name = _find(modules, second)
    kept, other = getattr(kept_owner, kept_name), getattr(other_owner, other_name)
    if kept is other:
        return
    if kept.shape != other.shape:
        raise WeightsError(
            f"{first} has shape {tuple(kept.shape)} and {second} {tuple(other.shape)}; only equal shapes can be one."
        )
    setattr(other_owner, other_name, kept)


def freeze(modules: Mapping[str, NeuralModule], pattern: str) -> int:
    """Stop the parameters that match a pattern from learning.

    Args:
        modules: by name.
        pattern: of names such as `encoder.blocks.0.weight`; `*` stands for one part of a name, `**` for any number.

    Returns:
        how many parameters match.
    """
    parts = (".+" if part == "**" else re.escape(part).replace(r"\*", "[^.]*") for part in pattern.split("."))
    wanted = re.compile(r"\.".join(parts))
    count = 0
    for name, module in modules.items():
        if isinstance(module, nn.Module):
            for key, parameter in module.named_parameters(remove_duplicate=False):
                if wanted.fullmatch(f"{name}.{key}"):
                    parameter.requires_grad_(False)
                    count += 1
    return count


def state(module: NeuralModule) -> dict[str, Tensor]:
    """Return what a module's file of weights holds: its parameters and buffers by name."""
    if not isinstance(module, nn.Module):
        raise WeightsError(f"{module.name} is no torch module and has no weights.")
    return {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}


def _find(modules: Mapping[str, NeuralModule], weight: str) -> tuple[nn.Module, str]:
    """Return the innermost module that owns a parameter, and the parameter's name in it."""
    names: list[str] = []
    for name, module in modules.items():
        if not isinstance(module, nn.Module):
            continue
        inner = [f"{name}.{key}" for key, _ in module.named_parameters(remove_duplicate=False)]
        if weight in inner:
            path, _, last = weight[len(name) + 1 :].rpartition(".")
            return module.get_submodule(path), last
        names += inner
    raise WeightsError(f'There is no weight "{weight}".{did_you_mean(weight, names)}')
