"""Problems as HTML for notebooks: inline styles, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nm_types.messages.fix import Fix
from nm_types.messages.rendering import Column, Sheet

# Colours are those of the page, or let it shine through: nobody can ask a notebook for its theme.
BOX = "border-left: 3px solid rgba(214, 69, 65, .9); padding: 4px 12px; margin: 4px 0; line-height: 1.5"
CELL = "text-align: left; padding: 2px 12px 2px 0; border: none; white-space: pre; font-family: monospace"
MARKED = "background: rgba(214, 69, 65, .25); border-radius: 3px; padding: 1px 4px; font-weight: bold"
PALE = "opacity: .7"


def render_html(sheet: Sheet, facts: Sequence[str], fixes: Sequence[Fix], alternative: str) -> str:
    """Render a problem as HTML: title, edge, a table with the cells at fault coloured, facts and fixes."""
    where = f' <span style="{PALE}">{escape(sheet.location)}</span>' if sheet.location else ""
    parts = [f"<div><b>{escape(sheet.code)}</b> {escape(sheet.title)}{where}</div>", f"<div>{_edge(*sheet.ends)}</div>"]
    if sheet.columns:
        parts.append(_table(sheet.labels, sheet.columns, sheet.mark))
    parts += [f"<div>{escape(fact)}</div>" for fact in facts]
    parts += [*map(_fix, fixes), f"<div>{escape(alternative)}</div>" * bool(alternative)]
    return f'<div style="{BOX}">{"".join(parts)}</div>'


def _edge(producer: str, target: str) -> str:
    ends = [f"<code>{escape(end)}</code>" for end in (producer, target) if end]
    return " &rarr; ".join(ends)


def _table(labels: tuple[str, str], columns: Sequence[Column], mark: str) -> str:
    heads = "".join(f'<td style="{CELL}; {PALE}">{escape(column.head)}</td>' for column in columns)
    expected = "".join(f'<td style="{CELL}">{escape(column.expected)}</td>' for column in columns)
    actual = "".join(f'<td style="{CELL}">{_given(column, mark)}</td>' for column in columns)
    rows = (("", heads), (labels[0], expected), (labels[1], actual))
    body = "".join(
        f'<tr style="background: none"><td style="{CELL}">{escape(label)}</td>{row}</tr>' for label, row in rows
    )
    return f'<table style="border: none; margin: 6px 0"><tbody>{body}</tbody></table>'


def _given(column: Column, mark: str) -> str:
    if not column.marked:
        return escape(column.given)
    return f'<span style="{MARKED}" title="{escape(mark)}">{escape(column.given)}</span>'


def _fix(fix: Fix) -> str:
    text = f"<code>{escape(fix.text)}</code>" if fix.needs else escape(fix.text)
    if fix.module and not fix.needs:
        text += f" <code>{escape(fix.module)}</code>"
    needs = f' <span style="{PALE}">(<code>{escape(fix.needs)}</code>)</span>' if fix.needs else ""
    return f"<div><b>{escape(fix.title)}:</b> {text}{needs}</div>"
