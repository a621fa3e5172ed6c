"""A saved application is one folder that appears only when complete, verifies, and can be used at once."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from nm_core_app import APP, DEV, TRAIN

from nm_core.application import Application, ApplicationError
from nm_core.application.diff.compare import compare
from nm_core.application.diff.side import Side
from nm_core.application.saved.folder import new_folder, try_target, verify
from nm_core.application.saved.weights import find_tied


@pytest.fixture
def trained(write: Any, load: Any) -> Application:
    """The sample application after a training."""
    path: Path = write(APP)
    (path.parent / "train.txt").write_text(TRAIN)
    (path.parent / "dev.txt").write_text(DEV)
    app: Application = load(path)
    app.train()
    return app


def files(folder: Path) -> list[str]:
    """Return the names of all files in a folder, digests cut short."""
    return sorted(path.relative_to(folder).as_posix().replace("-", "~") for path in folder.rglob("*") if path.is_file())


def test_what_a_folder_holds(trained: Application, tmp_path: Path) -> None:
    """The structure, one file of weights per module, the vocabulary by its digest, and a manifest of all."""
    folder = trained.save(tmp_path / "saved")

    found = files(folder)
    assert found[0] == "application.json"
    assert found[1].startswith("assets/")
    assert found[1].endswith("~words.txt")
    assert found[2:] == ["manifest.json", "weights/decoder.safetensors", "weights/encoder.safetensors"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert sorted(manifest["files"]) == sorted(name.replace("~", "-") for name in found if name != "manifest.json")


def test_it_is_used_at_once_and_alone(trained: Application, load: Any, tmp_path: Path) -> None:
    """Moved elsewhere, with neither data nor vocabulary where they were, it gives the same words."""
    expected = trained.transcribe([[1.0, 2.0], [3.0, 4.0]])
    shutil.move(trained.save(tmp_path / "saved"), tmp_path / "moved")
    for name in ("train.txt", "dev.txt", "words.txt", "app.yaml"):
        (tmp_path / name).unlink()

    app = load(tmp_path / "moved")

    assert app.transcribe([[1.0, 2.0], [3.0, 4.0]]) == expected
    assert app.modules["encoder"].weight == trained.modules["encoder"].weight  # type: ignore[attr-defined]


def test_training_goes_on_from_a_folder(trained: Application, load: Any, tmp_path: Path) -> None:
    """Sections and data layers are saved too; paths to data stay what they were."""
    app = load(trained.save(tmp_path / "elsewhere" / "saved"))
    before = app.modules["encoder"].weight

    app.train(max_steps=2)

    assert app.modules["encoder"].weight == before + 2
    assert app.eval() == trained.eval() | {"right": app.eval()["right"]}
    assert app.factory.settings.work_dir == tmp_path / "runs"
    assert app.factory.session.requests[0].callbacks[1].log_dir == str(tmp_path / "logs")


def test_saving_again_gives_an_equal_application(trained: Application, load: Any, tmp_path: Path) -> None:
    """Loading and saving, with modules that were never made, changes no file."""
    first = trained.save(tmp_path / "first")
    second = load(first).save(tmp_path / "second")

    assert load(first) == load(second)
    assert files(first) == files(second)
    for path in first.rglob("*"):
        assert path.is_dir() or path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_an_untrained_application_can_be_saved(write: Any, load: Any, tmp_path: Path) -> None:
    """Modules are made for it; data layers are not."""
    folder = load(write(APP)).save(tmp_path / "saved")

    assert (folder / "weights" / "encoder.safetensors").is_file()


@pytest.mark.parametrize("name", ["application.json", "weights/encoder.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["remove", "cut", "flip", "empty"])
def test_damage_is_found_and_named(trained: Application, load: Any, tmp_path: Path, name: str, damage: str) -> None:
    """Whatever happens to a file, loading says which one it is."""
    folder = trained.save(tmp_path / "saved")
    path = folder / name
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes({"cut": content[:-3], "flip": bytes([content[0] ^ 1]) + content[1:], "empty": b""}[damage])

    with pytest.raises(ApplicationError) as caught:
        load(folder)

    assert name in str(caught.value) or "manifest.json" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_manifest_names_only_files_of_its_folder(trained: Application, tmp_path: Path) -> None:
    """Paths that lead out of the folder are damage."""
    folder = trained.save(tmp_path / "saved")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../app.yaml"] = {"size": 1, "sha256": "0"}
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ApplicationError, match="wrong files"):
        verify(folder)


def test_a_failed_save_leaves_nothing(trained: Application, tmp_path: Path) -> None:
    """A vocabulary that is gone is named, and no half-written folder stays behind."""
    trained.modules["speller"]
    (tmp_path / "words.txt").unlink()

    with pytest.raises(ApplicationError, match=r"words\.txt cannot be saved"):
        trained.save(tmp_path / "saved")

    assert not [path for path in tmp_path.iterdir() if "saved" in path.name]


def test_an_older_application_is_replaced(trained: Application, load: Any, tmp_path: Path) -> None:
    """Saving to the same place again gives the newer one, whole; files of the user stay in it."""
    folder = trained.save(tmp_path / "saved")
    (folder / "notes.txt").write_text("mine")
    before = (folder / "manifest.json").read_bytes()
    trained.train()
    with pytest.raises(ApplicationError, match=r"is a saved application already(.|\n)*overwrite=True"):
        trained.save(folder)
    assert (folder / "manifest.json").read_bytes() == before
    trained.save(folder, overwrite=True)

    assert (folder / "notes.txt").read_text() == "mine"
    assert load(folder).modules["encoder"].weight == trained.modules["encoder"].weight  # type: ignore[attr-defined]
    assert sorted(path.name for path in tmp_path.iterdir() if "saved" in path.name) == ["saved"]


def test_other_folders_are_left_alone(trained: Application, tmp_path: Path) -> None:
    """Saving never overwrites what is no saved application."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("1")

    with pytest.raises(ApplicationError, match="no saved application"):
        trained.save(tmp_path / "thesis")

    assert (tmp_path / "thesis" / "chapter").read_text() == "1"


def test_a_folder_is_not_there_before_it_is_complete(tmp_path: Path) -> None:
    """Nobody sees it half written."""
    with new_folder(tmp_path / "saved") as folder:
        (folder / "application.json").write_text("{}")
        assert not (tmp_path / "saved").exists()

    assert (tmp_path / "saved" / "manifest.json").is_file()
    verify(tmp_path / "saved")


def test_modules_begin_with_saved_weights(trained: Application, write: Any, load: Any, tmp_path: Path) -> None:
    """`init_from` takes a saved application, a module in one under another name, or a file of weights."""
    folder = trained.save(tmp_path / "saved")
    weight = trained.modules["encoder"].weight  # type: ignore[attr-defined]
    for given in ("saved", "saved/encoder", "saved/weights/encoder.safetensors"):
        text = APP.replace("seed: 3", f"seed: 9\ninit_from: {{encoder: {given}}}")
        app = load(write(text, "begin.yaml"))

        assert app.modules["encoder"].weight == weight
        assert app.modules["decoder"].weight != trained.modules["decoder"].weight  # type: ignore[attr-defined]
    missing = load(write(APP.replace("seed: 3", "init_from: {encoder: nowhere}"), "begin.yaml"))
    with pytest.raises(ApplicationError, match="no weights for encoder"):
        missing.modules["encoder"]
    with pytest.raises(ApplicationError, match=r"begin.yaml:3:22: saved/encodr: there is no module encodr; .* encoder"):
        load(write(APP.replace("seed: 3", "init_from: {encoder: saved/encodr}"), "begin.yaml"))
    assert folder.is_dir()


def test_tied_weights_are_kept_once(trained: Application, write: Any, load: Any, tmp_path: Path) -> None:
    """The first one's module has them; each module alone gets them, here and where another application begins so."""
    folder = trained.save(tmp_path / "saved")
    (tmp_path / "saved.zip").write_bytes(trained.save(tmp_path / "again.zip").read_bytes())
    weight = trained.modules["encoder"].weight  # type: ignore[attr-defined]

    assert json.loads((folder / "weights" / "decoder.safetensors").read_text()) == {}
    for name in ("saved", "saved.zip"):
        begins = load(write(APP.replace("seed: 3", f"init_from: {{decoder: {name}}}"), "begin.yaml"))
        assert load(tmp_path / name).modules["decoder"].weight == weight
        assert begins.modules["decoder"].weight == weight


def test_the_run_of_a_training_is_remembered(write: Any, load: Any, collections: Any, tmp_path: Path) -> None:
    """An application that was trained somewhere of its user's choice goes on there; a comparison does not mind."""
    path = write(APP.replace("  work_dir: runs\n", ""))
    for name, text in (("train.txt", TRAIN), ("dev.txt", DEV)):
        (tmp_path / name).write_text(text)
    app = load(path, work_dir=tmp_path / "mine")

    saved = app.save(tmp_path / "saved")

    assert load(saved).factory.settings.work_dir == tmp_path / "mine"
    assert not compare(Side(path, collections, backend="python"), Side(saved, collections, backend="python"))


@pytest.mark.parametrize(
    "pairs",
    [
        [("a.w", "b.w")],
        [("a.w", "b.w", "c.w")],
        [("a.w", "b.w"), ("b.w", "c.w")],
        [("b.w", "c.w"), ("a.w", "b.w")],
        [("a.w", "b.w"), ("c.w", "b.w")],
        [("a.w", "b.w"), ("b.w", "a.w")],
    ],
)
def test_every_tied_weight_is_kept_somewhere(pairs: list[tuple[str, ...]]) -> None:
    """Of weights that hang together, in whatever order they are tied, exactly one is kept, for all the others."""
    kept = find_tied(pairs)
    names = {name for pair in pairs for name in pair}

    assert len(names - kept.keys()) == 1
    assert set(kept.values()) == names - kept.keys()


def test_a_run_replaces_its_own_application(trained: Application, load: Any, tmp_path: Path) -> None:
    """The application in the folder of a run is saved again without a word, as long as the run is still its own."""
    app = trained
    folder = app.save(tmp_path / "runs" / "application")
    app.train(max_steps=9)
    app.save(folder)

    load(folder).train(resume=str(tmp_path / "runs" / "checkpoints" / "x"))
    with pytest.raises(ApplicationError, match="is a saved application already"):
        app.save(folder)


def test_a_place_is_tried_before_the_work(tmp_path: Path) -> None:
    """Missing parents are made, nothing else stays; a file in the way of a parent is found."""
    try_target(tmp_path / "a" / "b", overwrite=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]

    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "b", tmp_path / "file" / "b.zip"):
        with pytest.raises(ApplicationError, match="file"):
            try_target(place, overwrite=True)
    with pytest.raises(ApplicationError, match=r"b cannot be written: .*file is no folder"):
        try_target(tmp_path / "file" / "b", overwrite=True)
