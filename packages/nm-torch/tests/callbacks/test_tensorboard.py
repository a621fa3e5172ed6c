"""TensorBoard's event files, read back with TensorBoard's own reader."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nm_core import ParameterError, Run
from nm_torch.callbacks import MissingDependencyError, TensorBoardCallback


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the scalars of a folder by name, as (step, value)."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return {tag: [(event.step, event.value) for event in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def write(folder: Path, steps: range, *, start: int = 0, rank: int = 0) -> None:
    """Run the callback over some log points, and evaluate at the last."""
    callback = TensorBoardCallback()
    run = Run("train", work_dir=folder, step=start, rank=rank, learning_rate=0.5)
    callback.on_start(run)
    for step in steps:
        run.step = step
        callback.on_log(run, {"loss": 1.0 / step})
    callback.on_evaluation(run, "dev", {"wer": 0.25})
    callback.on_end(run, "finished")


def test_numbers_come_back(tmp_path: Path) -> None:
    """Losses, learning rate and scores stand at their updates."""
    write(tmp_path, range(2, 7, 2))
    assert scalars(tmp_path / "tensorboard") == {
        "train/loss": [(2, 0.5), (4, 0.25), (6, pytest.approx(1 / 6))],
        "train/learning_rate": [(2, 0.5), (4, 0.5), (6, 0.5)],
        "dev/wer": [(6, 0.25)],
    }


def test_a_resumed_run_hides_what_it_repeats(tmp_path: Path) -> None:
    """What an earlier process wrote past the step of the checkpoint is replaced by what follows."""
    write(tmp_path, range(1, 9))
    write(tmp_path, range(5, 11), start=4)
    steps = [step for step, _ in scalars(tmp_path / "tensorboard")["train/loss"]]
    assert steps == list(range(1, 11))


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    """Only rank 0 opens a file."""
    write(tmp_path, range(1, 4), rank=1)
    assert list(tmp_path.iterdir()) == []


def test_nowhere_to_write_is_an_error(tmp_path: Path) -> None:
    """Without a folder, or with a file in its way, the run does not begin."""
    with pytest.raises(ParameterError, match="nowhere to write"):
        TensorBoardCallback().on_start(Run("train"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="cannot be written"):
        TensorBoardCallback(tmp_path / "file" / "logs").on_start(Run("train"))


def test_the_missing_package_is_told_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tensorboard the callback cannot be made, and the message has the line that installs it."""
    find_spec = importlib.util.find_spec

    def without(name: str, *args: Any) -> Any:
        return None if name == "tensorboard" else find_spec(name, *args)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(MissingDependencyError, match=r'python -m pip install "nm-torch\[tensorboard\]"') as caught:
        TensorBoardCallback()
    assert isinstance(caught.value, ImportError)


def test_importing_callbacks_loads_neither_tensorboard_nor_rich() -> None:
    """What only some runs need is imported when they need it."""
    code = (
        "import nm_torch.callbacks, sys; print([n for n in ('tensorboard', 'rich', 'safetensors') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
