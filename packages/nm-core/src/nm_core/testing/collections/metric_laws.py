"""Checks of metrics: halves make the whole, and the state survives a file."""

from __future__ import annotations

import json
from typing import Any

from nm_core.probing.calling import by_port
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import equal, hold


def _is_metric(case: Case) -> bool:
    return case.has_ports() and case.is_metric


def _update(case: Case, metric: Any, *batches: int) -> Any:
    """Update a metric with invented batches, each of a seed of its own."""
    (call, *_) = case.calls
    for number in batches:
        values = case.probe.invent(metric, call.use.inputs, call.sizes, number)
        metric.update(**by_port(metric, call.use, values))
    return metric


def _equal_scores(scores: Any, expected: Any, what: str, do: str) -> None:
    equal(scores, expected, f"the scores of {what}", do, tolerance=1e-9)


@check(since=1, applies=_is_metric)
def merge(case: Case) -> None:
    """Two halves merged give the scores of the whole."""
    complete = _update(case, case.make(), 0, 1, 2)
    half = _update(case, case.make(), 0)
    half.merge(_update(case, case.make(), 1, 2))
    do = "Keep counts and sums, or the samples themselves, and add them in merge; divide in compute alone."
    _equal_scores(half.compute(), complete.compute(), f"{case.id} after merge", do)


@check(since=1, applies=_is_metric)
def state(case: Case) -> None:
    """Its state is plain data, and another metric that takes it goes on from there."""
    metric = _update(case, case.make(), 0)
    text = json.dumps(metric.state())
    copy = metric.fresh()
    is_fresh = type(copy) is type(metric) and copy.call is None
    hold(is_fresh, f"fresh() of {case.id} gives {copy!r}.", "Leave it as it is.")
    copy.load_state(json.loads(text))
    do = "Return everything that compute needs from state(), as numbers, text, lists and mappings."
    _equal_scores(_update(case, copy, 1).compute(), _update(case, metric, 1).compute(), case.id, do)


@check(since=1, applies=_is_metric)
def reset(case: Case) -> None:
    """After a reset nothing is left of earlier batches, and computing twice changes nothing."""
    metric = _update(case, case.make(), 0)
    metric.compute()
    metric.reset()
    expected = _update(case, case.make(), 1).compute()
    _update(case, metric, 1).compute()
    _equal_scores(metric.compute(), expected, f"{case.id} after reset", "Forget everything in reset.")
    unknown = set(type(metric).goals) - set(expected)
    message = f"{case.id} has goals for {', '.join(sorted(unknown))}, and scores {', '.join(expected)}."
    hold(not unknown, message, "Name the scores of compute in goals.")


@check(since=3, applies=_is_metric)
def goals(case: Case) -> None:
    """Each of its goals is "min" or "max"."""
    wrong = {name: goal for name, goal in type(case.make()).goals.items() if goal not in ("min", "max")}
    message = f"{case.id} has the goals {wrong}, which nothing that keeps the best understands."
    hold(not wrong, message, 'Write "max" where the largest value is the best, "min" where the smallest is.')


METRICS = (merge, state, reset, goals)
"""The checks of metrics."""
