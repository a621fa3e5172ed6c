"""Only what verifies is read; what does not is named, and passed over loudly."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nm_torch.checkpoint import (
    CheckpointDamagedError,
    CheckpointNotFoundError,
    CheckpointState,
    CheckpointWriter,
    newest_checkpoint,
    plain,
    read_checkpoint,
    read_manifest,
    verify,
)
from nm_torch.checkpoint.durable_files import Written
from nm_torch.checkpoint.format import Manifest

StateOf = Callable[[int], CheckpointState]

FILES = [
    "manifest.json",
    "state.json",
    "optimizer.safetensors",
    "random.safetensors",
    "weights/encoder.safetensors",
    "weights/decoder.safetensors",
]


def truncate(file: Path) -> None:
    """Lose the last byte."""
    file.write_bytes(file.read_bytes()[:-1])


def empty(file: Path) -> None:
    """Lose everything but the name."""
    file.write_bytes(b"")


def zero(file: Path) -> None:
    """Keep the length and lose the content, as some file systems do."""
    file.write_bytes(bytes(file.stat().st_size))


def extend(file: Path) -> None:
    """Gain a byte."""
    file.write_bytes(file.read_bytes() + b"\n")


def flip_first(file: Path) -> None:
    """Flip a bit at the beginning."""
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)


def flip_last(file: Path) -> None:
    """Flip a bit at the end."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 16
    file.write_bytes(data)


def delete(file: Path) -> None:
    """Lose the file."""
    file.unlink()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two good checkpoints, not to be changed."""
    from nm_torch.checkpoint import CheckpointWriter

    folder = tmp_path_factory.mktemp("checkpoints")
    for step in (10, 20):
        CheckpointWriter(folder).write(CheckpointState(step=step, **_content()))
    return folder


def _content() -> dict[str, object]:
    from torch import nn

    from nm_torch.optim import AdamW, optimizer_state

    net = nn.Linear(2, 2)
    weights = {name: {"weight": torch.randn(3, 3)} for name in ("encoder", "decoder")}
    optimizer = AdamW().build(net.named_parameters())
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"weights": weights, "optimizer": optimizer_state(optimizer), "rng": [{"cpu": torch.get_rng_state()}]}


def test_the_files_are_those_we_damage(two: Path) -> None:
    """The list above holds every file of a checkpoint."""
    path = two / "000002-step-20"
    assert sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()) == sorted(FILES)


@pytest.mark.parametrize("damage", [truncate, empty, zero, extend, flip_first, flip_last, delete])
@pytest.mark.parametrize("name", FILES)
def test_damage_is_found_named_and_passed_over(
    two: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """Whatever happens to a file, reading names it, and resuming takes the older checkpoint and says so."""
    folder = Path(shutil.copytree(two, tmp_path / "copy"))
    damage(folder / "000002-step-20" / name)
    with pytest.raises(CheckpointDamagedError, match=f"000002-step-20/{name}: this checkpoint is damaged"):
        read_checkpoint(folder / "000002-step-20")
    found = newest_checkpoint(folder)
    assert found is not None
    assert found.state.step == 10
    assert len(found.report) == 1
    assert f"000002-step-20/{name}" in found.report[0]
    assert "going on from the older 000001-step-10" in found.report[0]


@pytest.mark.parametrize("name", FILES)
def test_every_flipped_bit_is_found(two: Path, tmp_path: Path, name: str) -> None:
    """A bit flipped at any byte of a file is found, be it in a space, a digit or a weight."""
    path = Path(shutil.copytree(two / "000002-step-20", tmp_path / "000002-step-20"))
    good = (path / name).read_bytes()
    places = range(len(good)) if name == "manifest.json" else range(0, len(good), 1 + len(good) // 150)
    for place in places:
        data = bytearray(good)
        data[place] ^= 1 << (place % 8)
        (path / name).write_bytes(data)
        with pytest.raises(CheckpointDamagedError, match=name):
            verify(path)
    (path / name).write_bytes(good)
    verify(path)


def test_an_intact_folder_gives_the_newest_without_a_word(two: Path) -> None:
    """Nothing damaged is nothing to report."""
    found = newest_checkpoint(two)
    assert found is not None
    assert (found.path.name, found.state.step, found.report) == ("000002-step-20", 20, ())


def test_no_checkpoints_is_no_error(tmp_path: Path) -> None:
    """A run that was never saved begins at the beginning."""
    assert newest_checkpoint(tmp_path) is None
    assert newest_checkpoint(tmp_path / "missing") is None


def test_only_damaged_ones_are_an_error(two: Path, tmp_path: Path) -> None:
    """Rather than to begin again in silence, a run stops when none of its checkpoints can be used."""
    folder = Path(shutil.copytree(two, tmp_path / "copy"))
    for path in folder.iterdir():
        empty(path / "state.json")
    with pytest.raises(CheckpointDamagedError, match="none of its 2 checkpoints can be used") as caught:
        newest_checkpoint(folder)
    assert "000001-step-10/state.json" in str(caught.value)
    assert "restart=True" in str(caught.value)


def test_reading_unpickles_nothing(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint is read with every way into pickle closed."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    assert read_checkpoint(two / "000002-step-20").step == 20


def test_a_path_that_is_not_there_is_told_with_its_neighbours(two: Path) -> None:
    """A mistyped path is answered with what there is."""
    with pytest.raises(CheckpointNotFoundError, match="Next to it there are 000001-step-10, 000002-step-20"):
        read_checkpoint(two / "000003-step-30")


def test_the_folder_instead_of_a_checkpoint_is_told(two: Path, tmp_path: Path) -> None:
    """The folder of checkpoints, or the work directory above it, is answered with a checkpoint's path."""
    with pytest.raises(CheckpointDamagedError, match=r"name one, such as .*000002-step-20"):
        read_checkpoint(two)
    shutil.copytree(two, tmp_path / "checkpoints")
    with pytest.raises(CheckpointDamagedError, match=r"name one, such as .*checkpoints/000002-step-20"):
        read_checkpoint(tmp_path)


def test_a_later_format_is_told(two: Path, tmp_path: Path) -> None:
    """A checkpoint of a later version is not called broken for what this version cannot know."""
    path = Path(shutil.copytree(two / "000002-step-20", tmp_path / "000002-step-20"))
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["format"] = "nm-checkpoint/2"
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointDamagedError, match="'nm-checkpoint/2', and this version reads 'nm-checkpoint/1'"):
        verify(path)


def test_a_manifest_tells_what_a_checkpoint_is(two: Path) -> None:
    """Step and scores are known without reading the state."""
    manifest = read_manifest(two / "000002-step-20")
    assert (manifest.step, manifest.scores, set(manifest.files)) == (20, {}, set(FILES) - {"manifest.json"})
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_a_sealed_manifest_of_other_files_is_refused(two: Path, tmp_path: Path) -> None:
    """A checkpoint whose files verify and do not make a state is an error of ours, not one of the reader's."""
    path = Path(shutil.copytree(two / "000002-step-20", tmp_path / "000002-step-20"))
    manifest = read_manifest(path)
    files = {name: written for name, written in manifest.files.items() if name != "random.safetensors"}
    (path / "manifest.json").write_bytes(Manifest(files, 20, 0, 0).to_bytes())
    with pytest.raises(CheckpointDamagedError, match="do not make a state"):
        read_checkpoint(path)


def test_damage_in_an_older_one_is_no_matter(two: Path, tmp_path: Path, state_of: StateOf) -> None:
    """Writing goes on beside damaged checkpoints."""
    folder = Path(shutil.copytree(two, tmp_path / "copy"))
    empty(folder / "000001-step-10" / "manifest.json")
    CheckpointWriter(folder).write(state_of(30))
    found = newest_checkpoint(folder)
    assert found is not None
    assert (found.state.step, found.report) == (30, ())


@pytest.mark.parametrize(
    ("name", "entry", "value"),
    [
        ("state.json", "samples", [1]),
        ("state.json", "epoch", -1),
        ("state.json", "callbacks", {"a": 1}),
        ("state.json", "graph", None),
        ("optimizer.safetensors", None, None),
    ],
)
def test_sealed_files_of_another_form_are_damage(
    two: Path, tmp_path: Path, name: str, entry: str | None, value: object
) -> None:
    """Entries of another type and tensors that cannot be read are told as damage, though every sum is right."""
    folder = Path(shutil.copytree(two, tmp_path / "copy"))
    path = sorted(folder.iterdir())[-1]
    content = json.loads((path / name).read_bytes()) if entry else None
    (path / name).write_bytes(plain.encode({**content, entry: value}) if content else b"no tensors")
    manifest = json.loads((path / "manifest.json").read_bytes())
    data = (path / name).read_bytes()
    files = {**manifest["files"], name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}}
    files = {key: Written(**item) for key, item in files.items()}
    sealed = Manifest(files, manifest["step"], manifest["epoch"], manifest["samples"], manifest["scores"])
    (path / "manifest.json").write_bytes(sealed.to_bytes())

    with pytest.raises(CheckpointDamagedError, match="do not make a state"):
        read_checkpoint(path)
