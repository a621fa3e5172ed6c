"""The order of a graph's calls, as their references demand it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nm_core.application.form.entries import CallEntry, Input, Reference


def references(input: Input) -> tuple[Reference, ...]:
    """Return the references in the input of a port."""
    return (input,) if isinstance(input, Reference) else input if isinstance(input, tuple) else ()


def in_order(calls: Mapping[str, CallEntry]) -> tuple[list[CallEntry], list[str]]:
    """Return the calls so that each comes after those it uses, else in the order given; and a circle, if there is one.

    Calls of a circle, and those that use them, are left out. Cost is linear in references, without recursion.
    """
    waiting, users = dependencies(calls)
    ready = [label for label in reversed(waiting) if not waiting[label]]
    ordered = []
    while ready:
        label = ready.pop()
        ordered.append(calls[label])
        for user in reversed(users[label]):
            waiting[user].pop(label)
            if not waiting[user]:
                ready.append(user)
    stuck = next((label for label, used in waiting.items() if used), None)
    return ordered, [] if stuck is None else _circle(waiting, stuck)


def ancestors(calls: Mapping[str, CallEntry], ends: Iterable[Reference]) -> tuple[set[str], set[str]]:
    """Return the labels of the calls and the names of the free inputs from which some outputs follow."""
    labels, inputs = set[str](), set[str]()
    stack = list(ends)
    while stack:
        reference = stack.pop()
        if reference.call is None:
            inputs.add(reference.port)
        elif reference.call in calls and reference.call not in labels:
            labels.add(reference.call)
            stack += all_references(calls[reference.call])
    return labels, inputs


def all_references(call: CallEntry) -> Iterator[Reference]:
    """Yield every reference in the inputs of a call."""
    for input in call.inputs.values():
        yield from references(input)


def dependencies(calls: Mapping[str, CallEntry]) -> tuple[dict[str, dict[str, None]], dict[str, list[str]]]:
    """Return by its label the calls that each call uses, and those that use it."""
    used = {
        label: {ref.call: None for ref in all_references(call) if ref.call is not None and ref.call in calls}
        for label, call in calls.items()
    }
    users: dict[str, list[str]] = {label: [] for label in calls}
    for label, sources in used.items():
        for source in sources:
            users[source].append(label)
    return used, users


def _circle(waiting: Mapping[str, Mapping[str, None]], start: str) -> list[str]:
    path = {start: None}
    following = start
    while True:
        following = next(label for label in waiting[following] if waiting[label])
        if following in path:
            labels = list(path)
            return [*labels[labels.index(following) :], following]
        path[following] = None
