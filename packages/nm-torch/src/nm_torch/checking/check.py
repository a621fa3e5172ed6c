"""`check_module`: a module is run on invented inputs, and what comes out is compared with what its ports promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nm_core import NeuralModule
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.size_choice import Asked
from nm_core.probing.slots import Slot
from nm_core.symbols.user_location import user_location
from nm_torch.checking.findings import Run
from nm_torch.checking.module_copy import borrowed, home_of, own_randomness
from nm_torch.checking.record import Record
from nm_torch.checking.report import ModuleReport
from nm_torch.checking.runner import Runner
from nm_torch.checking.source import batch_of
from nm_torch.checking.user_inputs import check_names
from nm_torch.errors import ModuleCheckError
from nm_types.frames import boundary

NOTHING: Mapping[str, Any] = MappingProxyType({})


@boundary
def check_module(
    module: NeuralModule,
    *,
    inputs: Mapping[str, Any] = NOTHING,
    sizes: Mapping[str, int] = NOTHING,
    seed: int = 0,
) -> ModuleReport:
    """Run a module on random inputs and compare what comes out with what its output ports promise.

    The inputs follow from the input ports. Each unknown size is a prime of its own, so that an axis in the wrong place
    shows. Every way to use the ports is tried: all optional inputs and none, rows of 0, 1 and 2 axes, variadic inputs
    of 2 and 3 elements; in evaluation and in training; sizes that are divided also at multiples of the divisor. Where
    a module fails on small sizes, larger primes are tried. Of a data layer the first micro-batch is read.

    Compared are the number of axes, all sizes together, the family of the numbers, and the values as far as they show
    their kind: probabilities that sum to one, labels below the number of classes, lengths within their axis, a finite
    loss. What no value can show is listed in the report.

    The module runs on a copy (in place, and is put back, where it cannot be copied); it, the caller's random state and
    gradients stay as they were.

    Args:
        module: any neural module with outputs: of the framework, of the host, composite, or a data layer.
        inputs: values for input ports that cannot be invented, by port.
        sizes: numbers for names of sizes, `{"t": 101}`.
        seed: of the invented inputs and of the module's own random streams.

    Returns:
        the runs and what they could not see.

    Raises:
        NeuralTypeError: the module does not do what its ports promise; everything that is wrong at once. An error of
            the module's own is its cause (`__cause__`).
        ModuleCheckError: the check cannot be made as asked: an input cannot be invented, an argument does not fit.
    """
    if not isinstance(module, NeuralModule):
        raise ModuleCheckError(f"check_module takes a neural module; given was {type(module).__name__}.")
    if not module.outputs:
        raise ModuleCheckError(f"{module.name} has no output ports, so it promises nothing that could be checked.")
    record = Record(module, user_location())
    with own_randomness(seed, home_of(module)[1]):
        if module.segment == "source":
            _check_source(record, inputs, sizes, seed)
        else:
            uses = uses_of(module, inputs)
            names = {name for use in uses for name in Asked.of(use.inputs, use.outputs).names}
            check_names(module, inputs, sizes, names)
            with borrowed(module) as twin:
                runner = Runner(record, twin, inputs, sizes, seed)
                for place, use in enumerate(uses):
                    runner.run(use, thorough=place == 0)
            record.unseen += _limits(module, uses[0])
    return record.report()


def _check_source(record: Record, inputs: Mapping[str, Any], sizes: Mapping[str, int], seed: int) -> None:
    """Hold one micro-batch to what a source promises."""
    check_names(record.module, inputs, sizes, set())
    use = replace(uses_of(record.module, {})[-1], text="its first micro-batch")
    run = Run(record.module, use, {}, {}, "in its first micro-batch", record.location)
    try:
        result = batch_of(record.module, seed)
    except ModuleCheckError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the author's code raises; it is the cause of the report
        record.failed(run, error)
        return
    run.take(result)
    record.keep(run, training=None)
    record.unseen.append("other sizes than those of its first micro-batch")


def _limits(module: NeuralModule, use: Use) -> list[str]:
    """Return what no run tries."""
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
