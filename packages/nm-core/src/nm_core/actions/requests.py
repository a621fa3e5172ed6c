"""What an action is asked to do, as plain values that a backend reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nm_core.callbacks.base import Callback
from nm_core.modules.metric import Metric
from nm_core.symbols.tensor import NmTensor

if TYPE_CHECKING:
    from nm_core.plugins import Collections


@dataclass(frozen=True)
class Settings:
    """How a factory's actions run, whatever they do.

    Attributes:
        placement: "auto", "cpu", "cuda" or "cuda:1".
        precision: "fp32", "tf32", "bf16" or "fp16".
        strategy: "auto", "single", "ddp" or the name of one that a plugin brings.
        seed: the number from which every random stream of the factory follows.
        work_dir: where checkpoints and logs go; nowhere when not given.
        deterministic: ask the framework for deterministic algorithms, at a price.
        collections: what is installed: optimizers, policies and strategies by name.
    """

    placement: str = "auto"
    precision: str = "fp32"
    strategy: str = "auto"
    seed: int = 0
    work_dir: Path | None = None
    deterministic: bool = False
    collections: Collections | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class TrainRequest:
    """A training: what to lower, how to step and when to stop.

    Attributes:
        losses: the tensors to optimize, summed.
        optimizer, policy: a specification, a name or a mapping, as in a file.
        max_epochs, max_steps: the first that is reached ends the training; steps are updates in all.
        batches_per_step: micro-batches per update, over all ranks.
        gradient_clip_norm: the largest global norm of the gradient, if any.
        log_every: updates between log points.
        restart: forget an earlier training of the same losses.
        resume: None, "auto" (the newest good checkpoint of the work directory) or a checkpoint's path.
        non_finite: what to do about a loss that is not finite.
        application: the canonical structure and its digest, where the run has one.
        ties: pairs of weight names that are one weight.
        frozen: patterns of weight names that do not learn.
    """

    losses: tuple[NmTensor, ...]
    callbacks: tuple[Callback, ...] = ()
    optimizer: Any = "adamw"
    policy: Any = None
    max_epochs: int | None = None
    max_steps: int | None = None
    batches_per_step: int = 1
    gradient_clip_norm: float | None = None
    log_every: int = 10
    restart: bool = False
    resume: str | Path | None = None
    non_finite: Literal["error", "skip"] = "error"
    application: Mapping[str, Any] | None = None
    ties: tuple[tuple[str, str], ...] = ()
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class EvalRequest:
    """An evaluation: bound metrics, each sample of their data layers seen once."""

    metrics: tuple[Metric, ...]
    callbacks: tuple[Callback, ...] = ()
    max_batches: int | None = None


@dataclass(frozen=True, eq=False)
class InferRequest:
    """An inference: per-sample values of some tensors.

    Attributes:
        tensors: what to compute, by the name it has in each record.
        inputs: values for a graph's free inputs, by name, as one batch; None when data layers drive.
        free: the free inputs themselves, by name.
    """

    tensors: Mapping[str, NmTensor]
    inputs: Mapping[str, Any] | None = None
    free: Mapping[str, NmTensor] = field(default_factory=dict)
    callbacks: Sequence[Callback] = ()
