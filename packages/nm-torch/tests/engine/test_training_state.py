"""Training: the same weights as a plain loop, in pieces and beside others, and what is said when it goes wrong."""

import gc
import os
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from nm_torch_samples import Explode, Keep, Map, Ragged, SampleLoss, two_losses

import nm_core
from nm_core import Graph, GraphError, NeuralModuleFactory
from nm_core.callbacks import CheckpointCallback
from nm_core.errors import OptionError
from nm_torch.data import WorkerError
from nm_torch.engine.randomness import stream_seed
from nm_torch.errors import NonFiniteLossError, TrainingError
from nm_torch.lowering import lower
from nm_torch.optim import OptimizerOptionError, UnknownOptimizerError

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}


def build(seed: int = 0, *, dropout: float = 0.3, **settings: Any) -> tuple[Map, list[Any]]:
    """Return a net with known weights and the losses of a graph of its own."""
    torch.manual_seed(seed)
    net = Map(dropout=dropout)
    return net, list(two_losses(Ragged(**{"shuffle": True} | settings), net))


def weights(net: Map) -> torch.Tensor:
    """Return all weights as one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


def test_a_plain_loop_over_the_lowered_graph_gives_the_same_weights() -> None:
    """Ten lines of PyTorch, the same batches and dropout streams: equal within rounding."""
    net, losses = build(double=False)
    net.float()
    NeuralModuleFactory(seed=7).train(losses[0], optimizer=SGD, max_epochs=3)

    plain_net, plain_losses = build(double=False)
    plain_net.float()
    layer = plain_losses[0].call.inputs["target"].call.module
    model = lower(Graph(plain_losses[0]).plan())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    update = 0
    for epoch in range(3):
        for indices in layer.plan_epoch(7, epoch):
            batch = layer.load(indices, 7, epoch)
            torch.manual_seed(stream_seed(7, update, 0))
            update += 1
            if batch.length.sum() > 0:
                optimizer.zero_grad()
                model(batch.x, batch.length, batch.target).backward()
                optimizer.step()

    torch.testing.assert_close(weights(net), weights(plain_net), rtol=0, atol=1e-6)


@pytest.mark.parametrize("pieces", [(4, 9, 20), (1, 2, 3, 20), (20,)])
def test_training_again_goes_on(pieces: tuple[int, ...]) -> None:
    """Any number of calls up to the same step give bitwise the weights of one."""
    net, losses = build()
    NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=20, batches_per_step=2)
    cut, cut_losses = build()
    nf = NeuralModuleFactory()

    results = [nf.train(cut_losses, optimizer=SGD, max_steps=end, batches_per_step=2) for end in pieces]

    assert torch.equal(weights(cut), weights(net))
    assert [result.step for result in results] == list(pieces)


def test_two_factories_in_alternating_pieces_do_not_meet() -> None:
    """Each of two trainings that take turns ends with the weights it has when it is alone."""
    alone = []
    for seed in (1, 2):
        net, losses = build(seed)
        NeuralModuleFactory(seed=seed).train(losses, optimizer=SGD, max_steps=12)
        alone.append(weights(net))
    (first, first_losses), (second, second_losses) = build(1), build(2)
    one, other = NeuralModuleFactory(seed=1), NeuralModuleFactory(seed=2)

    for end in (5, 6, 12):
        one.train(first_losses, optimizer=SGD, max_steps=end)
        other.train(second_losses, optimizer=SGD, max_steps=end)

    assert torch.equal(weights(first), alone[0])
    assert torch.equal(weights(second), alone[1])


def test_restart_gives_the_first_weights_back() -> None:
    """With restart weights, step count and order begin anew: bitwise the first training, with another optimizer too."""
    net, losses = build()
    net.register_buffer("seen", torch.zeros(3))
    nf = NeuralModuleFactory()
    nf.train(losses, optimizer=SGD, max_steps=5)
    first = weights(net)
    nf.train(losses, optimizer=SGD, max_steps=9)
    net.seen += 1

    result = nf.train(losses, optimizer=SGD, max_steps=5, restart=True)

    assert result.step == 5
    assert torch.equal(weights(net), first)
    assert net.seen.tolist() == [0, 0, 0]
    nf.train(losses, optimizer={"name": "sgd", "lr": 0.0}, max_steps=1, restart=True)
    assert torch.equal(weights(net), weights(build()[0]))


def test_restart_after_a_resume_gives_the_weights_that_were_made(tmp_path: Path) -> None:
    """In a training that went on from a checkpoint, the first weights are those that the modules were made with."""
    _, losses = build()
    NeuralModuleFactory(work_dir=tmp_path).train(losses, optimizer=SGD, max_steps=4, callbacks=[CheckpointCallback()])
    net, losses = build()
    nf = NeuralModuleFactory(work_dir=tmp_path)
    nf.train(losses, optimizer=SGD, max_steps=6, resume=True)

    nf.train(losses, optimizer={"name": "sgd", "lr": 0.0}, max_steps=1, restart=True)

    assert torch.equal(weights(net), weights(build()[0]))


def test_a_seed_makes_modules_of_classes_repeat() -> None:
    """A factory with a seed seeds torch once; one without leaves the caller's generator as it is."""
    made = []
    for seed in (5, 5, 6):
        NeuralModuleFactory(seed=seed)
        made.append(weights(Map()))
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
    torch.manual_seed(9)
    before = torch.get_rng_state()
    nf = NeuralModuleFactory()
    nf.create("common.Linear", input_size=2, output_size=3)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_listing_with_a_seed_repeats_bitwise() -> None:
    """A factory with a seed, then modules by their classes, then a training: two runs give equal weights."""
    ends = []
    for drawn in (0, 7):
        torch.rand(drawn)
        nf = NeuralModuleFactory(seed=0)
        net = Map(dropout=0.3)
        nf.train(list(two_losses(Ragged(shuffle=True), net)), optimizer=SGD, max_epochs=2)
        ends.append(weights(net))
    assert torch.equal(*ends)


def test_another_optimizer_for_a_training_that_goes_on_is_refused() -> None:
    """An optimizer that differs from the one at work is never ignored."""
    _, losses = build()
    nf = NeuralModuleFactory()
    nf.train(losses, optimizer=SGD, max_steps=1)
    with pytest.raises(TrainingError, match="restart=True"):
        nf.train(losses, optimizer="adamw", max_steps=2)


def test_actions_give_the_callers_generator_and_modes_back() -> None:
    """Training draws from streams of its own and leaves evaluation mode where it found it."""
    net, losses = build()
    net.eval()
    before = torch.get_rng_state()

    NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=3)

    assert torch.equal(torch.get_rng_state(), before)
    assert not net.training
    assert not net.dropout.training


def test_what_the_caller_drew_before_does_not_matter() -> None:
    """The same seed gives the same dropout whatever state the caller's generator is in."""
    ends = []
    for drawn in (0, 5):
        net, losses = build()
        torch.rand(drawn)
        NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=3)
        ends.append(weights(net))
    assert torch.equal(*ends)


def test_nothing_stays_alive() -> None:
    """Factory, modules, tensors, data layer and callbacks die when the caller lets go of them."""

    def run() -> list[weakref.ref[Any]]:
        net, losses = build(workers=1)
        nf, keep = NeuralModuleFactory(), Keep()
        nf.train(losses, optimizer=SGD, max_steps=3, callbacks=[keep], gradient_clip_norm=1.0)
        nf.infer(losses[0].call.inputs["y"]).collect()
        layer = losses[0].call.inputs["target"].call.module
        return [weakref.ref(thing) for thing in (net, nf, keep, layer, losses[0].call, net.first.weight)]

    references = run()
    gc.collect()

    assert [reference() for reference in references] == [None] * len(references)


def test_the_result_and_the_log_points() -> None:
    """Losses by name, averaged over tokens and samples since the last log point, with counts and the learning rate."""
    _, losses = build()
    keep = Keep()

    result = NeuralModuleFactory().train(
        losses, optimizer=SGD, max_epochs=2, batches_per_step=2, callbacks=[keep], log_every=2, gradient_clip_norm=1.0
    )

    assert (result.step, result.epoch, result.samples, result.reason) == (6, 2, 22, "finished")
    assert keep.steps == [1, 2, 3, 4, 5, 6]
    assert [set(values) for values in keep.values] == [
        {"token_loss_loss", "sample_loss_loss", "learning_rate", "gradient_norm"}
    ] * 3
    assert result.losses == {name: keep.values[-1][name] for name in result.losses}
    assert keep.events == ["start", "epoch 0", "end of epoch 0", "epoch 1", "end of epoch 1", "finished"]


def test_logged_losses_are_means_over_weights() -> None:
    """Without learning, a logged loss is the total over the weight of all samples."""
    net, losses = build(dropout=0.0, shuffle=False)
    layer = losses[0].call.inputs["target"].call.module
    batch = layer.load(range(11))
    expected = float((net.second(batch.x)[:, 0].sin().sum(-1) * batch.valid).sum().detach() / batch.valid.sum())

    result = NeuralModuleFactory().train(losses, optimizer={"name": "sgd", "lr": 0.0}, max_epochs=1)

    assert result.losses["sample_loss_loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("batches", [1, 3])
def test_a_loss_that_is_not_finite_is_named(batches: int) -> None:
    """The error names the loss, the update and the samples, and says what to do; callbacks hear of it."""
    layer, keep = Ragged(), Keep()
    loss = Explode(bad=4)(z=Map()(x=layer().x)[1], index=layer().index)

    with pytest.raises(NonFiniteLossError, match="the loss loss is not finite") as caught:
        NeuralModuleFactory().train(
            loss, optimizer="sgd", max_epochs=1, log_every=100, callbacks=[keep], batches_per_step=batches
        )

    assert (caught.value.step, caught.value.samples) == ((3, (4, 5)) if batches == 1 else (1, (4, 5)))
    assert 'non_finite="skip"' in str(caught.value)
    assert keep.events[-2:] == ["NonFiniteLossError", "failed"]


def test_updates_that_are_not_finite_can_be_skipped() -> None:
    """With non_finite="skip" they change nothing and are counted."""
    torch.manual_seed(0)
    layer, net = Ragged(), Map()
    loss = Explode(bad=4)(z=net(x=layer().x)[1], index=layer().index)

    result = NeuralModuleFactory().train(loss, optimizer=SGD, max_epochs=1, non_finite="skip")

    assert (result.step, result.skipped) == (5, 1)
    assert weights(net).isfinite().all()
    assert result.losses["loss"] == result.losses["loss"]


def test_a_training_that_cannot_learn_ends() -> None:
    """Data without any weight is an error and not an endless loop."""
    _, losses = build(empty_from=0)
    with pytest.raises(TrainingError, match="no update could be made in 101 windows"):
        NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=1)


def test_deterministic_algorithms_are_asked_for_and_given_back() -> None:
    """The switch of the process is on while the training runs, and as before afterwards."""
    seen: list[bool] = []

    class Look(Keep):
        def on_step(self, run: nm_core.Run) -> None:
            seen.append(torch.are_deterministic_algorithms_enabled())

    _, losses = build()
    NeuralModuleFactory(deterministic=True).train(losses, optimizer=SGD, max_steps=1, callbacks=[Look()])
    assert seen == [True]
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_callback_stops_a_training() -> None:
    """A request to stop ends the training at the next step boundary, with its reason."""

    class Stop(Keep):
        def on_step(self, run: nm_core.Run) -> None:
            super().on_step(run)
            if run.step == 4:
                run.request_stop("four is enough")

    _, losses = build()
    stop = Stop()
    result = NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=100, callbacks=[stop])
    assert (result.step, result.reason) == (4, "stopped: four is enough")
    assert stop.events[-1] == "stopped: four is enough"


def test_only_overridden_hooks_are_called_and_only_when_due() -> None:
    """A callback that overrides nothing is never called; on_step comes at its interval."""

    class Every(nm_core.Callback):
        step_interval = 3

        def __init__(self) -> None:
            self.seen: list[int] = []

        def on_step(self, run: nm_core.Run) -> None:
            self.seen.append(run.step)

    _, losses = build()
    every = Every()
    NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=8, callbacks=[nm_core.Callback(), every])
    assert every.seen == [3, 6]


def test_the_end_is_told_to_every_callback_once() -> None:
    """One callback that fails at the end does not keep the others from hearing of it."""

    class Bad(nm_core.Callback):
        def on_end(self, run: nm_core.Run, reason: str) -> None:
            raise OSError("the log is full")

    _, losses = build()
    keep = Keep()
    with pytest.raises(OSError, match="the log is full"):
        NeuralModuleFactory().train(losses, optimizer=SGD, max_steps=1, callbacks=[Bad(), keep])
    assert keep.events.count("finished") == 1


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"max_steps": 0}, OptionError, "max_steps is a whole number from 1"),
        ({"max_steps": 1, "batches_per_step": 0}, OptionError, "batches_per_step"),
        ({"max_steps": 1, "gradient_clip_norm": -1.0}, OptionError, "above 0"),
        ({"max_steps": 1, "non_finite": "ignore"}, OptionError, '"error" or "skip"'),
        ({"max_steps": 1, "restart": True, "resume": "auto"}, TrainingError, "one of them"),
        ({"max_steps": 1, "resume": "auto"}, TrainingError, "work_dir"),
        ({"max_steps": 1, "optimizer": "novogard"}, UnknownOptimizerError, "novograd"),
        ({"max_steps": 1, "optimizer": {"name": "sgd", "rate": 1}}, OptimizerOptionError, "rate"),
        ({"max_steps": 1, "policy": "cosin"}, UnknownOptimizerError, "cosine"),
    ],
)
def test_impossible_requests_are_refused(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    """Each wrong option is named before anything is computed."""
    net, losses = build()
    before = weights(net)
    with pytest.raises(error, match=message):
        NeuralModuleFactory().train(losses, **settings)
    assert torch.equal(weights(net), before)


def test_what_is_no_loss_is_refused() -> None:
    """A tensor with axes cannot be optimised, and a graph has exactly one data layer."""
    net = Map()
    y, z = net(x=Ragged()().x)
    with pytest.raises(GraphError, match=r"map\.y is no loss"):
        NeuralModuleFactory().train(y, max_steps=1)
    other = Ragged(name="other")
    with pytest.raises(GraphError, match="one data layer"):
        NeuralModuleFactory().train(SampleLoss()(z=z, valid=other().valid), max_steps=1)


def test_dropped_and_unreadable_samples_are_reported() -> None:
    """Samples that drop_last leaves out of an epoch are counted in the report."""
    _, losses = build(drop_last=True)
    result = NeuralModuleFactory().train(losses, optimizer=SGD, max_epochs=1)
    assert "1 of 11 samples are left out of each epoch by drop_last." in result.report


def test_a_learning_rate_policy_counts_applied_updates() -> None:
    """The rate of update n is the policy's at n - 1, over the horizon that the request gives."""

    class Rates(nm_core.Callback):
        step_interval = 1

        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_step(self, run: nm_core.Run) -> None:
            self.seen.append(run.learning_rate)

    _, losses = build()
    rates = Rates()
    NeuralModuleFactory().train(
        losses, optimizer=SGD, policy={"name": "polynomial", "power": 1.0}, max_steps=4, callbacks=[rates]
    )
    assert rates.seen == pytest.approx([0.1, 0.075, 0.05, 0.025])


class Deadly(Ragged):
    """Sample 6 ends the process that reads it."""

    def sample(self, index: int, random: Any) -> Any:
        """Exit at sample 6."""
        if index == 6:
            os._exit(1)
        return super().sample(index, random)


def test_a_dead_worker_ends_the_training_with_a_clear_error() -> None:
    """The error says that a worker died; callbacks hear of it and of the end."""
    keep = Keep()
    losses = list(two_losses(Deadly(workers=1), Map()))
    with pytest.raises(WorkerError, match="a data worker process died"):
        NeuralModuleFactory().train(losses, optimizer=SGD, max_epochs=1, callbacks=[keep])
    assert keep.events[-2:] == ["WorkerError", "failed"]
