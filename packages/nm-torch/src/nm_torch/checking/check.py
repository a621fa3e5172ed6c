"""`check_module`: a module runs on random inputs, and its outputs are compared with its output ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nm_core import NeuralModule
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.size_choice import SizeNeeds
from nm_core.probing.slots import Slot
from nm_core.symbols.user_location import user_location
from nm_torch.checking.findings import CheckedRun
from nm_torch.checking.module_copy import copied_or_restored, home_of, own_randomness
from nm_torch.checking.record import CheckRecord, ModuleReport
from nm_torch.checking.runner import Runner
from nm_torch.checking.user_inputs import check_names
from nm_torch.data import DataLayer
from nm_torch.data.loading import Request
from nm_torch.errors import ModuleCheckError
from nm_types.frames import boundary

NONE: Mapping[str, Any] = MappingProxyType({})


@boundary
def check_module(
    module: NeuralModule,
    *,
    inputs: Mapping[str, Any] = NONE,
    sizes: Mapping[str, int] = NONE,
    seed: int = 0,
) -> ModuleReport:
    """Run a module on random inputs and compare its outputs with its output ports.

    The inputs follow from the input ports. Each unknown size is a prime of its own, so that an axis in the wrong place
    shows. Every way to use the ports is tried: all optional inputs and none, rows of 0, 1 and 2 axes, variadic inputs
    of 2 and 3 elements; in evaluation and in training; sizes that are divided also at multiples of the divisor. Where
    a module fails on small sizes, larger primes are tried. Of a data layer the first micro-batch is read.

    Compared are the number of axes, all sizes together, the family of the numbers, and the values as far as they show
    their kind: probabilities that sum to one, labels below the number of classes, lengths within their axis, a finite
    loss. What no value can show is listed in the report.

    The module runs on a copy (in place, and is put back, where it cannot be copied); it, the caller's random state and
    gradients stay as they were.

    Example:
        >>> from nm_torch.common import Linear
        >>> print(check_module(Linear(input_size=8, output_size=2, name="head")))
        head keeps its promises in ...

    Args:
        module: any neural module with outputs: of the framework, of the host, composite, or a data layer.
        inputs: values for input ports that cannot be invented, by port.
        sizes: numbers for names of sizes, `{"t": 101}`.
        seed: of the invented inputs and of the module's own random streams.

    Returns:
        the runs, and the aspects that they could not show.

    Raises:
        NeuralTypeError: the module does not do what its ports promise; everything that is wrong at once. An error of
            the module's own is its cause (`__cause__`).
        ModuleCheckError: the check cannot be made as asked: an input cannot be invented, an argument does not fit.
    """
    if not isinstance(module, NeuralModule):
        raise ModuleCheckError(f"check_module takes a neural module; given was {type(module).__name__}.")
    if not module.outputs:
        raise ModuleCheckError(f"{module.name} has no output ports, so it promises nothing that could be checked.")
    record = CheckRecord(module, user_location())
    with own_randomness(seed, home_of(module)[1]):
        if module.segment == "source":
            _check_source(record, inputs, sizes, seed)
        else:
            uses = uses_of(module, inputs)
            names = {name for use in uses for name in SizeNeeds.from_slots(use.inputs, use.outputs).names}
            check_names(module, inputs, sizes, names)
            with copied_or_restored(module) as twin:
                runner = Runner(record, twin, inputs, sizes, seed)
                for number, use in enumerate(uses):
                    runner.run(use, thorough=number == 0)
            record.unseen += _limits(module, uses[0])
    return record.report()


def _check_source(record: CheckRecord, inputs: Mapping[str, Any], sizes: Mapping[str, int], seed: int) -> None:
    """Compare one micro-batch of a source with its output ports."""
    check_names(record.module, inputs, sizes, set())
    use = replace(uses_of(record.module, {})[-1], text="its first micro-batch")
    run = CheckedRun(record.module, use, {}, {}, "in its first micro-batch", record.location)
    try:
        result = _first_batch(record.module, seed)
    except ModuleCheckError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the author's code raises; it is the cause of the report
        record.add_failure(run, error)
        return
    run.check(result)
    record.add(run, training=None)
    record.unseen.append("other sizes than those of its first micro-batch")


def _limits(module: NeuralModule, use: Use) -> list[str]:
    """Return the aspects that no run tries."""
    lines = []
    if sum(port.optional for port in module.inputs.values()) > 1:
        lines.append("combinations of its optional inputs other than all and none")
    unsaid = dict.fromkeys(slot.port for slot in use.inputs if _is_unsaid(slot))
    if unsaid:
        lines.append(f"other values than real numbers for {', '.join(unsaid)}: the type names no kind")
    anything = dict.fromkeys(slot.port for slot in use.inputs if slot.type.is_root)
    if anything:
        lines.append(f"other values than tensors of three axes for {', '.join(anything)}, which takes anything")
    return lines


def _is_unsaid(slot: Slot) -> bool:
    return slot.core.form == "tensor" and slot.core.kind is None


def _first_batch(module: NeuralModule, seed: int) -> Any:
    """Return the values of a source's first micro-batch: one bare, several as a tuple.

    Raises:
        ModuleCheckError: none of its samples can be read.
    """
    if not isinstance(module, DataLayer):
        return module.forward()
    indices = module.plan_epoch(seed, 0)[0]
    loaded = module.read(Request(seed, 0, indices))
    if loaded.values is None:
        reasons = "\n".join(f"  sample {index}: {reason}" for index, reason in loaded.unreadable)
        raise ModuleCheckError(f"{module.name}: no sample of its first micro-batch can be read.\n{reasons}")
    return loaded.values[0] if len(module.outputs) == len(loaded.values) == 1 else loaded.values
