"""`Metric`: a score over many samples, with typed ports like a module's."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.metaclass import ModuleMeta, T
from nm_core.modules.module import NeuralModule
from nm_core.symbols import recording
from nm_core.symbols.parameters import constructor_signature
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.tensor import Call, NmTensor


class _MetricMeta(ModuleMeta):
    def __call__(cls: type[T], *args: Any, name: str | None = None, **kwargs: Any) -> T:
        """Make a metric; symbolic tensors given for its ports bind it to a graph."""
        ports = _input_ports(cls)
        # all outputs of a call, given in the place of one, are no parameter: binding them says which to take
        tensors = {k: value for k, value in kwargs.items() if k in ports and recording.is_symbolic((value,), {})}
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
    `eval`; without tensors it is used directly, with values. Type checkers know the ports that a constructor names in
    its options: `**options: Unpack[LengthOptions]`.

    Example:
        >>> from typing import Unpack
        >>> from nm_core import Metric, ModuleOptions, NmTensor, ports
        >>> class LengthOptions(ModuleOptions, total=False):
        ...     texts: NmTensor
        >>> class MeanLength(Metric):
        ...     input_ports = ports(texts="list[object Text]")
        ...
        ...     def __init__(self, **options: Unpack[LengthOptions]) -> None:
        ...         super().__init__(**options)
        ...         self.lengths: list[int] = []
        ...
        ...     def update(self, texts: list[str]) -> None:
        ...         self.lengths += [len(text) for text in texts]
        ...
        ...     def compute(self) -> dict[str, float]:
        ...         return {"mean_length": sum(self.lengths) / len(self.lengths)}
        >>> mean = MeanLength()
        >>> mean.update(texts=["a", "abc"])
        >>> mean.compute()
        {'mean_length': 2.0}
    """

    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {}
    """The scores that are worth improving, and whether the smallest or the largest value is the best."""

    _port_methods: ClassVar[tuple[str, ...]] = ("update",)

    call: Call | None = None
    """The tensors the metric is bound to, as a call in the graph."""

    if TYPE_CHECKING:  # a metric without a constructor takes tensors for its ports, whose names no checker reads

        def __init__(self, **options: Any) -> None: ...

    def bind(self, **tensors: NmTensor) -> Self:
        """Connect the metric's ports to symbolic tensors; types are checked as for any module."""
        self.call = recording.record(self, (), tensors)
        self.check_tensors(self.params, tensors)
        return self

    @classmethod
    def check_tensors(cls, params: Mapping[str, Any], tensors: Mapping[str, NmTensor]) -> None:
        """Check facts that no type says of the tensors that a metric is bound to, such as the labels of their makers.

        The check of a file calls it too, with modules that are declared and not made.

        Args:
            params: the parameters of the metric.
            tensors: what its ports are given.

        Raises:
            NmError: they do not belong together; by default there is nothing to check.
        """

    def update(self, *args: Any, **values: Any) -> None:
        """Add the values of one batch."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement update.")

    def merge(self, other: Self) -> None:
        """Add the state of the same metric in another process."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement merge.")

    def compute(self) -> dict[str, float]:
        """Compute the scores over all samples so far, by name."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement compute.")

    def state(self) -> dict[str, Any]:
        """Return the state as plain data, for checkpoints and other processes."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement state.")

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` returned."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement load_state.")

    def reset(self) -> None:
        """Forget all samples."""
        raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement reset.")

    def fresh(self) -> Self:
        """Make an unbound metric with the same parameters, without samples."""
        metric_class: Any = type(self)
        metric: Self = metric_class(name=self.name, **self.params)
        return metric
