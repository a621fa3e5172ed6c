"""The step: the micro-batches of one accumulation make one update of the weights."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nm_torch.engine.accumulation import StepBatch, StepInputs
from nm_torch.engine.buffer_backup import BufferBackup
from nm_torch.engine.meters import LossMeter, PendingLosses
from nm_torch.engine.objective import Objective
from nm_torch.engine.randomness import seeder, stream_seed
from nm_torch.engine.skipped_updates import NON_FINITE_GRADIENT, NON_FINITE_LOSS, OVERFLOW, list_names
from nm_torch.errors import NonFiniteLossError
from nm_torch.optim import clip_gradients
from nm_torch.precision import LossScale, Precision
from nm_torch.strategies import Strategy


class TrainStep:
    """Computes the gradient of a step batch and applies it.

    Between log points nothing is read from the device: no loss, no norm. Only a loss scale (fp16) and
    `non_finite="skip"` need one number per update: whether it is applied. One that is not leaves parameters and
    buffers as they were.

    Args:
        model: the lowered training graph as the strategy wrapped it.
        optimizer: over its parameters; its learning rates are set by the caller.
        objective: the terms that the model gives.
        strategy: how processes work together.
        precision: of the forward passes.
        meter: takes the losses of each micro-batch.
        seed: of the streams that modules draw from.
        clip_norm: the largest norm of the gradient, if any.
        scale: loss scaling, in fp16.
        skip_non_finite: leave out updates that are not finite, instead of ending with an error at the log point.

    Attributes:
        norm: of the last gradient before clipping, on the device, where it is known.
        skipped: why the last update was not applied, and the samples to blame where they are known.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        objective: Objective,
        strategy: Strategy,
        precision: Precision,
        meter: LossMeter,
        *,
        seed: int,
        clip_norm: float | None,
        scale: LossScale | None,
        skip_non_finite: bool,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.factors = [(term.factor, term.weigh is not None) for term in objective.terms]
        self.strategy = strategy
        self.meter = meter
        self.seed = seed
        self.set_seed = seeder(strategy.device)
        self.context = precision.context()
        self.scale = scale
        self.skip_non_finite = skip_non_finite
        self.reads_norm = scale is not None or skip_non_finite
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for parameter in self.parameters:
            parameter.grad = None  # an earlier loop or an error may have left one
        self.clip_norm = clip_norm
        self.clip = _clipper(self.parameters, clip_norm)
        self.norm: Tensor | None = None
        self.skipped = ("", "")
        # Where every update is applied nothing has to be given back, and the copies would only cost time.
        self.backup = BufferBackup(model) if self.reads_norm else None
        self._first_pending = 0

    def accumulate(self, batch: StepBatch, weights: Sequence[float], update: int) -> bool:
        """Add up the gradient of a step.

        Args:
            batch: the micro-batches of this process.
            weights: of each term, then the number of samples, over all processes.
            update: its number, which seeds the random streams of the modules.

        Returns:
            whether the batch has any weight; without, nothing was computed.
        """
        # DDP averages over ranks, and the weights are those of all ranks: the mean is undone by `divides`.
        scale = self.strategy.divides if self.scale is None else self.strategy.divides * self.scale.value
        shares: list[tuple[float, bool]] = []
        empty = True
        for term, (factor, weighed) in enumerate(self.factors):
            weight = weights[term] if weighed else weights[-1]
            if weight > 0:
                empty = False
                shares.append((scale * factor / weight, weighed))
            else:
                shares.append((0.0, weighed))
        if empty:
            return False
        self._first_pending = len(self.meter.pending)
        if self.backup is not None:
            self.backup.save()
        last = batch.micro_batches[-1]
        for inputs in batch.micro_batches:
            self.set_seed(stream_seed(self.seed, update, inputs.slot))
            no_sync = None if inputs is last else self.strategy.accumulating(self.model)
            if no_sync is None:
                self._backward(inputs, shares, update)
            else:
                with no_sync:  # around the forward pass too: DDP decides there whether the backward pass synchronises
                    self._backward(inputs, shares, update)
        return True

    def _backward(self, inputs: StepInputs, shares: Sequence[tuple[float, bool]], update: int) -> None:
        if self.context is None:
            outputs = self.model(*inputs.arguments)
        else:
            with self.context:
                outputs = self.model(*inputs.arguments)
        totals = (outputs,) if len(shares) == 1 else outputs
        scaled = []
        detached = []
        for total, (share, weighed) in zip(totals, shares, strict=True):
            if inputs.copy:
                share = 0.0
            elif not weighed:
                share *= inputs.samples
            if total.requires_grad:
                scaled.append(total * share)
            detached.append(total.detach())
        torch.autograd.backward(scaled)
        losses = PendingLosses(update, inputs.slot, inputs.samples, inputs.copy, inputs.indices, detached)
        self.meter.pending.append(losses)

    def apply(self) -> bool:
        """Clip and apply the gradient, and free it.

        Returns:
            whether the update was applied; it is skipped where its gradient is not finite.

        Raises:
            NonFiniteLossError: a loss is not finite, or the gradient is not even at the smallest loss scale.
        """
        if not self.reads_norm:
            if self.clip_norm is not None:
                self.norm = self.clip()
            self.optimizer.step()
            for parameter in self.parameters:  # as optimizer.zero_grad does, without its bookkeeping
                parameter.grad = None
            return True
        finite = self._unscale_and_clip()
        if finite:
            if self.scale is not None:
                self.scale.update(finite=True)
            self.optimizer.step()
        for parameter in self.parameters:
            parameter.grad = None
        if not finite:
            self._leave_out()
        return finite

    def _unscale_and_clip(self) -> bool:
        """Unscale and clip the gradient in one pass, and return whether it is finite: the one read of this update."""
        scale = None if self.scale is None else self.scale.value
        self.norm = clip_gradients(self.parameters, max_norm=self.clip_norm, scale=scale)
        if self.norm is None:
            return True
        indicator = self.norm  # finite exactly if every gradient is
        if self.skip_non_finite:
            pending = self.meter.pending[self._first_pending :]
            totals = [total.to(indicator) for losses in pending if not losses.copy for total in losses.totals]
            indicator = torch.stack([indicator, *totals]).abs().sum()
        finite = math.isfinite(float(indicator))
        if self.skip_non_finite and self.strategy.world_size > 1:
            finite = self.strategy.sum([0.0 if finite else 1.0])[0] == 0.0
        return finite

    def _leave_out(self) -> None:
        """Give the buffers back and find out why the update is not finite; every process is here at once.

        Raises:
            NonFiniteLossError: a loss is not finite, or the gradient is not even at the smallest loss scale.
        """
        assert self.backup is not None
        self.backup.restore()
        pending = self.meter.pending[self._first_pending :]
        del self.meter.pending[self._first_pending :]  # its losses are part of no update
        fault = self.meter.find_fault(pending)
        faults = self.strategy.sum([float(fault is not None)])[0]
        samples = tuple(index for losses in pending if not losses.copy for index in losses.indices)
        if faults:
            # The forward pass is not scaled: no loss scale, however small, makes such a loss finite.
            if not self.skip_non_finite:
                raise self.meter.error(fault)
            self.skipped = NON_FINITE_LOSS, "" if fault is None else self.meter.describe(fault)
        elif self.scale is None:
            names = list_names(self.meter.sample_names(samples))
            self.skipped = NON_FINITE_GRADIENT, f"update {pending[0].update + 1}: {names}" if pending else ""
        else:
            exhausted = self.scale.value <= self.scale.smallest
            self.scale.update(finite=False)
            self.skipped = OVERFLOW, ""
            if exhausted and not self.skip_non_finite:
                raise NonFiniteLossError(
                    f"gradients are not finite even at the loss scale {self.scale.value:g},"
                    f" {self.scale.overflows} updates in a row; every loss is finite.\n"
                    f"  Samples: {list_names(self.meter.sample_names(samples))}\n"
                    '  Look at these samples, lower the learning rate, or use precision="bf16" or "fp32".',
                    loss="",
                    step=pending[0].update + 1 if pending else -1,
                    samples=samples,
                )


def _clipper(parameters: Sequence[Tensor], clip_norm: float | None) -> Callable[[], Tensor | None]:
    """Return the function that clips the gradients of these parameters, in three operators where they are alike."""
    alike = len({(parameter.device, parameter.dtype) for parameter in parameters}) == 1
    if clip_norm is None or not alike or parameters[0].dtype not in (torch.float32, torch.float64):
        return lambda: clip_gradients(parameters, max_norm=clip_norm)

    def clip() -> Tensor | None:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not gradients:
            return None
        norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients, 2)))
        torch._foreach_mul_(gradients, torch.clamp(clip_norm / (norm + 1e-6), max=1.0))
        return norm

    return clip
