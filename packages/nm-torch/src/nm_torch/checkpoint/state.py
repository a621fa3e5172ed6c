"""`CheckpointState`: everything that survives the end of a process, and its differences from a run that resumes."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nm_torch.checkpoint.errors import CheckpointMismatchError
from nm_torch.optim.optimizer_state import OptimizerState

__all__ = ["CheckpointState", "check_graph", "environment_differences", "versions", "weights_signature"]


@dataclass
class CheckpointState:
    """A training between two updates, as tensors and plain data.

    Example:
        >>> state = CheckpointState(weights={"net": {"weight": torch.ones(2, 3)}}, step=10)
        >>> weights_signature(("net." + name, tensor) for name, tensor in state.weights["net"].items())
        {'weight net.weight': 'float32 [2, 3]'}

    Args:
        weights: per module name its parameters and buffers by their names within it; tensors that share memory are
            stored once and come back as one tensor.
        optimizer: moments keyed by parameter name; ``None`` where nothing is optimised.
        scaler: state of the gradient scaler, plain data; empty without one.
        step: updates applied.
        epoch: epochs begun, from 0.
        micro_batch: micro-batches of this epoch already consumed, over all ranks.
        samples: samples consumed, over all ranks.
        skipped: updates that were skipped.
        rng: per rank the states of its generators, tensors or plain data, by name.
        callbacks: per callback its plain data.
        scores: of the evaluations made at this very step, ``{"dev.wer": 0.12}``, which best-k compares.
        threads: threads of the framework, which decide the order of sums.
        world_size: number of processes.
        versions: of Python and packages, see `versions`.
        application: file and digest of the application, where the run has one.
        graph: the graph of the checkpoint, as one line of text per fact (`weights_signature` and the graph's calls).
        extra: plain data of the engine's own.
    """

    weights: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    optimizer: OptimizerState | None = None
    scaler: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    epoch: int = 0
    micro_batch: int = 0
    samples: int = 0
    skipped: int = 0
    rng: list[dict[str, Any]] = field(default_factory=list)
    callbacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    threads: int = 1
    world_size: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    application: dict[str, Any] | None = None
    graph: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def weights_signature(named: Iterable[tuple[str, Tensor]]) -> dict[str, str]:
    """Return one fact per weight or buffer for ``CheckpointState.graph``, as in the example there."""
    return {
        f"weight {name}": f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}" for name, tensor in named
    }


def check_graph(
    state: CheckpointState, graph: Mapping[str, str], path: Path, application: Mapping[str, Any] | None = None
) -> None:
    """Check that ``state`` belongs to ``graph``.

    Args:
        application: what is recorded of the application that resumes, to name modules of another version.

    Raises:
        CheckpointMismatchError: it does not; the message names what differs.
    """
    # Facts are text, so that a checkpoint says all its differences without its graph.
    differences = [f"{fact}: only in the checkpoint" for fact in state.graph if fact not in graph]
    differences += [f"{fact}: not in the checkpoint" for fact in graph if fact not in state.graph]
    differences += [
        f"{fact}: {saved} in the checkpoint, {graph[fact]} here"
        for fact, saved in state.graph.items()
        if fact in graph and graph[fact] != saved
    ]
    if differences:
        shown = differences[:12] + ([f"and {len(differences) - 12} more"] if len(differences) > 12 else [])
        raise CheckpointMismatchError(
            f"{path}: this is a checkpoint of another graph.\n"
            + "".join(f"  {line}\n" for line in shown)
            + _other_versions(state.application, application, path)
            + "  Resume with the application it was written by, use another work_dir, or start again with restart=True."
        )


def _other_versions(there: Mapping[str, Any] | None, here: Mapping[str, Any] | None, path: Path) -> str:
    """Return the lines of a message on modules of another version than those that wrote a checkpoint."""
    then, now = (
        {name: module.get("type") for name, module in (record or {}).get("structure", {}).get("modules", {}).items()}
        for record in (there, here)
    )
    changed = [
        f"{name} is {then[name]} there and {now[name]} here" for name in then if then[name] != now.get(name, then[name])
    ]
    if not changed:
        return ""
    return (
        f"  A checkpoint resumes with the versions of modules that wrote it: {', '.join(changed[:3])}.\n"
        f"  Install those, or begin a training anew with its weights: init_from: {{{changed[0].split()[0]}: {path}}}.\n"
    )


def versions() -> dict[str, str]:
    """Return the versions that a bitwise repetition depends on: Python, torch and our own distributions."""
    installed = {"python": platform.python_version(), "torch": str(torch.__version__)}
    for name in ("nm-types", "nm-core", "nm-torch"):
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            installed[name] = "not installed"
    return installed


def environment_differences(
    state: CheckpointState, *, threads: int, world_size: int, versions: Mapping[str, str]
) -> list[str]:
    """Return one sentence for each thing in which the run that resumes differs from the one that wrote ``state``.

    None of them prevents resuming; each of them ends the promise that the results are bitwise the same.
    """
    facts: dict[str, tuple[object, object]] = {
        "threads": (state.threads, threads),
        "processes": (state.world_size, world_size),
    }
    facts |= {
        name: (state.versions.get(name), versions.get(name)) for name in sorted(state.versions.keys() | versions.keys())
    }
    return [
        f"{name}: the checkpoint has {saved}, this run {now}" for name, (saved, now) in facts.items() if saved != now
    ]
