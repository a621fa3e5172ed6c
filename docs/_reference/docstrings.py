"""A docstring as Markdown: prose as it stands, literal blocks as code, sections as lists, public names as links."""

from __future__ import annotations

import re
from collections.abc import Mapping

from griffe import Docstring, DocstringSectionKind

LITERAL = re.compile(r"^(?P<before>.*[^:\n])?::\n\n(?P<code>(?:(?: {4}.*)?\n)+)", re.MULTILINE)
NAME = re.compile(r"``([^`\n]+)``|(?<!`)`([^`\n]+)`(?!`)")
HEADS = {
    "parameters": "Arguments",
    "attributes": "Attributes",
    "raises": "Raises",
    "returns": "Returns",
    "yields": "Yields",
}


def markdown(docstring: Docstring | None, links: Mapping[str, str]) -> str:
    """Return a docstring as Markdown; `links` has the anchors of names that are documented elsewhere."""
    if docstring is None:
        return ""
    parts = []
    for section in docstring.parse("google", warnings=False):
        if section.kind is DocstringSectionKind.text:
            parts.append(prose(section.value, links))
        elif section.kind.value in HEADS:
            items = "\n".join(f"- {_item(section.kind.value, item, links)}" for item in section.value)
            parts.append(f"*{HEADS[section.kind.value]}:*\n\n{items}")
        elif section.kind is DocstringSectionKind.admonition and section.value.annotation == "example":
            parts.append(f"*Example:*\n\n{_session(section.value.description)}")
        else:
            raise ValueError(f"{docstring.parent}: a docstring has a section {section.kind.value!r}.")
    return "\n\n".join(parts)


def prose(text: str, links: Mapping[str, str]) -> str:
    """Return running text with its literal blocks fenced, and its names linked."""
    text = LITERAL.sub(_fenced, text + "\n").strip()
    pieces = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(piece if piece.startswith("```") else _linked(piece, links) for piece in pieces)


def _fenced(block: re.Match[str]) -> str:
    code = re.sub(r"^ {4}", "", block["code"].strip("\n"), flags=re.MULTILINE)
    before = f"{block['before']}:" if block["before"] else ""
    return f"{before}\n\n```python\n{code}\n```\n\n"


def _session(text: str) -> str:
    """Fence each run of lines typed at a prompt and what they print; the rest is prose."""
    pieces = re.split(r"^(>>> (?:.+\n?)+)", text, flags=re.MULTILINE)
    fenced = (f"```pycon\n{piece.rstrip()}\n```" if piece.startswith(">>> ") else piece.strip() for piece in pieces)
    return "\n\n".join(piece for piece in fenced if piece)


def _linked(text: str, links: Mapping[str, str]) -> str:
    def link(name: re.Match[str]) -> str:
        code = name[1] or name[2]
        return f"[`{code}`](#{links[code]})" if code in links else f"`{code}`"

    return NAME.sub(link, text)


def _item(kind: str, item: object, links: Mapping[str, str]) -> str:
    name, annotation = getattr(item, "name", ""), str(getattr(item, "annotation", None) or "")
    if kind in ("raises", "returns", "yields"):
        name = annotation
    elif name.endswith(","):  # several names share one text
        name = f"{name} {annotation}"
    text = prose(getattr(item, "description", ""), links).replace("\n", "\n  ")
    return f"`{name}`: {text}" if name else text
