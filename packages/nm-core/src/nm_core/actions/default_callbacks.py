"""The callbacks of every training: its record and log where it has a folder, and progress for who waits for it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nm_core.actions.requests import Settings, TrainRequest
from nm_core.callbacks.base import Callback
from nm_core.callbacks.facts import FactsCallback
from nm_core.callbacks.jsonl_log import LoggingCallback
from nm_core.callbacks.progress import ProgressCallback
from nm_core.callbacks.run_log import RunLog
from nm_core.callbacks.run_recorder import RunRecorder
from nm_core.runs import OpenRun

if TYPE_CHECKING:
    from nm_core.actions.backend import Session
    from nm_core.plugins import Collections

PROGRESS = "NM_PROGRESS"
"""The environment variable that switches progress off where it is "0" and the call says nothing."""


def default_callbacks(
    request: TrainRequest,
    run: OpenRun | None,
    settings: Settings,
    collections: Collections,
    session: Session,
) -> list[Callback]:
    """Return the callbacks that a training has besides its own, which come first.

    Args:
        request: the training.
        run: its open folder, in rank 0 of a run that has one.
        settings, collections, session: those of the factory.
    """
    added: list[Callback] = []
    for callback in request.callbacks:
        if isinstance(callback, LoggingCallback):
            callback.share(None if run is None else run.folder.log_path)
    if run is not None:

        def facts() -> dict[str, Any]:
            versions = getattr(session, "versions", {})
            return _facts(request, run, settings, collections, versions)

        added += [RunRecorder(run), RunLog(run.folder.log_path, facts)]
    return added if session.rank else [*added, *_progress(request)]


def _progress(request: TrainRequest) -> Sequence[Callback]:
    """Return what shows progress, or the facts alone."""
    shown = [callback for callback in request.callbacks if isinstance(callback, ProgressCallback)]
    if shown:
        for callback in shown:
            callback.facts_only = request.progress is False
        return []
    if request.progress or (request.progress is None and os.environ.get(PROGRESS) != "0"):
        return [ProgressCallback()]
    return [FactsCallback()]


def _facts(
    request: TrainRequest, run: OpenRun, settings: Settings, collections: Collections, versions: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a training is: of what, with which versions, seed and precision, on how many samples."""
    installed = {
        record.distribution: record.version
        for record in collections.records
        if record.ok and record.distribution is not None and record.version is not None
    }
    graphs = [request.graph, *(evaluation.graph for evaluation in request.evaluations.values())]
    layers = {call.module.name: call.module for graph in graphs for call in graph.plan().sources}
    return {
        "application": run.record.application,
        "versions": {"python": platform.python_version(), **versions, **installed},
        "seed": settings.seed,
        "precision": settings.precision,
        "placement": settings.placement,
        "deterministic": settings.deterministic,
        "options": {name: value for name, value in request.options().items() if value is not None},
        "data": {name: _count(layer) for name, layer in layers.items()},
    }


def _count(layer: Any) -> int | None:
    """Return the number of samples of a data layer, or None where it does not know."""
    try:
        return len(layer)
    except Exception:  # noqa: BLE001  # a layer of somebody else: its count is no reason to end
        return None
