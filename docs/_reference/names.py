"""The pages of public names: one per package and one per namespace of a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import griffe

from _reference import sources
from _reference.docstrings import markdown

Links = Mapping[str, str]


def anchors(code: griffe.ModulesCollection) -> Links:
    """Return where each public name is described, by its short name and by all paths that it has."""
    links: dict[str, str] = {}
    for module in reversed(sources.documented(code)):
        for name, item in sources.public(module).items():
            if not item.is_module:
                links |= dict.fromkeys((name, f"{module.path}.{name}", item.path), f"{module.path}.{name}")
    return links


def pages(code: griffe.ModulesCollection, links: Links) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    for module in sources.documented(code):
        yield module.path, page(module, links)


def page(module: griffe.Module, links: Links) -> str:
    """Return the page of one module: what it is, then each public name."""
    parts = [f"# `{module.path}`", markdown(module.docstring, links)]
    for name, item in sorted(sources.public(module).items(), key=lambda pair: (_order(pair[1]), pair[0])):
        if not item.docstring:
            raise ValueError(f"{module.path}.{name} has no docstring ({item.filepath}:{item.lineno}).")
        if item.is_module:
            parts.append(f"`{name}`: the namespace [{item.path}]({item.path}.md)")
            continue
        elsewhere = links.get(item.path, "")
        if elsewhere not in ("", f"{module.path}.{name}"):
            parts.append(f"`{name}`: see [`{elsewhere}`](#{elsewhere}).")
        else:
            parts.append(described(item, f"{module.path}.{name}", links))
    return "\n\n".join(parts) + "\n"


def _order(item: griffe.Object) -> int:
    error = item.is_class and item.name.endswith(("Error", "Warning"))
    return 3 if error else {"class": 0, "function": 1}.get(item.kind.value, 2)


def described(item: griffe.Object, name: str, links: Links, depth: int = 5) -> str:
    """Return the directive that describes a class, a function or a value, with what belongs to it."""
    fence = "`" * depth
    kind = _directive(item, depth)
    body = [markdown(item.docstring, links)]
    if isinstance(item, griffe.Class):
        if any("Enum" in str(base) for base in item.bases):
            values = [f"`{m.name}`" for m in item.members.values() if m.is_attribute and not m.docstring and m.value]
            body += [f"*Values:* {', '.join(values)}"] if values else []
        body += [described(member, member.name, links, depth - 1) for member in members(item)]
    options = f":module: {name.rpartition('.')[0]}\n" if depth == 5 else ""
    if isinstance(item, griffe.Attribute) and item.annotation is not None:
        options += f":type: {item.annotation}\n"
    short = name.rpartition(".")[2]
    title = (item.signature(name=short) if hasattr(item, "signature") else "") or short
    return f"{fence}{{py:{kind}}} {title}\n{options}\n" + "\n\n".join(part for part in body if part) + f"\n{fence}"


def _directive(item: griffe.Object, depth: int) -> str:
    if isinstance(item, griffe.Class):
        return "exception" if _order(item) == 3 else "class"
    inside = depth < 5
    if isinstance(item, griffe.Function):
        return ("staticmethod" if "staticmethod" in item.labels else "method") if inside else "function"
    return ("property" if "property" in item.labels else "attribute") if inside else "data"


def members(cls: griffe.Class) -> list[griffe.Object]:
    """Return the documented public members that a class defines itself, values first."""
    own = [m for m in cls.members.values() if not (m.is_alias or m.is_class or m.name.startswith("_"))]
    return sorted((m for m in own if m.docstring), key=lambda m: m.is_function)
