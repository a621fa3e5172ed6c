"""The reference backend as the conformance suite for collections sees it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nm_core import NeuralModule
from nm_core.probing.calling import by_port
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.probe_inputs import make_probe_calls
from nm_core.probing.size_choice import complete
from nm_core.probing.slots import Slot
from nm_core_reference.tensor import Tensor
from nm_types import Index, Lengths, NeuralTypeError, check_shapes


class ReferenceProbe:
    """Follows `nm_core.testing.Probe`, as far as the modules of the tests need it."""

    def check(self, module: NeuralModule) -> None:
        """Compare shapes and families with the ports."""
        if module.segment == "source":
            runs = [(uses_of(module, {})[0], {}, self.read(module, self.plan(module, 0, 0)[0], 0, 0))]
        else:
            runs = [
                (call.use, call.values, self.call(module, call.use, call.sizes, call.values))
                for call in make_probe_calls(self, module)
            ]
        for use, given, found in runs:
            values = {f"input {slot.name}": (slot, given[slot.name]) for slot in use.inputs}
            values |= {slot.name: (slot, value) for slot, value in zip(use.outputs, found, strict=True)}
            tensors = {name: pair for name, pair in values.items() if isinstance(pair[1], Tensor)}
            problems = check_shapes(
                {name: slot.type for name, (slot, _) in tensors.items()},
                {name: value.shape for name, (_, value) in tensors.items()},
                {name: value.family for name, (_, value) in tensors.items()},
                owner=module.name,
            )
            if problems:
                raise NeuralTypeError(list(problems))

    def invent(
        self, module: NeuralModule, slots: Sequence[Slot], sizes: Mapping[str, int], seed: int
    ) -> dict[str, Any]:
        """Return random values; one sample fills its axis."""
        stream, known = random.Random(seed), complete(sizes)
        return {slot.name: self._value(slot, known, stream) for slot in slots}

    def _value(self, slot: Slot, sizes: Mapping[str, int], stream: random.Random) -> Any:
        if slot.type.is_list:
            return [stream.choice(("one", "two", "three")) for _ in range(sizes.get("B", 3))]
        shape = [size.evaluate(sizes) for size in slot.sizes()]
        kind, count = slot.core.kind, math.prod(shape)
        if kind is not None and type(kind).is_a(Lengths):
            size = slot.kind_size()
            longest = size.evaluate(sizes) if size is not None else 1
            return Tensor([longest, *(stream.randint((longest + 1) // 2, longest) for _ in range(count - 1))], shape)
        if kind is not None and type(kind).is_a(Index):
            return Tensor(list(range(count)), shape)
        return Tensor([stream.gauss(0.0, 1.0) for _ in range(count)], shape)

    def call(
        self, module: NeuralModule, use: Use, sizes: Mapping[str, int], values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Call forward."""
        result = module.forward(**by_port(module, use, values))
        return (result,) if len(module.outputs) == 1 else result

    def train(self, module: NeuralModule, training: bool) -> None:
        """Set the attribute."""
        if hasattr(module, "training"):
            module.training = training

    def plain(self, value: Any) -> Any:
        """Return nested lists."""
        return value.plain() if isinstance(value, Tensor) else value

    def like(self, rows: Any, value: Tensor) -> Tensor:
        """Return a tensor."""
        return Tensor.of(rows)

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Seed Python's stream."""
        before = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)

    def plan(self, module: Any, seed: int, epoch: int) -> Sequence[Sequence[int]]:
        """Return the micro-batches."""
        batches: Sequence[Sequence[int]] = module.plan(seed, epoch)
        return batches

    def read(self, module: Any, indices: Sequence[int], seed: int, epoch: int) -> Sequence[Any]:
        """Return the values of samples."""
        values: Sequence[Any] = module.load(indices)
        return values
