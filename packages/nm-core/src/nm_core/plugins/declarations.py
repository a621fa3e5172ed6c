"""The declaration of a collection: frozen data, light enough to list a hundred collections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import cast

from nm_core.plugins.errors import DeclarationError

_MODULE_NAME = re.compile(r"[A-Z][A-Za-z0-9_]*")
_COLLECTION_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(rf"{_COLLECTION_NAME.pattern}\.[A-Za-z_][\w-]*")
_FORMER_NAME = re.compile(rf"({_COLLECTION_NAME.pattern}\.)?{_MODULE_NAME.pattern}")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)

SUITE = 3
"""The version of the conformance suite that this release brings."""

ANY_BACKEND = "any"
"""The key in ``ModuleSpec.targets`` of an implementation that needs no particular backend."""


def check_target(target: object, owner: str) -> str:
    """Return ``target`` if it has the form ``package.module:Object``.

    Raises:
        DeclarationError: it is anything else.
    """
    if not isinstance(target, str) or _TARGET.fullmatch(target) is None:
        raise DeclarationError(
            f'{owner}: {target!r} is not a target. Expected a string of the form "package.module:Object".'
        )
    return target


def _check_summary(summary: object, owner: str, what: str = "the summary") -> None:
    if not isinstance(summary, str) or not summary.strip() or "\n" in summary:
        raise DeclarationError(f"{owner}: {what} must be one non-empty line, got {summary!r}.")


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The step of a module from one version to the next, so that files of the older one keep their meaning.

    Args:
        params: the place of a function from older parameters to newer ones, ``"package.upgrades:encoder_1_to_2"``;
            without one they are the same. It takes the parameters of a file as a dictionary of plain data and returns
            such a dictionary, follows from nothing else and makes nothing; where no newer parameters mean the same, it
            raises a ``ValueError`` that says so. It is imported when an older file is read.
        inputs: input ports that have another name now, ``{"audio": "audio_signal"}``.
        outputs: output ports that have another name now.
        weights: weights that have another name now, or parts of the module before a dot: ``{"conv": "project"}`` makes
            ``project.weight`` of ``conv.weight``.

    Raises:
        DeclarationError: a field has the wrong form.

    Example:
        >>> Upgrade(inputs={"audio": "audio_signal"}, weights={"conv": "project"}).weights["conv"]
        'project'
    """

    params: str | None = None
    # mappings have no hash; equality compares them all the same
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    outputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    weights: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse fields of the wrong form and freeze the mappings."""
        if self.params is not None:
            check_target(self.params, "Upgrade, params")
        for name in ("inputs", "outputs", "weights"):
            names = getattr(self, name)
            words = (*names, *names.values()) if isinstance(names, Mapping) else (None,)
            if not all(isinstance(word, str) and word for word in words) or len(set(names.values())) < len(names):
                raise DeclarationError(f"Upgrade: {name} maps older names to newer ones, each once; got {names!r}.")
            # the dataclass is frozen: this is the last moment at which a field can be set
            object.__setattr__(self, name, MappingProxyType(dict(names)))


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One module of a collection: its name, what it is for, and where its class is.

    Ports and parameters are not repeated here: they are declared once, on the class, and read when it is imported.

    Args:
        name: the module's name without its collection, ``JasperEncoder``.
        summary: one line for listings.
        targets: per backend the place of the class, ``{"torch": "nm_asr.encoders.jasper:JasperEncoder"}``; the key
            ``"any"`` is for a class that runs beside every backend.
        version: the version of the module's parameters and ports, counted from 1; a file records it as
            ``asr.JasperEncoder@1``.
        extra: the optional dependencies of the distribution that this module needs, if any.
        upgrades: how each version became the next, by the older one: ``{1: "pkg.upgrades:function", 2: Upgrade(...)}``
            for a module of version 3. Each step is there; a string is an ``Upgrade`` of the parameters alone.
        formerly: names that the module had before, ids where it was in another collection; versions count on.
        deprecated: for a module that is going to be taken away, one line that says what to use instead; listings and
            ``nmod check`` show it.
        presets: names that a parameter takes for published values, by the parameter, each with the place of the plain
            data that it stands for: ``{"blocks": {"quartznet_5x5": "nm_asr.encoders.presets:QUARTZNET_5X5"}}``;
            listings show them.

    Raises:
        DeclarationError: a field has the wrong form.

    Example:
        >>> spec = ModuleSpec("JasperEncoder", "Convolutions.", {"torch": "nm_asr.encoders.jasper:JasperEncoder"})
        >>> spec.target("torch")
        'nm_asr.encoders.jasper:JasperEncoder'
    """

    name: str
    summary: str
    targets: Mapping[str, str] = field(hash=False)
    version: int = 1
    extra: str | None = None
    upgrades: Mapping[int, str | Upgrade] = field(default_factory=dict, hash=False)
    formerly: Iterable[str] = ()
    deprecated: str | None = None
    presets: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse fields of the wrong form and freeze the mappings."""
        owner = f"ModuleSpec {self.name!r}"
        if not isinstance(self.name, str) or _MODULE_NAME.fullmatch(self.name) is None:
            raise DeclarationError(f"{owner}: a module's name is a class name such as JasperEncoder.")
        _check_summary(self.summary, owner)
        if self.deprecated is not None:
            _check_summary(self.deprecated, owner, "what deprecated says")
        if not isinstance(self.targets, Mapping) or not self.targets:
            raise DeclarationError(
                f'{owner}: targets maps a backend to a class, {{"torch": "package.module:{self.name}"}}; '
                f"got {self.targets!r}."
            )
        for backend, target in self.targets.items():
            check_target(target, f"{owner}, target of {backend!r}")
        # to Python True is an int, and here it is no version
        if not isinstance(self.version, int) or isinstance(self.version, bool) or self.version < 1:
            raise DeclarationError(f"{owner}: version counts from 1, got {self.version!r}.")
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))
        object.__setattr__(self, "upgrades", MappingProxyType(_check_upgrades(self.upgrades, self.version, owner)))
        object.__setattr__(self, "presets", _check_presets(self.presets, owner))
        names = (self.formerly,) if isinstance(self.formerly, str) else tuple(self.formerly)
        for name in names:
            if not isinstance(name, str) or _FORMER_NAME.fullmatch(name) is None or name == self.name:
                raise DeclarationError(
                    f"{owner}: formerly lists other names such as OldEncoder or asr.OldEncoder: {name!r}."
                )
        object.__setattr__(self, "formerly", names)

    def steps(self, version: int) -> tuple[Upgrade, ...]:
        """Return the upgrades from an older version to this one, in their order."""
        return tuple(cast("Upgrade", self.upgrades[step]) for step in range(version, self.version))

    def target(self, backend: str | None = None) -> str | None:
        """Return the target for ``backend``, or ``None`` where there is none; without a backend, the first declared."""
        if backend is None:
            return next(iter(self.targets.values()))
        return self.targets.get(backend, self.targets.get(ANY_BACKEND))


def _check_presets(presets: object, owner: str) -> Mapping[str, Mapping[str, str]]:
    """Freeze the presets of parameters."""
    if not isinstance(presets, Mapping) or not all(isinstance(names, Mapping) for names in presets.values()):
        raise DeclarationError(
            f"{owner}: presets gives places of data by parameter and name, "
            f'{{"blocks": {{"small": "package.presets:SMALL"}}}}; got {presets!r}.'
        )
    return MappingProxyType(
        {
            parameter: MappingProxyType(
                {name: check_target(target, f"{owner}, preset {name!r}") for name, target in names.items()}
            )
            for parameter, names in presets.items()
        }
    )


def _check_upgrades(upgrades: Mapping[int, str | Upgrade], version: int, owner: str) -> dict[int, Upgrade]:
    if not isinstance(upgrades, Mapping) or set(upgrades) != set(range(1, version)):
        missing = sorted(set(range(1, version)) - set(upgrades)) if isinstance(upgrades, Mapping) else []
        raise DeclarationError(
            f"{owner}: upgrades say for each version before {version} how it became the next; "
            f"{f'there is none from {missing[0]} to {missing[0] + 1}' if missing else f'got {upgrades!r}'}. "
            f'Write upgrades={{1: "package.upgrades:function", ...}}, or Upgrade() where files need no change.'
        )
    steps = {}
    for step, upgrade in sorted(upgrades.items()):
        if isinstance(upgrade, str):
            upgrade = Upgrade(check_target(upgrade, f"{owner}, upgrade from {step}"))
        if not isinstance(upgrade, Upgrade):
            raise DeclarationError(f"{owner}: the upgrade from {step} is a target or an Upgrade, got {upgrade!r}.")
        steps[step] = upgrade
    return steps


@dataclass(frozen=True, slots=True)
class Collection:
    """The declaration of one collection: its modules, and the tags and kinds its types are written with.

    Args:
        name: the namespace, equal to the name of the entry point: ``asr``.
        summary: one line for listings.
        modules: the modules, each with a name of its own.
        tags: targets of the tag classes, ``("birds.tags:SongTag",)``.
        kinds: targets of the kind classes.
        suite: the version of the conformance suite (`pytest --nm-collection asr`) that the collection was written for;
            tests of a newer one are reported and fail nothing.
        exempt: what a module or metric is not, by its name and the name of the test that would show it, each with the
            reason: ``{"RandomCrop": {"evaluation": "it crops at random whatever the mode"}}``.
        formerly: ids that a metric, a tokenizer or another named thing of a hook had before, in this collection or in
            another one, by its name today: ``{"WordErrorRate": ["asr.WordErrorRate"]}``. They go on working as aliases.

    Raises:
        DeclarationError: a field has the wrong form, or two modules share a name.

    Example:
        >>> encoder = ModuleSpec("SongEncoder", "Encodes songs.", {"torch": "nm_birds.encoder:SongEncoder"})
        >>> birds = Collection("birds", "Songs of birds.", modules=[encoder], tags=["nm_birds.tags:SongTag"])
        >>> [module.name for module in birds.modules]
        ['SongEncoder']
    """

    name: str
    summary: str
    modules: Iterable[ModuleSpec] = ()
    tags: Iterable[str] = ()
    kinds: Iterable[str] = ()
    suite: int = 1
    exempt: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    formerly: Mapping[str, Iterable[str]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse fields of the wrong form and turn sequences into tuples."""
        owner = f"Collection {self.name!r}"
        if not isinstance(self.name, str) or _COLLECTION_NAME.fullmatch(self.name) is None:
            raise DeclarationError(f"{owner}: a collection's name is a lower-case word such as asr.")
        _check_summary(self.summary, owner)
        modules = tuple(self.modules)
        names: set[str] = set()
        for spec in modules:
            if not isinstance(spec, ModuleSpec):
                raise DeclarationError(f"{owner}: modules holds ModuleSpec objects, got {spec!r}.")
            if spec.name in names:
                raise DeclarationError(f"{owner}: two modules are called {spec.name!r}.")
            names.add(spec.name)
        for spec in modules:
            for former in spec.formerly:
                if former.removeprefix(f"{self.name}.") in names:
                    raise DeclarationError(
                        f"{owner}: {spec.name} was formerly {former!r}, and that is a module of its own."
                    )
        object.__setattr__(self, "modules", modules)
        for name in ("tags", "kinds"):
            targets: Iterable[str] = getattr(self, name)
            # a string is iterable too, and would be read as one target per letter
            if isinstance(targets, str):
                raise DeclarationError(f"{owner}: {name} is a list of targets, got the string {targets!r}.")
            object.__setattr__(self, name, tuple(check_target(target, f"{owner}, {name}") for target in targets))
        if not isinstance(self.suite, int) or isinstance(self.suite, bool) or self.suite < 1:
            raise DeclarationError(f"{owner}: suite counts from 1, got {self.suite!r}.")
        object.__setattr__(self, "exempt", _check_reasons(self.exempt, owner))
        object.__setattr__(self, "formerly", _check_former_ids(self.formerly, owner))


def _check_former_ids(former: object, owner: str) -> Mapping[str, tuple[str, ...]]:
    """Freeze the former ids of what the hooks offer, by its name today."""
    if not isinstance(former, Mapping):
        raise DeclarationError(
            f"{owner}: formerly gives former ids by the name of today, "
            f'{{"WordErrorRate": ["asr.WordErrorRate"]}}; got {former!r}.'
        )
    frozen = {name: (ids,) if isinstance(ids, str) else tuple(ids) for name, ids in former.items()}
    for id in chain.from_iterable(frozen.values()):
        if not isinstance(id, str) or _ID.fullmatch(id) is None:
            raise DeclarationError(f"{owner}: formerly lists ids such as asr.WordErrorRate, got {id!r}.")
    return MappingProxyType(frozen)


def _check_reasons(exempt: Mapping[str, Mapping[str, str]], owner: str) -> Mapping[str, Mapping[str, str]]:
    """Freeze the exemptions of modules, each with a reason."""
    checks = exempt.values() if isinstance(exempt, Mapping) else (None,)
    if not all(
        isinstance(each, Mapping) and all(isinstance(why, str) and why for why in each.values()) for each in checks
    ):
        raise DeclarationError(
            f'{owner}: exempt gives reasons by module and test, {{"Crop": {{"evaluation": "it is random"}}}}; '
            f"got {exempt!r}."
        )
    return MappingProxyType({name: MappingProxyType(dict(reasons)) for name, reasons in exempt.items()})
