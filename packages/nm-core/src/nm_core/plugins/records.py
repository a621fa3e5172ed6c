"""Records of collections: a claim on a namespace, and how far loading it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The state in which loading left a collection."""

    FOUND = "found"
    """Installed; its code has not been imported."""
    LOADED = "loaded"
    """Its declaration was imported and is well formed."""
    DISABLED = "disabled"
    """Switched off by NM_COLLECTIONS or NM_DISABLE; not imported."""
    INCOMPATIBLE = "incompatible"
    """It declares a requirement that the installed nm-core or nm-types does not meet; not imported."""
    CONFLICT = "conflict"
    """Another distribution claims the same name; neither was imported."""
    MISSING = "missing"
    """Named by a setting, but no installed distribution declares it."""
    FAILED = "failed"
    """Its code raised, or its declaration is not well formed."""


class Step(StrEnum):
    """The steps of loading, in order; a record names the last one that was begun."""

    METADATA = "metadata"
    SETTINGS = "settings"
    REQUIREMENTS = "requirements"
    IMPORT = "import"
    REGISTER = "register"
    DECLARE = "declare"
    TARGETS = "targets"
    """Everything that the declaration points to is imported: ``nmod doctor`` alone goes so far."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Record:
    """The state of one collection, and the step at which loading stopped.

    Attributes:
        collection: the namespace, the name of the entry point.
        distribution: the distribution that declares it; ``None`` for objects given in Python.
        version: the version of the distribution.
        target: the module that the entry point names.
        state: where the collection ended.
        step: the last step that was begun.
        error: one readable message, for every state but ``found`` and ``loaded``.
        seconds: time spent in the collection's code.
        summary: the one-line summary, from the metadata until the declaration is loaded.
        trace: the traceback of the collection's own code, where it raised.
        output: what the collection printed meanwhile, or its beginning; it went to standard error.

    Example:
        >>> from nm_core.plugins import Collections
        >>> records = Collections.load({"birds": "not a plugin"}, installed=False).records
        >>> [(record.collection, str(record.state), str(record.step)) for record in records]
        [('birds', 'failed', 'declare')]
    """

    collection: str
    distribution: str | None
    version: str | None
    target: str | None
    state: State
    step: Step
    error: str | None = None
    seconds: float = 0.0
    summary: str | None = None
    trace: str | None = None
    output: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the collection."""
        return self.state in (State.FOUND, State.LOADED, State.DISABLED)

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Take back what ``to_dict`` gave."""
        return cls(**{**data, "state": State(data["state"]), "step": Step(data["step"])})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distribution that claims one namespace."""

    collection: str
    distribution: str
    version: str
    target: str
    summary: str | None
    requires: tuple[str, ...]

    def record(self, state: State, step: Step, error: str | None = None) -> Record:
        """Return a record of this candidate."""
        return Record(
            self.collection, self.distribution, self.version, self.target, state, step, error, summary=self.summary
        )
