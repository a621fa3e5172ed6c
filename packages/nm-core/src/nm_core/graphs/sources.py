"""The data layer that drives an action: one rule for trainings, evaluations and the check of files."""

from __future__ import annotations

from collections.abc import Iterable

from nm_core.errors import GraphError
from nm_core.modules.free_inputs import FreeInputs
from nm_core.symbols.tensor import Call


def find_only_source(calls: Iterable[Call], user: str) -> Call:
    """Return the call of the one data layer among some calls, those of one training, metric or inference.

    Args:
        calls: all calls that lead to what is computed; free inputs are no data layers.
        user: who runs over the data layer, for the message.

    Raises:
        GraphError: there is none, or more than one, which would give batches that belong to no common sample.
    """
    sources = [call for call in calls if call.module.segment == "source" and not isinstance(call.module, FreeInputs)]
    if len(sources) == 1:
        return sources[0]
    names = ", ".join(call.name for call in sources) or "none"
    advice = "Put what belongs together into one data layer." if sources else "Connect a data layer to its inputs."
    raise GraphError(
        f"{user} needs exactly one data layer to run over, whose samples make its batches, and it has {names}.\n"
        f"  {advice}"
    )
