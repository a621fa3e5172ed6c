"""Messages about names that are not there: which one may have been meant, and how to install it."""

from __future__ import annotations

from collections.abc import Sequence

from nm_core.errors import did_you_mean
from nm_core.plugins.ids import ModuleId
from nm_core.plugins.known import KNOWN, KNOWN_BACKENDS, pip_line, update_line
from nm_core.plugins.records import Record, State


def no_module(parsed: ModuleId, ids: Sequence[str], records: Sequence[Record]) -> str:
    """Say that no loaded collection declares a module."""
    # reversed: of two modules with one name the first of the listing is suggested
    by_name = {id.partition(".")[2]: id for id in reversed(ids)}
    if not parsed.collection:
        close = did_you_mean(parsed.name, by_name)
        for name, id in by_name.items():
            close = close.replace(f'"{name}"', f'"{id}"')
        return f'"{parsed.name}" is not a module id.{close}\n  An id begins with its collection: asr.JasperEncoder.'
    if parsed.collection not in {record.collection for record in records if record.state is State.LOADED}:
        return f"{parsed.plain}: {no_collection(parsed.collection, records)}"
    elsewhere = by_name.get(parsed.name)
    close = f' Did you mean "{elsewhere}"?' if elsewhere else did_you_mean(parsed.plain, ids)
    return f'There is no module "{parsed.plain}".{close}\n  nmod modules lists all that are installed.'


def no_collection(name: str, records: Sequence[Record]) -> str:
    """Say why a collection is not there: it was not loaded, is not installed, or is nothing we know of."""
    for record in records:
        if record.collection == name and record.state not in (State.LOADED, State.MISSING):
            origin = f" ({record.distribution} {record.version})" if record.distribution else ""
            return f"the collection {name}{origin} was not loaded: {record.state}.\n  {record.error}"
    if name in KNOWN:
        return f"the collection {name} is not installed.\n  {KNOWN[name]} brings it: {pip_line(KNOWN[name])}"
    loaded = [record.collection for record in records if record.state is State.LOADED]
    return (
        f'there is no collection "{name}".{did_you_mean(name, loaded)}\n'
        f"  Loaded: {', '.join(loaded) or 'none'}.{_list_unloaded(records)}"
    )


def no_name(what: str, name: str, names: Sequence[str], records: Sequence[Record]) -> str:
    """Say that no loaded collection offers a name of this sort (``what`` is ``"optimizers"`` and the like)."""
    singular = what[:-3] + "y" if what.endswith("ies") else what[:-1]
    message = f'There is no {singular} "{name}".{did_you_mean(name, names)}'
    if what == "backends" and name in KNOWN_BACKENDS:
        message += f"\n  {KNOWN_BACKENDS[name]} brings it: {pip_line(KNOWN_BACKENDS[name])}"
    elif names:
        message += f"\n  Known: {', '.join(names)}."
    return message + _list_unloaded(records)


def other_version(parsed: ModuleId, installed: int, distribution: str | None) -> str:
    """Say that a module is installed in another version than the one asked for."""
    head = f"{parsed.plain}@{parsed.version}: the installed version is {installed}."
    if parsed.version is not None and parsed.version < installed:
        return f"{head}\n  Files of older versions are upgraded when they are read; here, write {parsed.plain}."
    package = distribution or f"the package that brings {parsed.collection}"
    run = f"\n  Run: {update_line(distribution)}" if distribution else ""
    return f"{head}\n  It was written with a newer release of {package}; upgrade it.{run}"


def renamed_module(former: str, id: str) -> str:
    """Say that a module has another name now."""
    return (
        f"{former} is called {id} now.\n  Files with the older name are upgraded when they are read; here, write {id}."
    )


def several_successors(former: str, ids: Sequence[str]) -> str:
    """Say that several modules claim to be what an id stood for."""
    return f"{' and '.join(ids)} both say that they were {former}, and neither wins.\n  Write the one that is meant."


def conflict(what: str, name: str, owners: Sequence[str]) -> str:
    """Say that several collections offer one name."""
    choices = " or ".join(f"{owner}.{name}" for owner in owners)
    return f'{what}: "{name}" is offered by {" and ".join(owners)}, and neither wins.\n  Write {choices}.'


def shadowed(what: str, name: str, winners: Sequence[str], others: Sequence[str]) -> str:
    """Say that a short name stands for that of an official collection, and how another one's is named."""
    choices = " or ".join(f"{owner}.{name}" for owner in others)
    return f'{what}: "{name}" stays that of {" and ".join(winners)}.\n  That of {" and ".join(others)} is {choices}.'


def way_out(collection: str, distribution: str | None) -> str:
    """Say what to do about a collection that is itself at fault."""
    update = f"update it, {update_line(distribution)}, or " if distribution else ""
    return f"What to do: {update}leave it out, NM_DISABLE={collection}"


def _list_unloaded(records: Sequence[Record]) -> str:
    lost = [f"{record.collection} ({record.state})" for record in records if record.state is not State.LOADED]
    return f"\n  Not loaded: {', '.join(lost)}; see nmod doctor." if lost else ""
