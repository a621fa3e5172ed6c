"""Collections of other people: a healthy one, and one for each way to go wrong."""

from nm_core_wheels import Wheel

DECLARATION = """
from nm_core.plugins import Collection, ModuleSpec, hookimpl

@hookimpl
def nm_collection():
    widget = ModuleSpec("Widget", "Gives what it is given.", targets={{"any": "{package}.widget:Widget"}})
    return Collection("{name}", "Widgets of {name}.", modules=[widget], tags={tags!r})
"""
WIDGET = """
from nm_core import NeuralModule, ports

class Widget(NeuralModule):
    \"\"\"Gives what it is given.\"\"\"

    input_ports = ports(x="B T")
    output_ports = ports(y="B T")

    def forward(self, x):
        return x
"""


def third_party(
    name: str,
    *,
    distribution: str = "",
    first: str = "",
    declaration: str = DECLARATION,
    widget: str = WIDGET,
    tags: str = "",
    init: str = "",
    requires: tuple[str, ...] = ("nm-core>=0.1",),
) -> Wheel:
    """Return a distribution with one collection.

    Args:
        name: the name of the collection.
        distribution: the name of the distribution, ``nmx-`` and the name unless it is given.
        first: what the declaration does before anything else.
        declaration: its declaration.
        widget: the module with its one neural module.
        tags: a module with the tag ``Pitch``.
        init: the package's ``__init__``.
        requires: its requirements.
    """
    distribution = distribution or f"nmx-{name}"
    package = distribution.replace("-", "_")
    targets = [f"{package}.tags:Pitch"] if tags else []
    files = {
        f"{package}/__init__.py": init,
        f"{package}/_collection.py": first + "\n" + declaration.format(name=name, package=package, tags=targets),
        f"{package}/widget.py": widget,
        f"{package}/tags.py": tags,
    }
    return Wheel(distribution, files, {name: f"{package}._collection"}, requires)


def raising_hook(statement: str) -> str:
    """Return a declaration whose hook does what is given."""
    return f"from nm_core.plugins import hookimpl\n@hookimpl\ndef nm_collection():\n    {statement}\n"


def pitch(parent: str) -> str:
    """Return a module that defines the tag ``music.Pitch`` as a special case of another tag."""
    return f'from nm_types import {parent}\nclass Pitch({parent}, id="music.Pitch"):\n    """How high."""\n'
