"""Packages written from a template: what an author starts from is complete, tested and publishable."""

from nm_core.scaffold.author import Author
from nm_core.scaffold.collection_names import CollectionNames
from nm_core.scaffold.errors import ScaffoldError
from nm_core.scaffold.package_files import LICENCES, render, write
from nm_core.scaffold.requirements import requirements

__all__ = ["LICENCES", "Author", "CollectionNames", "ScaffoldError", "render", "requirements", "write"]
