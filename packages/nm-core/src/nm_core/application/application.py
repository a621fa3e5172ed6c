"""`Application`: modules, graphs and what to do with them, from a file or a saved folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.actions.results import LoadedWeights, Records
from nm_core.application.building import Builder
from nm_core.application.checking import INFER, Checked
from nm_core.application.checking.upgrades import renamer
from nm_core.application.form.entries import ApplicationEntry, MetricEntry
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.canonical import canonical_data
from nm_core.application.saved.document import Document
from nm_core.application.saved.paths import with_absolute_paths
from nm_core.application.saved.saving import write_folder
from nm_core.application.saved.sources import is_checkpoint
from nm_core.application.saved.weights import SavedWeights
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.tree import Data
from nm_core.application.text.writers import digest, to_json, to_yaml
from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import TrainingResult
from nm_core.errors import ApplicationError, PortError
from nm_core.graphs.graph import Graph
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.runs import OpenRun, RunFolder
from nm_types.frames import boundary

T = TypeVar("T")


class UnknownVerbError(ApplicationError, AttributeError):
    """An application was asked for something that no installed collection can do."""


class Application:
    """An application: read it from a file with `load_application`.

    Attributes:
        path: the file, folder or archive that it was read from.
        entry: what the file says, as plain values.
        factory: where its modules are made and its actions run.
        report: what the check of the file noted.
        note: how the saved application or checkpoint was chosen, where the folder around it was named.

    Example:
        >>> from nm_core import load_application
        >>> _ = Path("app.yaml").write_text("{nm: app/1, params: {size: 64}, seed: 3}")
        >>> application = load_application("app.yaml", changes={"size": "32"})
        >>> application.factory.settings.seed
        3
        >>> print(application.to_yaml(), end="")
        nm: app/1
        params: {size: 32}
        seed: 3
    """

    def __init__(
        self,
        entry: ApplicationEntry,
        checked: Checked,
        factory: NeuralModuleFactory,
        document: Document,
        *,
        path: Path,
        saved: Path | None = None,
    ) -> None:
        self.path = path
        self.entry = entry
        self.factory = factory
        self.report = document.problems.report()
        self.note = document.note
        self._checked = checked
        self._document = document
        self._saved = saved
        self._whole = saved is not None and not is_checkpoint(saved)
        written = document.changed({}).entry if self._whole else None
        weights = None if saved is None else SavedWeights(saved, factory.collections, written)
        self._builder = Builder(entry, checked, factory, document.folder, saved=weights)
        for first, *tied in entry.tie:
            for weight in tied:
                factory.tie(first, weight)
        for pattern in entry.freeze:
            factory.freeze(pattern)
        factory.application = {
            "file": str(path),
            "folder": str(document.folder),
            "digest": self.digest,
            "structure": self.canonical,
        }

    @property
    def has_weights(self) -> bool:
        """Whether it brings weights: it was saved, or takes those of another one (`init_from`)."""
        return self._saved is not None or bool(self.entry.init_from)

    @cached_property
    def modules(self) -> Mapping[str, NeuralModule]:
        """Its modules by name, each made when it is first asked for."""
        return _Lazy(self.entry.modules, self._builder.module)

    @cached_property
    def graphs(self) -> Mapping[str, Graph]:
        """Its graphs by name, each built when it is first asked for."""
        return _Lazy(self.entry.graphs, self._builder.graph)

    @cached_property
    def canonical(self) -> dict[str, Data]:
        """The application as plain data with references replaced and defaults filled in."""
        return canonical_data(self.entry, self._checked)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the canonical JSON; two applications are equal when theirs are."""
        return digest(self.canonical)

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Application) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @contextmanager
    def open_run(
        self,
        *,
        resume: str | Path | bool | None = None,
        restart: bool = False,
        check: Callable[[OpenRun], object] | None = None,
    ) -> Iterator[OpenRun | None]:
        """Take the work directory for a training and what is saved after it, as `NeuralModuleFactory.open_run` does.

        Raises:
            ApplicationError: `restart` would move away the saved application that this is.
        """
        self._check_restart(restart)
        with self.factory.open_run(resume=resume, restart=restart, check=check) as run:
            yield run

    def train(self, *, also: Sequence[Callback] = (), **overrides: Any) -> TrainingResult:
        """Train as the train section says.

        Args:
            also: callbacks besides those of the section.
            overrides: arguments of `NeuralModuleFactory.train` that take the place of the section's.
        """
        entry = self.entry.train
        if entry is None:
            raise ApplicationError(
                f"{self.path} has no train section.\n  Add one: train: {{optimize: [train.loss], ...}}."
            )
        self._check_restart(bool(overrides.get("restart")))
        losses = [self._builder.output(reference) for reference in entry.optimize]
        options = entry.options() | overrides
        callbacks = overrides.get("callbacks")
        options["callbacks"] = [*(self._builder.callbacks(entry.callbacks) if callbacks is None else callbacks), *also]
        return self.factory.train(losses, **options)

    def metrics(self, entries: Sequence[MetricEntry] | None = None) -> list[Metric]:
        """Return metrics, those of the eval section when not given, connected to the outputs that they read."""
        if entries is None and self.entry.eval is None:
            raise ApplicationError(f"{self.path} has no eval section.\n  Add one: eval: {{metrics: [{{type: ...}}]}}.")
        of_eval = () if self.entry.eval is None else self.entry.eval.metrics
        return self._builder.metrics(of_eval if entries is None else entries)

    def eval(self, **overrides: Any) -> dict[str, float]:
        """Return the scores of the eval section's metrics.

        Args:
            overrides: arguments of `NeuralModuleFactory.eval`.
        """
        return self.factory.eval(self.metrics(), **overrides)

    @boundary
    def infer(
        self, graph: str | Mapping[str, Any] | None = None, values: Mapping[str, Any] | None = None, **inputs: Any
    ) -> Records:
        """Run a graph: on one batch of values for its free inputs, or over its data layer where it has one.

        Arrays, tensors and nested lists of numbers are taken: `app.infer(spec=spec)`, or in one mapping,
        `app.infer({"spec": spec})` or `app.infer("encode", {"spec": spec})`. They are checked against the types of the
        inputs: ranks, sizes across all values, families of numbers, lengths within their axis, audio that is finite.

        Args:
            graph: the graph's name, `infer` when not given; or the values for `infer`.
            values: values for the free inputs, by name.
            inputs: more of them; one that is called `graph` or `values` is given in the mapping.

        Returns:
            one record per sample; `.collect()` gives lists.

        Raises:
            PortError: a name is unknown, missing or given twice, or a value is no array.
            NeuralTypeError: values that do not fit the types of the inputs.
        """
        if isinstance(graph, Mapping) and values is None:
            graph, values = None, graph
        name = INFER if graph is None else graph
        if not isinstance(name, str) or not isinstance(values, Mapping | None):
            ends = ", ".join(f"{name}=..." for name in self.entry.graphs[INFER].inputs) if INFER in self.graphs else ""
            raise PortError(
                f"{self.path}: values are given by name, and a {type(graph).__name__} was given without one.\n"
                f"  Call infer({ends or 'name=...'}), or infer with one mapping from name to value."
            )
        twice = [name for name in inputs if name in (values or {})]
        if twice:
            raise PortError(f"{self.path}: {', '.join(twice)} was given in the mapping and by keyword.")
        return self.factory.infer(self.graphs[name], inputs={**(values or {}), **inputs})

    def graph_of(self, verb: str) -> Graph:
        """Return the graph behind a verb: the one that `tasks` names, else `infer`."""
        return self.graphs[self.entry.tasks.get(verb, INFER)]

    def initial_weights(self) -> tuple[LoadedWeights, ...]:
        """Make the modules that begin with saved weights (`init_from`); return what each took and what did not fit."""
        # A saved application has weights of its own; what it once began with is over.
        if self._saved is None:
            for name in self.entry.init_from:
                self._builder.module(name)
        return tuple(self._builder.initial_weights)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the application with its weights and files as one folder, which appears only when complete.

        After a training that kept a best checkpoint, its weights are saved (`save: best`), unless the training says
        `save: last` or weights were changed since. A path that ends in .zip makes one archive of it. Where the
        application is trained, the folder of its run is saved too, so that training goes on from there.

        Args:
            path: where; in the folder of its own run, what that has saved before is replaced.
            overwrite: replace any older saved application at the path.

        Raises:
            ApplicationError: something is at the path that stays, or it cannot be written.
        """
        overwrite = overwrite or self.factory.owns(Path(path))
        for name, steps in self._checked.upgrades.items():
            if renamer(steps) is not None:
                self._builder.module(name)  # what an older version wrote cannot be copied as it is
        live = dict(self._builder.modules)
        if not self._whole:
            live = {
                name: self._builder.module(name)
                for name, declared in self._checked.modules.items()
                if declared.cls.segment != "source"
            }
        entry, work_dir = self.entry, self.factory.settings.work_dir
        if entry.train is not None and work_dir is not None:
            entry = replace(entry, train=replace(entry.train, work_dir=str(work_dir.resolve())))
        return write_folder(
            Path(path),
            entry,
            self._checked,
            self._document.folder,
            self.factory,
            live,
            older=self._saved if self._whole else None,
            overwrite=overwrite,
        )

    def to_yaml(self, *, absolute: bool = False) -> str:
        """Return the application as the text of a file, with references and defaults as they were written.

        Args:
            absolute: make paths absolute, for a file that stands somewhere else.
        """
        data = self._data()
        if absolute:
            folder = self._document.folder
            data = with_absolute_paths(data, self.entry, self._checked, self.factory.collections, folder)
        return to_yaml(data)

    def to_json(self) -> str:
        """Return the application as JSON, with references and defaults as they were written."""
        return to_json(self._data())

    def _check_restart(self, restart: bool) -> None:
        work_dir, path = self.factory.settings.work_dir, self.path.resolve()
        if not restart or work_dir is None or self._saved is None:
            return
        # Its weights are read when they are first needed, and could not be found any more.
        if work_dir.resolve() in (path, *path.parents):
            raise ApplicationError(
                f"{self.path} is a part of the run in {work_dir}, which restart would move aside.\n"
                f"  Begin in another folder: --work-dir {RunFolder(work_dir).free_neighbour()} (in Python work_dir)."
            )

    def _data(self) -> Data:
        written = self._document.data
        return application_data(self.entry) if written is None or self._checked.upgrades else written

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        # copy and pickle ask for attributes before __init__ has run; without a factory this would recurse for ever.
        if verb.startswith("_") or "factory" not in self.__dict__:
            raise AttributeError(f"An application has no attribute {verb}.")
        collections = self.factory.collections
        verbs = collections.names("tasks")
        if verb not in verbs:
            meant = suggest(verb, [*verbs, *(name for name in dir(type(self)) if not name.startswith("_"))])
            raise UnknownVerbError(
                f'An application has no "{verb}".{meant}\n  Installed collections add {", ".join(verbs) or "no verbs"}.'
            )
        function = collections.lookup("tasks", verb)

        def task(*args: Any, **kwargs: Any) -> Any:
            return function(self, *args, **kwargs)

        task.__name__ = verb
        task.__doc__ = function.__doc__
        return task

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.factory.collections.names("tasks")]

    def __repr__(self) -> str:
        return f"<application {self.path}: {len(self.entry.modules)} modules, graphs {', '.join(self.entry.graphs)}>"

    def _repr_html_(self) -> str:
        """Return HTML for notebooks: its graphs, and a drawing of the one that is trained; no module is made for it."""
        from nm_core.application.notebook import application_html
        from nm_core.application.sketching import main_graph, sketch_graph

        ends = {name: (graph.inputs, graph.outputs) for name, graph in self.entry.graphs.items()}
        about = {name: f"{listed(ins, 'data')} -> {listed(outs)}" for name, (ins, outs) in ends.items()}
        sketch = sketch_graph(main_graph(self.entry), self._checked) if self.entry.graphs else None
        return application_html(str(self.path), self.entry.description or "", about, sketch)


@dataclass(eq=False, repr=False)
class _Lazy(Mapping[str, T]):
    """A mapping whose names are known and whose values are made when they are asked for."""

    _names: Mapping[str, object]
    _make: Callable[[str], T]

    def __getitem__(self, name: str) -> T:
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{listed(self._names, 'nothing')}>"
