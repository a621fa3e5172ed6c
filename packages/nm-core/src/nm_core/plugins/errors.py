"""Errors of collections, a class for each kind."""

from __future__ import annotations

from nm_types import NmError


class CollectionError(NmError):
    """Something is wrong with an installed collection."""


class DeclarationError(CollectionError, ValueError):
    """A collection's declaration is not well formed."""


class ConflictError(CollectionError, ValueError):
    """Two collections claim one name, and the name was used."""


class TargetError(CollectionError, ImportError):
    """A declared object cannot be imported from where the declaration says it is."""


class UnknownEntryError(CollectionError, KeyError):
    """No loaded collection declares this name."""


class UnknownModuleError(UnknownEntryError):
    """No loaded collection declares a module of this id, or not in this version."""
