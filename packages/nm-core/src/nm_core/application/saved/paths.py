"""Paths of an application that hold in another folder: made absolute, the rest as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.application.checking import Checked
from nm_core.application.checking.declared import map_paths, path_parameters
from nm_core.application.form.entries import ApplicationEntry, CallbackEntry, EvalEntry, InitEntry, MetricEntry
from nm_core.application.form.references import escape
from nm_core.application.text.tree import Data
from nm_core.symbols.parameters import thaw

if TYPE_CHECKING:
    from nm_core.plugins import Collections


class PathMover:
    """Makes the paths of an application absolute.

    Args:
        base: the folder to which they are relative.
        asset: takes a file that a module needs, and returns its place then.
    """

    def __init__(self, base: Path, collections: Collections, asset: Callable[[str], str] = str) -> None:
        self._base = base
        self._collections = collections
        self._asset = asset

    def path(self, path: str) -> str:
        """Return a path that is absolute."""
        return str((self._base / path).resolve())

    def params(self, cls: type, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of a class with the paths among them moved."""
        absolute = map_paths(params, path_parameters(cls), self.path)
        plain = {name: thaw(value) for name, value in absolute.items()}
        return map_paths(plain, getattr(cls, "asset_params", ()), self._asset)

    def sections(self, entry: ApplicationEntry) -> ApplicationEntry:
        """Return an application with the paths outside of its modules moved."""
        initial = {name: replace(init, path=self.path(init.path)) for name, init in entry.init_from.items()}
        entry = replace(entry, init_from=initial)
        if entry.eval is not None:
            entry = replace(entry, eval=EvalEntry(self._metrics(entry.eval.metrics)))
        if entry.train is not None:
            work_dir = None if entry.train.work_dir is None else self.path(entry.train.work_dir)
            callbacks = tuple(map(self._callback, entry.train.callbacks))
            entry = replace(entry, train=replace(entry.train, work_dir=work_dir, callbacks=callbacks))
        return entry

    def _metrics(self, metrics: tuple[MetricEntry, ...]) -> tuple[MetricEntry, ...]:
        resolve = self._collections.resolve
        return tuple(replace(metric, params=self.params(resolve(metric.type), metric.params)) for metric in metrics)

    def _callback(self, callback: CallbackEntry) -> CallbackEntry:
        cls = self._collections.lookup("callbacks", callback.type)
        metrics = self._metrics(callback.metrics) if isinstance(callback.metrics, tuple) else callback.metrics
        return replace(callback, params=self.params(cls, callback.params), metrics=metrics)


def with_absolute_paths(
    data: Data, entry: ApplicationEntry, checked: Checked, collections: Collections, base: Path
) -> Data:
    """Return the data of a file whose paths were relative to `base`.

    Where a reference stands for a path, the value under `params` changes, and the reference stays.

    Args:
        data: the file's data as written.
        entry: the same with references replaced.
    """
    mover = PathMover(base, collections)
    moved = mover.sections(entry)
    values: dict[str, Any] = {
        "modules": {
            name: {"params": mover.params(declared.cls, entry.modules[name].params)}
            for name, declared in checked.modules.items()
        },
        "init_from": moved.init_from,
    }
    if moved.eval is not None:
        values["eval"] = {"metrics": _params_of(moved.eval.metrics)}
    if moved.train is not None:
        callbacks = moved.train.callbacks
        values["train"] = {
            "work_dir": moved.train.work_dir,
            "callbacks": [
                {"params": callback.params, "metrics": _params_of(metrics) if isinstance(metrics, tuple) else None}
                for callback in callbacks
                for metrics in (callback.metrics,)
            ],
        }
    params = data.get("params") if isinstance(data, dict) else None
    references: dict[str, Data] = dict(params) if isinstance(params, dict) else {}
    written = _merge(data, values, references)
    return written | {"params": references} if isinstance(written, dict) and references else written


def _params_of(metrics: tuple[MetricEntry, ...]) -> list[dict[str, Any]]:
    return [{"params": metric.params} for metric in metrics]


def _merge(written: Data, value: Any, params: dict[str, Data]) -> Data:
    """Return the data as written with values put in, which hold some of its parts; a reference stays one.

    Args:
        params: the values of references, which change instead of them.
    """
    # $$ is an escaped dollar, and no reference
    if isinstance(written, str) and written.startswith("$") and not written.startswith("$$"):
        params[written[1:]] = _merge(params[written[1:]], value, params)
        return written
    if isinstance(value, InitEntry):
        value = {"from": value.path} if isinstance(written, dict) else value.path
    if isinstance(written, dict) and isinstance(value, Mapping):
        return {key: _merge(item, value[key], params) if key in value else item for key, item in written.items()}
    if isinstance(written, list) and isinstance(value, list):
        return [_merge(item, new, params) for item, new in zip(written, value, strict=True)]
    return written if value is None else escape(value)
