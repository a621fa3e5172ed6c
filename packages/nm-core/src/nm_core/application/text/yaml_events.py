"""YAML 1.2 from PyYAML's events: from its C parser where it was built, else from its Python one."""

from __future__ import annotations

from typing import Any

from nm_core.application.text.scalars import ScalarError, has_surrogates, plain_scalar
from nm_core.application.text.spans import Source, Span
from nm_core.application.text.tree_builder import TreeBuilder

_ONE_DOCUMENT = "A file holds one document; a second one begins here.\n  Put it into a file of its own."


def read_yaml(source: Source, builder: TreeBuilder, *, fallback: bool = False) -> None:
    """Send the events of a YAML text to a builder.

    Args:
        fallback: use the parser in Python even where the one in C is there.
    """
    import yaml

    # only events are read: no loader constructs an object
    loader: Any = yaml.SafeLoader if fallback else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = 0
        for event in iter(loader(source.text).get_event, None):
            if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
                _scalar(event, builder)  # most events, and nothing about them to be refused
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    builder.refuse(_ONE_DOCUMENT, _span(event))
                if event.version not in (None, (1, 2)):
                    builder.refuse("Applications are YAML 1.2.\n  Drop the %YAML line.", _span(event))
            elif isinstance(event, yaml.NodeEvent):
                _node(event, builder, yaml)
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.end(_span(event))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(mark.line, mark.column, mark.line, mark.column + 1) if mark else None
        builder.refuse(f"This is not YAML: {error.problem or error.context}.", span)
    except yaml.reader.ReaderError as error:
        offset = error.position if isinstance(error.position, int) else 0
        builder.refuse(f"This is not YAML: {error.reason}.", source.span(offset, offset + 1))
    except (ValueError, OverflowError):  # the Python parser lets chr() fail on an escape beyond Unicode
        builder.refuse("This is not YAML: an escape names no character.")


def _node(event: Any, builder: TreeBuilder, yaml: Any) -> None:
    span = _span(event)
    if isinstance(event, yaml.AliasEvent):
        builder.refuse(
            f"*{event.anchor} is an alias; applications have none.\n"
            "  Put the value under params: and refer to it as $name.",
            span,
        )
    if event.anchor is not None:
        builder.refuse(
            f"&{event.anchor} is an anchor; applications have none.\n"
            "  Put the value under params: and refer to it as $name.",
            span,
        )
    if event.tag is not None:
        builder.refuse(
            f"The tag {event.tag} stands here; applications hold plain data only.\n"
            "  Drop the tag. A module is named by its id: {type: asr.JasperEncoder@1}.",
            span,
        )
    if builder.expects_key:
        builder.refuse("A key is a list or a mapping.\n  Keys are text.", span)
    else:
        builder.begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, span)


def _scalar(event: Any, builder: TreeBuilder) -> None:
    text: str = event.value
    span = _span(event)
    if has_surrogates(text):
        builder.refuse("An escape names half a character (a surrogate).\n  Write the character itself.", span)
    if builder.expects_key:
        builder.key(text, span)
    elif event.style:
        builder.scalar(text, span)
    else:
        try:
            builder.scalar(plain_scalar(text), span)
        except ScalarError as error:
            builder.refuse(str(error), span)


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line, start.column, end.line, end.column)
