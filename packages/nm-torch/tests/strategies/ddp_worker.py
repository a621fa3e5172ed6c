"""One of several processes of a data-parallel run; writes what it finds to a JSON file, for test_ddp.py.

Run as: python ddp_worker.py RANK WORLD_SIZE FOLDER [proof]
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from torch import distributed

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine.test_skipped_updates import train as train_with_statistics
from nm_torch_samples import (
    Explode,
    Keep,
    Map,
    Mean,
    Ragged,
    Upper,
    full_batch_gradient,
    mean_of_means_gradient,
    relative_error,
    two_losses,
)

from nm_core import NeuralModuleFactory
from nm_core.actions.results import interrupted_result
from nm_torch.errors import NonFiniteLossError
from nm_torch.loss import LossAggregator

FACTORS = (0.7, 2.0)
GRADIENTS = [(2, 6, 11), (1, 11, 11), (3, 4, 11), (4, 3, 11), (11, 1, 11), (2, 9, 5)]  # batch, per step, samples
COUNTS = (1, 2, 3, 7, 8)
if "proof" in sys.argv:
    GRADIENTS = [(size, -(-count // size), count) for size in (1, 2, 3, 4, 5) for count in (2, 3, 5, 8, 11, 17)]
    COUNTS = tuple(range(1, 18))


def exact_gradient(batch_size: int, batches_per_step: int, count: int) -> float:
    """Return the relative error of one update over everything."""
    net, layer = Map(), Ragged(count=count, batch_size=batch_size)
    loss = LossAggregator(weights=list(FACTORS))(losses=list(two_losses(layer, net)))
    factory = NeuralModuleFactory(strategy="ddp")
    distributed.barrier()
    for parameter in net.parameters():  # both processes begin with the weights of rank 0
        distributed.broadcast(parameter.data, 0)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    expected = full_batch_gradient(net, layer, range(count), FACTORS)
    factory.train(loss, optimizer={"name": "sgd", "lr": 1.0}, max_steps=1, batches_per_step=batches_per_step)
    return relative_error([old - new.detach() for old, new in zip(before, net.parameters(), strict=True)], expected)


def naive_gradient() -> float:
    """Return the relative error of the mean of means."""
    net, layer = Map(), Ragged(count=11, batch_size=2)
    return relative_error(
        mean_of_means_gradient(net, layer, FACTORS), full_batch_gradient(net, layer, range(11), FACTORS)
    )


def weights_after(steps: int, **settings: object) -> list[float]:
    """Return the weights after some updates with momentum, dropout and shuffling."""
    torch.manual_seed(5)
    net, layer = Map(dropout=0.3), Ragged(count=11, batch_size=2, shuffle=True)
    losses = list(two_losses(layer, net))
    NeuralModuleFactory(strategy="ddp", seed=3).train(
        losses, optimizer={"name": "sgd", "lr": 0.1, "momentum": 0.9}, max_steps=steps, batches_per_step=3, **settings
    )
    return [value for parameter in net.parameters() for value in parameter.detach().flatten().tolist()]


def evaluation(count: int) -> dict[str, float]:
    """Return the metric over all samples."""
    layer = Ragged(count=count, batch_size=2, shuffle=True)
    return NeuralModuleFactory(strategy="ddp").eval(Mean(value=layer().index))


def inference() -> list[str]:
    """Return a word per sample."""
    torch.manual_seed(5)
    net, layer = Map(), Ragged(count=5, batch_size=2)
    words = Upper()(y=net(x=layer().x)[0])
    return NeuralModuleFactory(strategy="ddp").infer(words).collect()["word"]


def non_finite() -> str:
    """Return the error of a loss that is not finite in one process only."""
    layer = Ragged(count=8, batch_size=2)
    _, z = Map()(x=layer().x)
    loss = Explode(bad=3)(z=z, index=layer().index)
    keep = Keep()
    try:
        NeuralModuleFactory(strategy="ddp").train(
            loss, optimizer="sgd", max_epochs=1, batches_per_step=2, log_every=1, callbacks=[keep]
        )
    except NonFiniteLossError as error:
        return f"{error.samples} {keep.events}"
    return "no error"


def skipped(precision: str) -> list[object]:
    """Return whether an update left out leaves no trace, and the notes, where one process has the bad sample."""
    options = {"precision": precision, "strategy": "ddp", "batches_per_step": 2, "non_finite": "skip"}
    expected, _ = train_with_statistics([0, 1, 2, 3, 6, 7], **options)
    net, result = train_with_statistics(range(8), 5, **options)
    state = net.state_dict()
    same = [torch.equal(state[name], value) for name, value in expected.state_dict().items()]
    return [all(same), *result.report]


def interrupted(folder: Path, rank: int) -> list[object]:
    """Return how a run ends when one process gets a signal."""

    class Stop(Keep):
        def on_step(self, run: object) -> None:
            super().on_step(run)
            if rank == 1 and run.step == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    layer = Ragged(count=11, batch_size=2)
    nf = NeuralModuleFactory(strategy="ddp", work_dir=folder / "interrupted")
    try:
        nf.train(list(two_losses(layer, Map())), optimizer="sgd", max_steps=100, callbacks=[Stop()])
    except KeyboardInterrupt as interrupt:
        result = interrupted_result(interrupt)
    return [result.step, result.reason, result.checkpoint is not None and result.checkpoint.is_dir()]


def main() -> None:
    """Run every case and write the results."""
    rank, world_size, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world_size)
    results = {
        "gradients": {
            f"{size},{batches},{count}": exact_gradient(size, batches, count) for size, batches, count in GRADIENTS
        },
        "naive": naive_gradient(),
        "weights": weights_after(5),
        "clipped": weights_after(5, gradient_clip_norm=0.1),
        "evaluation": {str(count): evaluation(count) for count in COUNTS},
        "inference": inference(),
        "non finite": non_finite(),
        "skipped": {precision: skipped(precision) for precision in ("fp32", "fp16")},
        "interrupted": interrupted(folder, rank),
    }
    (folder / f"results_{rank}.json").write_text(json.dumps(results))
    distributed.barrier()
    distributed.destroy_process_group()
    os._exit(0)  # all is written; at the interpreter's end gloo's threads sometimes abort a process that is done


if __name__ == "__main__":
    main()
