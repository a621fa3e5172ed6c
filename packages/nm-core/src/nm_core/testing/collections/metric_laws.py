"""Checks of metrics: halves make the whole, and what was seen survives a file."""

from __future__ import annotations

import json
from typing import Any

from nm_core.probing.calling import by_port
from nm_core.testing.collections.case import Case
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import equal, hold


def _is_metric(case: Case) -> bool:
    return case.has_ports() and case.is_metric


def _updated(case: Case, metric: Any, *batches: int) -> Any:
    """Update a metric with invented batches, each of a seed of its own."""
    (given, *_) = case.given
    for number in batches:
        values = case.probe.invent(metric, given.use.inputs, given.sizes, number)
        metric.update(**by_port(metric, given.use, values))
    return metric


@check(since=1, applies=_is_metric)
def merge(case: Case) -> None:
    """Two halves merged give the scores of the whole."""
    whole = _updated(case, case.make(), 0, 1, 2)
    half = _updated(case, case.make(), 0)
    half.merge(_updated(case, case.make(), 1, 2))
    do = "Keep counts and sums, or the samples themselves, and add them in merge; divide in compute alone."
    equal(half.compute(), whole.compute(), f"the scores of {case.id} after merge", do, tolerance=1e-9)


@check(since=1, applies=_is_metric)
def state(case: Case) -> None:
    """Its state is plain data, and another metric that takes it goes on from there."""
    metric = _updated(case, case.make(), 0)
    kept = json.dumps(metric.state())
    other = metric.fresh()
    hold(
        type(other) is type(metric) and other.call is None,
        f"fresh() of {case.id} gives {other!r}.",
        "Leave it as it is.",
    )
    other.load_state(json.loads(kept))
    do = "Return everything that compute needs from state(), as numbers, text, lists and mappings."
    equal(_updated(case, other, 1).compute(), _updated(case, metric, 1).compute(), f"the scores of {case.id}", do,
          tolerance=1e-9)  # fmt: skip


@check(since=1, applies=_is_metric)
def reset(case: Case) -> None:
    """After a reset nothing is left of what it has seen, and computing twice changes nothing."""
    metric = _updated(case, case.make(), 0)
    metric.compute()
    metric.reset()
    expected = _updated(case, case.make(), 1).compute()
    _updated(case, metric, 1).compute()
    equal(metric.compute(), expected, f"the scores of {case.id} after reset", "Forget everything in reset.",
          tolerance=1e-9)  # fmt: skip
    unknown = set(type(metric).goals) - set(expected)
    hold(not unknown, f"{case.id} has goals for {', '.join(sorted(unknown))}, and scores {', '.join(expected)}.",
         "Name the scores of compute in goals.")  # fmt: skip


METRICS = (merge, state, reset)
"""The checks of metrics."""
