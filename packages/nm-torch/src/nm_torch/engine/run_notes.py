"""What a user should know about a training, in sentences for its report."""

from nm_torch.data import DataLayer
from nm_torch.engine.accumulation import WindowFeed
from nm_torch.engine.objective import Objective
from nm_torch.precision import Precision
from nm_torch.strategies import Strategy


def at_the_start(objective: Objective, precision: Precision, feed: WindowFeed, epoch: int) -> list[str]:
    """Return what is known before the first update: approximations, samples left out, idle processes."""
    remarks = [*objective.remarks, *precision.remarks]
    count = len(feed.layer)
    left_out = count - sum(map(len, feed.plan(epoch)))
    if left_out:
        remarks.append(f"{left_out} of {count} samples are left out of each epoch by drop_last.")
    idle = feed.strategy.world_size - feed.batches_per_step
    if idle > 0:
        remarks.append(
            f"batches_per_step={feed.batches_per_step} keeps {idle} of {feed.strategy.world_size} processes"
            " without work of their own; raise it to their number or a multiple."
        )
    return remarks


def of_unreadable(layer: DataLayer, strategy: Strategy) -> list[str]:
    """Return which samples no process could read, if any; every process takes part."""
    found = strategy.gather([[index, reason] for index, reason in layer.unreadable.items()])
    unread = {index: reason for part in found for index, reason in part}
    if not unread:
        return []
    shown = "; ".join(f"sample {index}: {reason}" for index, reason in list(unread.items())[:5])
    return [f"{len(unread)} samples of {layer.name} could not be read and were left out: {shown}"]
