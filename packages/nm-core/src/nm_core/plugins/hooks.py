"""The hooks of the entry-point group ``nm.collections``, each with its exact signature.

A collection is a module (or any object) with functions marked ``@hookimpl``. Only ``nm_collection`` is required. All
other hooks return a plain mapping from a name to a target ``"package.module:object"``; the target is imported when it
is used and never before.
"""

from __future__ import annotations

from collections.abc import Mapping

import pluggy

from nm_core.plugins.declarations import Collection

GROUP = "nm.collections"
"""The entry-point group; a breaking change of these hooks becomes a new group name."""

PROJECT = "nm_collections"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a declaration module as an implementation of the hook of that name."""


@hookspec
def nm_collection() -> Collection:
    """Return the declaration of the collection. Required; its name equals the name of the entry point."""
    raise NotImplementedError


@hookspec
def nm_backends() -> Mapping[str, str]:
    """Return backends by name, each an ``nm_core.actions.backend.Backend``.

    For example ``{"torch": "nm_torch.backend:TorchBackend"}``.
    """
    raise NotImplementedError


@hookspec
def nm_strategies() -> Mapping[str, str]:
    """Return strategies by name: ways to spread a training over processes, as their backend defines them."""
    raise NotImplementedError


@hookspec
def nm_callbacks() -> Mapping[str, str]:
    """Return callbacks by name: classes that follow ``nm_core.Callback``, constructed from plain data."""
    raise NotImplementedError


@hookspec
def nm_metrics() -> Mapping[str, str]:
    """Return metrics by name: subclasses of ``nm_core.Metric``; an id has its namespace, ``common.WordErrorRate``."""
    raise NotImplementedError


@hookspec
def nm_optimizers() -> Mapping[str, str]:
    """Return optimizers by name, as their backend defines them."""
    raise NotImplementedError


@hookspec
def nm_policies() -> Mapping[str, str]:
    """Return learning-rate policies by name: callables from the number of applied updates to a learning rate."""
    raise NotImplementedError


@hookspec
def nm_tokenizers() -> Mapping[str, str]:
    """Return tokenizers by name: classes that turn text into token ids and back."""
    raise NotImplementedError


@hookspec
def nm_commands() -> Mapping[str, str]:
    """Return commands of ``nmod`` by name: ``click.Command`` objects, imported when the command is called.

    A name that ``nmod`` has itself stays its own.
    """
    raise NotImplementedError


@hookspec
def nm_tasks() -> Mapping[str, str]:
    """Return verbs of an application by name: ``{"transcribe": "nm_asr.transcription:transcribe"}``.

    ``nmod infer`` calls a verb as ``verb(application, inputs)`` with a list of texts (paths, sentences) and expects one
    result per input, in order: a text, or an object with a field ``text``, as a dataclass or with ``to_dict()``.
    """
    raise NotImplementedError


@hookspec
def nm_recipes() -> Mapping[str, str]:
    """Return recipes by name: each an ``nm_core.scaffold.Recipe``, for ``nmod new application NAME --recipe ctc``.

    A recipe is imported when recipes are listed, so the module that holds it imports nothing heavy.
    """
    raise NotImplementedError


@hookspec
def nm_examples() -> Mapping[str, str]:
    """Return examples by the name of a module or metric of the collection; the conformance suite makes modules of them.

    An example is a mapping of plain parameters. The target is a sequence of them, or, where they name files, a function
    ``(folder: Path) -> Sequence[Mapping[str, Any]]`` that writes these into an empty folder. What can be made without
    parameters needs none.
    """
    raise NotImplementedError


@hookspec
def nm_probes() -> Mapping[str, str]:
    """Return probes by the name of their backend, each a class that follows ``nm_core.testing.Probe``.

    With one, the conformance suite runs modules of the framework: ``{"torch": "nm_torch.conformance:TorchProbe"}``.
    """
    raise NotImplementedError


@hookspec
def nm_doctor_checks() -> Mapping[str, str]:
    """Return checks of ``nmod doctor --deep`` by name: functions that look whether the collection works here.

    A check is called as ``check()``, in a process of its own, and returns one text per problem, each saying what to do.
    """
    raise NotImplementedError


REQUIRED = "nm_collection"
# in the order of their definitions, which listings keep
NAMES = {hook.removeprefix("nm_"): hook for hook in tuple(globals()) if hook.startswith("nm_") and hook != REQUIRED}
"""The sorts of names that ``Collections.lookup`` knows, ``"backends"`` and so on, and the hook that offers each."""

NAMESPACED = frozenset({"metrics", "examples", "doctor_checks"})
"""Sorts whose names carry that of their collection, so that two collections never claim one."""
