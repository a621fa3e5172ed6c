"""The entries of an application file, as plain values; nothing here imports a module or builds anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from nm_core.actions.train_options import EngineOptions, TrainOptions
from nm_core.application.text.tree import Data

FORMAT = "app/1"
"""The version of the format, which every file names in its first line."""


@dataclass(frozen=True, slots=True)
class ModuleEntry:
    """A module: a registered id with parameters, or another graph of the file used as one.

    Attributes:
        type: the id, such as `asr.JasperEncoder`, without its version.
        version: the version after the @, where the file gives one.
        params: the constructor's parameters.
        graph: the name of a graph, instead of a type.
    """

    type: str | None = None
    version: int | None = None
    params: Mapping[str, Data] = field(default_factory=dict)
    graph: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """An output of a call (`encoder.encoded`), or a free input of the graph, which has no call."""

    call: str | None
    port: str

    def __str__(self) -> str:
        return self.port if self.call is None else f"{self.call}.{self.port}"


@dataclass(frozen=True, slots=True)
class Value:
    """A constant of the graph."""

    value: bool | int | float | str


Input = Reference | tuple[Reference, ...] | Value


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One use of a module in a graph.

    Attributes:
        module: the module's name.
        label: the name of this call, by which others refer to its outputs.
        inputs: what each connected port is given.
        casts: ports whose value is transposed: axis i of the port takes axis `casts[port][i]` of the value.
    """

    module: str
    label: str
    inputs: Mapping[str, Input] = field(default_factory=dict)
    casts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphEntry:
    """Calls that lead from data layers or free inputs to outputs.

    Attributes:
        calls: in any order.
        outputs: the name of each output and where it comes from.
        inputs: free inputs and their types.
        casts: what to do about axes in another order where a call says nothing of it: "error" or "transpose".
    """

    calls: tuple[CallEntry, ...]
    outputs: Mapping[str, Reference]
    inputs: Mapping[str, str] = field(default_factory=dict)
    casts: str = "error"


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric, and the outputs of graphs (`eval.text`) that it reads."""

    type: str
    params: Mapping[str, Data] = field(default_factory=dict)
    inputs: Mapping[str, Reference] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CallbackEntry:
    """A callback by name; one that evaluates has metrics, its own or (`metrics: eval`) those of the eval section."""

    type: str
    params: Mapping[str, Data] = field(default_factory=dict)
    metrics: tuple[MetricEntry, ...] | str | None = None


@dataclass(frozen=True)
class TrainEntry(EngineOptions, TrainOptions):
    """How the application is trained: the options of training and of the engine, and what they are about.

    Attributes:
        optimize: the losses, as outputs of graphs.
        work_dir: where checkpoints and logs go.
        callbacks: what happens besides.
    """

    optimize: tuple[Reference, ...]
    _: KW_ONLY
    work_dir: str | None = None
    callbacks: tuple[CallbackEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class EvalEntry:
    """The metrics by which the application is judged."""

    metrics: tuple[MetricEntry, ...]


@dataclass(frozen=True, slots=True)
class InitEntry:
    """Saved weights that a module begins with.

    Attributes:
        path: a saved application or a checkpoint, one of these and a module in it, or a file of weights.
        partial: whether weights that do not fit stay as they were made; an error otherwise.
    """

    path: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ApplicationEntry:
    """A whole application; `$name` references are replaced by what they stand for."""

    description: str | None = None
    requires: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    params: Mapping[str, Data] = field(default_factory=dict)
    modules: Mapping[str, ModuleEntry] = field(default_factory=dict)
    graphs: Mapping[str, GraphEntry] = field(default_factory=dict)
    tie: tuple[tuple[str, ...], ...] = ()
    freeze: tuple[str, ...] = ()
    init_from: Mapping[str, InitEntry] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    train: TrainEntry | None = None
    eval: EvalEntry | None = None
