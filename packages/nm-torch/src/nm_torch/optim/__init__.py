"""Optimizers and learning-rate policies: by name, as frozen plain descriptions, and at work."""

from nm_torch.optim.decay_policies import CosineAnnealing, InverseSquareRoot, PolynomialDecay
from nm_torch.optim.errors import (
    OptimizerError,
    OptimizerOptionError,
    OptimizerStateError,
    PolicyError,
    UnknownOptimizerError,
)
from nm_torch.optim.function_optimizer import FunctionOptimizer
from nm_torch.optim.gradients import clip_gradients, global_norm
from nm_torch.optim.novograd import Novograd, NovogradOptimizer
from nm_torch.optim.optimizer_state import OptimizerState, load_optimizer_state, optimizer_state
from nm_torch.optim.policies import Constant, Policy, Schedule, WarmupHold
from nm_torch.optim.registry import optimizer_names, policy_names, resolve_optimizer, resolve_policy
from nm_torch.optim.specs import OptimizerSpec
from nm_torch.optim.torch_optimizers import Adam, AdamW, Sgd, TorchOptimizer

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
