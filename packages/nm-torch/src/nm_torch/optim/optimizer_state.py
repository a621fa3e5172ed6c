"""The state of an optimizer as plain data keyed by parameter *name*: it outlives the objects and their order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nm_torch.optim.errors import OptimizerStateError

__all__ = ["OptimizerState", "load_optimizer_state", "optimizer_state"]

# Kernels are chosen for the machine at hand; a checkpoint of a GPU goes on on a CPU.
_MACHINE = frozenset({"params", "param_names", "fused", "foreach", "capturable"})


@dataclass
class OptimizerState:
    """The moments and settings of an optimizer, by parameter name.

    Example:
        >>> from nm_torch.optim import Adam
        >>> layer = torch.nn.Linear(2, 3)
        >>> optimizer_state(Adam(lr=0.1).build(layer.named_parameters())).shapes
        {'weight': [3, 2], 'bias': [3]}

    Args:
        kind: the name of its class.
        values: per parameter name its entries: tensors (moments) and numbers.
        shapes: per parameter name its shape, of every parameter that is trained.
        groups: the settings of each group beside its parameters, with ``param_names``.
    """

    kind: str
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)


def optimizer_state(optimizer: Optimizer) -> OptimizerState:
    """Return the state of ``optimizer``; tensors are its own, not copies.

    Raises:
        OptimizerStateError: its parameters have no names.
    """
    names = _names(optimizer)
    values = {names[id(parameter)]: dict(entries) for parameter, entries in optimizer.state.items()}
    groups = [
        {key: value for key, value in group.items() if key not in _MACHINE or key == "param_names"}
        for group in optimizer.param_groups
    ]
    shapes = _shapes(optimizer, names)
    return OptimizerState(kind=type(optimizer).__name__, values=values, shapes=shapes, groups=groups)


@torch.no_grad()
def load_optimizer_state(
    optimizer: Optimizer, state: OptimizerState, *, settings: Collection[str] = ()
) -> tuple[str, ...]:
    """Put ``state`` into ``optimizer``, bitwise, on the devices of its parameters.

    Args:
        optimizer: made for parameters of the same names and shapes.
        state: its tensors are copied.
        settings: the options that the user's description gives (``spec.arguments()``); for these the optimizer's own
            value stays, and what the state says otherwise is reported. All else in the groups is restored.

    Returns:
        one sentence for each setting that differs from the state's.

    Raises:
        OptimizerStateError: another class of optimizers, or names or shapes that do not fit; nothing is changed then.
    """
    names = _names(optimizer)
    _check(optimizer, state, names)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            entries = state.values.get(names[id(parameter)])
            if entries is None:
                optimizer.state.pop(parameter, None)
            else:
                optimizer.state[parameter] = {
                    key: _to_parameter_device(key, value, parameter, group) for key, value in entries.items()
                }
    return _restore_groups(optimizer, state, frozenset(settings))


def _names(optimizer: Optimizer) -> dict[int, str]:
    names: dict[int, str] = {}
    for group in optimizer.param_groups:
        if "param_names" not in group:
            raise OptimizerStateError(
                f"The parameters of this {type(optimizer).__name__} have no names. "
                "Make it from named parameters: nm_torch.optim.resolve_optimizer(...).build(module.named_parameters())."
            )
        pairs = zip(group["params"], group["param_names"], strict=True)
        names.update((id(parameter), name) for parameter, name in pairs)
    return names


def _check(optimizer: Optimizer, state: OptimizerState, names: Mapping[int, str]) -> None:
    if state.kind != type(optimizer).__name__:
        raise OptimizerStateError(
            f"The state is that of {state.kind}, and the training uses {type(optimizer).__name__}. "
            f"Train on with {state.kind}, or start again with restart=True."
        )
    shapes = _shapes(optimizer, names)
    problems = [f"{name} has no state" for name in sorted(shapes.keys() - state.shapes.keys())]
    problems += [f"{name} is not trained here" for name in sorted(state.shapes.keys() - shapes.keys())]
    problems += [
        f"{name} had shape {tuple(state.shapes[name])}, and has {tuple(shapes[name])}"
        for name in sorted(shapes.keys() & state.shapes.keys())
        if list(shapes[name]) != list(state.shapes[name])
    ]
    if problems:
        raise OptimizerStateError(
            f"The state of {state.kind} belongs to other parameters: {'; '.join(problems)}. "
            "Name and freeze modules as when it was saved, or start again with restart=True."
        )


def _to_parameter_device(key: str, value: Any, parameter: Tensor, group: Mapping[str, Any]) -> Any:
    if not isinstance(value, Tensor):
        return value
    if key != "step":
        return value.to(parameter.device, copy=True)
    # Torch keeps the step count on the host unless its kernels read it on the device.
    on_device = group.get("fused") or group.get("capturable")
    return value.to(parameter.device if on_device else "cpu", copy=True)


def _restore_groups(optimizer: Optimizer, state: OptimizerState, settings: frozenset[str]) -> tuple[str, ...]:
    saved = {name: group for group in state.groups for name in group["param_names"]}
    differences: dict[str, None] = {}
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
        for key, value in saved[group["param_names"][0]].items():
            now = group.get(key)
            if key in _MACHINE or _plain(now) == _plain(value):
                continue
            if key == "initial_lr" or (key in settings and key != "lr"):
                differences[f"{key.removeprefix('initial_')} was {value!r}, and is {now!r} now"] = None
            else:
                group[key] = tuple(value) if isinstance(now, tuple) else value
    return tuple(differences)


def _shapes(optimizer: Optimizer, names: Mapping[int, str]) -> dict[str, list[int]]:
    return {
        names[id(parameter)]: list(parameter.shape) for group in optimizer.param_groups for parameter in group["params"]
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
