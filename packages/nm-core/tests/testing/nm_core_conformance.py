"""The conformance suite with the hooks of the reference backend."""

import random
from collections.abc import Mapping
from typing import Any

from nm_core_reference import Linear, ReferenceBackend, ReferenceModule, Rows, SquaredError, Tensor

from nm_core import NmTensor, PortSpec
from nm_core.testing import BackendConformance


class ReferenceConformance(BackendConformance):
    """What the reference backend gives to the suite."""

    module_class = ReferenceModule

    def backend(self) -> ReferenceBackend:
        return ReferenceBackend()

    def linear(self, inputs: int, outputs: int, *, name: str) -> Linear:
        return Linear(inputs=inputs, outputs=outputs, name=name)

    def loss(self, y: NmTensor, target: NmTensor) -> NmTensor:
        return SquaredError()(y=y, target=target)

    def source(
        self, ports: PortSpec, columns: Mapping[str, list[Any]], *, batch_size: int, shuffle: bool, name: str
    ) -> Rows:
        made = type(Rows)("Made", (Rows,), {"output_ports": ports})
        return made(columns=columns, batch_size=batch_size, shuffle=shuffle, name=name)

    def tensor(self, rows: Any) -> Tensor:
        return Tensor.of(rows)

    def plain(self, value: Tensor) -> Any:
        return value.plain()

    def weights(self, module: ReferenceModule) -> dict[str, Any]:
        return {name: weight.plain() for name, weight in module.weights().items()}

    def is_training(self, module: ReferenceModule) -> bool:
        return module.training

    def seed(self, number: int) -> None:
        random.seed(number)

    def draw(self) -> float:
        return random.random()
