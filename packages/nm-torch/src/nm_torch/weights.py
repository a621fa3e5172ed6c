"""Weights of modules: files of them, ties between them, and which of them learn."""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from nm_core import LoadedWeights, NeuralModule
from nm_core.errors import did_you_mean
from nm_torch.errors import WeightsError

_ALIASES = "nm.aliases"
"""The key of a file's metadata that maps further names of a tensor to the name under which it is stored."""


def save_weights(module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
    """Write a module's parameters and buffers to a safetensors file, which appears only when it is complete.

    A tensor with several names is stored under the first of them; the file's metadata names the others.

    Args:
        without: names to leave out.
    """
    first: dict[tuple[object, ...], str] = {}
    stored: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    for name, tensor in state(module).items():
        if name in without:
            continue
        # Tensors without elements all have the address 0: they are told apart by their names.
        memory = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride(), tensor.numel() or name)
        if memory in first:
            aliases[name] = first[memory]
        else:
            first[memory] = name
            stored[name] = tensor.detach().cpu().clone().contiguous()
    metadata = {_ALIASES: json.dumps(aliases)} if aliases else None
    partial = path.with_name(f".partial-{path.name}")
    partial.write_bytes(safetensors.torch.save(stored, metadata=metadata))
    os.replace(partial, path)  # atomic: a reader sees the old file or the new one


def load_weights(
    module: NeuralModule,
    path: Path,
    *,
    renamed: Callable[[str], str] | None = None,
    partial: bool = False,
    elsewhere: Mapping[str, tuple[Path, str]] | None = None,
) -> LoadedWeights:
    """Read a module's parameters and buffers from safetensors files.

    Args:
        renamed: what the module calls a weight now, by its name in the file.
        partial: take the weights that fit by name and shape, and leave the others as they are.
        elsewhere: weights that another file holds, under a name of its own.

    Raises:
        WeightsError: a file is missing or damaged, or (unless `partial`) does not fit the module; every difference is
            named.
    """
    weights = _read(module, path)
    if renamed is not None:
        weights = {renamed(name): tensor for name, tensor in weights.items()}
    for name, (source, source_name) in (elsewhere or {}).items():
        tensor = _read(module, source).get(source_name)
        if tensor is not None:
            weights[name] = tensor
    expected = {name: tuple(tensor.shape) for name, tensor in state(module).items()}
    saved = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    report = LoadedWeights.compare(module.name, str(path), expected, saved)
    if not report.complete and not partial:
        problems = report.problems()
        shown = problems[:10] + ([f"and {len(problems) - 10} more"] if len(problems) > 10 else [])
        raise WeightsError(
            f"{path}: these are not the weights of {module.name} ({type(module).__name__}).\n"
            + "".join(f"  {problem}\n" for problem in shown)
            + "  Make the module with the parameters it was trained with, or take what fits: in a file,\n"
            f"  init_from: {{{module.name}: {{from: PATH, partial: true}}}}."
        )
    assert isinstance(module, nn.Module)
    module.load_state_dict({name: weights[name] for name in report.loaded}, strict=not partial)
    return report


def tie(modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
    """Make two parameters, named `module.weight`, one; the first one's values stay.

    Raises:
        WeightsError: there is no such parameter, or their shapes differ.
    """
    first_owner, first_name = _find(modules, first)
    second_owner, second_name = _find(modules, second)
    weight, replaced = getattr(first_owner, first_name), getattr(second_owner, second_name)
    if weight is replaced:
        return
    if weight.shape != replaced.shape:
        raise WeightsError(
            f"{first} has shape {tuple(weight.shape)} and {second} {tuple(replaced.shape)};"
            " only equal shapes can be one."
        )
    setattr(second_owner, second_name, weight)


def freeze(modules: Mapping[str, NeuralModule], pattern: str) -> int:
    """Stop the parameters that match a pattern from learning.

    Args:
        modules: by name.
        pattern: of names such as `encoder.blocks.0.weight`; `*` stands for one part of a name, `**` for any number.

    Returns:
        how many parameters match.
    """
    parts = (".+" if part == "**" else re.escape(part).replace(r"\*", "[^.]*") for part in pattern.split("."))
    names = re.compile(r"\.".join(parts))
    count = 0
    for name, module in modules.items():
        if isinstance(module, nn.Module):
            for key, parameter in module.named_parameters(remove_duplicate=False):
                if names.fullmatch(f"{name}.{key}"):
                    parameter.requires_grad_(False)
                    count += 1
    return count


def state(module: NeuralModule) -> dict[str, Tensor]:
    """Return the parameters and buffers of a module by name, which its file of weights holds."""
    if not isinstance(module, nn.Module):
        raise WeightsError(f"{module.name} is no torch module and has no weights.")
    return {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}


def _read(module: NeuralModule, path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file, also under their further names."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            aliases = json.loads((file.metadata() or {}).get(_ALIASES, "{}"))
        return weights | {alias: weights[name] for alias, name in aliases.items()}
    except FileNotFoundError:
        raise WeightsError(f"{path}: there are no weights of {module.name} here.") from None
    except (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path}: the weights of {module.name} cannot be read: {error}") from error


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
