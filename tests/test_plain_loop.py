"""The lowered graph is an ordinary PyTorch module: any other loop trains it to the same weights."""

import copy

import torch

from nm_core import NeuralModuleFactory
from toys import Perceptron, Points, SquaredError


def test_ten_lines_of_plain_pytorch_train_to_the_same_weights() -> None:
    """Three epochs of SGD, ragged last batches included, agree with `nf.train` within 1e-6."""
    data, perceptron, error = Points(), Perceptron(), SquaredError()
    untrained = copy.deepcopy(perceptron)
    factory = NeuralModuleFactory(placement="cpu", seed=5)
    x, target = data()
    factory.train([error(y=perceptron(x=x), target=target)], optimizer={"name": "sgd", "lr": 0.1}, max_epochs=3)

    network = NeuralModuleFactory(placement="cpu").lower(error(y=untrained(x=x), target=target))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for epoch in range(3):
        for batch in data.epoch(seed=5, epoch=epoch):
            loss = network(points__x=batch.x, points__y=batch.y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    for plain, trained in zip(untrained.parameters(), perceptron.parameters(), strict=True):
        torch.testing.assert_close(plain, trained, rtol=0, atol=1e-6)
