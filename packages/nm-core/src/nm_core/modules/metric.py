"""`Metric`: a score over many samples, with typed ports like a module's."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.module import ModuleMeta, NeuralModule, T
from nm_core.symbols import recording
from nm_core.symbols.parameters import constructor_signature
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.tensor import Call, NmTensor


class _MetricMeta(ModuleMeta):
    def __call__(cls: type[T], *args: Any, name: str | None = None, **kwargs: Any) -> T:
        """Make a metric; symbolic tensors given for its ports bind it to a graph."""
        ports = _input_ports(cls)
        tensors = {key: value for key, value in kwargs.items() if key in ports and isinstance(value, NmTensor)}
        params = {key: value for key, value in kwargs.items() if key not in tensors}
        metric: Any = ModuleMeta.__call__(cls, *args, name=name, **params)
        return metric.bind(**tensors) if tensors else metric  # type: ignore[no-any-return]

    @property
    def __signature__(cls) -> Signature:
        """The parameters of the constructor, the tensors that it may be bound to, and `name`."""
        return constructor_signature(cls, tensors=_input_ports(cls))


def _input_ports(cls: Any) -> PortSpec:
    declared: PortSpec = cls._declared_ports.inputs
    return declared


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

    if TYPE_CHECKING:  # a metric without a constructor takes tensors for its ports, whose names no checker reads

        def __init__(self, **options: Any) -> None: ...

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
