"""The log of a run, read back: its events, and the curves that they make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nm_core.runs.folder import RunFolder

_OF_EACH_LINE = frozenset({"event", "seconds", "step", "epoch", "samples", "not_finite"})
BESIDES = ("learning_rate", "gradient_norm", "loss_scale", "skipped", "unreadable")
"""What a log point has besides the losses."""

Point = tuple[int, float | None]
"""An update and a value; None where it was not finite."""


@dataclass(frozen=True)
class LogCurves:
    """The curves in the log of a run, as far as it is.

    Attributes:
        path: the file.
        losses, besides, scores: points by name; updates that a resumed run made again have their newest values.
        goals: "min" or "max" by score, where the log says it.
        damaged: the numbers of the lines that are no JSON, from 1.

    Example:
        >>> _ = Path("log.jsonl").write_text('{"event": "log", "step": 10, "loss": 0.5}\\n{"event": "lo\\n')
        >>> curves = read_curves(Path("log.jsonl"))
        >>> curves.losses, curves.damaged
        ({'loss': [(10, 0.5)]}, [2])
    """

    path: Path
    losses: dict[str, list[Point]] = field(default_factory=dict)
    besides: dict[str, list[Point]] = field(default_factory=dict)
    scores: dict[str, list[Point]] = field(default_factory=dict)
    goals: dict[str, str] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)

    def groups(self) -> tuple[dict[str, list[Point]], ...]:
        """Return all curves."""
        return self.losses, self.besides, self.scores


def find_log(run: RunFolder) -> Path:
    """Return the log of a run; versions before 0.2 wrote `metrics.jsonl`, where they were told to."""
    older = run.path / "metrics.jsonl"
    try:
        empty = run.log_path.stat().st_size == 0
    except OSError:
        empty = True
    return older if empty and older.is_file() else run.log_path


def read_curves(path: Path) -> LogCurves:
    """Read a log; one that is not there, or empty, has no curves.

    Raises:
        OSError: it cannot be read.
    """
    curves = LogCurves(path)
    for event in _events(path, curves.damaged):
        step = event.get("step")
        if isinstance(step, bool) or not isinstance(step, int):
            continue
        if event["event"] == "start":
            _forget_after(curves, step)
            goals = event.get("goals")
            curves.goals.update(goals if isinstance(goals, Mapping) else {})
        elif event["event"] in ("log", "evaluation"):
            for name, value in event.items():
                if name not in _OF_EACH_LINE and (value is None or _is_number(value)):
                    group = curves.besides if name in BESIDES else curves.losses
                    group = curves.scores if event["event"] == "evaluation" else group
                    group.setdefault(name, []).append((step, value))
    return curves


def _forget_after(curves: LogCurves, step: int) -> None:
    """Drop what a run that resumes makes again."""
    for group in curves.groups():
        for name, points in group.items():
            group[name] = [point for point in points if point[0] <= step]


def _events(path: Path, damaged: list[int]) -> Iterator[dict[str, Any]]:
    """Yield the events of a log, and note the lines that are damaged."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                # A line without an end is being written, or was when its process was killed.
                if line.strip() and line.endswith(b"\n"):
                    damaged.append(number)
                continue
            if isinstance(event, dict) and isinstance(event.get("event"), str):
                yield event
            else:
                damaged.append(number)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
