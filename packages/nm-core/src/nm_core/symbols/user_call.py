"""The call in the user's code that is being recorded: how it writes the module and its arguments, for pasted fixes."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator
from itertools import islice
from types import FrameType
from typing import NamedTuple

from nm_core.symbols.user_location import user_frame, user_location

_LONGEST = 60


class UserCall(NamedTuple):
    """A call as its source writes it.

    Attributes:
        function: the expression that is called: `encoder`, `self.encoder`.
        arguments: the expression of each argument by port; the items of a list by `xs[0]`, `xs[1]`.
    """

    function: str
    arguments: dict[str, str]


def read_user_call(ports: Iterable[str], location: str) -> UserCall | None:
    """Read the innermost call outside the engine's own packages; None where its source is not at hand or has stars.

    Args:
        ports: input ports of the module, in order: those of positional arguments.
        location: where the call is said to be; that of a file is in no source of Python.
    """
    frame = user_frame()
    if frame is None or user_location() != location:
        return None
    source = _source_of_call(frame)
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(tree, ast.Call) or any(isinstance(argument, ast.Starred) for argument in tree.args):
        return None
    expressions = [*zip(ports, tree.args, strict=False), *((word.arg or "**", word.value) for word in tree.keywords)]
    arguments = {port: text for name, tree_of in expressions for port, text in _spell(name, tree_of)}
    return None if "**" in arguments else UserCall(ast.unparse(tree.func), arguments)


def _source_of_call(frame: FrameType) -> str:
    """Return the source of the call that a frame is in, or an empty text."""
    positions = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    first, last, start, end = positions
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [line.encode() for line in linecache.getlines(frame.f_code.co_filename, frame.f_globals)[first - 1 : last]]
    if not lines:
        return ""
    lines[-1] = lines[-1][:end]  # first, since both ends may be on one line
    lines[0] = lines[0][start:]
    return b"".join(lines).decode(errors="replace")


def _spell(port: str, tree: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(tree, ast.List | ast.Tuple):
        for index, item in enumerate(tree.elts):
            yield from _spell(f"{port}[{index}]", item)
    text = ast.unparse(tree)
    if len(text) <= _LONGEST:
        yield port, text
