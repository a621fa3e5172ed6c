"""Messages: every code is provoked with real modules, in Python, in a file and at run time."""

import json
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nm_asr.decoders.ctc import JasperDecoderForCTC
from nm_asr.encoders.jasper import JasperEncoder
from nm_asr.losses import CTCLossNM
from nm_core import Graph, NeuralModuleFactory, NeuralTypeError, NmError, inputs
from nm_torch import TorchModule, check_module, ports
from nm_torch.common import Add
from nm_types import CODES, Problem, TimeTag, TokenTag

ROOT = Path(__file__).parent.parent
SOURCES = [path for path in ROOT.glob("packages/*/src/**/*.py") if path.parent.name != "codes"]
TYPE = "B Encoded:16 T:t"


class Halve(TorchModule):
    """A subsampling module that tells the new lengths."""

    input_ports = ports(x="B 'A T:t", length="B ; Lengths(t)")
    output_ports = ports(y="B 'A T:(t-10)//2", y_len="B ; Lengths((t-10)//2)")

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        """Forget the lengths."""
        return x


class Same(TorchModule):
    """A module whose inputs mean the same."""

    input_ports = ports(a="B 'A", b="B 'A")
    output_ports = ports(y="B 'A")


class Pairs(TorchModule):
    """A module over pairs of frames."""

    input_ports = ports(scores="B T T")
    output_ports = ports(y="B T")


class Equal(TorchModule):
    """A module whose inputs are equally long."""

    input_ports = ports(a="B T:n", b="B T:n")
    output_ports = ports(y="B T:n")


class Longer(TorchModule):
    """A module whose second input is longer by one."""

    input_ports = ports(a="B T:n", b="B T:n+1")
    output_ports = ports(y="B T:n")


class Stored(TorchModule):
    """A module that promises what it is told to promise, and gives what it is told to give."""

    input_ports = ports(x="B C:8 T:t")
    output_ports = ports(y="{}")

    @staticmethod
    def ports_of(params: Any) -> Any:
        """Return the ports."""
        return ports(x="B C:8 T:t"), ports(y=params["promise"])

    def __init__(self, *, promise: str, gives: str = "x") -> None:
        super().__init__()
        self.gives = gives

    def forward(self, x: Tensor) -> Any:
        """Return something."""
        made = {"x": x, "one": x[0], "three": x[:, :3], "short": x[..., :3], "whole": x.long()}
        return made[self.gives] if self.gives in made else x.view(7, -1)


class Takes(TorchModule):
    """A module that takes log-probabilities of 8 classes."""

    input_ports = ports(x="B C:8 T:t ; LogProbs")
    output_ports = ports(y="B C:8 T:t ; LogProbs")

    def forward(self, x: Tensor) -> Tensor:
        """Return what comes in."""
        return x


class Measures(TorchModule):
    """A module that takes lengths."""

    input_ports = ports(x="B C T:t", lengths="B ; Lengths(t)")
    output_ports = ports(y="B C T:t")

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return what comes in."""
        return x


def decode(**types: str) -> Any:
    """Give something to a decoder of 16 features and 28 labels."""
    return JasperDecoderForCTC(feat_in=16, num_classes=28, name="decoder")(encoder_output=inputs(**types))


def recognise(labels: int = 28, *, swapped: bool = False, forgotten: bool = False, scores: str = "") -> Any:
    """Give a CTC loss what a recogniser makes, with one mistake."""
    given = inputs(
        spec="B Spectrogram:64 T:t",
        spec_len="B ; Lengths(t)",
        text=f"B Token:u ; Labels({labels})",
        text_len="B ; Lengths(u)",
    )
    encoder = JasperEncoder(feat_in=64, blocks=[{"filters": 16, "kernel": 11, "stride": 2}], name="encoder")
    encoded, encoded_len = encoder(audio_signal=given.spec, length=given.spec_len)
    decoded = JasperDecoderForCTC(feat_in=16, num_classes=28, name="decoder")(encoder_output=encoded)
    lengths = (given.text_len, encoded_len) if swapped else (encoded_len, given.text_len)
    return CTCLossNM(name="loss")(
        log_probs=inputs(scores=scores) if scores else decoded,
        targets=given.text,
        input_length=given.spec_len if forgotten else lengths[0],
        target_length=lengths[1],
    )


def contradict() -> Any:
    """Ask of two values to be equally long, and not."""
    a, b = inputs(a="B T:n", b="B T:m")
    return Graph([Equal()(a, b), Longer()(a, b)])


def run(promise: str, gives: str) -> Any:
    """Run what does not keep its promise in front of a module that relies on it."""
    x = inputs(x="B C:8 T:t")
    y = Takes(name="takes")(Stored(promise=promise, gives=gives, name="stored")(x))
    return list(NeuralModuleFactory().infer([y], inputs={"x": torch.randn(2, 8, 5)}))


def run_lengths() -> Any:
    """Run a module on the lengths from before the one that cut its values, which does not tell that it did."""
    x, lengths = inputs(x="B C:8 T:t", lengths="B ; Lengths(t)")
    y = Measures(name="measures")(Stored(promise="B C:8 T:s", gives="short", name="stored")(x), lengths)
    values = {"x": torch.randn(2, 8, 5), "lengths": torch.tensor([5, 4])}
    return list(NeuralModuleFactory().infer([y], inputs=values))


def check(promise: str, gives: str) -> Any:
    """Check a module that does not keep its promise."""
    check_module(Stored(promise=promise, gives=gives, name="stored"))


PYTHON: dict[str, Callable[[], Any]] = {
    "NM001": lambda: ports(x="B Time: t"),
    "NM002": lambda: ports(x="B Spectogram:64 T"),
    "NM003": lambda: ports(x="B T Class ; Logprobs"),
    "NM004": lambda: type("FrameTag", (TimeTag, TokenTag), {}, id="my.Frame"),
    "NM005": lambda: JasperDecoderForCTC(feat_in=0, num_classes=28),
    "NM101": lambda: decode(words="B Token:16 T:t"),
    "NM102": lambda: decode(pooled="B Encoded:16"),
    "NM103": lambda: decode(features="B Channel:16 T:t"),
    "NM104": lambda: decode(encoded="B T:t Encoded:16"),
    "NM105": lambda: decode(encoded="B Encoded:24 T:t"),
    "NM106": lambda: recognise(scores="B T:t Class:29 ; Logits"),
    "NM107": lambda: recognise(swapped=True),
    "NM108": lambda: recognise(forgotten=True),
    "NM109": lambda: Pairs()(inputs(scores="T B T")),
    "NM110": lambda: decode(texts="list[object Text]"),
    "NM111": lambda: Same()(inputs(words="B Token"), inputs(frames="B T")),
    "NM112": lambda: Add()([inputs(spectrogram="B C T"), inputs(loudness="B T")]),
    "NM113": lambda: recognise(labels=30),
    "NM114": lambda: Halve()(inputs(x="B C T:3"), inputs(length="B ; Lengths(3)")),
    "NM115": contradict,
}
RUNS: dict[str, Callable[[], Any]] = {
    "NM120": lambda: run("B C T:s", "one"),
    "NM121": lambda: run("B C T:s ; LogProbs", "three"),
    "NM122": lambda: run("B C T:s", "whole"),
    "NM123": run_lengths,
    "NM130": lambda: check("B C:8 T:t ; LogProbs", "x"),
    "NM131": lambda: check("B C:8 T:t", "view"),
    "NM132": lambda: check_module(Halve(name="halve")),
}
PROVOKED = {**PYTHON, **RUNS}


def provoked(code: str) -> NmError:
    """The error that has a code."""
    with pytest.raises(NmError) as caught:
        PROVOKED[code]()
    return caught.value


def test_every_code_that_is_raised_is_explained_and_every_explained_code_is_provoked_here() -> None:
    """In all packages; and the page Errors lists them all."""
    raised = {code for path in SOURCES for code in re.findall(r"\bNM\d{3}\b", path.read_text("utf-8"))}

    assert raised == set(CODES) == set(PROVOKED)
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert [f"{code} {title}" in page for code, (title, _) in CODES.items()] == [True] * len(CODES)


@pytest.mark.parametrize("code", PROVOKED)
def test_a_message_has_its_code_a_cause_and_a_way_out_within_80_columns(code: str) -> None:
    """Only what can be pasted may be longer."""
    error = provoked(code)
    text = str(error)

    assert error.code == code
    assert text.startswith(f"{code}  ")
    for line in text.splitlines():
        assert len(line) <= 80 or "fix" in line
        assert line == line.rstrip()
    if isinstance(error, NeuralTypeError):
        problem = error.problems[0]
        assert problem.cause
        assert problem.fixes
        assert problem.consumer
        assert "tests/test_messages.py:" in text
        assert text.endswith(f"nmod explain {code} says more.")


@pytest.mark.parametrize("code", PROVOKED)
def test_a_traceback_ends_in_the_line_of_the_user(code: str) -> None:
    """No frame of the engine or of its framework is in it; the whole stack can be asked for."""
    error = provoked(code)

    shown = [Path(frame.filename).name for frame in traceback.extract_tb(error.__traceback__)]
    assert set(shown) == {"test_messages.py"}
    assert "nm_types" in error.full_traceback()


@pytest.mark.parametrize("code", PROVOKED)
def test_an_error_is_plain_data_for_tools(code: str) -> None:
    """Every code has the same keys, and goes through JSON."""
    error = provoked(code)
    data = json.loads(json.dumps(error.to_dict()))

    assert data["code"] == code
    assert data["message"]
    if isinstance(error, NeuralTypeError):
        assert set(data) == {"error", "code", "message", "problems"}
        for problem in data["problems"]:
            assert list(problem) == KEYS
            assert problem["file"] == __file__
            assert problem["line"] > 1
    else:
        assert set(data) == {"error", "code", "message"}


KEYS = list(Problem("NM101", "").to_dict())
