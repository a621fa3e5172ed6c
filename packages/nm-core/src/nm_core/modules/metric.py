"""`Metric`: a score over many samples, with typed ports like a module's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.module import ModuleMeta, NeuralModule
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, NmTensor


class _MetricMeta(ModuleMeta):
    def __call__(cls, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Make a metric; symbolic tensors given for its ports bind it to a graph."""
        ports = cls._declared.inputs
        tensors = {key: value for key, value in kwargs.items() if key in ports and isinstance(value, NmTensor)}
        params = {key: value for key, value in kwargs.items() if key not in tensors}
        metric = super().__call__(*args, name=name, **params)
        return metric.bind(**tensors) if tensors else metric


class Metric(NeuralModule, metaclass=_MetricMeta):
    """A score that is updated batch by batch and merged exactly across processes.

    A subclass declares `input_ports` and implements `update`, `merge`, `compute`, `state`, `load_state` and `reset`.
    `WordErrorRate(hypotheses=text, references=transcript)` binds a metric to symbolic tensors, for `train` and
    `eval`; without tensors it is used directly, with values.
    """

    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {}
    """The scores that are worth improving, and whether the smallest or the largest value is the best."""

    call: Call | None = None
    """The tensors the metric is bound to, as a call in the graph."""

    def bind(self, **tensors: NmTensor) -> Self:
        """Connect the metric's ports to symbolic tensors; types are checked as for any module."""
        self.call = recording.record(self, (), tensors)
        return self

    def update(self, *args: Any, **values: Any) -> None:
        """Take the values of one batch."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement update.")

    def merge(self, other: Self) -> None:
        """Take what another process's metric has seen."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement merge.")

    def compute(self) -> dict[str, float]:
        """Return the scores over all that was seen, by name."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement compute.")

    def state(self) -> dict[str, Any]:
        """Return what was seen as plain data."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement state.")

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement load_state.")

    def reset(self) -> None:
        """Forget everything that was seen."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement reset.")

    def fresh(self) -> Self:
        """Return an unbound metric with the same parameters that has seen nothing."""
        metric_class: Any = type(self)
        other: Self = metric_class(name=self.name, **self.params)
        return other
