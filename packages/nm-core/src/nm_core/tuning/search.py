"""`Search`: an application file with its spaces and its goal, and the score of one trial of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from nm_core.application import Application
from nm_core.application.form.overrides import Changes, find_keys
from nm_core.application.loading import check_document, load_document
from nm_core.application.saved.archive import is_archive
from nm_core.application.saved.document import Document, read_document
from nm_core.application.text.problems import FileProblem, Path
from nm_core.application.text.writers import digest
from nm_core.callbacks import LoggingCallback
from nm_core.callbacks.base import Callback
from nm_core.callbacks.intervals import find_score
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError
from nm_core.tuning.errors import TuningError
from nm_core.tuning.goal import Goal, find_goal
from nm_core.tuning.spaces import Space

if TYPE_CHECKING:
    from nm_core.plugins import Collections


@dataclass(frozen=True, eq=False)
class Search:
    """An application file, values that are searched and the score that says which are the best.

    Attributes:
        document: the application file as it was read, once: all trials are of one text.
        fixed: values that take the place of the file's in every trial.
        spaces: what is searched, by dotted name.
        goal: the score that is made better.
        digest: identifies the structure of the application before anything is searched.
        seed: the application's.

    Example:
        >>> from nm_core.plugins import Collections
        >>> Search.prepare(FilePath("app.yaml"), {}, {}, collections=Collections.load())
        Traceback (most recent call last):
        nm_core.tuning.errors.TuningError: There is nothing to search: no --set gives a range or a choice...
    """

    document: Document
    fixed: Changes
    spaces: Mapping[str, Space]
    goal: Goal
    digest: str
    seed: int
    collections: Collections
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def prepare(
        cls,
        file: FilePath,
        fixed: Changes,
        spaces: Mapping[str, Space],
        *,
        collections: Collections,
        metric: str | None = None,
        direction: str | None = None,
        **settings: Any,
    ) -> Search:
        """Check the application as it stands, find the score, and see that every name and space can be tried at all.

        Raises:
            TuningError: no space is given, no value of a space fits its place, or the score is not clear.
            ApplicationError: the file has problems, or a name leads nowhere.
        """
        if file.is_dir() or is_archive(file):
            raise TuningError(
                f"{file} is a saved application, whose weights fit one structure; a search takes an application file.\n"
                f"  To begin each trial with saved weights, name them in the file: init_from: {{MODULE: {file}}}."
            )
        if not spaces:
            raise TuningError(
                "There is nothing to search: no --set gives a range or a choice.\n"
                "  For example --set encoder.dropout=0.0..0.5, or --set train.optimizer.name=adamw,novograd."
            )
        document = read_document(file)
        application = load_document(document.changed(fixed), collections, **settings)
        if application.entry.train is None:
            raise TuningError(f"{file} has no train section.\n  Add one: train: {{optimize: [train.loss], ...}}.")
        goal = find_goal(application.entry, collections, application.factory.backend, metric, direction)
        search = cls(document, fixed, spaces, goal, application.digest, application.entry.seed, collections, settings)
        for name, space in spaces.items():
            search._probe(name, space)
        return search

    def identity(self) -> dict[str, Any]:
        """Return the facts that all trials of a study have in common."""
        return {
            "application": self.digest,
            "spaces": {name: str(space) for name, space in sorted(self.spaces.items())},
            "metric": self.goal.metric,
            "direction": self.goal.direction,
        }

    @property
    def name(self) -> str:
        """The name of a study of this search: the file's, and a digest of the search's identity."""
        return f"{self.document.path.stem}-{digest(self.identity())[:8]}"

    def load(self, values: Changes, work_dir: FilePath | None = None) -> Application:
        """Return the application with some values.

        Raises:
            ApplicationError: it does not check.
        """
        settings = dict(self.settings) if work_dir is None else {**self.settings, "work_dir": work_dir}
        return load_document(self.document.changed({**self.fixed, **values}), self.collections, **settings)

    def score(self, application: Application, report: Callable[[float], bool], *, progress: bool | None) -> float:
        """Train an application and return the score of the weights at the end.

        Args:
            report: told every score on the way; returns whether the trial is to end.

        Raises:
            PrunedError: `report` wanted the end.
            KeyboardInterrupt: the training was interrupted.
            TuningError: there is no such score.
        """
        watch = ScoreCallback(self.goal, report)
        result = application.train(also=[watch, *_log(application)], progress=progress)
        if watch.pruned:
            raise PrunedError
        # The last evaluation may be some updates ago; the score is that of the weights which are kept.
        if watch.step != result.step:
            evaluation = self.goal.evaluation
            watch.take(evaluation, application.factory.eval(application.metrics(self.goal.metrics)))
        if watch.score is None:
            raise TuningError(f'No metric of the evaluation gives "{self.goal.metric}".')
        return watch.score

    def _probe(self, name: str, space: Space) -> None:
        """Refuse a space none of whose values fits the place: a name that is misspelt, numbers of the wrong kind."""
        backend = self.settings.get("backend", "torch")
        root = self.document.changed(self.fixed).root
        assert root is not None
        at = find_keys(root, name)
        first: FileProblem | None = None
        for text in space.samples():
            report = check_document(self.document.changed({**self.fixed, name: text}), self.collections, backend)
            problem = next((problem for problem in report if _concerns(problem.path, at)), None)
            if problem is None:
                return
            first = first or problem
        raise TuningError(f"{name}={space}: no value of it fits, for example {space.samples()[0]}.\n{first}")


class PrunedError(Exception):  # a signal inside this package, no error of its own
    """The trial is not worth going on with."""


@dataclass(eq=False)
class ScoreCallback(Callback):
    """Reports the score after each evaluation, and stops the run when it is told to.

    Attributes:
        report: told every score; returns whether the run is to end.
        score, step: the newest score and the update after which it was computed.
        pruned: whether the run was stopped.
    """

    goal: Goal
    report: Callable[[float], bool]
    score: float | None = None
    step: int | None = None
    pruned: bool = False

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """Take the score, if this is the evaluation that gives it.

        Raises:
            TuningError: it is, and has no such score.
        """
        if name != self.goal.evaluation:
            return
        self.step = run.step
        if self.report(self.take(name, scores)):
            self.pruned = True
            run.request_stop("pruned")

    def take(self, name: str, scores: Mapping[str, float]) -> float:
        """Return the score among others."""
        try:
            value = find_score("nmod tune", self.goal.metric, name, scores)
        except ParameterError as error:
            raise TuningError(str(error)) from error
        assert value is not None
        self.score = value
        return value


def _concerns(path: Path, at: Sequence[str]) -> bool:
    """Tell whether a problem lies where a value was put; one under params is felt wherever it is used."""
    if at[0] == "params":
        return path[:1] != ("graphs",)
    return bool(path) and all(key == str(step) for key, step in zip(at, path, strict=False))


def _log(application: Application) -> list[Callback]:
    """Return the callback that writes the log of a trial, unless the application has it already."""
    assert application.entry.train is not None
    logs = any(callback.type == "logging" for callback in application.entry.train.callbacks)
    return [] if logs else [LoggingCallback()]
