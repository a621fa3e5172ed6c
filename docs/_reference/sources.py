"""What the packages say of themselves, read from their source code; nothing of them is imported."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import griffe

ROOT = Path(__file__).parents[2]
SOURCES = sorted(ROOT.glob("packages/*/src"))
PACKAGES = ("nm_types", "nm_core", "nm_torch", "nm_asr", "nm_nlp")
NAMESPACES = {  # what is public beside the names of the packages themselves
    "nm_core": (
        "application",
        "drawing",
        "plugins",
        "testing",
        "tuning",
        "callbacks",
        "actions",
        "errors",
    ),
    "nm_torch": ("common", "data", "callbacks", "optim", "strategies", "checkpoint", "errors"),
}


def load() -> griffe.ModulesCollection:
    """Return all packages, names that are imported elsewhere resolved."""
    loader = griffe.GriffeLoader(search_paths=SOURCES, docstring_parser="google", allow_inspection=False)
    for package in PACKAGES:
        loader.load(package)
    loader.resolve_aliases(implicit=True, external=False)
    return loader.modules_collection


def documented(code: griffe.ModulesCollection) -> list[griffe.Module]:
    """Return the modules whose names are public, packages first."""
    namespaces = [f"{owner}.{name}" for owner, names in NAMESPACES.items() for name in names]
    return [code[path] for path in (*PACKAGES, *namespaces)]


def public(module: griffe.Module) -> dict[str, griffe.Object]:
    """Return the public names of a module, by `__all__` or as what is defined in it, with their definitions."""
    names = [str(name) for name in module.exports or ()]
    names = names or [n for n, o in module.members.items() if not (o.is_alias or o.is_module or n.startswith("_"))]
    found = {name: module.members[name] for name in names}
    for name, member in found.items():
        if member.is_module and name in member.members:  # the function `ports` of the module `ports`
            found[name] = member.members[name]
    return {name: member.final_target if member.is_alias else member for name, member in found.items()}


class Port(NamedTuple):
    """A port as its class declares it."""

    name: str
    type: str
    note: str


def ports(cls: griffe.Class, attribute: str) -> list[Port]:
    """Return the input or output ports that a class declares or inherits."""
    member = cls.all_members.get(attribute)
    value = getattr(member.final_target if member and member.is_alias else member, "value", None)
    call = ast.parse(str(value), mode="eval").body if value is not None else None
    if not isinstance(call, ast.Call):
        return []
    return [_port(str(keyword.arg), keyword.value) for keyword in call.keywords if keyword.arg not in ("tags", "kinds")]


def _port(name: str, value: ast.expr) -> Port:
    if isinstance(value, ast.Constant):
        return Port(name, str(value.value), "")
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.args):
        raise ValueError(f"The port {name} is declared as {ast.unparse(value)}, which only running it would show.")
    needs = [ast.unparse(keyword.value) for keyword in value.keywords if keyword.arg == "needs"]
    note = {"variadic": "several values"}.get(value.func.id, value.func.id)
    with_needs = f", given {', '.join(ast.literal_eval(needs[0]))}" if needs else ""
    return Port(name, _port(name, value.args[0]).type, note + with_needs)
