"""The evaluations of an application's training, and the scores that its callbacks watch."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nm_core.application.checking.context import Context
from nm_core.application.form.entries import ApplicationEntry, CallbackEntry, MetricEntry
from nm_core.application.text.problems import Path
from nm_core.callbacks.checkpointing import CheckpointCallback
from nm_core.callbacks.evaluation import EvaluationCallback
from nm_core.callbacks.goals import ContraryModeError, Mode, PlannedEvaluation, name_goals, resolve_mode
from nm_core.callbacks.watch import never_due_message
from nm_core.errors import NmError
from nm_core.modules.module_name import snake_case

if TYPE_CHECKING:
    from nm_core.plugins import Collections

EVAL = "eval"
"""The name of an evaluation whose callback gives none, and of the eval section."""


def find_evaluations(entry: ApplicationEntry, collections: Collections) -> dict[str, CallbackEntry]:
    """Return the callbacks that evaluate, by the name of their evaluation."""
    evaluations: dict[str, CallbackEntry] = {}
    for callback in () if entry.train is None else entry.train.callbacks:
        if callback.metrics is not None:
            parameters = inspect.signature(collections.lookup("callbacks", callback.type)).parameters
            default: Any = parameters["name"].default if "name" in parameters else EVAL
            evaluations.setdefault(str(callback.params.get("name", default)), callback)
    return evaluations


def metrics_of(callback: CallbackEntry, entry: ApplicationEntry) -> tuple[MetricEntry, ...]:
    """Return the metrics that a callback evaluates: its own, or those of the eval section."""
    if isinstance(callback.metrics, tuple):
        return callback.metrics
    return () if entry.eval is None else entry.eval.metrics


def goals_of(metrics: Sequence[MetricEntry], collections: Collections, backend: str) -> Mapping[str, Mode]:
    """Return the goals of an evaluation's scores, from the classes of its metrics."""
    classes = ((metric.name, collections.resolve(metric.type, backend)) for metric in metrics)
    return name_goals((name or snake_case(cls.__name__), cls.goals) for name, cls in classes)


def check_watched_scores(context: Context, callbacks: Sequence[CallbackEntry], at: Path) -> None:
    """Check that the scores which callbacks watch are evaluated in time, and which of their values are better."""
    lookup = context.collections.lookup
    watching = []
    if any(context.problems.broken.touches(path) for path in (at, ("eval",), ("train", "save"))):
        return  # nobody knows what is evaluated
    try:
        for path, entry in context.numbered(at, callbacks):
            if getattr(lookup("callbacks", entry.type), "watches_metric", False):
                watching.append((path, entry))
        planned = _plan(context) if watching else {}
    except (NmError, AttributeError):  # a callback or a metric that is wrong itself has been complained about
        return
    train = context.entry.train
    if train is not None and train.save == "best" and not any(_keeps_best(context, entry) for _, entry in watching):
        advice = "Add one: {type: checkpoint, params: {metric: dev.wer}}, or leave save out."
        context.complain(f"No checkpoint is kept as the best.\n  {advice}", ("train", "save"))
    for path, entry in watching:
        metric, mode = entry.params.get("metric"), entry.params.get("mode")
        if isinstance(metric, str) and (mode is None or mode in ("min", "max")):
            _check_watched(context, entry.type, metric, mode, planned, (*path, "params"))  # type: ignore[arg-type]


def _keeps_best(context: Context, entry: CallbackEntry) -> bool:
    cls: Any = context.collections.lookup("callbacks", entry.type)
    return issubclass(cls, CheckpointCallback) and "metric" in entry.params and bool(entry.params.get("best", 1))


def _check_watched(
    context: Context,
    owner: str,
    metric: str,
    mode: Mode | None,
    planned: Mapping[str, PlannedEvaluation],
    at: Path,
) -> None:
    train = context.entry.train
    try:
        resolve_mode(owner, metric, mode, {name: plan.goals for name, plan in planned.items()})
    except ContraryModeError as error:
        context.complain(str(error), (*at, "mode"))
        return
    except NmError as error:
        context.complain(str(error), (*at, "metric"))
        return
    ends = {"max_steps": train.max_steps, "max_epochs": train.max_epochs} if train is not None else {}
    plans = [plan for name, plan in planned.items() if metric.startswith(f"{name}.")]
    if ends and all(plan.never_due(**ends) for plan in plans):
        context.complain(never_due_message(owner, metric), (*at, "metric"))


def _plan(context: Context) -> dict[str, PlannedEvaluation]:
    entry, collections = context.entry, context.collections
    plans = {}
    for name, callback in find_evaluations(entry, collections).items():
        goals = goals_of(metrics_of(callback, entry), collections, context.backend)
        steps, epochs = (callback.params.get(key, 0) for key in ("every_steps", "every_epochs"))
        cls: Any = collections.lookup("callbacks", callback.type)
        known = isinstance(cls, type) and issubclass(cls, EvaluationCallback)
        if known and isinstance(steps, int) and isinstance(epochs, int):
            plans[name] = PlannedEvaluation(goals, steps, epochs or int(not steps))
        else:  # nobody knows when it is due
            plans[name] = PlannedEvaluation(goals, every_steps=1)
    return plans
