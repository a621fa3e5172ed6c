"""HTML that notebooks show for modules and symbolic tensors: plain tables in the colours of the notebook's theme."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from html import escape
from typing import Any

from nm_core.symbols.parameters import short
from nm_core.symbols.ports import PortSpec
from nm_types import NeuralType


def tensor_html(name: str, type: NeuralType) -> str:
    """Render a symbolic tensor: its name, its type, and that it has no value yet."""
    return f"<div><b>{escape(name)}</b> <code>{escape(str(type))}</code> <i>symbolic</i></div>"


def module_html(
    name: str,
    class_name: str,
    ports: Mapping[str, PortSpec],
    params: Mapping[str, Any],
    opaque: Collection[str],
) -> str:
    """Render a module: its name, its ports with their types, and its parameters.

    Args:
        ports: the ports by side, `"input"` and `"output"`.
        opaque: names of parameters that hold live objects.
    """
    rows = [row for side, spec in ports.items() for row in _port_rows(side, spec)]
    rows += [table_row("parameter", parameter, short(value)) for parameter, value in params.items()]
    rows += [table_row("parameter", parameter, "an object, which no file can keep") for parameter in sorted(opaque)]
    return f"<div><b>{escape(name)}</b> {escape(class_name)}</div>\n{table(rows)}"


def table_row(kind: str, name: str, text: str, remark: str = "") -> str:
    """Render a row of three cells; the remark stands in italics behind the last."""
    kind, name, text, remark = map(escape, (kind, name, text, remark))
    cell = '<td style="text-align: left">'  # notebooks centre the cells of tables otherwise
    behind = f" <i>{remark}</i>" if remark else ""
    return f"<tr>{cell}{kind}</td>{cell}{name}</td>{cell}<code>{text}</code>{behind}</td></tr>"


def table(rows: Iterable[str]) -> str:
    """Render rows as a table."""
    return f"<table>{''.join(rows)}</table>"


def _port_rows(side: str, ports: PortSpec) -> Iterator[str]:
    for port in ports.values():
        remarks = [word for word, applies in (("optional", port.optional), ("any number", port.variadic)) if applies]
        yield table_row(side, port.name, str(port.type), ", ".join(remarks))
