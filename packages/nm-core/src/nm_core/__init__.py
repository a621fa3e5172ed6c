"""Neural modules, graphs, applications and plugins, free of any framework."""

from typing import TYPE_CHECKING

from nm_core.callbacks import Callback
from nm_core.composite import CompositeModule
from nm_core.errors import (
    BackendError,
    GraphError,
    ModuleDeclarationError,
    ParameterError,
    PortError,
    SymbolicValueError,
)
from nm_core.explicit import assume, transpose
from nm_core.factory import NeuralModuleFactory
from nm_core.graph import Graph
from nm_core.inputs import inputs
from nm_core.loaded import LoadedWeights
from nm_core.metric import Metric
from nm_core.module import NeuralModule, Signature, signature_of
from nm_core.plan import Plan
from nm_core.ports import Port, PortSpec, optional, ports, variadic
from nm_core.records import Records
from nm_core.run import Run, TrainingResult
from nm_core.tensor import Call, NmTensor
from nm_core.wiring import casts
from nm_types import AxisType, NeuralType, NeuralTypeError, NmError

if TYPE_CHECKING:
    from nm_core.application import Application, check_file, load_application

__all__ = [
    "Application",
    "AxisType",
    "BackendError",
    "Call",
    "Callback",
    "CompositeModule",
    "Graph",
    "GraphError",
    "LoadedWeights",
    "Metric",
    "ModuleDeclarationError",
    "NeuralModule",
    "NeuralModuleFactory",
    "NeuralType",
    "NeuralTypeError",
    "NmError",
    "NmTensor",
    "ParameterError",
    "Plan",
    "Port",
    "PortError",
    "PortSpec",
    "Records",
    "Run",
    "Signature",
    "SymbolicValueError",
    "TrainingResult",
    "assume",
    "casts",
    "check_file",
    "inputs",
    "load_application",
    "optional",
    "ports",
    "signature_of",
    "transpose",
    "variadic",
]

_LAZY = frozenset({"Application", "check_file", "load_application"})


def __getattr__(name: str) -> object:
    if name in _LAZY:
        from nm_core import application

        return getattr(application, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
