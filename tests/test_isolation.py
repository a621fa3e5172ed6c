"""Factories and trainings in one process do not see each other, and leave nothing behind."""

import gc
import weakref

import pytest
import torch

from nm_core import NeuralModuleFactory, NmTensor
from toys import Perceptron, Points, SquaredError


class Training:
    """A factory with modules of its own, trained in pieces."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.factory = NeuralModuleFactory(placement="cpu", seed=seed)
        self.data, self.perceptron, self.error = Points(), Perceptron(dropout=0.3), SquaredError()
        x, target = self.data()
        self.loss: NmTensor = self.error(y=self.perceptron(x=x), target=target)

    def train(self, steps: int) -> None:
        """Train until so many updates have been made in all."""
        self.factory.train([self.loss], optimizer={"name": "adam", "lr": 0.01}, max_steps=steps)

    def weights(self) -> torch.Tensor:
        """Return all weights as one vector."""
        return torch.cat([weight.detach().flatten().clone() for weight in self.perceptron.parameters()])


def test_two_trainings_in_alternating_pieces_equal_each_alone() -> None:
    """Interleaving two trainings, each with its own seed and dropout, changes no bit of either."""
    alone = []
    for seed in (1, 2):
        training = Training(seed)
        training.train(12)
        alone.append(training.weights())

    first, second = Training(1), Training(2)
    for steps in (3, 7, 12):
        first.train(steps)
        second.train(steps)

    assert torch.equal(first.weights(), alone[0])
    assert torch.equal(second.weights(), alone[1])


def test_an_action_gives_the_callers_random_numbers_back() -> None:
    """Training in between does not change what the caller draws next."""
    training = Training(3)
    torch.manual_seed(0)
    expected = torch.rand(4)

    torch.manual_seed(0)
    training.train(2)

    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("action", ["nothing", "train", "infer", "an error"])
def test_nothing_stays_alive(action: str) -> None:
    """Once the caller lets go, factory, modules, tensors and data are gone, whatever was done with them."""

    def use() -> list[weakref.ref]:
        training = Training(4)
        if action == "train":
            training.train(3)
        elif action == "infer":
            training.factory.infer(training.loss.call.inputs["y"]).collect()
        elif action == "an error":
            with pytest.raises(TypeError):
                training.perceptron(x=training.loss)
        kept = [training.factory, training.data, training.perceptron, training.error, training.loss.call]
        return [weakref.ref(thing) for thing in kept]

    references = use()
    gc.collect()

    assert [reference() for reference in references] == [None] * 5
