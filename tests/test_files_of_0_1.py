"""Files that version 0.1 wrote keep their meaning: the same results, and trainings that end with the same weights.

`golden/README.md` says what the files are and how they were written.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

import nm_nlp
from nm_core.cli.main import main
from nm_core.plugins import Collections
from write_golden import SENTENCES, environment, load_golden, notes_of, registered_names, results_of, weights_of

VERSION = Path(__file__).parent / "golden" / "v0_1"
APPLICATIONS = sorted(path.stem for path in VERSION.glob("*.yaml"))
SAVED = sorted(path.name for path in (VERSION / "saved").iterdir())
TRAINED = sorted(path.stem for path in (VERSION / "ends").iterdir())
CHECKPOINTS = sorted(path.name for path in (VERSION / "checkpoints").iterdir())


def read(name: str) -> Any:
    """Return what a JSON file holds."""
    return json.loads((VERSION / name).read_text(encoding="utf-8"))


BITWISE = environment() == read("environment.json")
"""Whether sums are made as they were when the numbers were recorded, so that these are repeated to the last bit."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder: some of the applications write beside themselves."""
    return Path(shutil.copytree(VERSION, tmp_path / "v0_1"))


def assert_close(actual: Any, recorded: Any) -> None:
    """Compare plain data with what was recorded: numbers to five digits, all else exactly."""
    if isinstance(recorded, dict):
        assert actual.keys() == recorded.keys()
        for key, value in recorded.items():
            assert_close(actual[key], value)
    elif isinstance(recorded, list):
        assert len(actual) == len(recorded)
        for item, value in zip(actual, recorded, strict=True):
            assert_close(item, value)
    elif isinstance(recorded, float):
        assert actual == pytest.approx(recorded, rel=1e-5, abs=1e-5)
    else:
        assert actual == recorded


def assert_weights(weights: dict[str, Tensor], recorded: dict[str, Tensor]) -> None:
    """Compare weights with those at the end of the recorded training."""
    assert weights.keys() == recorded.keys()
    for key, value in recorded.items():
        if BITWISE:
            assert torch.equal(weights[key], value), key
        else:
            torch.testing.assert_close(weights[key], value, rtol=1e-3, atol=1e-3, msg=key)


def weights_at_end(name: str) -> dict[str, Tensor]:
    """Return the weights at the end of the recorded training."""
    weights: dict[str, Tensor] = load_file(VERSION / "ends" / f"{name}.safetensors")
    return weights


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_has_no_problems(name: str) -> None:
    """It is checked without a problem, with the notes that it had, and all its graphs are built."""
    path = VERSION / f"{name}.yaml"

    app = load_golden(path)

    assert notes_of(path) == read(f"results/{name}.json")["notes"]
    assert all(app.graphs[graph].outputs for graph in app.graphs)


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_application_gives_what_it_gave(name: str, tmp_path: Path) -> None:
    """Folders and archives give the recorded results; so does the application when it is saved again."""
    app = load_golden(VERSION / "saved" / name)
    plain_name = name.removesuffix(".zip")
    recorded = read(f"results/{plain_name}.json")["results"]

    assert_close(results_of(plain_name, app, VERSION), recorded)
    weights, recorded_weights = weights_of(app), weights_at_end(plain_name)
    assert weights
    assert_weights(weights, {key: recorded_weights[key] for key in weights})  # a module is made when it is asked for
    assert_close(results_of(plain_name, load_golden(app.save(tmp_path / name)), VERSION), recorded)


@pytest.mark.parametrize("name", SAVED)
def test_the_commands_take_a_saved_application(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`nmod check` finds nothing wrong with one whose modules are installed."""
    if not name.startswith("train_"):
        assert main(["check", str(VERSION / "saved" / name)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", TRAINED)
def test_training_reaches_the_weights_that_it_reached(name: str, folder: Path) -> None:
    """A whole training ends at the same update for the same reason, with the same weights and scores."""
    recorded = read(f"results/{name}.json")
    app = load_golden(folder / f"{name}.yaml", work_dir=folder / "work")

    ended = app.train()

    assert {"step": ended.step, "epoch": ended.epoch, "reason": ended.reason} == recorded["train"]
    assert_weights(weights_of(app), weights_at_end(name))
    if "scores" in recorded:
        assert_close(app.eval(), recorded["scores"])


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_goes_on_to_the_weights_that_were_reached(name: str, folder: Path) -> None:
    """Weights, optimizer, policy, order of the data and what callbacks remember go on from where 0.1 was."""
    app = load_golden(folder / f"{name}.yaml", work_dir=folder / "work")
    checkpoint = folder / "checkpoints" / name

    ended = app.train(resume=checkpoint)

    assert {"step": ended.step, "epoch": ended.epoch, "reason": ended.reason} == read(f"results/{name}.json")["train"]
    assert_weights(weights_of(app), weights_at_end(name))


@pytest.mark.parametrize("name", ["speech", "train_sgd"])
def test_the_newest_checkpoint_of_a_run_is_found(name: str, folder: Path) -> None:
    """`resume="auto"` finds the checkpoint in the folder of the run, and writes the next ones beside it."""
    step = read(f"checkpoints/{name}/manifest.json")["step"]
    shutil.copytree(VERSION / "checkpoints" / name, folder / "work" / "checkpoints" / f"000001-step-{step}")
    app = load_golden(folder / f"{name}.yaml", work_dir=folder / "work")

    ended = app.train(resume="auto", max_steps=step + 1)

    assert ended.step == step + 1
    assert ended.checkpoint is not None
    assert ended.checkpoint.name == f"000002-step-{step + 1}"


def test_a_saved_application_trains_on(tmp_path: Path) -> None:
    """A template that was saved learns further: its tied weights stay one, those that are frozen stay as they were."""
    app = load_golden(VERSION / "saved" / "train_sgd", work_dir=tmp_path)

    assert app.train(max_steps=2, max_epochs=None).step == 2

    weights, before = weights_of(app), weights_at_end("train_sgd")
    changed = {key for key, value in weights.items() if not torch.equal(value, before[key])}
    assert changed == weights.keys() - {"second.decoder.layer.weight", "second.decoder.layer.bias"}
    assert torch.equal(weights["pair.encoder.layer.weight"], weights["second.encoder.layer.weight"])


def test_a_training_begins_with_what_was_saved() -> None:
    """`init_from` takes a folder in part, a module of an archive, and a checkpoint; reports name what is missing."""
    app = load_golden(VERSION / "further.yaml")

    reports = {report.module: report for report in app.initial_weights()}

    assert reports.keys() == {"encoder", "decoder", "linear"}
    assert all(name.startswith("blocks.2.") for name in reports["encoder"].missing)
    assert reports["encoder"].missing
    assert reports["decoder"].complete
    assert reports["linear"].complete
    assert_close(results_of("further", app, VERSION), read("results/further.json")["results"])
    assert app.train().step == 3


@pytest.mark.parametrize("name", sorted(read("tokenizers.json")))
def test_a_tokenizer_gives_the_ids_that_it_gave(name: str) -> None:
    """A file of each kind encodes and decodes as it did."""
    recorded = read("tokenizers.json")[name]

    tokenizer = nm_nlp.load_tokenizer(VERSION / name)

    assert [list(tokenizer.encode(sentence)) for sentence in SENTENCES] == recorded["ids"]
    assert [tokenizer.decode(ids) for ids in recorded["ids"]] == recorded["texts"]


@pytest.mark.parametrize("group", [name for name in read("names.json") if name not in ("modules", "public")])
def test_names_are_still_accepted(group: str) -> None:
    """Every name that files use is known: of callbacks, metrics, optimizers, tags, errors and so on."""
    collections = Collections.load()
    recorded = read("names.json")[group]

    if group in ("codes", "kinds", "tags"):
        assert set(recorded) <= set(registered_names()[group])
    else:
        assert recorded
        for name in recorded:
            assert collections.lookup(group, name) is not None, name


@pytest.mark.parametrize("id", read("names.json")["modules"])
def test_modules_are_still_known(id: str) -> None:
    """Every id of a module, with the version that it had, leads to a class."""
    assert isinstance(Collections.load().resolve(id), type)


def test_the_applications_name_everything() -> None:
    """No id of 0.1 is left out of these files, so that no alias is forgotten."""
    text = "\n".join((VERSION / f"{name}.yaml").read_text(encoding="utf-8") for name in APPLICATIONS)
    names = read("names.json")

    for id in [*(id.partition("@")[0] for id in names["modules"]), *names["metrics"], *names["callbacks"]]:
        assert f"type: {id}" in text, id
    for name in [*names["optimizers"], *names["policies"]]:
        assert any(f"{key}{name}" in text for key in ("name: ", "optimizer: ", "policy: ")), name


def test_public_names_are_still_there() -> None:
    """Programs that were written for 0.1 find what they import; a name that was taken away has its reason here."""
    removed: dict[str, set[str]] = {}
    public = registered_names()["public"]

    for package, names in read("names.json")["public"].items():
        assert set(names) - removed.get(package, set()) <= set(public[package]), package
