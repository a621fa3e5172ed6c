"""The trials of a study, one after the other, until there are as many as were asked for."""

from __future__ import annotations

import datetime
import itertools
import math
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.application import Application
from nm_core.callbacks.throughput import duration
from nm_core.errors import ApplicationError, NmError
from nm_core.runs import RunFolder
from nm_core.tuning.errors import TuningError
from nm_core.tuning.search import PrunedError, Search
from nm_core.tuning.study import outcome, requeue, sampler, values_of

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

BEST = "best"
WORDS = {"done": "done", "pruned": "pruned", "invalid": "does not check", "failed": "failed"}
_FAILURES = 3
"""Trials that may fail one after the other before any has a score; more of them would not help."""


class FailedError(Exception):  # a signal inside this package, no error of its own
    """The trial failed, and the study goes on."""


@dataclass(eq=False)
class Trials:
    """Makes trials and writes down the best.

    Attributes:
        folder: where each trial gets a folder of its own.
        total: the trials that the study is to have, those of other processes and earlier runs included.
        kind: how values are drawn, "tpe" or "random".
        points: the combinations of a grid, each of which is tried once, instead.
        lost_after: seconds without a sign after which the trial of another process is given up.
        say: shows a line to the user.
        progress: whether trainings show theirs, as `train` takes it.
    """

    search: Search
    study: Study
    folder: Path
    _: KW_ONLY
    total: int
    kind: str
    points: Sequence[Mapping[str, Any]] | None
    lost_after: int
    say: Callable[[str], None]
    progress: bool | None
    _number: int = field(default=-1, init=False)
    _failures: int = field(default=0, init=False)
    _lost: bool = field(default=False, init=False)

    def run(self) -> None:
        """Make trials until the study has enough; wait for those that other processes are making.

        Raises:
            KeyboardInterrupt: the user wants to stop; the study is as it should be.
        """
        waiting = False
        while len((trials := _finished_and_running(self._trials()))[0]) < self.total:
            finished, others = trials
            if len(finished) + len(others) < self.total:
                self._one()
                waiting = False
                continue
            if not waiting:
                self.say(f"waiting for {len(others)} of other processes; one that gives no sign is given up")
            waiting = True
            self._give_up(others)
            time.sleep(min(1.0, self.lost_after / 4))

    def refuse_other_trials(self) -> None:
        """Refuse a folder with trials of a study that is gone: the new ones would have their numbers.

        Raises:
            TuningError: there are some, and the study has none yet.
        """
        folder = self.folder / "trials"
        if not self._trials() and folder.is_dir() and any(folder.iterdir()):
            raise TuningError(
                f"{folder} holds the trials of another study, which new ones would overwrite.\n"
                f"  Search in another folder: --work-dir {RunFolder(self.folder).free_neighbour()}, or move it away."
            )

    def finished(self) -> list[FrozenTrial]:
        """Return the trials that came to an end; failures before the first score had a cause outside the values."""
        return _finished_and_running(self._trials())[0]

    def best(self) -> FrozenTrial | None:
        """Return the trial with the best score, the earliest among equals."""
        done = [trial for trial in self._trials() if outcome(trial) == "done"]
        return min(done, key=self.rank, default=None)

    def rank(self, trial: FrozenTrial) -> tuple[bool, float, int]:
        """Return the sorting key of a trial: those trained to their end first, the best of them at the top."""
        complete = outcome(trial) == "done"
        return not complete, self._key(trial.value) if complete else 0.0, trial.number

    def to_dict(self, trial: FrozenTrial) -> dict[str, Any]:
        """Return a trial as plain data."""
        what = outcome(trial)
        return {
            "trial": trial.number,
            "state": what,
            "score": trial.value,
            "values": self.values(trial),
            "seconds": None if trial.duration is None else trial.duration.total_seconds(),
            "reason": trial.user_attrs.get(what),
            "process": trial.user_attrs.get("process"),
            "folder": str(self.folder_of(trial.number)),
        }

    def folder_of(self, number: int) -> Path:
        """Return the folder of a trial."""
        return self.folder / "trials" / f"{number:04d}"

    def values(self, trial: FrozenTrial) -> dict[str, str]:
        """Return the values of a trial as they stand in a file."""
        spaces = self.search.spaces.items()
        return {name: space.text(trial.params[name]) for name, space in spaces if name in trial.params}

    def write_best(self) -> Path | None:
        """Write the application of the best trial as a file that is complete."""
        best = self.best()
        if best is None:
            return None
        path = self.folder / f"{BEST}.yaml"
        # Several processes write the best application; each writes its own part and replaces the file at once.
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(self.search.load(self.values(best)).to_yaml(absolute=True), encoding="utf-8")
        part.replace(path)
        return path

    def _one(self) -> None:
        self._lost = False
        try:
            self.study.optimize(self._objective, n_trials=1, catch=(FailedError,), gc_after_trial=True)
        except Exception:
            if not self._lost:
                raise
            self.say(f"trial {self._number}: given up by another process, to which this one gave no sign for too long")
            return
        trial = self._trial(self._number)
        if outcome(trial):
            self.say(self._describe(trial))
            if self._is_best(trial):
                self.write_best()

    def _objective(self, trial: Trial) -> float:
        from optuna import TrialPruned

        self._number = trial.number
        begun = itertools.chain(*_finished_and_running(self._trials()))
        if sum(rival.number < trial.number for rival in begun) >= self.total:
            raise FailedError  # another process began at the same moment, and this trial is one too many
        trial.set_user_attr("process", f"{socket.gethostname()}:{os.getpid()}")
        self.study.sampler = sampler(self.kind, self.search.seed, trial.number, self._point(trial.number))
        spaces = self.search.spaces
        values = {name: space.text(space.suggest(trial, name)) for name, space in spaces.items()}
        self.say(f"trial {trial.number}: {'  '.join(f'{name}={value}' for name, value in values.items())}")
        folder = self.folder_of(trial.number)
        try:
            application = self.search.load(values, folder)
        except ApplicationError as error:
            trial.set_user_attr("invalid", str(error))
            raise TrialPruned from error
        try:
            return self._train(trial, application, folder)
        except PrunedError as error:
            raise TrialPruned from error
        except KeyboardInterrupt:
            requeue(self.study, self._trial(trial.number))
            raise
        except TuningError:
            raise
        except Exception as error:
            self._note_failure(trial, error)
            raise FailedError from error
        finally:
            self._lost = self._trial(trial.number).state.is_finished()

    def _train(self, trial: Trial, application: Application, folder: Path) -> float:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "app.yaml").write_text(application.to_yaml(absolute=True), encoding="utf-8")
        evaluations = itertools.count(1)

        def report(value: float) -> bool:
            number = next(evaluations)  # and not the update: trials with other batch sizes compare, too
            # It compares with nothing: the pruner would drop the trial, or others for its sake, by chance.
            if not math.isfinite(value):
                return False
            trial.report(value, number)
            return trial.should_prune()

        score = self.search.score(application, report, progress=self.progress)
        if not math.isfinite(score):
            raise ArithmeticError(f"{self.search.goal.metric} is {score}, which compares with nothing.")
        best = self.best()
        # Only what may be the best is written: the weights of every trial would fill the disk.
        if best is None or self._key(score) <= self._key(best.value):
            application.save(folder / "application")
        self._failures = 0
        return score

    def _note_failure(self, trial: Trial, error: Exception) -> None:
        """Record why a trial failed.

        Raises:
            Exception: the error itself, where trials fail one after the other and none has ever had a score.
        """
        reason = str(error) if isinstance(error, NmError) else f"{type(error).__name__}: {error}"
        self._failures += 1
        if self._failures >= _FAILURES and not any(map(_has_score, self._trials())):
            self.say(f"trial {trial.number}: failed, the {self._failures}th in a row, and none has had a score yet")
            raise error
        if not self._trial(trial.number).state.is_finished():
            trial.set_user_attr("failed", reason)

    def _point(self, number: int) -> Mapping[str, Any] | None:
        """Return the first combination of a grid that no other trial has; trials about to take one come first."""
        if self.points is None:
            return None
        trials = self._trials()
        finished, running = _finished_and_running(trials)
        waiting = [trial for trial in trials if trial.state.name == "WAITING"]
        others = [trial for trial in [*finished, *running, *waiting] if trial.number != number]
        tried = [values_of(trial) for trial in others]
        free = [point for point in self.points if point not in tried]
        spaces = len(self.search.spaces)
        undecided = [trial for trial in others if trial.number < number and len(values_of(trial)) < spaces]
        return free[len(undecided)] if len(undecided) < len(free) else self.points[number % len(self.points)]

    def _give_up(self, others: Sequence[FrozenTrial]) -> None:
        """End the trials of processes that have died."""
        from optuna.storages import fail_stale_trials
        from optuna.trial import TrialState

        fail_stale_trials(self.study)
        limit = datetime.datetime.now() - datetime.timedelta(seconds=self.lost_after)
        for trial in others:
            never_began = "process" not in trial.user_attrs
            if never_began and trial.datetime_start is not None and trial.datetime_start < limit:
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def _describe(self, trial: FrozenTrial) -> str:
        what, goal = outcome(trial), self.search.goal
        if what in ("invalid", "failed"):
            return f"trial {trial.number}: {WORDS[what]}: {trial.user_attrs[what]}"
        spent = "" if trial.duration is None else f" in {duration(trial.duration.total_seconds())}"
        value = "" if trial.value is None else f"{goal.metric} {trial.value:.6g}"
        if what == "pruned":
            return f"trial {trial.number}: pruned at {value}{spent}"
        return f"trial {trial.number}: {value}{spent}{', the best so far' if self._is_best(trial) else ''}"

    def _is_best(self, trial: FrozenTrial) -> bool:
        best = self.best()
        return best is not None and best.number == trial.number

    def _key(self, score: float | None) -> float:
        """Return a number that is smaller for a better score."""
        assert score is not None
        return score if self.search.goal.mode == "min" else -score

    def _trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def _trial(self, number: int) -> FrozenTrial:
        return self._trials()[number]


def _has_score(trial: FrozenTrial) -> bool:
    return outcome(trial) == "done" or bool(trial.intermediate_values)


def _finished_and_running(trials: Sequence[FrozenTrial]) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
    """Sort trials that were read at one moment, so that one which ends in between is not missed."""
    first = min((trial.number for trial in trials if _has_score(trial)), default=math.inf)
    counted = [trial for trial in trials if outcome(trial) != "failed" or trial.number > first]
    finished = [trial for trial in counted if outcome(trial) in WORDS]
    return finished, [trial for trial in counted if outcome(trial) == "running"]
