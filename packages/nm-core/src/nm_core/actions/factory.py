"""`NeuralModuleFactory`: settings, a backend session, and the actions that compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from nm_core.actions.default_callbacks import default_callbacks
from nm_core.actions.keywords import keywords_of, suggest_keywords
from nm_core.actions.requests import CallOptions, EvalRequest, InferRequest, Settings, TrainCall, TrainRequest, cut
from nm_core.actions.results import Records, training_interrupt
from nm_core.actions.run_folder import FactoryRun
from nm_core.actions.train_options import check_options, declared_options, show_value
from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import BestCheckpoint, TrainingResult
from nm_core.errors import GraphError, OptionError, PortError
from nm_core.graphs.calls import Outputs, check_distinct_names
from nm_core.graphs.graph import Graph
from nm_core.modules.composite import CompositeModule, holders
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.modules.module_name import snake_case
from nm_core.runs import OpenRun
from nm_core.symbols.tensor import NmTensor
from nm_types.frames import boundary

if TYPE_CHECKING:
    from nm_core.actions.backend import Session
    from nm_core.plugins import Collections


class NeuralModuleFactory:
    """Makes modules by id, and trains, evaluates and runs graphs on a backend.

    Any number of factories live side by side; none has to exist before modules are made or connected.

    Args:
        backend: the framework's name.
        placement: "auto", "cpu", "cuda" or "cuda:1".
        precision: "fp32", "tf32", "bf16" or "fp16".
        strategy: "auto" (one process, or ddp under torchrun), "single", "ddp".
        seed: the number from which every random stream follows, 0 when not given. A seed that is given also seeds the
            generator of the framework once, here (`torch.manual_seed`), so that modules that are made by their classes
            afterwards begin with the same weights each time; without one, that generator is left as it is.
        work_dir: where checkpoints and logs go.
        deterministic: ask the framework for deterministic algorithms, at a price.
        collections: what is installed; found when not given.

    Attributes:
        modules: the modules that it has made or run, by name.
        graphs: graphs that were built before, whose parts actions take instead of cutting them anew.
        ties, frozen: pairs of weights that are one, and patterns of weights that do not learn, in every graph.

    Example:
        >>> factory = NeuralModuleFactory(backend="torch", precision="fp32", work_dir="runs/first")
        >>> factory.settings.work_dir.name
        'first'
        >>> factory.freeze("encoder.**")
        >>> factory.frozen
        ['encoder.**']
    """

    @suggest_keywords
    def __init__(
        self,
        *,
        backend: str = "torch",
        placement: str = "auto",
        precision: str = "fp32",
        strategy: str = "auto",
        seed: int | None = None,
        work_dir: str | Path | None = None,
        deterministic: bool = False,
        collections: Collections | None = None,
    ) -> None:
        if not isinstance(backend, str):
            raise OptionError(f'backend is a name such as "torch", and {show_value(backend)} was given.')
        self.backend = backend
        settings = Settings(
            placement=placement,
            precision=precision,
            strategy=strategy,
            seed=0 if seed is None else seed,
            work_dir=work_dir,  # type: ignore[arg-type]  # checked before it becomes a path
            deterministic=deterministic,
        )
        check_options(settings)
        self.settings = replace(settings, work_dir=None if work_dir is None else Path(work_dir))
        self.modules: dict[str, NeuralModule] = {}
        self.graphs: list[Graph] = []
        self.ties: list[tuple[str, str]] = []
        self.frozen: list[str] = []
        self.application: Mapping[str, Any] | None = None
        self._composites: list[NeuralModule] = []
        self._run = FactoryRun()
        self._best: tuple[BestCheckpoint, dict[str, Any]] | None = None
        self._prepared: WeakSet[Graph] = WeakSet()
        if collections is not None:
            if not hasattr(collections, "resolve"):
                raise OptionError(
                    f"collections is what nm_core.plugins.Collections gives, and {show_value(collections)} was given.\n"
                    "  Leave it out for all that is installed."
                )
            self.collections = collections
        if seed is not None:
            self.session.seed_generator(seed)

    @cached_property
    def collections(self) -> Collections:
        """The collections that are installed, found on first use."""
        from nm_core.plugins import Collections

        return Collections.load()

    @cached_property
    def session(self) -> Session:
        """The backend at work for this factory, opened on first use."""
        settings = replace(self.settings, collections=self.collections)
        session: Session = self.collections.lookup("backends", self.backend)().open(settings)
        return session

    @boundary
    def create(self, id: str, *, name: str | None = None, **params: Any) -> NeuralModule:
        """Make a module by its id, such as `asr.JasperEncoder`; its weights depend on the seed and its name only."""
        cls = self.collections.resolve(id, self.backend)
        name = name or snake_case(cls.__name__)
        # By name and not in order: adding a module to an application leaves the weights of the others as they were.
        with self.session.seeded(self.settings.seed, name):
            module: NeuralModule = cls(name=name, **params)
        self._add_modules([module])
        return module

    @boundary
    @keywords_of(TrainCall)
    def train(self, call: TrainCall) -> TrainingResult:
        """Train the modules above some losses, until `max_epochs` or `max_steps`.

        Called again with the same losses, training goes on where it stopped unless `restart` is set, which gives the
        modules the weights back with which the first training of these losses began. A work directory
        that holds the run of another training is refused unless `resume` or `restart` is set.

        Raises:
            RunExistsError: the work directory holds a run.
            RunLockedError: another process trains in it.
            RunWriteError: it cannot be written.
            KeyboardInterrupt: Ctrl-C or SIGTERM has ended it, after a checkpoint; its `result` says how far it is.
        """
        if call.max_epochs is None and call.max_steps is None:
            raise GraphError("Training needs an end: give max_epochs or max_steps.")
        graph = cut(call.tensors_to_optimize, "train", self.graphs)
        groups = (tuple(getattr(callback, "metrics", ())) for callback in call.callbacks)
        evaluations = {metrics: EvalRequest.of(metrics, self.graphs) for metrics in groups if metrics}
        self._prepare([graph, *(evaluation.graph for evaluation in evaluations.values())])
        # Not when a pattern is set: the module that it is about may be made later.
        self._check_freezing()
        options = {name: getattr(call, name) for name in declared_options(CallOptions)}
        options["resume"] = "auto" if call.resume is True else call.resume or None
        weights: dict[str, Any] = {"ties": tuple(self.ties), "frozen": tuple(self.frozen)}
        request = TrainRequest(graph, application=self.application, evaluations=evaluations, **weights, **options)
        with self.open_run(losses=request.losses, resume=call.resume, restart=call.restart) as run:
            added = default_callbacks(request, run, self.settings, self.collections, self.session)
            request = replace(request, callbacks=(*request.callbacks, *added))
            self._best = None
            result = self.session.train(request)
        if result.best is not None and result.best.step != result.step and call.save != "last":
            self._best = result.best, self._fingerprints()
        if result.reason == "interrupted":
            raise training_interrupt(result)
        return result

    @contextmanager
    def open_run(
        self,
        *,
        losses: Sequence[NmTensor] = (),
        resume: str | Path | bool | None = None,
        restart: bool = False,
        check: Callable[[OpenRun], object] | None = None,
    ) -> Iterator[OpenRun | None]:
        """Take the work directory for as long as the block lasts; `train` does so itself where nobody has.

        Args:
            losses: those of the training; it goes on without `resume` where it was this factory's last one.
            resume, restart: as for `train`.
            check: looks at the open run in rank 0; its error ends every process before anything is trained.

        Yields:
            the open run, or None without a work directory and for all processes but that of rank 0.

        Raises:
            RunError: as for `train`, in every process.
        """
        with self._run.open(
            self.settings.work_dir,
            self.session,
            losses=losses,
            resume=resume,
            restart=restart,
            check=check,
            application=self.application,
        ) as run:
            yield run

    @boundary
    @suggest_keywords
    def eval(
        self, metrics: Metric | Sequence[Metric], *, callbacks: Sequence[Callback] = (), max_batches: int | None = None
    ) -> dict[str, float]:
        """Return the scores of bound metrics, each sample of their data layers seen once."""
        metrics = [metrics] if isinstance(metrics, Metric) else metrics
        request = EvalRequest.of(metrics, self.graphs, callbacks=callbacks, max_batches=max_batches)
        self._prepare([request.graph])
        return self.session.evaluate(request)

    @boundary
    @suggest_keywords
    def infer(
        self, tensors: Outputs | Graph, *, inputs: Mapping[str, Any] | None = None, callbacks: Sequence[Callback] = ()
    ) -> Records:
        """Compute tensors: an iterator of per-sample records keyed by port; `.collect()` gives lists.

        Args:
            tensors: a tensor, several, a mapping from name to tensor, or a graph.
            inputs: one batch of values for a graph with free inputs, by name: arrays, tensors, nested lists of numbers.
                Those that lead to no output need none.

        Raises:
            PortError: a name is unknown or missing, or a value is no array.
            NeuralTypeError: values that do not fit the types of the inputs.
        """
        graph = tensors if isinstance(tensors, Graph) else cut(tensors, "infer", self.graphs)
        # Here and not in the backend, so that the error stands in the user's line, not where records are first read.
        if inputs is not None and not isinstance(inputs, Mapping):
            raise PortError(
                f"inputs are values by name, and {show_value(inputs)} was given.\n"
                f"  Give a mapping: inputs={{{', '.join(f'{name!r}: ...' for name in graph.needed)}}}."
            )
        values = graph.input_values.convert(inputs or {}, self.session)
        self._prepare([graph])
        request = InferRequest(graph, values or None, callbacks)
        check_options(request)
        return Records(self.session.infer(request), tuple(graph.outputs))

    @boundary
    def lower(self, tensors: Outputs | Graph) -> Any:
        """Return the framework's part of a graph as one plain module, for any other training loop."""
        graph = tensors if isinstance(tensors, Graph) else Graph(tensors)
        self._prepare([graph])
        return self.session.lower(graph.plan())

    @boundary
    def tie(self, first: str, second: str) -> None:
        """Make two weights one: `tie("decoder.embedding.weight", "log_softmax.weight")`; every graph sees it."""
        for weight in (first, second):
            _check_name("tie", "names of weights", weight, "weight")
        self.ties.append((first, second))
        self._apply_ties([(first, second)], self.modules)

    @boundary
    def freeze(self, pattern: str) -> None:
        """Stop the weights that match a pattern from learning: `freeze("encoder.**")`; every graph sees it."""
        _check_name("freeze", "a pattern of names of weights", pattern, "**")
        self.frozen.append(pattern)
        if self.modules:
            self.session.freeze(self.modules, pattern)

    @boundary
    def save(self, path: str | Path, graphs: Mapping[str, Graph], *, overwrite: bool = False) -> Path:
        """Save graphs, their modules' weights and assets as one folder that `load_application` reads.

        After a training that kept a best checkpoint these are the weights of that one, as `save` of `train` says.

        Args:
            path: where; in the folder of its own run, what that has saved before is replaced.
            overwrite: replace any older saved application at the path.

        Raises:
            OptionError: the path is none, or the graphs are no mapping from names to graphs.
        """
        _check_saving(path, graphs)
        self._prepare(graphs.values())
        # Found by name, as a collection's objects are: files of applications are made of actions, not these of them.
        from nm_core.plugins.targets import import_target  # plugins are read when they are first needed

        save_application: Any = import_target("nm_core.application:save_application", what="NeuralModuleFactory.save")
        overwrite = overwrite or self.owns(Path(path))
        return Path(save_application(self, Path(path), graphs, overwrite=overwrite))

    def best_weights(self) -> BestCheckpoint | None:
        """Return the checkpoint whose weights are saved instead of those in memory, or None.

        It is the best one of the last training, unless that was told to save the last, or weights were changed since.
        """
        return self._best[0] if self._best is not None and self._best[1] == self._fingerprints() else None

    def _fingerprints(self) -> dict[str, Any]:
        fingerprint = getattr(self.session, "weights_fingerprint", None)
        held = {name: module for name, module in self.modules.items() if any(holders(module))}
        return {} if fingerprint is None else {name: fingerprint(module) for name, module in held.items()}

    def owns(self, path: Path) -> bool:
        """Tell whether a path is that of the application in the folder of its own run, or was saved by that run."""
        return self._run.owns(self.settings.work_dir, path)

    def _prepare(self, graphs: Iterable[Graph]) -> None:
        """Learn the modules of graphs about to run, and apply ties and freezing to them."""
        new = [graph for graph in graphs if graph not in self._prepared]
        if not new:
            return
        calls = [call for graph in new for call in graph.calls]
        modules = [call.module for call in calls if isinstance(call.module, NeuralModule)]
        check_distinct_names([*modules, *self.modules.values()])
        self._add_modules(modules)
        self._prepared.update(new)

    def _add_modules(self, modules: Sequence[NeuralModule]) -> None:
        self._composites += [module for module in modules if isinstance(module, CompositeModule)]
        held = {holder.name: holder for module in modules for holder in holders(module)}
        new = {name: holder for name, holder in held.items() if self.modules.get(name) is not holder}
        self.modules |= new
        self._apply_ties(self.ties, new)

    def _apply_ties(self, ties: Iterable[tuple[str, str]], new: Mapping[str, NeuralModule]) -> None:
        """Apply ties that concern new modules, and freezing to all that changed, for a weight is frozen by any name."""
        changed, begins = dict(new), tuple(f"{name}." for name in new)
        for first, second in ties:
            if first.startswith(begins) or second.startswith(begins):
                of_first, of_second = self._owners(first), self._owners(second)
                if of_first and of_second:
                    self.session.tie(of_first | of_second, first, second)
                    changed |= of_first | of_second
        for pattern in self.frozen if changed else ():
            self.session.freeze(changed, pattern)

    def _check_freezing(self) -> None:
        """Refuse patterns that match nothing in their modules; a whole module may have nothing that learns."""
        for pattern in self.frozen:
            composites = [module for module in self._composites if pattern.startswith(f"{module.name}.")]
            inside = {holder.name: holder for module in composites for holder in holders(module)}
            owners = self._owners(pattern) | inside
            all_of_one = pattern in {f"{name}.**" for name in (*owners, *(module.name for module in composites))}
            if owners and not all_of_one and not self.session.freeze(owners, pattern):
                raise GraphError(
                    f"{pattern} is to be frozen, and no weight of {', '.join(owners)} matches, so it would learn.\n"
                    "  Patterns are of names such as encoder.blocks.0.weight: * stands for one part, ** for any number."
                )

    def _owners(self, weight: str) -> dict[str, NeuralModule]:
        """Return the modules that a weight may be of: those whose names it begins with."""
        ends = (index for index, sign in enumerate(weight) if sign == ".")
        return {name: self.modules[name] for end in ends if (name := weight[:end]) in self.modules}


def _check_name(action: str, expected: str, value: object, example: str) -> None:
    """Refuse anything but a text in the place of the name of a weight."""
    if isinstance(value, str):
        return
    advice = f"such as encoder.{example}"
    if isinstance(value, NeuralModule):
        advice = f'by the name of the module: "{value.name}.{example}"'
    raise OptionError(f"{action} takes {expected}, and {show_value(value)} was given.\n  Write it {advice}.")


def _check_saving(path: object, graphs: object) -> None:
    if not isinstance(path, str | Path):
        raise OptionError(f"save takes the path of a folder first, and {show_value(path)} was given.")
    if not isinstance(graphs, Mapping) or not graphs:
        raise OptionError(
            f"save takes graphs by their names, and {show_value(graphs)} was given.\n"
            '  Write save(path, {"infer": Graph({"text": text})}).'
        )
    for name, graph in graphs.items():
        if not isinstance(graph, Graph) or not isinstance(name, str):
            raise OptionError(
                f"save takes graphs by their names, and {show_value(graph)} was given as {show_value(name)}.\n"
                '  Make a graph of outputs first: Graph({"text": text}).'
            )
