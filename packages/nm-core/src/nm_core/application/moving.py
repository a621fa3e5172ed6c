"""An application's data for a file in another folder: its paths made absolute, the rest as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.application.checking import Checked
from nm_core.application.declared import map_paths, path_parameters
from nm_core.application.reading.nodes import Data
from nm_core.application.references import escape
from nm_core.application.schema import ApplicationEntry, InitEntry, MetricEntry
from nm_core.parameters import thaw

if TYPE_CHECKING:
    from nm_core.factory import NeuralModuleFactory


def with_absolute_paths(
    data: Data, entry: ApplicationEntry, checked: Checked, factory: NeuralModuleFactory, base: Path
) -> Data:
    """Return the data of a file whose paths were relative to `base`.

    Where a reference stands for a path, the value under `params` changes, and the reference stays.

    Args:
        data: the file's data as written.
        entry: the same with references replaced.
    """
    return _Mover(data, checked, factory, base).moved(data, entry)


class _Mover:
    def __init__(self, data: Data, checked: Checked, factory: NeuralModuleFactory, base: Path) -> None:
        params = data.get("params") if isinstance(data, dict) else None
        self._params: dict[str, Data] = dict(params) if isinstance(params, dict) else {}
        self._checked = checked
        self._factory = factory
        self._base = base

    def moved(self, data: Data, entry: ApplicationEntry) -> Data:
        values: dict[str, Any] = {
            "modules": {
                name: {"params": self._absolute(declared.cls, entry.modules[name].params)}
                for name, declared in self._checked.modules.items()
            },
            "init_from": {name: InitEntry(self._path(one.path)) for name, one in entry.init_from.items()},
        }
        if entry.eval is not None:
            values["eval"] = {"metrics": self._metrics(entry.eval.metrics)}
        if entry.train is not None:
            work_dir = entry.train.work_dir
            values["train"] = {
                "work_dir": None if work_dir is None else self._path(work_dir),
                "callbacks": [
                    {
                        "params": self._absolute(self._factory.collections.lookup("callbacks", one.type), one.params),
                        "metrics": self._metrics(one.metrics) if isinstance(one.metrics, tuple) else None,
                    }
                    for one in entry.train.callbacks
                ],
            }
        written = self._merged(data, values)
        return written | {"params": self._params} if isinstance(written, dict) and self._params else written

    def _metrics(self, metrics: tuple[MetricEntry, ...]) -> list[Any]:
        resolve, backend = self._factory.collections.resolve, self._factory.backend
        return [{"params": self._absolute(resolve(one.type, backend), one.params)} for one in metrics]

    def _absolute(self, cls: type, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters that are paths, and nothing else."""
        paths = path_parameters(cls) & params.keys()
        moved = map_paths({name: params[name] for name in paths}, paths, self._path)
        return {name: thaw(value) for name, value in moved.items()}

    def _path(self, path: str) -> str:
        return str((self._base / path).resolve())

    def _merged(self, written: Data, value: Any) -> Data:
        """Return what was written with values put in, which hold some of its parts; a reference stays one."""
        if isinstance(written, str) and written.startswith("$") and not written.startswith("$$"):
            self._params[written[1:]] = self._merged(self._params[written[1:]], value)
            return written
        if isinstance(value, InitEntry):
            value = {"from": value.path} if isinstance(written, dict) else value.path
        if isinstance(written, dict) and isinstance(value, dict):
            return {key: self._merged(item, value[key]) if key in value else item for key, item in written.items()}
        if isinstance(written, list) and isinstance(value, list):
            return [self._merged(item, new) for item, new in zip(written, value, strict=True)]
        return written if value is None else escape(value)
