"""Collections are plugins: what an installed wheel offers appears, and what is wrong with one stays its own problem.

A collection declares itself in a light module named by the entry-point group ``nm.collections``::

    from nm_core.plugins import Collection, ModuleSpec, hookimpl

    @hookimpl
    def nm_collection() -> Collection:
        return Collection("asr", "Speech recognition.", modules=[ModuleSpec("JasperEncoder", ...)])

``Collections.load()`` reads these declarations; ``resolve("asr.JasperEncoder")`` imports the class.
"""

from nm_core.plugins.declarations import Collection, ModuleSpec, Upgrade
from nm_core.plugins.errors import (
    CollectionError,
    ConflictError,
    DeclarationError,
    TargetError,
    UnknownEntryError,
    UnknownModuleError,
)
from nm_core.plugins.hooks import hookimpl
from nm_core.plugins.records import Record, State, Step
from nm_core.plugins.registry import Collections

UnknownNameError = UnknownEntryError
"""The former name."""

__all__ = [
    "Collection",
    "CollectionError",
    "Collections",
    "ConflictError",
    "DeclarationError",
    "ModuleSpec",
    "Record",
    "State",
    "Step",
    "TargetError",
    "UnknownModuleError",
    "UnknownEntryError",
    "UnknownNameError",
    "Upgrade",
    "hookimpl",
]
