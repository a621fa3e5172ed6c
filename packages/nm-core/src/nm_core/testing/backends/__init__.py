"""The conformance suite for backends."""

from __future__ import annotations

from nm_core.testing.backends.callbacks import CallbackChecks
from nm_core.testing.backends.inference import InferenceChecks
from nm_core.testing.backends.lowering import LoweringChecks
from nm_core.testing.backends.outside_values import ValueChecks
from nm_core.testing.backends.run_time import RunTimeChecks
from nm_core.testing.backends.training import TrainingChecks
from nm_core.testing.backends.weights_and_checkpoints import WeightChecks

__all__ = ["BackendConformance", "failures"]


class BackendConformance(
    LoweringChecks, RunTimeChecks, ValueChecks, TrainingChecks, InferenceChecks, CallbackChecks, WeightChecks
):
    """The contract of `nm_core.actions.backend`, as checks that pytest runs.

    Subclass it under a name that begins with `Test`, set `module_class` and give the hooks of `BackendHooks` (in
    `nm_core.testing.backends.backend_hooks`). Each check says in a sentence what it holds; a failure says what was
    seen and what to do. Whoever leaves a check out says why where it is overridden.

    Example:
        >>> class TestMyBackend(BackendConformance):
        ...     optimizer = {"name": "sgd", "lr": 0.05}
        >>> TestMyBackend().linear(2, 2, name="net")
        Traceback (most recent call last):
        ...
        NotImplementedError: Return a module with weights: return MyLinear(inputs, outputs, name=name)
    """


def failures(suite: BackendConformance) -> dict[str, str]:
    """Run every check without pytest and return what fails: the name of the check and its error."""
    errors = {}
    for name in sorted(dir(suite)):
        if name.startswith("test_"):
            try:
                getattr(suite, name)()
            except Exception as error:  # noqa: BLE001  # a broken backend may raise anything
                errors[name] = f"{type(error).__name__}: {error}"
    return errors
