"""Notes on a training for its report, one sentence each: approximations, samples left out, idle processes."""

from nm_torch.data import DataLayer
from nm_torch.engine.accumulation import StepBatches
from nm_torch.engine.objective import Objective
from nm_torch.engine.skipped_updates import SkippedUpdates
from nm_torch.precision import Precision
from nm_torch.strategies import Strategy


def notes_at_start(objective: Objective, precision: Precision, batches: StepBatches, epoch: int) -> list[str]:
    """Return the notes that can be made before the first update."""
    notes = [*objective.notes, *precision.notes]
    count = len(batches.layer)
    left_out = count - batches.plan(epoch).samples
    if left_out:
        same = "" if batches.layer.batching.shuffle else ": always the same ones, since shuffle is off"
        notes.append(f"{left_out} of {count} samples are left out of each epoch by drop_last{same}.")
    idle = batches.strategy.world_size - batches.batches_per_step
    if idle > 0:
        notes.append(
            f"batches_per_step={batches.batches_per_step} keeps {idle} of {batches.strategy.world_size} processes"
            " without work of their own; raise it to their number or a multiple."
        )
    return notes


def notes_at_end(layer: DataLayer, left_out: SkippedUpdates, strategy: Strategy) -> list[str]:
    """Return the notes on what was left out, updates and samples; every process takes part."""
    # The processes leave out the same updates, and each knows its own samples: all of those are in the note.
    examples = strategy.gather(left_out.examples)
    left_out.examples = {
        reason: list(dict.fromkeys(example for part in examples for example in part.get(reason, ())))
        for reason in left_out.counts
    }
    return [*left_out.notes(), *unreadable_notes(layer, strategy)]


def unreadable_notes(layer: DataLayer, strategy: Strategy) -> list[str]:
    """Return the note on samples that could not be read; every process takes part."""
    parts = strategy.gather([[index, reason] for index, reason in layer.unreadable.items()])
    unreadable = {index: reason for part in parts for index, reason in part}
    if not unreadable:
        return []
    examples = "; ".join(
        _describe_unreadable(layer.sample_name(index), unreadable[index]) for index in [*unreadable][:5]
    )
    count = "1 sample" if len(unreadable) == 1 else f"{len(unreadable)} samples"
    were = "was" if len(unreadable) == 1 else "were"
    return [f"{count} of {layer.name} could not be read and {were} left out: {examples}."]


def _describe_unreadable(name: str, reason: str) -> str:
    """Say which sample it is and why, each once: reasons of recordings begin with their path."""
    return (reason if reason.startswith(f"{name}: ") else f"{name}: {reason}").rstrip(".")
