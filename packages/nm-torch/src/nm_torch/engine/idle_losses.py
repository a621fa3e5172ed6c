"""`IdleLosses`: losses to which samples could add nothing, such as transcripts longer than their frames."""

from nm_torch.engine.objective import Objective
from nm_torch.errors import TrainingError
from nm_torch.loss import LossModule
from nm_torch.strategies import Strategy


class IdleLosses:
    """Counts, for the losses of one call of `train`, the samples that added nothing though they have a weight.

    Args:
        objective: the losses.
        strategy: how processes work together; each method is called by all of them.
        samples: consumed before the call.
    """

    def __init__(self, objective: Objective, strategy: Strategy, samples: int) -> None:
        modules = {term.name: term.tensor.call.module for term in objective.terms}
        self.losses = {name: module for name, module in modules.items() if isinstance(module, LossModule)}
        self.only_these = len(self.losses) == len(modules)
        self.strategy = strategy
        self.before = {name: loss.left_out for name, loss in self.losses.items()}
        self.samples_before = samples

    def check(self, samples: int) -> None:
        """Refuse to go on where no sample has added anything to any loss.

        Args:
            samples: consumed until now.

        Raises:
            TrainingError: every loss was 0 because of its samples, and nothing can be learned from them.
        """
        consumed = samples - self.samples_before
        counts = self._counts(consumed)
        if consumed and counts and self.only_these and all(count == consumed for count in counts.values()):
            raise TrainingError(
                f"none of {consumed} samples adds anything to {', '.join(counts)}, so nothing can be learned.\n"
                "  Their targets are longer than what the model gives for their inputs: compare inputs and targets,\n"
                "  or use a smaller stride."
            )

    def notes(self, samples: int) -> list[str]:
        """Return a sentence for each loss to which some samples added nothing."""
        consumed = samples - self.samples_before
        counts = self._counts(consumed)
        return [
            f"{count} of {consumed} samples added nothing to {name}: it has no value for their targets."
            for name, count in counts.items()
            if count
        ]

    def any_here(self) -> bool:
        """Tell whether any sample of this process has added nothing; the other processes are not asked."""
        return any(loss.left_out > self.before[name] for name, loss in self.losses.items())

    def _counts(self, most: int) -> dict[str, int]:
        counts = [float(loss.left_out - self.before[name]) for name, loss in self.losses.items()]
        # A process without a share of its own computes copies, whose samples are counted twice.
        return {name: min(int(count), most) for name, count in zip(self.losses, self.strategy.sum(counts), strict=True)}
