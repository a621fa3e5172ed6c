"""A checkpoint is given wherever a saved application is, and the folder around either finds it and says which."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from nm_core import Application, load_application
from nm_core.application import check_file
from nm_core.cli.main import main
from nm_core.errors import ApplicationError
from nm_torch.checkpoint import complete_checkpoints, read_checkpoint
from test_saved_applications import write
from write_golden import load_golden, weights_of

GOLDEN = Path(__file__).parent / "golden" / "v0_1"
CPU = ["--placement", "cpu"]
EVALUATED = """\
  callbacks:
    - {type: evaluation, params: {name: dev, every_steps: 2}, metrics: eval}
    - {type: checkpoint, params: {every_steps: 2, keep: 5, metric: dev.wer}}
"""


@pytest.fixture(scope="module")
def run(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with checkpoints and a saved application; its file is beside it."""
    folder = tmp_path_factory.mktemp("runs")
    path = write(folder / "app.yaml", tones)
    plain = "  callbacks: [{type: checkpoint, params: {every_steps: 2}}]\n"
    text = path.read_text()
    assert plain in text
    path.write_text(text.replace(plain, EVALUATED).replace("max_steps: 4", "max_steps: 6"))
    assert main(["train", str(path), "--quiet", *CPU, "--work-dir", str(folder / "run")]) == 0
    return folder / "run"


def weights(app: Application) -> dict[str, torch.Tensor]:
    """Return the weights of the modules that learn."""
    return {
        f"{name}.{key}": value
        for name in ("encoder", "decoder")
        for key, value in app.modules[name].state_dict().items()
    }


def recorded(checkpoint: Path) -> dict[str, torch.Tensor]:
    """Return the weights that a checkpoint holds."""
    state = read_checkpoint(checkpoint).weights
    return {f"{name}.{key}": value for name in ("encoder", "decoder") for key, value in state[name].items()}


def assert_equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    """Compare weights bitwise."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_a_checkpoint_is_loaded_as_an_application(run: Path, tmp_path: Path) -> None:
    """It has the weights of its update, gives the scores of its update bitwise, and is saved like any other."""
    for checkpoint in complete_checkpoints(run / "checkpoints"):
        app = load_application(checkpoint, placement="cpu")
        assert app.has_weights
        assert_equal(weights(app), recorded(checkpoint))
        scores = {f"dev.{name}": value for name, value in app.eval().items()}
        assert scores == read_checkpoint(checkpoint).scores
        again = load_application(app.save(tmp_path / checkpoint.name), placement="cpu")
        assert_equal(weights(again), recorded(checkpoint))


@pytest.mark.parametrize("moved", [False, True])
def test_every_command_takes_a_checkpoint(run: Path, tones: Path, tmp_path: Path, moved: bool, capsys: Any) -> None:
    """Also where the project was moved: paths of its file count from the file, which lies above the run."""
    if moved:
        shutil.copytree(run.parent, tmp_path / "moved")
        run = tmp_path / "moved" / "run"
    checkpoint = str(complete_checkpoints(run / "checkpoints")[0])
    capsys.readouterr()

    assert main(["check", checkpoint]) == 0
    assert main(["eval", checkpoint, "--json", *CPU]) == 0
    assert main(["infer", checkpoint, str(tones.parent / "00.wav"), *CPU]) == 0
    assert main(["draw", checkpoint, "-o", str(tmp_path / "train.svg")]) == 0
    assert main(["diff", checkpoint, checkpoint]) == 0
    assert main(["diff", checkpoint, str(run / "application")]) == 0, capsys.readouterr().out


def test_a_run_finds_its_application(run: Path, capsys: Any) -> None:
    """The folder of a run stands for what was saved in it, and the command says so."""
    capsys.readouterr()

    assert main(["eval", str(run), *CPU]) == 0

    assert f"{run / 'application'} is taken" in capsys.readouterr().err
    assert check_file(run).ok
    assert load_application(run).path == run / "application"


@pytest.mark.parametrize("name", ["run", "run/checkpoints"])
def test_a_folder_of_checkpoints_finds_the_best(run: Path, tmp_path: Path, name: str, capsys: Any) -> None:
    """Without a saved application the best by the watched score is taken, and named with the score."""
    shutil.copytree(run.parent, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "run" / "application")
    folder = tmp_path / "copy" / name
    scores = {
        path: read_checkpoint(path).scores["dev.wer"]
        for path in complete_checkpoints(tmp_path / "copy" / "run" / "checkpoints")
    }
    best = min(reversed(scores), key=lambda path: scores[path])
    capsys.readouterr()

    assert main(["eval", str(folder), *CPU]) == 0

    assert f"took {best.name}, the best by dev.wer ({scores[best]:.6g})" in capsys.readouterr().err
    assert_equal(weights(load_application(folder, placement="cpu")), recorded(best))


def test_without_a_score_the_last_is_taken(tones: Path, tmp_path: Path) -> None:
    """A run that watched nothing has no best; the note says that it is the last."""
    app = load_application(write(tmp_path / "app.yaml", tones), placement="cpu", work_dir=tmp_path / "run")
    app.train()

    found = load_application(tmp_path / "run", placement="cpu")

    assert found.note.endswith("took 000002-step-4, the last checkpoint")
    assert_equal(weights(found), weights(app))


def test_initial_weights_come_from_a_run(run: Path, tones: Path, tmp_path: Path) -> None:
    """The folder of a run, of checkpoints, or a module in it are sources like a saved application."""
    last = complete_checkpoints(run / "checkpoints")[-1]
    for source in (run, run / "encoder", run / "checkpoints", last, last / "encoder"):
        path = write(tmp_path / "app.yaml", tones, more=f"init_from: {{encoder: {source}}}", seed=7)
        assert check_file(path).ok
        app = load_application(path, placement="cpu")
        (report,) = app.initial_weights()
        assert report.complete


def test_a_damaged_checkpoint_is_named(run: Path, tmp_path: Path) -> None:
    """Nothing of it is used; the message names the file."""
    checkpoint = Path(shutil.copytree(complete_checkpoints(run / "checkpoints")[0], tmp_path / "000001-step-2"))
    with (checkpoint / "weights" / "encoder.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\xff")

    with pytest.raises(ApplicationError, match=r"is damaged:\n  weights/encoder.safetensors has other contents"):
        load_application(checkpoint)


def test_a_checkpoint_of_graphs_made_in_python_says_what_takes_it(run: Path, tmp_path: Path) -> None:
    """It has weights and no application."""
    checkpoint = Path(shutil.copytree(complete_checkpoints(run / "checkpoints")[0], tmp_path / "000001-step-2"))
    state = json.loads((checkpoint / "state.json").read_text())
    (checkpoint / "state.json").write_text(json.dumps(state | {"application": None}))

    with pytest.raises(ApplicationError, match=r"graphs that were made in Python.*\n.*init_from"):
        load_application(checkpoint)


@pytest.mark.parametrize("name", sorted(path.name for path in (GOLDEN / "checkpoints").iterdir()))
def test_checkpoints_of_0_1_are_applications_too(name: str, tmp_path: Path) -> None:
    """Weights that are tied are one again, wherever the checkpoint stored them."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "v0_1"))
    state = read_checkpoint(folder / "checkpoints" / name)

    app = load_golden(folder / "checkpoints" / name)

    for module in app.entry.modules:
        app.modules[module]
    loaded = weights_of(app)
    for module, named in state.weights.items():
        for key, value in named.items():
            assert torch.equal(loaded[f"{module}.{key}"], value), f"{module}.{key}"
