"""What can be wrong with collections, each as a class of its own."""

from __future__ import annotations

from nm_types import NmError


class CollectionError(NmError):
    """Something is wrong with an installed collection."""


class DeclarationError(CollectionError, ValueError):
    """What a collection declares about itself is not well formed."""


class ConflictError(CollectionError, ValueError):
    """Two collections claim one name, and the name was used."""


class TargetError(CollectionError, ImportError):
    """A declared object cannot be imported from where the declaration says it is."""


class UnknownNameError(CollectionError, KeyError):
    """No loaded collection declares the name that was asked for."""


class UnknownModuleError(UnknownNameError):
    """No loaded collection declares a module of this id, or not in this version."""
