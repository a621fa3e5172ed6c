"""`check_module` tries every way to use a module, and reports everything that is wrong at once."""

from typing import Any

import pytest
from nm_torch_liars import FRAMES, caught, module_of
from torch import Tensor, nn

from nm_core import CompositeModule, Metric, NeuralModule, optional, ports
from nm_torch import LossModule, TorchModule, check_module
from nm_torch.common import Concat
from nm_torch.errors import ModuleCheckError
from nm_types import NeuralTypeError


def test_everything_that_is_wrong_comes_in_one_error() -> None:
    """One problem per port, each shown with both sides, the numbers, what went in, and what to do."""
    liar = module_of(
        lambda x, length: (x.transpose(1, 2), length / 2, x.mean(2)),
        inputs=FRAMES,
        outputs={"y": "B T:t C:c", "half": "B ; Lengths(t)", "probs": "B T:t ; Attention"},
    )

    with pytest.raises(NeuralTypeError) as raised:
        check_module(liar)

    assert [problem.code for problem in raised.value.problems] == ["NM121", "NM122", "NM130"]
    first, second, third = map(str, raised.value.problems)
    assert "liar promises   Batch    Time:t   Channel:c" in first
    assert "liar gives      3        5        29" in first
    assert "float32" in second
    assert "probabilities are 0 to 1" in third
    for text in (first, second, third):
        assert "Seen with x float32 [3, 29, 5], length int64 [3], where B = 3, c = 5, t = 29, in" in " ".join(
            text.split()
        )
        assert "test_check.py:" in text
        assert "fix: " in text


def test_a_failure_says_what_went_in_and_keeps_the_original() -> None:
    """The author's error is the cause, and the message says its class and words."""
    liar = module_of(lambda x: {}["missing"], inputs={"x": "B C:4"}, outputs={"y": "B"})

    with pytest.raises(NeuralTypeError, match=r"KeyError: 'missing'(.|\n)*x float32 \[3, 4\]") as raised:
        check_module(liar)

    assert isinstance(raised.value.__cause__, KeyError)


def test_a_module_that_needs_large_inputs_gets_them() -> None:
    """The report says on which sizes it failed."""
    report = check_module(
        module_of(nn.Conv1d(2, 3, 61), inputs={"x": "B C:2 T:t"}, outputs={"y": "B C:3 T:t-60"}), sizes={"B": 2}
    )
    kernel = module_of(nn.Conv1d(2, 3, 61), inputs={"x": "B C:2 T:t"}, outputs={"y": "B C:3 T:u"})

    assert report.runs[0].sizes == {"B": 2, "t": 61}
    again = check_module(kernel)
    assert again.runs[0].sizes["t"] == 127
    assert any("small sizes: with B = 5, t = 29 it raised RuntimeError" in line for line in again.unseen)


def test_a_module_that_takes_no_size_says_so() -> None:
    """With all sizes that were tried."""
    kernel = module_of(nn.Conv1d(2, 3, 9000), inputs={"x": "B C:2 T:t"}, outputs={"y": "B C:3 T:u"})

    with pytest.raises(NeuralTypeError, match=r"(?s)failed on all sizes that were tried: B = 5, t = 29;.*t\s+= 2039"):
        check_module(kernel)


class WithLanguage(TorchModule):
    """A module with an optional input, an output that needs it, and one that may be missing."""

    input_ports = ports(x="B T:t", hint=optional("B T:u"))
    output_ports = ports(y="B T:t", z=optional("B T:u", needs=("hint",)))

    def __init__(self, *, wrong: bool = False) -> None:
        super().__init__()
        self.wrong = wrong

    def forward(self, x: Tensor, hint: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return both, or nothing for the second; wrong without a hint where asked."""
        return x[:, :1] if self.wrong and hint is None else x, hint


def test_optional_inputs_are_given_and_left_open() -> None:
    """An output that needs one has no value then; whoever lies only without it is caught."""
    report = check_module(WithLanguage())

    assert [run.use for run in report.runs[::2]] == ["with its optional input", "without its optional input"]
    assert not any("z" in line.partition(":")[0] for line in report.unseen if "value" in line and "never" in line)
    assert caught(WithLanguage(wrong=True)) == {"y": "NM121"}


class Training(TorchModule):
    """Keeps its promise in evaluation alone."""

    input_ports = ports(x="B Class")
    output_ports = ports(y="B Class ; Probs")

    def forward(self, x: Tensor) -> Tensor:
        """Return probabilities, doubled in training."""
        return x.softmax(1) * (1 + self.training)


def test_a_lie_in_training_alone_is_caught() -> None:
    """And the message says so."""
    with pytest.raises(NeuralTypeError, match=r"in\s+training"):
        check_module(Training())


class SquaredLoss(LossModule):
    """A loss with a total and a weight."""

    input_ports = ports(x="B C", y="B C")
    output_ports = ports(loss="; Loss")

    def total(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum of squares."""
        return (x - y[:, : x.shape[1]]).square().sum()

    def weight(self, x: Tensor) -> int:
        """Return the samples."""
        return len(x)


class Shout(NeuralModule):
    """A host module."""

    input_ports = ports(texts="list[object Text]")
    output_ports = ports(loud="list[object Text]")

    def forward(self, texts: list[str]) -> list[str]:
        """Return capitals."""
        return [text.upper() for text in texts]


class Pair(CompositeModule):
    """Two layers under one name, the second with weights of its own."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B Encoded:{size}")

    def __init__(self, *, size: int, wrong: int = 0) -> None:
        super().__init__()
        self.layer = Projection(size=size + wrong)

    def build(self, x: Any) -> Any:
        """Call it."""
        return self.layer(x=x)


class Projection(TorchModule):
    """A linear layer."""

    input_ports = ports(x="B C:4")
    output_ports = ports(y="B Encoded:{size}")

    def __init__(self, *, size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(4, size)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, size]."""
        return self.layer(x)


class Beside(CompositeModule):
    """Two inputs side by side, found by the tag of their axis, as only a graph can."""

    input_ports = ports(x="B C:4 T:t", y="B C:3 T:t", unused=optional("B"))
    output_ports = ports(z="B C:7 T:t")

    def __init__(self) -> None:
        super().__init__()
        self.concat = Concat()

    def build(self, x: Any, y: Any, unused: Any = None) -> Any:
        """Call it."""
        return self.concat(xs=[x, y])


def test_composites_run_as_they_do_in_a_graph() -> None:
    """Their modules are told what the types say."""
    assert len(check_module(Beside()).runs) == 4


def test_losses_host_modules_and_composites_are_checked() -> None:
    """Each in its own way of being called."""
    assert len(check_module(SquaredLoss(), sizes={"axis 1 of x": 5, "axis 1 of y": 7}).runs) == 2
    assert len(check_module(Shout()).runs) == 1
    assert len(check_module(Pair(size=9)).runs) == 2
    assert caught(Pair(size=9, wrong=1)) == {"": "NM131"}, "its types say so before any value is made"


class Nothing(Metric):
    """A metric, which has no outputs."""

    input_ports = ports(x="B")


def test_what_promises_nothing_is_refused() -> None:
    """A module without outputs, and what is no module."""
    with pytest.raises(ModuleCheckError, match="no output ports"):
        check_module(Nothing())
    with pytest.raises(ModuleCheckError, match="takes a neural module"):
        check_module(nn.Linear(2, 3))  # type: ignore[arg-type]


def test_the_report_lists_what_no_value_shows() -> None:
    """And claims nothing about it."""
    module = module_of(
        lambda x, mask: (x, mask, x.long(), x),
        inputs={"x": "B T:t", "mask": "B T:t ; Mask"},
        outputs={"y": "B T:t", "mask": "B T:t ; Mask", "labels": optional("{}"), "logits": "B T:t ; Logits"},
    )

    assert check_module(module).unseen == (
        "labels: its type, {}, promises nothing",
        "y: what its values are: its type names no kind",
        "mask: which positions are real: any truth values can be Mask",
        "logits: what they score: any numbers can be Logits",
        "other values than real numbers for x: the type names no kind",
    )
