"""Modules that keep their promises pass; each way to break one is caught."""

from typing import Any

import pytest
import torch
from nm_torch_liars import FRAMES, Pooling, caught, module_of
from torch import Tensor, nn

from nm_core import variadic
from nm_torch import check_module


def subsampled(x_BTC: Tensor, length_B: Tensor) -> tuple[Tensor, Tensor]:
    """Take every other frame: the right way."""
    return x_BTC[:, ::2], (length_B + 1) // 2


HALF = {"y": "B T:(t+1)//2 C:c", "length": "B ; Lengths((t+1)//2)"}

HONEST: dict[str, Any] = {
    "pooling": lambda: Pooling(feat_in=4),
    "subsampling": lambda: module_of(subsampled, inputs=FRAMES, outputs=HALF),
    "an input that is twice a name": lambda: module_of(
        lambda x: x.unflatten(1, (-1, 2)).sum(2), inputs={"x": "B T:2*t"}, outputs={"y": "B T:t"}
    ),
    "an input that is half a name": lambda: module_of(
        lambda x, y: x[:, : y.shape[1]] + y, inputs={"x": "B T:t", "y": "B T:(t+1)//2"}, outputs={"z": "B T:(t+1)//2"}
    ),
    "one class more than labels": lambda: module_of(
        lambda x, labels: nn.functional.nll_loss(x, labels),
        inputs={"x": "B Class:n+1 ; LogProbs", "labels": "B ; Labels(n)"},
        outputs={"loss": "; Loss"},
    ),
    "a row": lambda: module_of(lambda x: x.sum(-1), inputs={"x": "*s C"}, outputs={"y": "*s"}),
    "two rows": lambda: module_of(
        lambda x, y: torch.tensordot(x, y, dims=0), inputs={"x": "*a", "y": "*b"}, outputs={"z": "{}"}
    ),
    "variadic": lambda: module_of(
        lambda xs: torch.cat(xs, 1), inputs={"xs": variadic("B C:n_i")}, outputs={"y": "B C:sum(n_i)"}
    ),
    "anything": lambda: module_of(lambda x: x, inputs={"x": "{}"}, outputs={"y": "{}"}),
    "text": lambda: module_of(
        lambda texts: [text.split() for text in texts],
        inputs={"texts": "list[object Text]"},
        outputs={"words": "list[list[object Text]]"},
    ),
    "tensors in a list": lambda: module_of(
        lambda xs: [x.log_softmax(0) for x in xs],
        inputs={"xs": "list[Class:n]"},
        outputs={"ys": "list[Class:n ; LogProbs]"},
    ),
    "zeros behind the lengths": lambda: module_of(
        lambda x, length: x.log_softmax(-1) * (torch.arange(x.shape[1]) < length[:, None])[..., None],
        inputs={"x": "B T:t Class ; Logits", "length": "B ; Lengths(t)"},
        outputs={"y": "B T:t Class ; LogProbs"},
    ),
    "a mask": lambda: module_of(
        lambda mask: mask.sum(1), inputs={"mask": "B T:t ; Mask"}, outputs={"length": "B ; Lengths(t)"}
    ),
    "probabilities and attention": lambda: module_of(
        lambda x: (x.softmax(1), x.softmax(2)),
        inputs={"x": "B Class:n T:t"},
        outputs={"probs": "B Class:n T:t ; Probs", "attention": "B Token:n T:t ; Attention"},
    ),
    "an own size": lambda: module_of(
        lambda x: (x[x > 0], torch.tensor([int((x > 0).sum())])),
        inputs={"x": "T"},
        outputs={"y": "T:kept", "count": "B ; Lengths(kept)"},
    ),
    "one name on both sides": lambda: module_of(lambda x: x[:, :2], inputs={"x": "B C"}, outputs={"x": "B C:2"}),
    "half precision": lambda: module_of(
        nn.Linear(5, 7, dtype=torch.bfloat16), inputs={"x": "B C:5"}, outputs={"y": "B C:7"}
    ),
}


@pytest.mark.parametrize("make", HONEST.values(), ids=HONEST)
def test_modules_that_keep_their_promises_pass(make: Any) -> None:
    """In evaluation and in training, whatever their ports are made of."""
    report = check_module(make())

    assert {run.training for run in report.runs} == {False, True}
    assert str(report).startswith(f"{report.module} keeps its promises in {len(report.runs)} runs.")


LIARS: dict[str, tuple[Any, Any, Any, dict[str, str]]] = {
    "axes in another order": (lambda x: x.transpose(1, 2), {"x": "B T:t C:4"}, {"y": "B T:t C:4"}, {"y": "NM121"}),
    "axes of unknown sizes in another order": (
        lambda x: x.transpose(1, 2),
        {"x": "B T:t C:c"},
        {"y": "B T:t C:c"},
        {"y": "NM121"},
    ),
    "a wrong size": (lambda x: x[:, 1:], {"x": "B C:4"}, {"y": "B C:4"}, {"y": "NM121"}),
    "a wrong expression": (lambda x: x[:, ::2], {"x": "B T:t"}, {"y": "B T:t//2"}, {"y": "NM121"}),
    "an expression that is right for odd sizes alone": (
        lambda x: x[:, ::2],
        {"x": "B T:t"},
        {"y": "B T:t//2+1"},
        {"y": "NM121"},
    ),
    "one frame too many at multiples of the stride": (
        lambda x: x[:, ::8],
        {"x": "B T:t"},
        {"y": "B T:t//8+1"},
        {"y": "NM121"},
    ),
    "an axis too many": (lambda x: x.sum(1, keepdim=True), {"x": "B C"}, {"y": "B"}, {"y": "NM120"}),
    "lengths that were not subsampled": (lambda x, length: (x[:, ::2], length), FRAMES, HALF, {"length": "NM130"}),
    "lengths that exceed the axis by one": (
        lambda x, length: (x, length + 1),
        FRAMES,
        {"y": "B T:t C:c", "length": "B ; Lengths(t)"},
        {"length": "NM130"},
    ),
    "negative lengths": (lambda x: x - 1, {"x": "B ; Index"}, {"y": "B ; Lengths(t)"}, {"y": "NM130"}),
    "float lengths": (lambda x, length: (x[:, ::2], (length + 1) / 2), FRAMES, HALF, {"length": "NM122"}),
    "logits called log-probabilities": (
        lambda x: x,
        {"x": "B Class ; Logits"},
        {"y": "B Class ; LogProbs"},
        {"y": "NM130"},
    ),
    "a softmax over the wrong axis": (
        lambda x: x.log_softmax(1),
        {"x": "B T:t Class:5"},
        {"y": "B T:t Class:5 ; LogProbs"},
        {"y": "NM130"},
    ),
    "logarithms called probabilities": (
        lambda x: x.log_softmax(1),
        {"x": "B Class"},
        {"y": "B Class ; Probs"},
        {"y": "NM130"},
    ),
    "a sigmoid called probabilities": (
        lambda x: x.sigmoid(),
        {"x": "B Class"},
        {"y": "B Class ; Probs"},
        {"y": "NM130"},
    ),
    "attention to nothing": (lambda x: x * 0, {"x": "B T:t"}, {"y": "B T:t ; Attention"}, {"y": "NM130"}),
    "positive log-probabilities of whole sequences": (
        lambda x: x.abs().sum(1),
        {"x": "B T:t"},
        {"y": "B ; LogProbs"},
        {"y": "NM130"},
    ),
    "labels out of range": (lambda x: x.argmax(1) + 1, {"x": "B Class:n"}, {"y": "B ; Labels(n)"}, {"y": "NM130"}),
    "labels with gaps among real positions": (
        lambda labels, length: (labels.clone().fill_(-1), length),
        {"labels": "B T:t ; Labels(5)", "length": "B ; Lengths(t)"},
        {"y": "B T:t ; Labels(5)", "length": "B ; Lengths(t)"},
        {"y": "NM130"},
    ),
    "token ids of padding that is none": (
        lambda x: x - 1,
        {"x": "B ; TokenIds(5)"},
        {"y": "B ; TokenIds(5)"},
        {"y": "NM130"},
    ),
    "a mask of numbers": (lambda x: x.float(), {"x": "B T:t ; Mask"}, {"y": "B T:t ; Mask"}, {"y": "NM122"}),
    "a loss per sample": (lambda x: x.sum(1), {"x": "B C"}, {"loss": "; Loss"}, {"loss": "NM120"}),
    "a loss that is infinite": (lambda x: x.sum() / 0, {"x": "B C"}, {"loss": "; Loss"}, {"loss": "NM130"}),
    "features that are no numbers": (lambda x: x * torch.nan, {"x": "B C"}, {"y": "B C ; Features"}, {"y": "NM130"}),
    "a signal that is too loud": (
        lambda x: 9 * x,
        {"x": "T ; AudioSignal(8000)"},
        {"y": "T ; AudioSignal(8000)"},
        {"y": "NM130"},
    ),
    "numbers called text": (lambda x: x.tolist(), {"x": "B ; Index"}, {"y": "list[object Text]"}, {"y[0]": "NM130"}),
    "one text for a list": (lambda x: "no", {"x": "B ; Index"}, {"y": "list[object Text]"}, {"y": "NM110"}),
    "a list for a tensor": (lambda x: x.tolist(), {"x": "B ; Index"}, {"y": "B ; Index"}, {"y": "NM110"}),
    "a tensor for an object": (lambda x: x, {"x": "B ; Index"}, {"y": "object Text"}, {"y": "NM110"}),
    "nothing": (lambda x: None, {"x": "B ; Index"}, {"y": "B ; Index"}, {"y": "NM110"}),
    "two values for three ports": (lambda x: (x, x), {"x": "B"}, {"a": "B", "b": "B", "c": "B"}, {"a, b, c": "NM132"}),
    "a failure on scalars": (lambda x: x.flatten(0, -2), {"x": "*s C"}, {"y": "{}"}, {"": "NM131"}),
    "a failure on three values": (
        lambda xs: xs[0] + xs[1] + 0 * xs[len(xs) // 3 * 9],
        {"xs": variadic("B")},
        {"y": "B"},
        {"": "NM131"},
    ),
}


@pytest.mark.parametrize(("function", "inputs", "outputs", "expected"), LIARS.values(), ids=LIARS)
def test_each_way_to_break_a_promise_is_caught(
    function: Any, inputs: Any, outputs: Any, expected: dict[str, str]
) -> None:
    """With the code and the port, and nothing else."""
    assert caught(module_of(function, inputs=inputs, outputs=outputs)) == expected
