"""Checks of a module's results: it keeps its ports, its inputs and its promises of sameness."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nm_core.modules.composite import holders
from nm_core.probing.nested_lists import distance
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import hold

TOLERANCE = 1e-5
"""How far two results may be apart that should be the same, over the largest number in them."""


def same(
    values: Mapping[str, Any], expected: Mapping[str, Any], what: str, do: str, *, tolerance: float = TOLERANCE
) -> None:
    """Compare the plain values of two runs, port by port."""
    for port in values:
        apart = distance(values[port], expected[port])
        text = f"by {apart:.2g}" if apart < float("inf") else "in form"
        hold(apart <= tolerance, f"{what}: {port} differs {text}.", do)


@check(since=1, applies=lambda case: case.has_ports() and not case.is_metric and case.cls.segment != "view")
def ports(case: Case) -> None:
    """Inputs and outputs of forward are those of the ports, on inputs of distinct prime sizes."""
    case.probe.check(case.make())


@check(since=1, applies=Case.computes)
def inputs(case: Case) -> None:
    """No input is changed in place, neither in evaluation nor in training."""
    for call, training in product(case.calls, (False, True)):
        module = case.make()
        case.probe.train(module, training)
        # copies: the values themselves are compared with afterwards
        own = {name: case.copy_value(value) for name, value in call.values.items()}
        with case.probe.seeded(1):
            case.probe.call(module, call.use, call.sizes, own)
        for slot in call.use.inputs:
            hold(
                distance(case.probe.plain(own[slot.name]), case.probe.plain(call.values[slot.name])) == 0.0,
                f"{case.id} changes its input {slot.name} in {'training' if training else 'evaluation'}.",
                "Compute a new tensor: another module may read this one.",
            )


@check(since=1, applies=Case.computes)
def seed(case: Case) -> None:
    """The same seed makes the same weights, and draws the same numbers in training."""
    for call in case.calls:
        results = []
        for _ in range(2):
            module = case.make(seed=3)
            case.probe.train(module, True)
            with case.probe.seeded(4):
                results.append(case.run(module, call))
        do = "Draw weights and noise from the framework's own generator, not from the clock or one of your own."
        same(results[0], results[1], f"Made and run twice with one seed, {case.id} gives two results", do)


@check(since=1, applies=Case.computes)
def evaluation(case: Case) -> None:
    """In evaluation mode nothing is random: a second run gives the same."""
    for call in case.calls:
        module = case.make()
        case.probe.train(module, False)
        with case.probe.seeded(2):
            first, second = case.run(module, call), case.run(module, call)
        do = "Draw random numbers in training mode only, and keep nothing between calls."
        same(first, second, f"Run twice in evaluation, {case.id} gives two results", do)


@check(since=1, applies=Case.computes)
def modes(case: Case) -> None:
    """A switch to training mode and back changes nothing."""
    for call in case.calls:
        module = case.make()
        first = case.evaluate(module, call)
        case.probe.train(module, True)
        do = "Let the mode change what forward does, never the weights."
        same(first, case.evaluate(module, call), f"After training mode and back, {case.id} gives other results", do)


@check(since=1, applies=Case.computes)
def weights(case: Case) -> None:
    """Another module that takes the weights, made with another seed, gives the same results."""
    module, copy = case.make(seed=0), case.make(seed=6)
    case.probe.train(module, True)
    with case.probe.seeded(7):
        for call in case.calls:  # in training it may gather statistics, which are weights too
            case.run(module, call)
    with TemporaryDirectory() as folder:
        for number, (holder, holder_copy) in enumerate(zip(holders(module), holders(copy), strict=True)):
            path = Path(folder) / f"{number}.weights"
            case.session.save_weights(holder, path)
            case.session.load_weights(holder_copy, path)
    do = "Keep everything that results depend on as parameters and buffers, so that files of weights hold it."
    for call in case.calls:
        results = case.evaluate(module, call), case.evaluate(copy, call)
        same(*results, f"With the weights of another, {case.id} gives other results", do)


LAWS = (ports, inputs, seed, evaluation, modes, weights)
"""The checks of a module's results."""
