"""Optimizers and learning-rate policies: by name, as frozen plain descriptions, and at work."""

from nm_torch.optim.errors import (
    OptimizerError,
    OptimizerOptionError,
    OptimizerStateError,
    PolicyError,
    UnknownOptimizerError,
)
from nm_torch.optim.gradients import clip_gradients, global_norm
from nm_torch.optim.novograd import NovogradOptimizer
from nm_torch.optim.policies import (
    Constant,
    CosineAnnealing,
    InverseSquareRoot,
    Policy,
    PolynomialDecay,
    WarmupHold,
)
from nm_torch.optim.registry import optimizer_names, policy_names, resolve_optimizer, resolve_policy
from nm_torch.optim.schedule import Schedule
from nm_torch.optim.specs import (
    Adam,
    AdamW,
    FunctionOptimizer,
    Novograd,
    OptimizerSpec,
    Sgd,
    TorchOptimizer,
)
from nm_torch.optim.state import OptimizerState, load_optimizer_state, optimizer_state

__all__ = [
    "Adam",
    "AdamW",
    "Constant",
    "CosineAnnealing",
    "FunctionOptimizer",
    "InverseSquareRoot",
    "Novograd",
    "NovogradOptimizer",
    "OptimizerError",
    "OptimizerOptionError",
    "OptimizerSpec",
    "OptimizerState",
    "OptimizerStateError",
    "Policy",
    "PolicyError",
    "PolynomialDecay",
    "Schedule",
    "Sgd",
    "TorchOptimizer",
    "UnknownOptimizerError",
    "WarmupHold",
    "clip_gradients",
    "global_norm",
    "load_optimizer_state",
    "optimizer_names",
    "optimizer_state",
    "policy_names",
    "resolve_optimizer",
    "resolve_policy",
]
