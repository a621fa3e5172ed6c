"""Errors of the engine: what a run was asked for and cannot do, and what went wrong while it ran."""

from nm_types import NmError

__all__ = [
    "EvaluationError",
    "ModuleCheckError",
    "NonFiniteLossError",
    "NonFiniteWeightsError",
    "OutOfMemoryError",
    "PlacementError",
    "PrecisionError",
    "StrategyError",
    "TrainingError",
    "UncheckedModuleError",
    "WeightsError",
    "WrapError",
]


class UncheckedModuleError(NmError, TypeError):
    """A module has no ports that its calls could be checked against."""


class PlacementError(NmError, ValueError):
    """A device is unknown or is not there."""


class PrecisionError(NmError, ValueError):
    """A precision is unknown, or the device does not have it."""


class StrategyError(NmError, ValueError):
    """A way of spreading work over processes is unknown or cannot start here."""


class EvaluationError(NmError, ValueError):
    """An evaluation has nothing to evaluate."""


class TrainingError(NmError, ValueError):
    """A training cannot run as it was asked for."""


class NonFiniteLossError(NmError, ArithmeticError):
    """A loss became infinite or not a number.

    Attributes:
        loss: its name.
        step: the update in which it first happened.
        samples: numbers of the samples in that micro-batch.
    """

    def __init__(self, message: str, *, loss: str, step: int, samples: tuple[int, ...]) -> None:
        super().__init__(message)
        self.loss = loss
        self.step = step
        self.samples = samples


class OutOfMemoryError(NmError, MemoryError):
    """A batch does not fit into the memory of the host or of the device."""


class WeightsError(NmError, ValueError):
    """A file of weights does not fit the module, or names of weights match nothing."""


class NonFiniteWeightsError(NmError, ArithmeticError):
    """Weights or buffers that are infinite or not a number were to be saved; nothing was written."""


class ModuleCheckError(NmError, ValueError):
    """A module cannot be checked as it was asked for: an input that nobody can invent, sizes that do not exist."""


class WrapError(NmError, TypeError):
    """Ports are to be added to something that is no module of PyTorch."""
