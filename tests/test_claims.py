"""What the pages claim is held by tests that exist, and what they tell to type is understood.

`claims.toml` has the claims of the pages about files, checks and packages that no example on the page itself runs.
"""

import ast
import hashlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nm_core import NeuralTypeError, check_file, inputs, load_application
from nm_core.application.text.limits import DEFAULT_LIMITS
from nm_core.cli.main import nmod
from nm_torch.common import ConvSubsampling
from nm_types import CODES

ROOT = Path(__file__).parent.parent
CLAIMS: dict[str, dict[str, list[str]]] = tomllib.loads((Path(__file__).parent / "claims.toml").read_text("utf-8"))
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md")])
MINIMAL = """\
nm: app/1
modules:
  data: {type: asr.AudioToTextDataLayer, params: {manifest: train.jsonl, labels: " abc"}}
  encoder: {type: asr.JasperEncoder, params: {feat_in: 64, blocks: [{filters: 16, kernel: 3}]}}
  decoder: {type: asr.JasperDecoderForCTC, params: {feat_in: 16, num_classes: 4}}
  greedy: {type: asr.GreedyCTCDecoder, params: {labels: " abc"}}
graphs:
  dev:
    calls:
      - call: data
      - {call: encoder, inputs: {audio_signal: data.spec, length: data.spec_len}}
      - {call: decoder, inputs: {encoder_output: encoder.encoded}}
      - {call: greedy, inputs: {log_probs: decoder.output, length: encoder.encoded_len}}
    outputs: {text: greedy.hypotheses, transcript: data.transcript}
"""
METRIC = """\
    - type: common.WordErrorRate
      params: {labels: " abc"}
      inputs: {hypotheses: dev.text, references: dev.transcript}
"""


@pytest.mark.parametrize("page", CLAIMS)
def test_a_claim_stands_on_its_page_and_its_tests_are_there(page: str) -> None:
    """Each test is named as pytest names it, or is a whole file."""
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    for claim, tests in CLAIMS[page].items():
        assert claim in text
        assert tests, claim
        for test in tests:
            file, _, name = test.partition("::")
            assert (ROOT / file).is_file(), test
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            assert not name or name in {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}, test


def test_proofs_of_the_page_of_claims_are_there() -> None:
    """Each folder or file that a command of the page names is in the checkout, each environment in tox.ini."""
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    rows = [line for line in (ROOT / "docs/claims.md").read_text("utf-8").splitlines() if line.startswith("|")]
    commands = [command for row in rows for command in re.findall(r"`((?:pytest|python|tox) [^`]+)`", row)]

    assert commands
    for command in commands:
        program, *words = shlex.split(command)
        paths = [word for word in words if "/" in word]
        assert all((ROOT / path).exists() for path in paths), command
        if program == "tox":
            assert f"[testenv:{words[words.index('-e') + 1]}]" in tox, command
        else:
            assert paths or "--nm-collection" in words, command


def commands_of(text: str) -> Iterator[list[str]]:
    """Yield the words of every `nmod ...` on a page, in blocks and in running text."""
    text = re.sub(r"^```python.*?^```$", "", text.replace("\\\n", " "), flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^(?:\$ )?nmod (.+)$", text, re.MULTILINE) + re.findall(r"`nmod ([^`\n]+)`", text)
    for line in lines:
        command = re.split(r"  #| [|>&] ", line)[0]
        try:
            yield shlex.split(command)
        except ValueError:
            yield command.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_on_a_page_are_understood(page: Path) -> None:
    """Each has a subcommand that exists, and none but options of it."""
    text = page.read_text(encoding="utf-8")
    own = set(re.findall(r'"(\w+)": "\w[\w.]*:\w+"', text))  # commands that the page itself declares
    for words in commands_of(text):
        if words and (words[0] in own or "." in words[0].rstrip(".")):  # or of a collection: `nmod birds.train`
            continue
        command: click.Command = nmod
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            for name in words[0].split("|"):
                following = command.get_command(click.Context(command), name.rstrip(",.:"))
                assert following is not None, (page.name, words)
            command, words = following, words[1:]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        options = {re.split(r"[=\]]", word.lstrip("["))[0] for word in words if re.match(r"\[?--\w|\[?-\w$", word)}
        assert options <= known | {"--help", "--debug"}, (page.name, command.name)


def test_every_code_of_a_connection_has_its_way_out() -> None:
    """The table of the page about checks leaves out no code from NM101 on."""
    text = (ROOT / "docs/check-and-explain.md").read_text(encoding="utf-8")
    shown: set[int] = set()
    for cell in re.findall(r"^\| (NM[^|]+) \|", text, re.MULTILINE):
        for first, last in re.findall(r"NM(\d+)(?: to NM(\d+))?", cell):
            shown |= set(range(int(first), int(last or first) + 1))

    assert shown == {int(code[2:]) for code in CODES if code >= "NM101"}


def test_an_application_needs_its_version_alone(tmp_path: Path) -> None:
    """One line is an application; what it leaves out has the default that the page gives."""
    path = tmp_path / "app.yaml"
    path.write_text("nm: app/1\n", encoding="utf-8")

    assert check_file(path).ok
    assert load_application(path, placement="cpu").factory.settings.seed == 0


def test_two_metrics_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Without a `name` the check refuses them; with one both are there."""
    path = tmp_path / "app.yaml"
    path.write_text(f"{MINIMAL}eval:\n  metrics:\n{METRIC}{METRIC}", encoding="utf-8")
    problems = str(check_file(path))
    path.write_text(f"{MINIMAL}eval:\n  metrics:\n{METRIC}{METRIC}      name: second\n", encoding="utf-8")

    assert "name" in problems
    assert check_file(path).ok


def test_the_limits_of_files_are_those_of_the_page() -> None:
    """Bytes, values and levels, as the page says them."""
    limits = DEFAULT_LIMITS
    text = (ROOT / "docs/application-files.md").read_text(encoding="utf-8")

    assert f"at most {limits.bytes >> 20} MiB, {limits.values:,} values and {limits.depth} levels" in text


def test_the_digest_is_that_of_canonical_json(tmp_path: Path) -> None:
    """Anybody can compute it from the canonical form: sorted keys, no spaces, UTF-8."""
    path = tmp_path / "app.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    app = load_application(path, placement="cpu")
    written = json.dumps(app.canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert app.digest == hashlib.sha256(written.encode()).hexdigest()


def test_lengths_of_before_a_layer_that_shortens_are_refused() -> None:
    """In the place of those that the layer gives out, as the page of nm-torch says."""
    x = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    shorter, length = ConvSubsampling(input_size=64, output_size=8, strides=(2, 2))(x=x.spec, length=x.length)
    again = ConvSubsampling(input_size=8, output_size=8, strides=(2,))

    again(x=shorter, length=length)
    with pytest.raises(NeuralTypeError) as caught:
        again(x=shorter, length=x.length)
    assert caught.value.problems[0].code == "NM108"
