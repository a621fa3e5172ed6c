"""The registry of loaded collections: look-up by id and by name."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nm_core.errors import did_you_mean
from nm_core.plugins import loader, messages
from nm_core.plugins.conflicts import Definition, define, find_clashes, find_shared_names
from nm_core.plugins.declarations import Collection, ModuleSpec
from nm_core.plugins.discovery import discover
from nm_core.plugins.errors import ConflictError, TargetError, UnknownEntryError, UnknownModuleError
from nm_core.plugins.hooks import NAMES
from nm_core.plugins.ids import ModuleId
from nm_core.plugins.known import KNOWN, is_official
from nm_core.plugins.loader import LoadedCollection
from nm_core.plugins.records import Record, State, Step
from nm_core.plugins.settings import CollectionSettings
from nm_core.plugins.targets import import_target


class Collections:
    """The collections that one user of this package sees; there is no process-wide registry.

    Attributes:
        records: one record per collection that was found, loaded or not.

    Example:
        >>> from types import SimpleNamespace
        >>> from nm_core.plugins import Collection, ModuleSpec, hookimpl
        >>> counter = ModuleSpec("Counter", "Counts.", targets={"any": "collections:Counter"})
        >>> plugin = SimpleNamespace(nm_collection=hookimpl(lambda: Collection("birds", "Songs.", modules=[counter])))
        >>> collections = Collections.load({"birds": plugin}, installed=False)
        >>> list(collections.modules), collections.resolve("birds.Counter")
        (['birds.Counter'], <class 'collections.Counter'>)
    """

    def __init__(self, loaded: Mapping[str, LoadedCollection], records: Sequence[Record]) -> None:
        self.records = tuple(records)
        self._loaded = dict(loaded)
        self._modules: dict[str, ModuleSpec] = {}
        self._metrics: dict[str, str] = {}
        self._former: defaultdict[str, list[str]] = defaultdict(list)
        self._official = frozenset(name for name, entry in loaded.items() if is_official(name, entry.distribution))
        for name, entry in loaded.items():
            self._metrics |= {f"{name}.{metric}": target for metric, target in entry.offers["metrics"].items()}
            former_ids = dict(entry.collection.formerly)
            for spec in entry.collection.modules:
                self._modules[f"{name}.{spec.name}"] = spec
                former_ids[spec.name] = [id if "." in id else f"{name}.{id}" for id in spec.formerly]
            for member, ids in former_ids.items():
                for id in ids:
                    # what an official collection was called is not another one's to say
                    if name in self._official or id.partition(".")[0] not in KNOWN:
                        self._former[id].append(f"{name}.{member}")
        ids_of_targets = [(target, id) for id, target in self._metrics.items()]
        ids_of_targets += [(target, id) for id, spec in self._modules.items() for target in spec.targets.values()]
        # the last one counts: a class that is declared as both has the id of the module, and files of an official
        # collection go on naming it whoever else declares its classes
        self._ids = dict(sorted(ids_of_targets, key=lambda pair: pair[1].partition(".")[0] in self._official))

    @classmethod
    def load(
        cls,
        extra: Mapping[str, object] | None = None,
        *,
        installed: bool = True,
        environ: Mapping[str, str] | None = None,
        path: Sequence[str] | None = None,
    ) -> Collections:
        """Read the declarations of the installed collections; each ends in one of the ``records``, whatever it does.

        Args:
            extra: declarations given as objects, by namespace, for tests and notebooks; they go before installed ones.
            installed: whether to look for installed collections at all.
            environ: where NM_COLLECTIONS, NM_DISABLE and NM_PREFER are read from; the process's own by default.
            path: where to look for distributions; ``sys.path`` by default.
        """
        objects = dict(extra or {})
        read = [loader.read_plugin(name, plugin) for name, plugin in objects.items()]
        records: list[Record] = []
        if installed:
            candidates, records = discover(CollectionSettings.read(os.environ if environ is None else environ), path)
            for candidate in candidates:
                # an object takes the place of the installed one, which is not even imported
                if candidate.collection in objects:
                    error = f"{candidate.collection} is also given as an object, and that one is used"
                    records.append(candidate.record(State.DISABLED, Step.SETTINGS, error))
                else:
                    read.append(loader.load(candidate))
        records += [record for _, record in read]
        loaded = {record.collection: entry for entry, record in read if entry is not None}
        # sorted: listings and messages do not depend on the order of sys.path
        return cls(dict(sorted(loaded.items())), sorted(records, key=lambda record: record.collection))

    @property
    def collections(self) -> Mapping[str, Collection]:
        """The loaded collections by namespace."""
        return MappingProxyType({name: entry.collection for name, entry in self._loaded.items()})

    @property
    def modules(self) -> Mapping[str, ModuleSpec]:
        """All declared modules by id, without importing any."""
        return MappingProxyType(self._modules)

    def distribution_of(self, collection: str) -> str | None:
        """Return the distribution that declares a loaded collection."""
        entry = self._loaded.get(collection)
        return entry.distribution if entry else None

    def resolve(self, id: str, backend: str | None = None) -> Any:
        """Import the class of a module or metric.

        Args:
            id: ``asr.JasperEncoder``, with or without ``@version``.
            backend: the backend it shall run on; without it the first declared target is taken.

        Raises:
            UnknownModuleError: there is no such module, not in this version, or not for this backend.
            TargetError: its class cannot be imported.
        """
        parsed = ModuleId.parse(id)
        spec = self._modules.get(parsed.plain)
        extra = None
        target = self._metrics.get(self.current(parsed.plain))
        if spec is not None:
            self._check_version(parsed, spec.version)
            extra = spec.extra
            target = spec.target(backend)
            if target is None:
                raise UnknownModuleError(
                    f"{parsed.plain} has no implementation for the backend {backend!r}.\n"
                    f"  It has one for {', '.join(spec.targets)}."
                )
        elif target is not None:
            # metrics have no versions: each is version 1
            self._check_version(parsed, 1)
        elif len(self._former.get(parsed.plain, ())) > 1:
            raise ConflictError(messages.several_successors(parsed.plain, self._former[parsed.plain]))
        elif parsed.plain in self._former:
            raise UnknownModuleError(messages.renamed_module(parsed.plain, self._former[parsed.plain][0]))
        if target is None:
            raise UnknownModuleError(messages.no_module(parsed, [*self._modules, *self._metrics], self.records))
        distribution = self.distribution_of(parsed.collection)
        return import_target(target, what=parsed.plain, distribution=distribution, extra=extra)

    @property
    def aliases(self) -> Mapping[str, str]:
        """Former ids of metrics, tokenizers and other things that hooks name, with their ids of today."""
        current = {former: ids[0] for former, ids in self._former.items() if len(ids) == 1}
        # files with a module of an older name are upgraded, which an alias could not do
        return MappingProxyType({former: id for former, id in current.items() if id not in self._modules})

    def current(self, id: str) -> str:
        """Return the id, without version, that a module or metric has now: another one where it was renamed."""
        is_current = id in self._modules or id in self._metrics or len(self._former.get(id, ())) != 1
        return id if is_current else self._former[id][0]

    def id_of(self, cls: type) -> str | None:
        """Return the id, without version, under which a class is declared, or ``None``."""
        return self._ids.get(f"{cls.__module__}:{cls.__qualname__}")

    def versioned(self, id: str) -> str:
        """Return an id with the version that files record: ``asr.JasperEncoder@1``."""
        plain = ModuleId.parse(id).plain
        spec = self._modules.get(plain)
        return f"{plain}@{spec.version if spec else 1}"

    def names(self, what: str) -> tuple[str, ...]:
        """Return a name by which ``lookup`` knows each thing, sorted: short where only one thing is meant by that.

        What an official collection calls so, or another one too, is named with its collection, and so are metrics.

        Args:
            what: ``"optimizers"``, ``"policies"``, ``"callbacks"``, ``"metrics"``, ``"backends"``, ``"strategies"``,
                ``"tokenizers"``, ``"commands"``, ``"tasks"``, ``"recipes"``, ``"examples"``, ``"probes"`` or
                ``"doctor_checks"``.
        """
        if what == "metrics":
            return tuple(sorted(self._metrics))
        offered = [(owner, name) for owner, name, _ in self._offers(what)]
        owners = {name: self.owners(what, name) for _, name in offered}
        return tuple(sorted(name if owners[name] == (owner,) else f"{owner}.{name}" for owner, name in offered))

    def target(self, what: str, name: str) -> str:
        """Return where a named object is, without importing it; raises as ``lookup`` does."""
        return self._find(what, name)[1]

    def lookup(self, what: str, name: str) -> Any:
        """Import a named object: ``lookup("optimizers", "novograd")``; ``common.novograd`` names its collection too.

        A short name means that of an official collection, whoever else offers one, so that no installed collection
        changes what a file means.

        Raises:
            UnknownEntryError: no loaded collection offers it.
            ConflictError: several do, and none of them is official.
            TargetError: it cannot be imported.
        """
        owner, target = self._find(what, name)
        return import_target(target, what=f"{what}: {name}", distribution=self.distribution_of(owner))

    def owners(self, what: str, name: str) -> tuple[str, ...]:
        """Return the collections that are meant by a name, short or qualified, without importing anything.

        These are the official ones that offer it, or else all that do; ``lookup`` refuses a name of several.
        """
        return tuple(owner for owner, _ in self._claims(what, name))

    def conflicts(self) -> tuple[str, ...]:
        """Return a sentence for each short name that means nothing, since several collections offer it."""
        offers = {name: entry.offers for name, entry in self._loaded.items()}
        return tuple(shared.message for shared in find_shared_names(offers, self._official) if not shared.winners)

    def tags(self, *collections: str) -> tuple[type, ...]:
        """Import the tag classes of the named collections, or of all, for ``ports(tags=...)``.

        Raises:
            UnknownEntryError: a collection is not loaded.
            ConflictError: two of them define one tag differently.
            TargetError: a class cannot be imported.
        """
        return self._import_classes("tags", collections)

    def kinds(self, *collections: str) -> tuple[type, ...]:
        """Import the kind classes of the named collections, or of all; raises as ``tags`` does."""
        return self._import_classes("kinds", collections)

    def _check_version(self, parsed: ModuleId, installed: int) -> None:
        if parsed.version not in (None, installed):
            distribution = self.distribution_of(parsed.collection)
            raise UnknownModuleError(messages.other_version(parsed, installed, distribution))

    def _import_classes(self, what: str, collections: Sequence[str]) -> tuple[type, ...]:
        for name in collections:
            if name not in self._loaded:
                raise UnknownEntryError(messages.no_collection(name, self.records))
        classes: dict[Definition, type] = {}
        definitions: defaultdict[str, list[Definition]] = defaultdict(list)
        for name in collections or self._loaded:
            for target in getattr(self.collections[name], what):
                cls = import_target(target, what=f"{what} of {name}", distribution=self.distribution_of(name))
                if not isinstance(cls, type):
                    raise TargetError(f"{what} of {name}: {target} is {cls!r}, expected a class.")
                definition = define(cls)
                classes.setdefault(definition, cls)
                definitions[name].append(definition)
        for clash in find_clashes(definitions):
            raise ConflictError(clash)
        return tuple(classes.values())

    def _offers(self, what: str) -> Iterator[tuple[str, str, str]]:
        if what not in NAMES:
            raise UnknownEntryError(
                f"Collections do not offer {what!r}.{did_you_mean(what, NAMES)}\n  They offer {', '.join(NAMES)}."
            )
        for owner, entry in self._loaded.items():
            for name, target in entry.offers[what].items():
                yield owner, name, target

    def _claims(self, what: str, name: str) -> list[tuple[str, str]]:
        """Return who is meant by a name, with the target of each."""
        claims = [
            (owner, target) for owner, offered, target in self._offers(what) if name in (offered, f"{owner}.{offered}")
        ]
        if not claims and name in self.aliases:
            return self._claims(what, self.aliases[name])
        return [claim for claim in claims if claim[0] in self._official] or claims

    def _find(self, what: str, name: str) -> tuple[str, str]:
        claims = self._claims(what, name)
        if not claims:
            raise UnknownEntryError(messages.no_name(what, name, self.names(what), self.records))
        if len(claims) > 1:
            raise ConflictError(messages.conflict(what, name, [owner for owner, _ in claims]))
        return claims[0]
