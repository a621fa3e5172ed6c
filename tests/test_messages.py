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
from nm_core import Graph, NeuralModuleFactory, NeuralTypeError, NmError, check_file, inputs
from nm_core.cli.main import main
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


def give_lengths_of_another_axis() -> Any:
    """Give lengths in samples to a graph that asks for them in frames."""
    x, lengths = inputs(x="B C:8 T:t", lengths="B ; Lengths(t)")
    y = Measures(name="measures")(x, lengths)
    return NeuralModuleFactory().infer([y], inputs={"x": torch.randn(2, 8, 5), "lengths": torch.tensor([800, 640])})


class Plain(TorchModule):
    """A module whose parameter is a size, and says no range."""

    input_ports = ports(x="B C:{size}")
    output_ports = ports(y="B C:{size}")

    def __init__(self, *, size: int) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def check(promise: str, gives: str) -> Any:
    """Check a module that does not keep its promise."""
    check_module(Stored(promise=promise, gives=gives, name="stored"))


PYTHON: dict[str, Callable[[], Any]] = {
    "NM001": lambda: ports(x="B Time: t"),
    "NM002": lambda: ports(x="B Spectogram:64 T"),
    "NM003": lambda: ports(x="B T Class ; Logprobs"),
    "NM004": lambda: type("FrameTag", (TimeTag, TokenTag), {}, id="my.Frame"),
    "NM005": lambda: Plain(size=0),
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
    "NM124": give_lengths_of_another_axis,
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


def test_the_keys_for_tools_are_documented() -> None:
    """In the table of the page Errors, each once, in order."""
    page = (ROOT / "docs" / "errors.md").read_text("utf-8").partition("| key | meaning |")[2].partition("\n\n")[0]

    assert [key for row in page.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])] == KEYS


def pasted(error: NeuralTypeError, **names: Any) -> Any:
    """Run the fix of an error as its user would: with the import it names, in the place of the call at fault."""
    (fix,) = error.problems[0].fixes
    scope: dict[str, Any] = dict(names)
    exec(fix.needs, scope)
    return eval(fix.text, scope)


def refused(call: Callable[[], Any]) -> NeuralTypeError:
    """The error of a call whose types do not fit."""
    with pytest.raises(NeuralTypeError) as caught:
        call()
    return caught.value


def test_a_safe_fix_can_be_pasted_and_makes_the_connection_succeed() -> None:
    """The example of the page Errors: the decoder is given its features in its order."""
    decoder = JasperDecoderForCTC(feat_in=16, num_classes=28, name="decoder")
    encoded = inputs(encoded="B T:t Encoded:16")
    error = refused(lambda: decoder(encoder_output=encoded))

    assert error.problems[0].fixes[0].safe
    output = pasted(error, decoder=decoder, encoded=encoded)

    values = {"encoded": torch.randn(2, 5, 16)}
    (first, _) = NeuralModuleFactory().infer([output], inputs=values)
    torch.testing.assert_close(first["output"], decoder(values["encoded"].transpose(1, 2))[0])


def test_a_safe_fix_of_one_of_several_inputs_stands_for_the_value() -> None:
    """A list is given; the fix is put where the value was."""
    a, b = inputs(a="B T:t C:4", b="B C:4 T:t")
    error = refused(lambda: Add()([a, b]))
    (fix,) = error.problems[0].fixes
    text, _, place = fix.text.partition(" in the place of ")

    assert fix.safe
    assert place == "b in xs"
    scope: dict[str, Any] = {"b": b}
    exec(fix.needs, scope)
    assert str(Add()([a, eval(text, scope)]).type) == "Batch Time:inputs.t Channel:4"


def test_tags_of_a_collection_are_pasted_along() -> None:
    """The fix names them, and says where they are."""
    decoder = Tagged(name="tagged")
    words = inputs(words="B Embedding:8 Phone:u", tags=[PhoneTag])
    error = refused(lambda: decoder(x=words))

    assert error.problems[0].fixes[0].safe
    assert str(pasted(error, decoder=decoder, words=words).type) == "Batch mine.Phone:inputs.u"


@pytest.mark.parametrize("given", ["B Token:u Embedding:8", "{}"])
def test_a_claim_can_be_pasted(given: str) -> None:
    """What is too general is claimed to be more, by who knows it."""
    decoder = Tagged(name="tagged")
    words = inputs(words=given)
    error = refused(lambda: decoder(x=words))

    (fix,) = error.problems[0].fixes
    assert (fix.safe, fix.when) == (False, "you know that it holds")
    assert str(pasted(error, decoder=decoder, words=words).type).startswith("Batch mine.Phone")


@pytest.mark.parametrize("given", ["B T:t Class:29", "B T:t Channel:29 ; LogProbs", "B T:t Class:29 ; Features"])
def test_a_claim_about_the_values_can_be_pasted(given: str) -> None:
    """Kinds, too; names of sizes are those of another call, and are left out of the claim."""
    loss = Scored(name="scored")
    scores = inputs(scores=given)
    try:
        loss(x=scores)
    except NeuralTypeError as error:
        if error.code == "NM103":
            pasted(error, scored=loss, scores=scores)


class PhoneTag(TokenTag, id="mine.Phone"):
    """A tag of a collection."""


class Tagged(TorchModule):
    """A module of a collection with a tag of its own."""

    input_ports = ports(x="B Phone:u Embedding:8", tags=[PhoneTag])
    output_ports = ports(y="B Phone:u", tags=[PhoneTag])


class Scored(TorchModule):
    """A module that takes log-probabilities."""

    input_ports = ports(x="B T:t Class:n ; LogProbs")
    output_ports = ports(y="B T:t")


def test_all_bad_ports_of_a_call_are_one_error_of_at_most_ten() -> None:
    """Twelve are wrong: ten are shown, the rest is counted, and the data has all."""
    twelve = type(
        "Twelve",
        (TorchModule,),
        {
            "input_ports": ports(**{f"x{i}": "B C" for i in range(12)}),
            "output_ports": ports(y="B"),
            "__module__": __name__,
        },
    )
    given = inputs(**{f"x{i}": "B T" for i in range(12)})
    error = refused(lambda: twelve()(*given))

    assert str(error).count("NM101  an axis") == 10
    assert "... and 2 more." in str(error)
    assert str(error).count("nmod explain") == 1
    assert len(error.to_dict()["problems"]) == 12  # type: ignore[arg-type]


CHAIN = """\
nm: app/1
modules:
{modules}
graphs:
  infer:
    inputs: {{x: "{type}"}}
    calls:
      - {{call: m0, inputs: {{x: x}}}}
{calls}
    outputs: {{y: m9.y}}
"""


def chain(type: str) -> str:
    """An application with a chain of ten modules."""
    modules = [f"  m{i}: {{type: common.Linear, params: {{input_size: 8, output_size: 8}}}}" for i in range(10)]
    calls = [f"      - {{call: m{i}, inputs: {{x: m{i - 1}.y}}}}" for i in range(1, 10)]
    return CHAIN.format(modules="\n".join(modules), calls="\n".join(calls), type=type)


def test_one_mistake_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first module of a chain of ten is given a wrong size: what follows is not blamed, and drawn all the same."""
    path = tmp_path / "app.yaml"
    path.write_text(chain("B C:8"), encoding="utf-8")
    assert check_file(path).ok
    path.write_text(chain("B C:9"), encoding="utf-8")

    (problem,) = check_file(path).problems

    assert problem.code == "NM105"
    assert (problem.file, problem.line) == (str(path), 17)
    assert main(["draw", str(path), "-o", str(tmp_path / "app.svg")]) == 1
    assert "1 problem" in capsys.readouterr().err


def test_every_bad_edge_of_a_file_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifteen mistakes are fifteen problems, each at its own line, and one line says where they are explained."""
    modules = "\n".join(
        f"  m{i}: {{type: common.Linear, params: {{input_size: {9 + i}, output_size: 8}}}}" for i in range(15)
    )
    calls = "\n".join(f"      - {{call: m{i}, inputs: {{x: x}}}}" for i in range(15))
    ends = ", ".join(f"y{i}: m{i}.y" for i in range(15))
    path = tmp_path / "app.yaml"
    path.write_text(
        f'nm: app/1\nmodules:\n{modules}\ngraphs:\n  infer:\n    inputs: {{x: "B C:8"}}\n    calls:\n{calls}\n'
        f"    outputs: {{{ends}}}\n",
        encoding="utf-8",
    )

    assert main(["check", str(path)]) == 1
    said = capsys.readouterr().out
    assert len(set(re.findall(r"app\.yaml:(\d+):\d+: NM105", said))) == 15
    assert said.endswith(f"{path}: 15 problems.\nnmod explain NM105 says more.\n")


def test_what_a_file_connects_wrongly_is_data_for_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`nmod check --json` has the code, both ends, both types, the place and the fixes."""
    path = tmp_path / "app.yaml"
    path.write_text(chain("B C:9"), encoding="utf-8")

    assert main(["check", str(path), "--json"]) == 1
    ((problem,),) = [report["problems"] for report in json.loads(capsys.readouterr().out)]

    assert (problem["code"], problem["file"], problem["line"]) == ("NM105", str(path), 17)
    connection = problem["connection"]
    assert list(connection) == KEYS
    assert (connection["producer"], connection["consumer"], connection["port"]) == ("x", "m0", "x")
    assert (connection["expected"], connection["given"]) == ("*s Channel:8", "Batch Channel:9")
    assert (connection["file"], connection["line"], connection["column"]) == (str(path), 17, problem["column"])
    assert connection["fixes"]


FILE = """\
nm: app/1
modules:
  decoder: {{type: asr.JasperDecoderForCTC, params: {{feat_in: {features}, num_classes: 28}}}}
  loss: {{type: asr.CTCLossNM}}
  add: {{type: common.Add}}
  order: {{type: nm.Transpose, params: {{order: T B T}}}}
graphs:
  infer:
    inputs: {{x: "{x}", y: "{y}", u: "B Token:u ; Labels({labels})", u_len: "B ; Lengths(u)"}}
    calls:
      - {{call: {call}}}
    outputs: {{z: {call}.{output}}}
"""
DECODE = "decoder, inputs: {encoder_output: x}"
LOSS = "loss, inputs: {log_probs: x, targets: u, input_length: y, target_length: u_len}"
SWAPPED = "loss, inputs: {log_probs: x, targets: u, input_length: u_len, target_length: y}"
SCORES, LENGTHS = "B T:(t+1)//2 Class:29 ; LogProbs", "B ; Lengths((t+1)//2)"
FILES = {
    "NM001": (DECODE, {"x": "B Time: t"}),
    "NM002": (DECODE, {"x": "B Encded:16 T"}),
    "NM003": (DECODE, {"x": "B Encoded:16 T ; Featurs"}),
    "NM101": (DECODE, {"x": "B Token:16 T"}),
    "NM102": (DECODE, {"x": "B Encoded:16"}),
    "NM103": (DECODE, {"x": "B Channel:16 T"}),
    "NM104": (DECODE, {"x": "B T Encoded:16"}),
    "NM105": (DECODE, {"x": "B Encoded:24 T"}),
    "NM106": (LOSS, {"x": "B T:(t+1)//2 Class:29 ; Logits", "y": LENGTHS}),
    "NM107": (SWAPPED, {"x": SCORES, "y": LENGTHS}),
    "NM108": (LOSS, {"x": SCORES, "y": "B ; Lengths(t)"}),
    "NM109": ("order, inputs: {x: x}", {"x": "B T T"}),
    "NM110": (DECODE, {"x": "list[object Text]"}),
    "NM112": ("add, inputs: {xs: [x, y]}", {"x": "B C T", "y": "B T"}),
    "NM113": (LOSS, {"x": SCORES, "y": LENGTHS, "labels": 30}),
}
OUTPUTS = {"decoder": "output", "loss": "loss", "order": "y", "add": "y"}


@pytest.mark.parametrize("code", FILES)
def test_a_file_is_told_the_code_and_the_place(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line, the code, no call that a file could not hold, and where the code is explained."""
    call, changes = FILES[code]
    values: dict[str, Any] = {"x": "B", "y": "B", "labels": 28, "features": 16, **changes}
    name, _, given = call.partition(",")
    text = FILE.format(call=name, output=OUTPUTS[name], **values).replace(f"call: {name}}}", f"call: {name},{given}}}")
    path = tmp_path / "app.yaml"
    path.write_text(text, encoding="utf-8")

    assert main(["check", str(path)]) == 1
    said = capsys.readouterr().out

    assert re.search(rf"app\.yaml:\d+:\d+: {code}  ", said), said
    assert f"nmod explain {code} says more." in said
    assert "(from nm_core import" not in said
    for line in said.splitlines():
        assert len(line) <= 80 or str(path) in line or "|" in line, line
    if code == "NM103":
        assert '\n    {type: nm.Assume, params: {type: "B Encoded:16 T"}}\n' in said
