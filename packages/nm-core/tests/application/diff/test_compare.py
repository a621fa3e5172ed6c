"""What changed between two applications, in words."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from nm_core_app import APP, DEV, TRAIN

from nm_core.application.diff.compare import Difference, compare
from nm_core.application.diff.side import Side
from nm_core.application.text.writers import to_json, to_yaml

CHANGES = {
    "a parameter": (
        "width: $width}}\n  decoder",
        "width: $width, stride: 2}}\n  decoder",
        ["encoder.stride is 2, was 1"],
    ),
    "a value under params": (
        "params: {width: 5}",
        "params: {width: 6}",
        ["encoder.width is 6, was 5", "decoder.width is 6, was 5"],
    ),
    "a module of another type": (
        "decoder: {type: speech.Decoder@1",
        "decoder: {type: speech.Head@1",
        ["the module decoder is speech.Head, was speech.Decoder"],
    ),
    "a module more": (
        "  speller: {",
        "  spare: {type: speech.Add@1}\n  speller: {",
        ["the module spare is new: speech.Add"],
    ),
    "an input": (
        "length: train_data.length}",
        "length: train_data.spec}",
        ["train: encoder.length is given train_data.spec, was train_data.length"],
    ),
    "an input left open": (
        ", length: train_data.length}",
        "}",
        ["train: encoder.length is open, was train_data.length"],
    ),
    "a constant": ("scale: 2.0", "scale: 3.0", ["train: loss.scale is given 3.0, was 2.0"]),
    "a free input": ("Spectrogram:2 T:t", "Spectrogram:2 T:u", ["infer: the input spec is "]),
    "an output": (
        "word: dev_data.word}",
        "words: dev_data.word}",
        ["eval: the output word is gone: it was dev_data.word", "eval: the output words is new: dev_data.word"],
    ),
    "a tie": (
        "tie: [[encoder.weight, decoder.weight]]\n",
        "",
        ["encoder.weight and decoder.weight are one weight no more"],
    ),
    "freezing": (
        "freeze: [encoder.**]",
        "freeze: [decoder.**]",
        ["encoder.** learns again: it was frozen", "decoder.** is frozen now"],
    ),
    "a task": ("{transcribe: infer}", "{transcribe: eval}", ["tasks.transcribe is eval, was infer"]),
    "the optimizer": (
        "lr: 0.1",
        "lr: 0.2, momentum: 0.9",
        ["train.optimizer.lr is 0.2, was 0.1", "train.optimizer.momentum is new: 0.9"],
    ),
    "a default of train": ("max_steps: 4", "max_steps: 4\n  log_every: 5", ["train.log_every is 5, was 10"]),
    "a callback": (
        "{type: silent}, ",
        "{type: silent, params: {every: 2}}, ",
        ["train.callbacks.silent.every is new: 2"],
    ),
    "callbacks turned around": (
        "[{type: silent}, {type: watch, metrics: eval, params: {log_dir: logs}}]",
        "[{type: watch, metrics: eval, params: {log_dir: logs}}, {type: silent}]",
        ['train.callbacks stand in another order: ["watch", "silent"], was ["silent", "watch"]'],
    ),
    "a metric": (
        "speech.WordCount, inputs",
        "speech.WordCount, params: {weight: 2.0}, inputs",
        ["eval.metrics.speech.WordCount.weight is new: 2.0"],
    ),
    "no training": (
        APP[APP.index("train:\n  optimize") : APP.index("eval: {metrics")],
        "",
        ["train.optimize is gone: it was"],
    ),
    "the seed": ("seed: 3", "seed: 4", ["seed is 4, was 3"]),
    "the description": ("Words from frames.", "Frames.", ['description is "Frames.", was "Words from frames."']),
}


@pytest.fixture
def side(collections: Any, write: Any, tmp_path: Path) -> Any:
    """Read one side from text."""
    (tmp_path / "train.txt").write_text(TRAIN)
    (tmp_path / "dev.txt").write_text(DEV)

    def make(text: str, name: str = "app.yaml") -> Side:
        return Side(write(text, name), collections, backend="python")

    return make


def changes(difference: Difference) -> list[str]:
    """Return the differences as sentences."""
    return [str(change) for change in difference.changes]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_said_in_words(side, name) -> None:
    """Each kind of change has its sentence, and says nothing else; the way back is a change as well."""
    old, new, words = CHANGES[name]
    assert old in APP

    said = changes(compare(side(APP), side(APP.replace(old, new, 1), "new.yaml")))

    assert all(any(line.startswith(one) for line in said) for one in words), said
    assert len(said) == len(words) or name in ("no training", "a module of another type")
    assert compare(side(APP.replace(old, new, 1), "new.yaml"), side(APP))


def test_spelling_order_and_defaults_do_not_count(side) -> None:
    """JSON against YAML, another order everywhere, references and defaults written out: no difference."""
    data = yaml.safe_load(APP)
    shuffled = {key: data[key] for key in reversed(data)}
    shuffled["modules"] = {key: data["modules"][key] for key in sorted(data["modules"])}
    for module in shuffled["modules"].values():
        module.get("params", {}).update({"width": 5} if "width" in module.get("params", {}) else {})
    shuffled["modules"]["encoder"]["params"]["stride"] = 1
    for graph in shuffled["graphs"].values():
        graph["calls"].reverse()
    shuffled["params"] = {}

    one, other = side(APP), side(json.dumps(shuffled), "app.json")

    assert not compare(one, other)
    assert one.digest == other.digest


def test_a_saved_folder_is_compared_with_its_file(side, load, collections, write, tmp_path) -> None:
    """Absolute paths and copied files are the same files; what was changed is still seen, and a changed file too."""
    one = side(APP)
    app = load(one.path)
    app.save(tmp_path / "saved")
    saved = Side(tmp_path / "saved", collections, backend="python")

    assert not compare(one, saved)
    assert not compare(saved, one)
    assert changes(compare(saved, side(APP.replace("max_steps: 4", "max_steps: 5")))) == ["train.max_steps is 5, was 4"]
    (tmp_path / "words.txt").write_text("other\nwords\n")
    (change,) = changes(compare(saved, side(APP)))
    assert change.startswith("speller.vocabulary is words.txt, was assets/")


def test_a_renamed_module_is_renamed_and_nothing_else(side) -> None:
    """A new name with the same type and parameters is followed through calls, references, ties and freezing."""
    said = compare(side(APP), side(APP.replace("encoder", "listener"), "new.yaml"))

    assert changes(said) == ["the module encoder is called listener now"]
    assert not said.types
    assert not said.weights


def test_renamed_graphs_and_calls_are_followed(side) -> None:
    """What refers to a graph or a call by its old name has not changed."""
    new = (
        APP.replace("eval.text", "dev.text")
        .replace("eval.word", "dev.word")
        .replace("  eval:\n    calls", "  dev:\n    calls")
    )
    assert changes(compare(side(APP), side(new, "new.yaml"))) == ["the graph eval is called dev now"]
    old = APP.replace("{call: decoder, inputs: {encoded: encoder", "{call: decoder, as: one, inputs: {encoded: encoder")
    old = old.replace("log_probs: decoder.log_probs", "log_probs: one.log_probs")
    said = changes(compare(side(old), side(old.replace("one", "other"), "new.yaml")))
    assert said == [f"{graph}: the call one is called other now" for graph in ("eval", "infer", "train")]


def test_types_that_follow_are_named(side) -> None:
    """A changed size is seen at the module's own ports and at every call behind it, each once."""
    said = compare(side(APP), side(APP.replace("{width: 5}", "{width: 6}"), "new.yaml"))
    assert [str(one) for one in said.types] == [
        "encoder.encoded: Batch Encoded:5 Time:t -> Batch Encoded:6 Time:t",
        "decoder.encoded: Batch Encoded:5 Time:t -> Batch Encoded:6 Time:t",
    ]
    stride = APP.replace("width: $width}}\n  decoder", "width: $width, stride: 2}}\n  decoder")
    types = [str(one) for one in compare(side(APP), side(stride, "new.yaml")).types]
    assert any(line.startswith("train: decoder.log_probs: Batch Time:train_data.t Class:4") for line in types)


class Shaped:
    """A backend that knows the shapes of weights."""

    def weight_shapes(self, make: Any) -> dict[str, tuple[int, ...]]:
        """Return one weight per module, of its width; the constructor runs."""
        return {f"{one.name}.weight": (one.params["width"],) for one in make()}


def test_weights_that_do_not_fit_are_named(side, monkeypatch) -> None:
    """The backend knows shapes; without it, changed ports say that weights may not fit."""
    wide = APP.replace(
        "decoder: {type: speech.Decoder@1, params: {width: $width}}",
        "decoder: {type: speech.Decoder@1, params: {width: 7}}",
    )
    (may,) = compare(side(APP), side(wide, "new.yaml")).weights
    assert str(may) == "decoder: its ports are others, and its saved weights may not fit"

    monkeypatch.setattr("nm_core_speech.PythonBackend", Shaped)
    (does_not,) = compare(side(APP), side(wide, "new.yaml")).weights
    assert str(does_not) == "decoder.weight is [7], was [5]"
    quick = APP.replace("width: $width}}\n  decoder", "width: $width, stride: 2}}\n  decoder")
    assert not compare(side(APP), side(quick, "new.yaml")).weights


def test_files_with_problems_are_compared(side) -> None:
    """What is wrong in one file does not hide what changed, nor is it blamed on defaults of the other."""
    old, new = side(APP.replace("encoded: encoder.encoded", "encoded: encoder.encodd")), side(APP, "new.yaml")

    assert not old.report.ok
    assert "infer: decoder.encoded is given encoder.encoded, was encoder.encodd" in changes(compare(old, new))
    worse = side(APP.replace("width: $width}}\n  decoder", "width: $width, strid: 2}}\n  decoder"), "worse.yaml")
    assert changes(compare(new, worse)) == ["encoder.strid is new: 2"]


def test_long_values_show_where_they_differ() -> None:
    """Of two long texts the part around the first difference is shown."""
    from nm_core.application.diff.wording import words_of

    text = words_of(("modules", "data", "params", "labels"), "changed", "a" * 200 + "b", "a" * 200 + "c")

    assert "aab, was ..." not in text
    assert text.count("...") == 2
    assert "aac, was" in text
    assert len(text) < 200


def test_casts_are_named_by_their_port() -> None:
    """A cast is one of a port of a call."""
    from nm_core.application.diff.wording import words_of

    path = ("graphs", "infer", "calls", "encoder", "casts", "signal")

    assert words_of(path, "added", None, [0, 2, 1]) == "infer: the cast of encoder.signal is new: [0, 2, 1]"
    assert words_of(("graphs", "infer", "casts"), "added", None, "transpose") == "infer: casts is new: transpose"


def test_lists_are_compared_item_by_item() -> None:
    """An item more in the middle of a list is one change, not a change of all that follow."""
    from nm_core.application.diff.differences import differences

    blocks = [{"filters": n} for n in (1, 2, 3)]
    path = ("modules", "encoder", "params", "blocks")

    assert list(differences(path, blocks, [blocks[0], {"filters": 9}, *blocks[1:]])) == [
        ((*path, 1), "added", None, {"filters": 9})
    ]
    assert list(differences(path, blocks, blocks[:2])) == [((*path, 2), "removed", {"filters": 3}, None)]
    assert list(differences(path, blocks, [blocks[0], {"filters": 9}, blocks[2]])) == [
        ((*path, 1, "filters"), "changed", 2, 9)
    ]
    assert list(differences(("seed",), 1, 1.0)) == [(("seed",), "changed", 1, 1.0)]


def test_nothing_said_means_equal_digests(side) -> None:
    """Whatever is changed in a file, either the digest stays and nothing is said, or both say so."""
    draw = random.Random(7)
    base = side(to_yaml(yaml.safe_load(APP)))
    for _ in range(150):
        data = yaml.safe_load(APP)
        _mutate(data, draw)
        other = side(to_json(data), "new.json")
        assert bool(compare(base, other)) == (base.digest != other.digest), data


def _mutate(data: Any, draw: random.Random) -> None:
    """Change, remove or turn around one thing somewhere."""
    while True:
        keys = list(data) if isinstance(data, dict) else list(range(len(data)))
        key = draw.choice(keys)
        if isinstance(data[key], dict | list) and data[key] and draw.random() < 0.8:
            data = data[key]
            continue
        if isinstance(data, list) and draw.random() < 0.5:
            data.reverse()
        elif isinstance(data[key], int | float):
            data[key] += 1
        elif draw.random() < 0.5 and key != "nm":
            del data[key]
        return
