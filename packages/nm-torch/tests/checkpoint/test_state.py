"""Whether a state belongs to a graph, and in what its surroundings differ."""

from pathlib import Path

import pytest
import torch
from torch import nn

from nm_torch.checkpoint import CheckpointMismatchError, CheckpointState, check_graph, environment_differences, versions
from nm_torch.checkpoint.state import weights_signature


def test_a_state_of_the_same_graph_passes() -> None:
    """The order of facts does not matter."""
    graph = weights_signature(nn.Linear(2, 3).named_parameters())
    check_graph(CheckpointState(graph=dict(reversed(graph.items()))), graph, Path("x"))
    assert graph["weight weight"] == "float32 [3, 2]"


def test_another_graph_is_an_error_that_says_what_differs() -> None:
    """Shapes, missing and additional weights are each named, with the way out."""
    saved = weights_signature([("encoder.w", torch.zeros(2, 3)), ("decoder.w", torch.zeros(2))])
    here = weights_signature([("encoder.w", torch.zeros(2, 4)), ("head.w", torch.zeros(2))])
    with pytest.raises(CheckpointMismatchError) as caught:
        check_graph(CheckpointState(graph=saved), here, Path("runs/x/000001-step-5"))
    message = str(caught.value)
    for part in (
        "000001-step-5: this is a checkpoint of another graph",
        "weight decoder.w: only in the checkpoint",
        "weight head.w: not in the checkpoint",
        "weight encoder.w: float32 [2, 3] in the checkpoint, float32 [2, 4] here",
        "restart=True",
    ):
        assert part in message


def test_many_differences_are_counted() -> None:
    """A wholly different graph does not fill the screen."""
    saved = weights_signature((f"layer{n}.w", torch.zeros(1)) for n in range(100))
    with pytest.raises(CheckpointMismatchError, match="and 88 more"):
        check_graph(CheckpointState(graph=saved), {}, Path("x"))


def test_other_surroundings_are_told() -> None:
    """Threads, processes and versions that differ are each one sentence; equal ones are none."""
    state = CheckpointState(threads=1, world_size=2, versions=versions())
    assert environment_differences(state, threads=1, world_size=2, versions=versions()) == []
    told = environment_differences(state, threads=4, world_size=1, versions={**versions(), "torch": "9.9"})
    assert told[:2] == ["threads: the checkpoint has 1, this run 4", "processes: the checkpoint has 2, this run 1"]
    assert told[2:] == [f"torch: the checkpoint has {torch.__version__}, this run 9.9"]
