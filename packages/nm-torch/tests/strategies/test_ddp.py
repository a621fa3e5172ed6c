"""Two processes over gloo compute what one computes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from nm_torch_samples import Map, Ragged, two_losses

from nm_core import NeuralModuleFactory
from nm_torch.errors import StrategyError

Results = list[dict[str, Any]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run every case once, in two processes; the results by rank."""
    return run_all(tmp_path_factory, 2)


def run_all(tmp_path_factory: pytest.TempPathFactory, world_size: int, *extra: str) -> Results:
    """Run the worker in so many processes and return what each found."""
    folder = tmp_path_factory.mktemp("ddp")
    worker = Path(__file__).with_name("ddp_worker.py")
    processes = [
        subprocess.Popen(
            [sys.executable, str(worker), str(rank), str(world_size), str(folder), *extra],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(world_size)
    ]
    try:
        errors = [process.communicate(timeout=120)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert all(process.returncode == 0 for process in processes), "\n".join(errors)
    return [json.loads((folder / f"results_{rank}.json").read_text()) for rank in range(world_size)]


def test_the_gradient_is_that_of_the_full_batch(results: Results) -> None:
    """Accumulation times ranks times ragged weights with zeros times two losses: within 1e-12 in float64."""
    for result in results:
        assert max(result["gradients"].values()) < 1e-12, result["gradients"]


@pytest.mark.slow
def test_standard_output_stays_the_programs() -> None:
    """Joining the other processes writes nothing there, whatever gloo announces."""
    program = "import torch; from nm_torch.strategies.ddp import join_process_group as join\n"
    program += "print('before', flush=True); join(torch.device('cpu')); print('after')"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=os.environ | place, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "before\nafter\n"), done.stderr


def test_the_mean_of_means_fails(results: Results) -> None:
    """The naive average is far outside of what the engine holds."""
    assert results[0]["naive"] > 0.01


@pytest.mark.parametrize(("case", "settings"), [("weights", {}), ("clipped", {"gradient_clip_norm": 0.1})])
def test_a_run_is_that_of_one_process(results: Results, case: str, settings: dict[str, float]) -> None:
    """Order, dropout, momentum and clipping do not depend on the number of processes."""
    torch.manual_seed(5)
    net, layer = Map(dropout=0.3), Ragged(count=11, batch_size=2, shuffle=True)
    NeuralModuleFactory(strategy="single", seed=3).train(
        list(two_losses(layer, net)),
        optimizer={"name": "sgd", "lr": 0.1, "momentum": 0.9},
        max_steps=5,
        batches_per_step=3,
        **settings,
    )
    alone = torch.cat([parameter.detach().flatten() for parameter in net.parameters()])

    assert results[0][case] == results[1][case]
    torch.testing.assert_close(torch.tensor(results[0][case], dtype=torch.float64), alone, rtol=1e-11, atol=1e-13)


def test_evaluation_sees_each_sample_once(results: Results) -> None:
    """The metric over all processes is that over the samples, with nothing doubled or lost."""
    for result in results:
        for text, scores in result["evaluation"].items():
            count = int(text)
            assert scores == {"mean": sum(range(count)) / count, "count": float(count)}


@pytest.mark.proof
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_the_whole_table_holds(tmp_path_factory: pytest.TempPathFactory, world_size: int) -> None:
    """Gradients over five sizes of batches and six numbers of samples, evaluation of 1 to 17 samples."""
    found = run_all(tmp_path_factory, world_size, "proof")
    test_the_gradient_is_that_of_the_full_batch(found)
    test_evaluation_sees_each_sample_once(found)
    assert all(result["weights"] == found[0]["weights"] for result in found)


def test_inference_gives_every_record_everywhere(results: Results) -> None:
    """Each process yields the records of all samples, in order."""
    torch.manual_seed(5)
    net, layer = Map(), Ragged(count=5, batch_size=2)
    expected = ["up" if float(net(x=layer.load([i]).x)[0][0, 0].detach().sum()) > 0 else "down" for i in range(5)]
    assert results[0]["inference"] == results[1]["inference"] == expected


def test_a_loss_that_is_not_finite_ends_every_process(results: Results) -> None:
    """The process that has the samples names them; the others end at the same update instead of hanging."""
    assert results[1]["non finite"].startswith("(2, 3)")
    assert results[0]["non finite"].startswith("()")
    assert all("'NonFiniteLossError', 'failed'" in result["non finite"] for result in results)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_an_update_left_out_leaves_no_trace_in_any_process(results: Results, precision: str) -> None:
    """Weights, and the statistics of rank 0, are bitwise those without its samples; every rank names the recording."""
    assert results[0]["skipped"][precision][0] is True
    for result in results:
        assert "update 3: recordings/5.wav" in "".join(result["skipped"][precision][1:])


def test_a_signal_to_one_process_ends_all_with_a_checkpoint(results: Results) -> None:
    """SIGTERM at one rank: all ranks end at the same step boundary, having written a checkpoint."""
    assert results[0]["interrupted"] == results[1]["interrupted"] == [3, "interrupted", True]


def test_ddp_alone_says_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for ddp in a process that torchrun did not start is an error that names torchrun."""
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StrategyError, match="torchrun"):
        NeuralModuleFactory(strategy="ddp").train(list(two_losses(Ragged(), Map())), max_steps=1)
