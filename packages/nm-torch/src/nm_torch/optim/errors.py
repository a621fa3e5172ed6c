"""Errors of optimizers and learning-rate policies."""

from nm_types.errors import NmError

__all__ = ["OptimizerError", "OptimizerOptionError", "OptimizerStateError", "PolicyError", "UnknownOptimizerError"]


class OptimizerError(NmError, ValueError):
    """An optimizer cannot be built for these parameters, or cannot take these gradients."""


class OptimizerOptionError(NmError, TypeError):
    """An option of an optimizer or a policy is unknown, missing or has a value out of its range."""


class OptimizerStateError(NmError, ValueError):
    """The state of an optimizer does not belong to the parameters it is loaded into."""


class PolicyError(NmError, ValueError):
    """A learning-rate policy cannot be followed over this number of updates or from this learning rate."""


class UnknownOptimizerError(NmError, KeyError):
    """No optimizer or policy of this name is known."""

    def __str__(self) -> str:
        """Return the whole message, which ``KeyError`` alone would show quoted."""
        return str(self.args[0]) if self.args else ""
