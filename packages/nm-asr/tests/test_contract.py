"""Every module of the framework segment keeps the same promises."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from nm_asr_samples import BLOCKS
from torch import Tensor

from nm_asr import (
    AudioToMelSpectrogramPreprocessor,
    CTCLossNM,
    JasperDecoderForCTC,
    JasperEncoder,
    JasperRNNConnector,
    SpectrogramAugmentation,
)
from nm_core import inputs
from nm_torch import TorchModule
from nm_types import check_shapes

# Every axis has a prime of its own: B 3, bands 7, frames 29, samples 1009, channels 5, labels 11, positions 2.
LENGTHS = torch.tensor([29, 17, 13])


def _log_probs() -> Tensor:
    return torch.randn(3, 29, 12).log_softmax(-1)


@dataclass(frozen=True)
class Case:
    """A module, and values for its ports."""

    make: Callable[[], TorchModule]
    values: Callable[[], dict[str, Tensor]]


CASES = {
    "preprocessor": Case(
        lambda: AudioToMelSpectrogramPreprocessor(sample_rate=8000, n_mels=7),
        lambda: {"audio": torch.randn(3, 1009), "length": torch.tensor([1009, 503, 211])},
    ),
    "augmentation": Case(SpectrogramAugmentation, lambda: {"spec": torch.randn(3, 7, 29), "length": LENGTHS}),
    "encoder": Case(
        lambda: JasperEncoder(feat_in=7, blocks=BLOCKS),
        lambda: {"audio_signal": torch.randn(3, 7, 29), "length": LENGTHS},
    ),
    "decoder": Case(
        lambda: JasperDecoderForCTC(feat_in=5, num_classes=11), lambda: {"encoder_output": torch.randn(3, 5, 29)}
    ),
    "connector": Case(
        lambda: JasperRNNConnector(in_channels=5, out_channels=13), lambda: {"tensor": torch.randn(3, 5, 29)}
    ),
    "loss": Case(
        CTCLossNM,
        lambda: {
            "log_probs": _log_probs(),
            "targets": torch.tensor([[1, 2], [0, -1], [10, 10]]),
            "input_length": LENGTHS,
            "target_length": torch.tensor([2, 1, 2]),
        },
    ),
}

every_module = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def outputs_of(module: TorchModule, values: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what a module gives, by port."""
    result = module(**values)
    return dict(zip(module.outputs, (result,) if isinstance(result, Tensor) else result, strict=True))


@every_module
def test_shapes_are_those_of_the_ports(case: Case) -> None:
    """Inputs and outputs together satisfy the declared types, sizes included."""
    module, values = case.make(), case.values()

    outputs = outputs_of(module, values)

    declared = {port.name: port.type for side in (module.inputs, module.outputs) for port in side.values()}
    shapes = {name: tuple(value.shape) for name, value in (values | outputs).items()}
    assert not check_shapes(declared, shapes)


@every_module
def test_symbolic_and_real_calls_give_the_same_structure(case: Case) -> None:
    """Outputs have the ports' names and order in both."""
    module = case.make()
    bounds = {port.name: re.sub(r"'\w+<=", "", str(port.type)) for port in module.inputs.values()}
    free = inputs(**bounds)
    given = dict(zip(module.inputs, free if isinstance(free, tuple) else (free,), strict=True))

    symbolic, real = module(**given), module(**case.values())

    assert getattr(symbolic, "_fields", None) == getattr(real, "_fields", None)


@every_module
def test_inputs_are_left_as_they_were(case: Case) -> None:
    """No module writes into what it is given, training or not."""
    for training in (True, False):
        module, values = case.make().train(training), case.values()
        before = {name: value.clone() for name, value in values.items()}

        module(**values)

        assert all(torch.equal(values[name], before[name]) for name in values)


@every_module
def test_evaluation_repeats_itself(case: Case) -> None:
    """The same values give the same result in evaluation, also from a copy and from restored weights."""
    module, values = case.make(), case.values()
    module.train()(**values)
    module.eval()
    other = case.make().eval()
    other.load_state_dict(module.state_dict())

    expected = outputs_of(module, values)

    for again in (module, copy.deepcopy(module), other):
        for name, value in outputs_of(again, values).items():
            torch.testing.assert_close(value, expected[name], rtol=0, atol=0)


@every_module
def test_parameters_rebuild_the_module(case: Case) -> None:
    """The captured parameters are plain data from which an equal module can be made."""
    module = case.make()
    cls: Any = type(module)

    again = cls(**module.params)

    assert again.params == module.params
    assert not module.opaque
    assert again.state_dict().keys() == module.state_dict().keys()
