"""Neural modules, graphs, applications and plugins, free of any framework."""

from typing import TYPE_CHECKING

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.actions.results import LoadedWeights, Records
from nm_core.callbacks.base import Callback
from nm_core.callbacks.run import Run, TrainingResult
from nm_core.errors import (
    BackendError,
    GraphError,
    ModuleDeclarationError,
    ParameterError,
    PortError,
    SymbolicValueError,
)
from nm_core.graphs.graph import Graph
from nm_core.graphs.plan import Plan
from nm_core.modules.composite import CompositeModule
from nm_core.modules.free_inputs import inputs
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import Signature, signature_of
from nm_core.modules.views import assume, transpose
from nm_core.symbols.parameters import ModuleOptions
from nm_core.symbols.ports import Port, PortSpec, optional, ports, variadic
from nm_core.symbols.recording import casts
from nm_core.symbols.tensor import Call, NmTensor
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
    "ModuleOptions",
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
