"""Meanings: tags of axes and kinds of values, nominal and with a single parent, and the scopes that name them."""

from nm_types.meanings.kinds import Features, Kind, KindVariable, kind_of
from nm_types.meanings.nominal import Nominal
from nm_types.meanings.scope import Scope, scope_of
from nm_types.meanings.tags import BatchTag, Tag

__all__ = [
    "BatchTag",
    "Features",
    "Kind",
    "KindVariable",
    "Nominal",
    "Scope",
    "Tag",
    "kind_of",
    "scope_of",
]
