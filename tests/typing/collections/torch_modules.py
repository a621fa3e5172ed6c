"""Modules of the collections on PyTorch, for type checkers alone: right uses, and wrong ones.

A comment that ignores an error is an expectation: mypy and pyright report one that nothing needs.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Unpack, assert_type

import torch
from torch import Tensor, nn

import nm_asr
import nm_nlp
from nm_asr.data.layer import AudioToTextBatch
from nm_asr.encoders.jasper import JasperEncoderOutputs
from nm_core import ModuleOptions, NmTensor
from nm_nlp.data.translation import TranslationBatch
from nm_torch import LossModule, TorchModule, from_torch, ports
from nm_torch.common import DecoderRNN, FrameStacking, Linear
from nm_torch.common.subsampling import SubsamplingOutputs
from nm_torch.data import Batching, DataLayer
from nm_torch.wrap import WrappedModule


class Batch(NamedTuple):
    """Points and their classes."""

    x: Any
    label: Any


class Points(DataLayer[Batch]):
    """A data layer of one's own."""

    output_ports = ports(x="B Channel:2", label="B ; Labels(2)")

    def __init__(self, *, count: int, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(batching=Batching(batch_size=2), **options)
        self.count = count


class Distance(LossModule):
    """A loss of one's own, without a constructor."""

    input_ports = ports(x="B C:n", y="B C:n")
    output_ports = ports(loss="; Loss")

    def total(self, x: Tensor, y: Tensor) -> Tensor:
        """Sum."""
        return (x - y).abs().sum()

    def weight(self, y: Tensor) -> int:
        """Count."""
        return len(y)


class Scale(TorchModule):
    """A module of one's own, around one of PyTorch."""

    def __init__(self, *, size: int, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.linear = nn.Linear(size, size)


@from_torch(inputs={"x": "B C:{size}"}, outputs={"y": "B C:{size}"})
class Decorated(nn.Module):
    """A class of PyTorch's, with ports."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


class PortedLinear(nn.Linear, TorchModule):
    """A layer of PyTorch's, with ports: the class whose constructor it has stands first."""

    input_ports = ports(input="B C:{in_features}")
    output_ports = ports(output="B C:{out_features}")


def make(x: NmTensor, features: Tensor, lengths: Tensor) -> None:
    """Make modules, and call them on symbolic and on real tensors."""
    encoder = nm_asr.JasperEncoder(feat_in=64, blocks=[{"filters": 8, "kernel": 3}], name="encoder")
    assert_type(encoder, nm_asr.JasperEncoder)
    assert_type(encoder(audio_signal=x, length=x), JasperEncoderOutputs)
    assert_type(encoder(audio_signal=features, length=lengths), JasperEncoderOutputs)
    encoded, encoded_len = encoder(x, x)
    decoder = nm_asr.JasperDecoderForCTC(feat_in=8, num_classes=28, name="decoder")
    nm_asr.CTCLossNM(name="loss")(decoder(encoder_output=encoded), x, encoded_len, x)

    data = nm_asr.AudioToTextDataLayer(manifest="train.jsonl", labels="ab", name="data")
    assert_type(data(), AudioToTextBatch)
    assert_type(data.load([0]), AudioToTextBatch | None)
    assert_type(data.epoch(), Iterator[AudioToTextBatch])
    assert_type(nm_asr.WordErrorRate(labels="ab", hypotheses=x, references=x, name="wer"), nm_asr.WordErrorRate)

    pairs = nm_nlp.TranslationDataLayer(source="a", target="b", source_tokenizer="t", name="pairs")
    assert_type(pairs(), TranslationBatch)
    assert_type(pairs().sent_ids, Any)
    assert_type(nm_nlp.BLEU(hypotheses=x, references=x, name="bleu"), nm_nlp.BLEU)

    assert_type(FrameStacking(factor=2, name="stack")(x=x), SubsamplingOutputs)
    assert_type(DecoderRNN(num_labels=3, name="decoder")(targets=x).attention, Any)
    assert_type(Points(count=3, name="points")(), Batch)
    assert_type(Points(count=3).load([0]), Batch | None)
    assert_type(Distance(name="distance"), Distance)
    assert_type(Scale(size=3, name="scale").to("cpu").eval(), Scale)
    assert_type(Linear(input_size=3, output_size=3, name="linear"), Linear)
    wrapped = from_torch(nn.Linear(3, 3), inputs={"x": "B C:3"}, outputs={"y": "B C:3"}, name="wrapped")
    assert_type(wrapped, WrappedModule)
    assert_type(Decorated(size=3), Decorated)
    assert_type(PortedLinear(in_features=3, out_features=4), PortedLinear)
    torch.optim.SGD(encoder.parameters(), lr=0.1)


def misuse(x: NmTensor) -> None:
    """Wrong uses, each on a line of its own."""
    nm_asr.JasperEncoder(feat_in=64, block=[], name="encoder")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    nm_asr.JasperEncoder(name="encoder")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    nm_asr.JasperEncoder(feat_in="64")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    nm_asr.JasperDecoderForCTC(feat_in=8)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    nm_asr.AudioToTextDataLayer(labels="ab")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    nm_asr.WordErrorRate(labels="ab", hypothesis=x)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    nm_asr.CTCLossNM(nam="loss")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    print(nm_asr.JasperEncodr)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    nm_nlp.BLEU(reference=x)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Points(batching=Batching(batch_size=2), count=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Distance(scale=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Scale(size=3, device="cpu")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    from_torch(nn.Linear(3, 3), inputs={})  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    Decorated(sizes=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    PortedLinear(in_features=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    outputs = nm_asr.JasperEncoder(feat_in=64)(audio_signal=x, length=x)
    print(outputs.encode)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _encoded, _length, _rest = outputs  # type: ignore[misc]  # pyright: ignore[reportAssignmentType]
