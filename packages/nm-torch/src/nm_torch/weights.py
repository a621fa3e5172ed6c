"""Weights of modules: files of them, ties between them, and which of them learn."""

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from nm_core import LoadedWeights, NeuralModule
from nm_core.errors import did_you_mean
from nm_torch.errors import NonFiniteWeightsError, WeightsError

_ALIASES = "nm.aliases"
"""The key of a file's metadata that maps further names of a tensor to the name under which it is stored."""


def save_weights(module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
    """Write a module's parameters and buffers to a safetensors file, which appears only when it is complete.

    A tensor with several names is stored under the first of them; the file's metadata names the others.

    Args:
        without: names to leave out.

    Raises:
        NonFiniteWeightsError: some of them are infinite or not a number; what was at the path stays.
    """
    check_finite((f"{module.name}.{name}", tensor) for name, tensor in state(module).items())
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


def check_weights_exist(module: nn.Module) -> None:
    """Refuse weights without values, which can be neither trained nor moved to a device.

    Raises:
        WeightsError: one is on the meta device, or of a lazy layer that was never called.
    """
    for name, weight in (*module.named_parameters(), *module.named_buffers()):
        if torch.nn.parameter.is_lazy(weight):
            raise WeightsError(
                f"{name} has no shape yet: it belongs to a lazy layer that was never called.\n"
                "  Call the module once on tensors of the shapes that it will get, or give its layer all sizes."
            )
        if weight.is_meta:
            raise WeightsError(
                f"{name} is on the meta device, and has no values.\n"
                '  Make the module on the CPU, or give it values: module.to_empty(device="cpu"), then its weights.'
            )


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


def check_finite(named: Iterable[tuple[str, Tensor]], more: Iterable[str] = ()) -> None:
    """Refuse weights and buffers that are infinite or not a number.

    Args:
        more: names of those that another process has found.

    Raises:
        NonFiniteWeightsError: there are such; the message names them.
    """
    names = list(dict.fromkeys([*find_non_finite(named), *more]))
    if names:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise NonFiniteWeightsError(
            f"{len(names)} weights or buffers are infinite or not a number, and are not saved: {shown}.\n"
            "  A model with them is lost; go on from the last checkpoint, with a lower learning rate or with\n"
            "  gradient_clip_norm. A constant that is infinite by purpose, such as a mask, is no weight:\n"
            "  register_buffer(..., persistent=False)."
        )


def fingerprint(module: NeuralModule) -> tuple[float, ...]:
    """Return numbers that change when a weight or a buffer does: sums of values and of their sizes."""
    tensors = [value.detach() for value in state(module).values() if not value.is_complex()]
    sums = [total for value in tensors for total in (value.double().sum(), value.double().abs().sum())]
    return tuple(torch.stack(sums).tolist()) if sums else ()


def find_non_finite(named: Iterable[tuple[str, Tensor]]) -> list[str]:
    """Return the names of tensors that have an infinite value or one that is not a number."""
    floating = [(name, value.detach()) for name, value in named if value.is_floating_point() or value.is_complex()]
    # Queued for all tensors before the first one is read, so that an accelerator is waited for once.
    finite = [torch.isfinite(value).all() for _, value in floating]
    return [name for (name, _), ok in zip(floating, finite, strict=True) if not ok]


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
