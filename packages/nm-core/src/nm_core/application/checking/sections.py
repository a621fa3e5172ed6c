"""The sections around the graphs: requirements, ties and freezing, tasks, training and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from nm_core.actions.train_options import EngineOptions, declared_options
from nm_core.application.checking.context import Context
from nm_core.application.checking.evaluations import check_watched_scores
from nm_core.application.checking.metrics import Graphs, check_callbacks, check_metrics, check_source, find_output
from nm_core.application.form.entries import TrainEntry
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.plugins import ConflictError
from nm_core.plugins.known import OFFICIAL, normal, pip_line
from nm_core.symbols.tensor import NmTensor
from nm_types import NeuralType

INFER = "infer"
"""The graph behind every verb that `tasks` does not send elsewhere."""


def check_requirements(context: Context) -> None:
    """Compare the packages that the application needs with those installed."""
    if not context.entry.requires:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    for name, requirement in context.entry.requires.items():
        at = ("requires", name)
        try:
            specifier = SpecifierSet(requirement)
            installed = version(name)
        except InvalidSpecifier:
            context.complain(f'"{requirement}" says no versions.\n  Expected the form ">=0.1" or ">=0.1,<0.3".', at)
        except (PackageNotFoundError, ValueError):
            context.complain(f"{name} is not installed.\n  {_say_whence(name, requirement)}", at, key=True)
        else:
            if not specifier.contains(installed, prereleases=True):
                context.complain(
                    f"{name} {requirement} is needed, {installed} is installed.\n  {_say_whence(name, requirement)}",
                    at,
                )


def _say_whence(name: str, requirement: str) -> str:
    """Say how a package is installed; a name in a file alone is no reason to trust what an index has under it."""
    if normal(name) in OFFICIAL:
        return f"Run: {pip_line(name)}"
    return f"Install {name}{requirement} from where the application comes from, or from where you know it."


def check_facts(context: Context) -> None:
    """Check that ties, freezing and initial weights speak of modules of the application."""
    for path, weights in context.numbered(("tie",), context.entry.tie):
        named: set[str] = set()
        for index, weight in enumerate(weights):
            if weight in named:
                context.complain(
                    f"{weight} is named twice.\n  Name each of the weights that are one once.", (*path, index)
                )
            else:
                _check_owner(context, weight, (*path, index), example="decoder.embedding.weight")
            named.add(weight)
    for path, pattern in context.numbered(("freeze",), context.entry.freeze):
        if not any(sign in pattern.partition(".")[0] for sign in "*?["):
            _check_owner(context, pattern, path, example="encoder.**")
    for name in context.entry.init_from:
        if name not in context.entry.modules and not context.is_broken(("modules", name)):
            meant = suggest(name, context.entry.modules)
            context.complain(f'There is no module "{name}".{meant}', ("init_from", name), key=True)


def check_tasks(context: Context) -> None:
    """Check that verbs are known and their graphs exist."""
    verbs = context.collections.names("tasks")
    for verb, graph in context.entry.tasks.items():
        if verb not in verbs:
            context.complain(
                f'No installed collection has the verb "{verb}".{suggest(verb, verbs)}\n  They have {listed(verbs)}.',
                ("tasks", verb),
                key=True,
            )
        if graph not in context.entry.graphs and not context.is_broken(("graphs", graph)):
            meant = suggest(graph, context.entry.graphs)
            context.complain(f'There is no graph "{graph}".{meant}', ("tasks", verb))


def check_train(context: Context, entry: TrainEntry, graphs: Graphs) -> None:
    """Check the optimized outputs, the options and the callbacks."""
    losses: list[NmTensor] = []
    for path, reference in context.numbered(("train", "optimize"), entry.optimize):
        tensor = find_output(context, reference, graphs, path)
        graph = context.entry.graphs.get(reference.call or "")
        if graph is not None and graph.inputs:
            context.complain(f"The graph {reference.call} has free inputs and no data layer to train on.", path)
        elif tensor is not None and not _is_number(tensor.type):
            what = f"{reference} is no single number to optimize: it is {tensor.type}."
            context.complain(f"{what}\n  Name the output of a loss.", path)
        elif tensor is not None:
            losses.append(tensor)
    check_source(context, losses, "A training", ("train", "optimize"))
    if entry.max_epochs is None and entry.max_steps is None and not _are_broken(context, ["max_epochs", "max_steps"]):
        context.complain("Training needs an end.\n  Give max_epochs or max_steps.", ("train",))
    _check_options(context, entry)
    check_callbacks(context, entry.callbacks, graphs, ("train", "callbacks"))
    check_watched_scores(context, entry.callbacks, ("train", "callbacks"))


def _are_broken(context: Context, options: Iterable[str]) -> bool:
    """Tell whether some options of a training could not be read."""
    return any(context.is_broken(("train", name)) for name in options)


def _is_number(type: NeuralType) -> bool:
    return not type.is_object and not type.is_list and type.rank in (0, None)


def check_sections(context: Context, graphs: Graphs) -> None:
    """Check everything around the modules and graphs."""
    check_requirements(context)
    check_facts(context)
    check_tasks(context)
    if context.entry.train is not None:
        check_train(context, context.entry.train, graphs)
    if context.entry.eval is not None:
        check_metrics(context, context.entry.eval.metrics, graphs, ("eval", "metrics"))


def _check_options(context: Context, entry: TrainEntry) -> None:
    """Let the backend check the optimizer and the policy, where it can do so without weights."""
    collections = context.collections
    if not collections.owners("backends", context.backend):
        return
    backend = collections.lookup("backends", context.backend)()
    check_engine = getattr(backend, "check_engine", None)
    if check_engine is not None:
        options = {name: getattr(entry, name) for name in declared_options(EngineOptions)}
        strategies = collections.names("strategies")
        if collections.owners("strategies", str(options["strategy"])):  # by its qualified name, too
            strategies = (*strategies, str(options["strategy"]))
        for key, message in check_engine(options, strategies).items():
            context.complain(message, ("train", key))
    check_training = getattr(backend, "check_training", None)
    if check_training is None:
        return
    extra: dict[str, dict[str, str]] = {"optimizers": {}, "policies": {}}
    conflicts: dict[str, str] = {}
    for key, group, options in (("optimizer", "optimizers", entry.optimizer), ("policy", "policies", entry.policy)):
        name = None if options is None else options["name"]
        if isinstance(name, str) and collections.owners(group, name):
            try:
                extra[group][name] = collections.target(group, name)
            except ConflictError as error:  # several collections offer it, which matters where the framework has none
                conflicts[key] = str(error)
    policy = None if entry.policy is None else dict(entry.policy)
    for key, message in check_training(dict(entry.optimizer), policy, extra).items():
        if not context.problems.broken.touches(("train", key)):
            context.complain(conflicts.get(key, message), ("train", key))


def _check_owner(context: Context, weight: str, at: Path, *, example: str) -> None:
    parts = weight.split(".")
    owners = (".".join(parts[:length]) for length in range(1, len(parts)))
    modules = context.entry.modules
    if any(owner in modules or context.is_broken(("modules", owner)) for owner in owners):
        return
    if weight in modules:
        context.complain(f"{weight} is a module, not a weight.\n  Expected the form {example}.", at)
    else:
        context.complain(
            f'There is no module "{parts[0]}".{suggest(parts[0], modules)}\n  Expected the form {example}.', at
        )
