"""Parser of the string notation; structures print it themselves."""

from __future__ import annotations

import re
from functools import lru_cache

from nm_types.errors import NmError, TypeSyntaxError, UnknownNameError
from nm_types.meanings import Kind, KindVariable, Scope, Tag, scope_of
from nm_types.messages import wrap_lines
from nm_types.notation.axes import Axis, AxisType, Row, TagVariable
from nm_types.notation.structure import Structure

TAG = re.compile(r"(?:[A-Za-z_]\w*\.)?[A-Z]\w*")
KIND = re.compile(r"((?:[A-Za-z_]\w*\.)?[A-Z]\w*)(?:\((.*)\))?")
VARIABLE = re.compile(r"'([A-Z]\w*)(?:<=((?:[A-Za-z_]\w*\.)?[A-Z]\w*))?")
KIND_VARIABLE = re.compile(r"'([A-Z]\w*)|sum\('([A-Z]\w*)\)")
LONGEST = 1000
"""Characters of a notation: files of strangers are read too, and lists in lists must not go on for ever."""
ROW = re.compile(r"\*([a-z]\w*)")


@lru_cache(maxsize=2048)
def parse(text: str, tags: tuple[type[Tag], ...] = (), kinds: tuple[type[Kind], ...] = ()) -> Structure:
    """Parse a type from its string notation, with extra tags and kinds in scope.

    Raises:
        TypeSyntaxError: the text is no type; the message points at the place.
        UnknownNameError: it names a tag or a kind that is not in scope.
    """
    # bounds the recursion of list[list[...]] as well
    if len(text) > LONGEST:
        raise TypeSyntaxError(f'"{text[:20]}..." is no neural type: a notation has at most {LONGEST} characters.')
    return _parse(text.strip(), text, scope_of(tags, kinds))


def _parse(part: str, text: str, scope: Scope) -> Structure:
    if part == "{}":
        return Structure("root")
    if part.startswith("list[") and part.endswith("]"):
        return Structure("list", item=_parse(part[5:-1].strip(), text, scope))
    if part.startswith("object "):
        return _object(_parse_kind(part[7:].strip(), text, scope), part, text)
    shape, semicolon, named = part.partition(";")
    if semicolon and not named.strip():
        raise _syntax(text, ";", 'a kind of values is missing after ";"')
    kind = _parse_kind(named.strip(), text, scope) if semicolon else None
    if kind is not None and kind.dtype == "object":
        raise _syntax(text, named.strip(), f'{kind} is no tensor; write "object {kind}" or "list[object {kind}]"')
    axes = tuple(_parse_axis(word, text, scope) for word in shape.split())
    if not axes and kind is None:
        raise _syntax(text, part, "it is empty. Any value at all is {}; one number is its kind alone, such as ; Loss")
    check_axes(axes, text)
    return Structure("tensor", axes, kind)


def _object(kind: Kind, part: str, text: str) -> Structure:
    if kind.dtype != "object":
        raise _syntax(text, part, f"{kind} is a kind of tensors; only an object kind may follow the word object")
    return Structure("object", kind=kind)


def check_axes(axes: tuple[Axis, ...], text: str) -> None:
    """Refuse more rows than an input or an output may have: two, next to each other or around one axis."""
    rows = _rows(axes)
    if len(rows) > 2 or (len(rows) == 2 and rows[1] - rows[0] > 2):
        raise _too_many_rows(axes[rows[1]], text)


def check_input(structure: Structure) -> None:
    """Refuse rows that no value can decide: two rows of an input need an axis between them that its tag tells.

    On an output two rows may be next to each other: its inputs have decided them.

    Raises:
        TypeSyntaxError: an input cannot have this type.
    """
    if isinstance(structure.kind, KindVariable) and structure.kind.summed:
        what = f"{structure.kind} is the kind of an output, the input has '{structure.kind.name}"
        raise _syntax(str(structure), str(structure.kind), what)
    rows = _rows(structure.axes)
    if len(rows) == 2:
        between = structure.axes[rows[0] + 1]
        if isinstance(between, Row) or (isinstance(between.tag, TagVariable) and between.tag.bound is None):
            raise _too_many_rows(structure.axes[rows[1]], str(structure))
    if structure.item is not None:
        check_input(structure.item)


def _rows(axes: tuple[Axis, ...]) -> list[int]:
    return [index for index, axis in enumerate(axes) if isinstance(axis, Row)]


def _too_many_rows(row: Axis, text: str) -> TypeSyntaxError:
    what = "an input has one row; two only around one axis that can be told by its tag, as in *a Channel *b"
    return _syntax(text, str(row), what)


def _parse_axis(word: str, text: str, scope: Scope) -> Axis:
    if word.startswith("*"):
        row = ROW.fullmatch(word)
        if row is None:
            raise _syntax(text, word, "a row is a star and a lowercase name, as in *s")
        return Row(row.group(1))
    name, colon, size = word.partition(":")
    if colon and not size:
        raise _syntax(text, word, 'a size is missing after ":"')
    tag = _parse_tag(name, text, scope)
    try:
        return AxisType(tag, size or None)
    except TypeSyntaxError as error:
        raise _point_at(error, text, word) from None


def _parse_tag(name: str, text: str, scope: Scope) -> type[Tag] | TagVariable:
    variable = VARIABLE.fullmatch(name)
    if variable is None and TAG.fullmatch(name) is None:
        hint = "A size stands after its tag, joined by a colon: Time:t, Spectrogram:64."
        raise _syntax(text, name, f'an axis begins with a capital word, its tag; "{name}" is none', hint)
    bound = variable.group(2) if variable is not None else None
    try:
        if variable is None:
            return scope.tag(name)
        return TagVariable(variable.group(1), scope.tag(bound) if bound else None)
    except UnknownNameError as error:
        raise _point_at(error, text, bound or name) from None


def _parse_kind(word: str, text: str, scope: Scope) -> Kind:
    variable = KIND_VARIABLE.fullmatch(word)
    if variable is not None:
        return KindVariable(variable.group(1) or variable.group(2), summed=variable.group(2) is not None)
    match = KIND.fullmatch(word)
    if match is None:
        raise _syntax(text, word, f'"{word}" is no kind of values; a kind is a capital word: LogProbs, Labels(29)')
    name, inside = match.groups()
    try:
        kind = scope.kind(name)
        sizes = [size.strip() for size in inside.split(",")] if inside and inside.strip() else []
        return kind(*sizes)
    except NmError as error:
        raise _point_at(error, text, name if isinstance(error, UnknownNameError) else word) from None


def _syntax(text: str, part: str, what: str, hint: str = "") -> TypeSyntaxError:
    message = f"This is no neural type: {what}."
    return _point_at(TypeSyntaxError(f"{message}\n  {hint}" if hint else message), text, part)


def _point_at(error: NmError, text: str, part: str) -> TypeSyntaxError:
    """Add the notation to an error, with a mark under the part at fault."""
    first, newline, rest = error.message.partition("\n")
    first = wrap_lines(" " * len(f"{error.code}  ") + first).lstrip()
    start = max(text.find(part), 0)
    pointer = f'    "{text}"\n     {" " * start}{"^" * max(len(part), 1)}'
    kind = type(error) if isinstance(error, TypeSyntaxError) else TypeSyntaxError
    return kind(f"{first}\n{pointer}{newline}{rest}", code=error.code)
