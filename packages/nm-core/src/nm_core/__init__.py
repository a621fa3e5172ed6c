"""Neural modules, graphs, applications and plugins, free of any framework."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_core.actions.factory import NeuralModuleFactory
    from nm_core.actions.results import LoadedWeights, Records
    from nm_core.application import Application, check_file, load_application
    from nm_core.callbacks.base import Callback
    from nm_core.callbacks.run import Run, TrainingResult
    from nm_core.errors import (
        BackendError,
        GraphError,
        ModuleDeclarationError,
        ParameterError,
        PortError,
        SymbolicAttributeError,
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
    from nm_core.symbols.parameter_values import (
        NonNegativeFloat,
        NonNegativeInt,
        PositiveFloat,
        PositiveInt,
        Probability,
        ProbabilityBelowOne,
        Range,
    )
    from nm_core.symbols.parameters import ModuleOptions
    from nm_core.symbols.ports import Port, PortSpec, optional, ports, variadic
    from nm_core.symbols.recording import casts
    from nm_core.symbols.tensor import Call, NmTensor
    from nm_types import AxisType, NeuralType, NeuralTypeError, NmError
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "Application": "nm_core.application",
            "AxisType": "nm_types",
            "BackendError": "nm_core.errors",
            "Call": "nm_core.symbols.tensor",
            "Callback": "nm_core.callbacks.base",
            "CompositeModule": "nm_core.modules.composite",
            "Graph": "nm_core.graphs.graph",
            "GraphError": "nm_core.errors",
            "LoadedWeights": "nm_core.actions.results",
            "Metric": "nm_core.modules.metric",
            "ModuleDeclarationError": "nm_core.errors",
            "ModuleOptions": "nm_core.symbols.parameters",
            "ProbabilityBelowOne": "nm_core.symbols.parameter_values",
            "NonNegativeFloat": "nm_core.symbols.parameter_values",
            "NonNegativeInt": "nm_core.symbols.parameter_values",
            "PositiveFloat": "nm_core.symbols.parameter_values",
            "PositiveInt": "nm_core.symbols.parameter_values",
            "Probability": "nm_core.symbols.parameter_values",
            "Range": "nm_core.symbols.parameter_values",
            "NeuralModule": "nm_core.modules.module",
            "NeuralModuleFactory": "nm_core.actions.factory",
            "NeuralType": "nm_types",
            "NeuralTypeError": "nm_types",
            "NmError": "nm_types",
            "NmTensor": "nm_core.symbols.tensor",
            "ParameterError": "nm_core.errors",
            "Plan": "nm_core.graphs.plan",
            "Port": "nm_core.symbols.ports",
            "PortError": "nm_core.errors",
            "PortSpec": "nm_core.symbols.ports",
            "Records": "nm_core.actions.results",
            "Run": "nm_core.callbacks.run",
            "Signature": "nm_core.modules.signature",
            "SymbolicAttributeError": "nm_core.errors",
            "SymbolicValueError": "nm_core.errors",
            "TrainingResult": "nm_core.callbacks.run",
            "assume": "nm_core.modules.views",
            "casts": "nm_core.symbols.recording",
            "check_file": "nm_core.application",
            "inputs": "nm_core.modules.free_inputs",
            "load_application": "nm_core.application",
            "optional": "nm_core.symbols.ports",
            "ports": "nm_core.symbols.ports",
            "signature_of": "nm_core.modules.signature",
            "transpose": "nm_core.modules.views",
            "variadic": "nm_core.symbols.ports",
        },
    )

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
    "ProbabilityBelowOne",
    "NonNegativeFloat",
    "NonNegativeInt",
    "PositiveFloat",
    "PositiveInt",
    "Probability",
    "Range",
    "Records",
    "Run",
    "Signature",
    "SymbolicAttributeError",
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
