"""`plot`: the curves of runs over each other, for notebooks, files and `nmod plot`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nm_core.drawing.curves import Panel, PlottedCurve, draw_curves
from nm_core.runs.errors import RunError
from nm_core.runs.folder import RunFolder
from nm_core.runs.listing import find_runs, is_run
from nm_core.runs.log import LogCurves, Point, find_log, read_curves


class RunPlot:
    """The curves of some runs, as they were when it was made; a notebook shows it.

    Attributes:
        names: the runs.
        notes: what is missing from the picture, a sentence each: damaged lines of a log, runs without a log.

    Example:
        >>> from nm_core.runs import plot
        >>> Path("runs/a").mkdir(parents=True)
        >>> _ = Path("runs/a/log.jsonl").write_text('{"event": "log", "step": 10, "loss": 0.5}\\n')
        >>> picture = plot("runs/a")
        >>> picture.svg().startswith("<svg"), picture.to_dict()["runs"]["runs/a"]["losses"]
        (True, {'loss': [[10, 0.5]]})
    """

    def __init__(
        self, logs: Mapping[str, LogCurves], bests: Mapping[str, Mapping[str, Any] | None], **options: Any
    ) -> None:
        self.names = list(logs)
        self._logs = logs
        self._curves: tuple[str, ...] = tuple(options.pop("curves"))
        self._options = options
        self._goals = {name: _goals(log, bests[name]) for name, log in logs.items()}
        self.notes = list(self._find_notes())

    def svg(self) -> str:
        """Return the picture as one SVG document, readable on light and dark pages."""
        return draw_curves(list(self._panels()), self.names, **self._options)

    def save(self, path: str | Path) -> Path:
        """Write the picture into a file."""
        path = Path(path)
        path.write_text(self.svg(), encoding="utf-8")
        return path

    def to_dict(self) -> dict[str, Any]:
        """Return the curves as data of JSON: by run losses, values besides them and scores, with the best of each."""
        runs = {}
        for name, log in self._logs.items():
            groups = {"losses": log.losses, "besides": log.besides, "scores": log.scores}
            data: dict[str, Any] = {
                group: {key: [list(point) for point in points] for key, points in curves.items()}
                for group, curves in groups.items()
            }
            found = {key: _best(points, self._goals[name].get(key)) for key, points in log.scores.items()}
            data["best"] = {key: list(point) for key, point in found.items() if point is not None}
            runs[name] = data
        return {"runs": runs, "notes": self.notes}

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<curves of {', '.join(self.names)}>"

    def _panels(self) -> Iterator[Panel]:
        logs = list(self._logs.values())
        losses = list(dict.fromkeys(name for log in logs for name in log.losses))
        scores = list(dict.fromkeys(name for log in logs for name in log.scores))
        for title in self._curves or (*losses, *scores):
            curves = []
            for number, (run, log) in enumerate(self._logs.items()):
                for group in log.groups():
                    if title in group:
                        dots = group is log.scores
                        best = _best(group[title], self._goals[run].get(title)) if dots else None
                        curves.append(PlottedCurve(number, group[title], dots, best))
            yield Panel(title, curves)

    def _find_notes(self) -> Iterator[str]:
        for name, log in self._logs.items():
            if log.damaged:
                lines = ", ".join(map(str, log.damaged[:5])) + (", ..." if len(log.damaged) > 5 else "")
                yield f"{log.path}: {len(log.damaged)} damaged lines were passed over: {lines}."
            if not any(log.groups()):
                state = "has no log point yet" if log.path.is_file() else "has no log"
                yield f"{name} {state}."
        known = list(dict.fromkeys(name for log in self._logs.values() for group in log.groups() for name in group))
        for name in self._curves:
            if name not in known:
                yield f'No run has a curve "{name}"; there are {", ".join(known) or "none"}.'


def plot(*runs: str | os.PathLike[str], smooth: float = 0.0, curves: Sequence[str] = (), log: bool = False) -> RunPlot:
    """Return the curves of runs over each other: losses at log points, scores at evaluations, the best ones marked.

    A run that still trains is drawn as far as it is.

    Args:
        runs: folders of runs, or folders in which runs are.
        smooth: the weight of the past in a line that is drawn over each loss, from 0 (none) to below 1.
        curves: the names of the curves to be drawn, `learning_rate` and the like included; losses and scores by
            default.
        log: whether values have a logarithmic axis.

    Raises:
        RunError: there is no run, or an option is out of its range.
    """
    if isinstance(smooth, bool) or not isinstance(smooth, int | float) or not 0 <= smooth < 1:
        raise RunError(f"smooth is a number from 0 to below 1, and {smooth!r} was given.")
    found = dict.fromkeys(path for run in runs for path in _find(Path(run)))
    if not found:
        raise RunError("There is no run to draw: name the folders of runs, such as runs/digits.")
    folders = {path.as_posix(): RunFolder(path) for path in found}
    logs, bests = {}, {}
    for name, folder in folders.items():
        record = folder.record()
        bests[name] = None if record is None else record.best
        try:
            logs[name] = read_curves(find_log(folder))
        except OSError as error:
            raise RunError(f"{find_log(folder)} cannot be read: {error.strerror or error}.") from error
    return RunPlot(logs, bests, curves=curves, smooth=float(smooth), log=log)


def _find(path: Path) -> list[Path]:
    """Return the folder of a run, or those in a folder.

    Raises:
        RunError: there is none.
    """
    run = RunFolder(path)
    if path.is_dir() and (is_run(run) or find_log(run).is_file()):
        return [path]
    inside = [folder.path for folder in find_runs(path)] if path.is_dir() else []
    if not inside:
        what = "no run is in it" if path.is_dir() else "there is no such folder"
        raise RunError(f"{path}: {what}.\n  nmod runs lists the runs in runs/, nmod runs FOLDER those in another one.")
    return sorted(inside)


def _goals(log: LogCurves, best: Mapping[str, Any] | None) -> dict[str, str]:
    """Return which values of scores are the best, from the log or the record of a run."""
    of_record = {} if best is None else {str(best.get("metric")): str(best.get("mode"))}
    return {**of_record, **log.goals}


def _best(points: Sequence[Point], mode: str | None) -> tuple[int, float] | None:
    finite = [(step, value) for step, value in points if value is not None]
    if not finite or mode not in ("min", "max"):
        return None
    return (min if mode == "min" else max)(finite, key=lambda point: point[1])
