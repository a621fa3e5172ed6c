"""Checkpoints of a training: its state written to the work directory, and restored."""

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import torch

from nm_core import Callback, NmError, NmTensor, Plan, Run
from nm_core.callbacks.run import BestCheckpoint
from nm_core.graphs.calls import free_name
from nm_core.symbols.tensor import ConstantInput
from nm_torch.checkpoint import (
    CheckpointDamagedError,
    CheckpointState,
    CheckpointWriteError,
    CheckpointWriter,
    check_graph,
    complete_checkpoints,
    environment_differences,
    newest_checkpoint,
    read_checkpoint,
    read_manifest,
    versions,
    weights_signature,
)
from nm_torch.checkpoint.format import Manifest
from nm_torch.data import DataLayer
from nm_torch.engine.resume_changes import PlannedRate
from nm_torch.engine.training_state import TrainingState
from nm_torch.errors import TrainingError
from nm_torch.module import TorchModule
from nm_torch.optim.optimizer_state import load_optimizer_state, optimizer_state
from nm_torch.weights import check_finite, find_non_finite

FOLDER = "checkpoints"


def save_training(training: TrainingState, run: Run, callbacks: Sequence[Callback]) -> Path | None:
    """Write a checkpoint into the run's folder; every process takes part and rank 0 writes.

    Returns:
        its path, or None where the disk refused it, which is reported: training goes on.

    Raises:
        NonFiniteWeightsError: weights or buffers of one of the processes are infinite or not a number.
    """
    names = find_non_finite(
        (f"{name}.{key}", value)
        for name, module in _modules(training.objective.plan).items()
        for key, value in _weights(module).items()
    )
    # Buffers may differ between processes: all of them raise, instead of waiting for one that has.
    check_finite((), more=[name for part in training.strategy.gather(names) for name in part])
    meters = training.strategy.gather(training.meter.state())
    path: Path | None = None
    if run.rank == 0 and run.work_dir is not None:
        state = _state(training, run, callbacks, meters)
        try:
            written = CheckpointWriter(run.work_dir / FOLDER).write(state, run.retention)
        except CheckpointWriteError as error:
            run.report.append(str(error))
        else:
            run.report.extend(written.problems)
            path = written.path
    # Every rank learns whether rank 0 wrote it, so that all of them call on_checkpoint or none does.
    text = training.strategy.gather(None if path is None else str(path))[0]
    return None if text is None else Path(text)


def find_best(run: Run) -> BestCheckpoint | None:
    """Return the best checkpoint of a run by the score that it watches; only rank 0 looks."""
    metric = run.retention.metric
    if run.rank or run.work_dir is None or metric is None or not run.retention.best:
        return None
    manifests: dict[Path, Manifest] = {}
    for path in complete_checkpoints(run.work_dir / FOLDER):
        with contextlib.suppress(ValueError, OSError):  # a damaged one is no candidate
            manifests[path] = read_manifest(path)
    scores = {path: manifest.scores[metric] for path, manifest in manifests.items() if metric in manifest.scores}
    best = run.retention.best_of(list(manifests), scores)
    return None if best is None else BestCheckpoint(best, manifests[best].step, metric, dict(manifests[best].scores))


def restore_training(training: TrainingState, run: Run, callbacks: Sequence[Callback], resume: str | Path) -> None:
    """Go on from a checkpoint: the one named, or for "auto" the newest good one of the run's folder, if any.

    Raises:
        TrainingError: "auto" without a folder.
        CheckpointDamagedError: the checkpoint named does not verify, or none of the folder does.
        CheckpointMismatchError: it is of another graph.
    """
    if str(resume) == "auto":
        if run.work_dir is None:
            raise TrainingError(
                'resume="auto" looks for checkpoints in the work directory, and the factory has none.\n'
                '  Give it one: NeuralModuleFactory(work_dir="runs/first"), or name the checkpoint.'
            )
        newest = newest_checkpoint(run.work_dir / FOLDER)
        if newest is None:
            run.report.append(f"There is no checkpoint in {run.work_dir / FOLDER} to go on from; training begins anew.")
            return
        path, state = newest.path, newest.state
        run.report.extend(newest.report)
    else:
        path, state = _read_named(Path(resume), run)
    check_graph(state, graph_facts(training.objective.plan), path, training.application)
    try:
        _load(training, run, callbacks, state)
    except NmError:
        raise
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        # Its bytes are those that were written, so another program, or another version of a callback, wrote them.
        raise CheckpointDamagedError(
            f"{path}: its content is not of the form that a training reads ({type(error).__name__}: {error}).\n"
            "  Resume from an older checkpoint, or start again with restart=True."
        ) from error
    run.resumed_from = path
    differences = environment_differences(
        state, threads=torch.get_num_threads(), world_size=training.strategy.world_size, versions=versions()
    )
    now = _settings(training)
    differences += [
        f"{name}: the checkpoint has {saved}, this run {now[name]}"
        for name, saved in state.extra.get("settings", {}).items()
        if name in now and now[name] != saved
    ]
    if differences:
        run.report.append(
            f"{path.name} resumes, but not bitwise as if it had never stopped: " + "; ".join(differences) + "."
        )


def _read_named(path: Path, run: Run) -> tuple[Path, CheckpointState]:
    """Read the checkpoint that is named, or the newest good one of a folder of them or of a run."""
    for folder in (path, path / FOLDER):
        if complete_checkpoints(folder):
            newest = newest_checkpoint(folder)
            assert newest is not None
            run.report += [*newest.report, f"{path}: going on from {newest.path.name}, the newest checkpoint."]
            return newest.path, newest.state
    if (path / "application.json").is_file():
        raise TrainingError(
            f"{path} is a saved application: it has weights, and no state of an optimizer to go on from.\n"
            "  Resume from a checkpoint of its run, or begin a training with its weights: train what it loads as, or\n"
            "  name it in init_from."
        )
    return path, read_checkpoint(path)


def graph_facts(plan: Plan) -> dict[str, str]:
    """Return the facts that tie a checkpoint to a graph: its calls and the shapes of its weights."""
    facts = {f"call {plan.graph.labels[call]}": _describe_call(plan, call) for call in plan.calls}
    for name, module in _modules(plan).items():
        facts |= weights_signature((f"{name}.{key}", value) for key, value in _weights(module).items())
    return facts


def _state(training: TrainingState, run: Run, callbacks: Sequence[Callback], meters: list[Any]) -> CheckpointState:
    return CheckpointState(
        weights={name: _weights(module) for name, module in _modules(training.objective.plan).items()},
        optimizer=optimizer_state(training.optimizer),
        scaler={} if training.scale is None else training.scale.state(),
        step=training.step,
        epoch=training.epoch,
        micro_batch=training.position,
        samples=training.samples,
        skipped=training.skipped,
        rng=[{} for _ in range(run.world_size)],  # every stream is a function of the seed and the position
        callbacks={key: callback.state() for key, callback in _by_name(callbacks).items()},
        scores=run.current_scores(),
        threads=torch.get_num_threads(),
        world_size=run.world_size,
        versions=versions(),
        application=None if training.application is None else dict(training.application),
        graph=graph_facts(training.objective.plan),
        extra={
            "meters": meters,
            "settings": _settings(training),
            "unreadable": _unreadable(training),
            "planned_rate": None if (planned := training.next_rate()) is None else planned.to_dict(),
        },
    )


def _load(training: TrainingState, run: Run, callbacks: Sequence[Callback], state: CheckpointState) -> None:
    for name, module in _modules(training.objective.plan).items():
        module.load_state_dict(state.weights.get(name, {}))
    if state.optimizer is not None:
        settings = training.optimizer_spec.arguments()
        run.report.extend(load_optimizer_state(training.optimizer, state.optimizer, settings=settings))
    if training.scale is not None and state.scaler:
        training.scale.load_state(state.scaler)
    groups = () if state.optimizer is None else state.optimizer.groups
    training.planned_rate = PlannedRate.of_checkpoint(state.extra, groups)
    training.step, training.epoch, training.position = state.step, state.epoch, state.micro_batch
    training.samples, training.skipped = state.samples, state.skipped
    # Sums since the last log point are those of one rank: with another number of ranks they begin anew.
    meters = state.extra.get("meters", [])
    if len(meters) == training.strategy.world_size:
        training.meter.load_state(meters[training.strategy.rank])
    for key, callback in _by_name(callbacks).items():
        if key in state.callbacks:
            callback.load_state(state.callbacks[key])


def _modules(plan: Plan) -> dict[str, TorchModule]:
    """Return the modules with a state by name, in the order of their first use in the graph."""
    return {name: module for name, module in plan.graph.modules.items() if isinstance(module, TorchModule)}


def _weights(module: TorchModule) -> dict[str, torch.Tensor]:
    return {key: value for key, value in module.state_dict().items() if isinstance(value, torch.Tensor)}


def _settings(training: TrainingState) -> dict[str, Any]:
    """Return the settings on which a bitwise repetition depends, besides graph and weights."""
    return {
        "seed": training.seed,
        "precision": training.precision.name,
        "samples in the data": len(training.layer),
        "batching": repr(training.layer.batching),
        "batches_per_step": training.batches_per_step,
        "gradient_clip_norm": training.gradient_clip_norm,
        "non_finite": training.non_finite,
        "sizes of the samples": _hash_sizes(training),
    }


def _hash_sizes(training: TrainingState) -> str | None:
    """Return a digest of the sizes of the samples, where the layer knows them: other data of as many samples differ."""
    layer = training.layer
    if type(layer).size_of is DataLayer.size_of and type(layer).sample_sizes is DataLayer.sample_sizes:
        return None
    return hashlib.sha256(numpy.ascontiguousarray(layer.sample_sizes()).tobytes()).hexdigest()[:12]


def _unreadable(training: TrainingState) -> dict[str, str]:
    return {str(index): reason for index, reason in training.layer.unreadable.items()}


def _by_name(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """Name callbacks by class and, where there are several of one class, by their order."""
    named: dict[str, Callback] = {}
    for callback in callbacks:
        named[free_name(type(callback).__name__, named)] = callback
    return named


def _describe_call(plan: Plan, call: Any) -> str:
    """Return a call as a line of text: `JasperEncoder(audio_signal=train_data.spec, length=train_data.spec_len)`."""

    def describe(argument: Any) -> str:
        if isinstance(argument, NmTensor):
            return f"{plan.graph.labels.get(argument.call, 'inputs')}.{argument.port}"
        if isinstance(argument, ConstantInput):
            return repr(argument.value)
        return f"[{', '.join(describe(item) for item in argument)}]"

    arguments = ", ".join(f"{port}={describe(argument)}" for port, argument in call.inputs.items())
    return f"{type(call.module).__name__}({arguments})"
