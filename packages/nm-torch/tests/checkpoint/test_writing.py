"""A checkpoint appears only when it is complete, whatever happens to the process or the disk."""

import errno
import os
import resource
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest
import torch

from nm_core.callbacks.retention import Retention
from nm_torch.checkpoint import (
    CheckpointDamagedError,
    CheckpointState,
    CheckpointStateError,
    CheckpointWriteError,
    CheckpointWriter,
    Files,
    complete_checkpoints,
    newest_checkpoint,
    read_checkpoint,
    verify,
)
from nm_torch.checkpoint.durable_files import Written
from nm_torch.errors import NonFiniteWeightsError

StateOf = Callable[[int], CheckpointState]


class Trapped(Files):
    """Files that do something at the n-th operation, counted over pieces, syncs, renames and removals."""

    def __init__(self, at: int, trap: Callable[[], None]) -> None:
        self.at = at
        self.trap = trap
        self.counter = count(1)
        self.log: list[str] = []

    def tick(self, what: str) -> None:
        """Count an operation that is about to happen."""
        self.log.append(what)
        if next(self.counter) == self.at:
            self.trap()

    def make_directory(self, path: Path) -> None:
        """Count, then do it."""
        self.tick(f"mkdir {path.name}")
        super().make_directory(path)

    def write(self, path: Path, chunks: Iterable[bytes | memoryview]) -> Written:
        """Count every piece; the file holds those before."""

        def counted() -> Iterator[bytes | memoryview]:
            for chunk in chunks:
                half = len(chunk) // 2
                yield chunk[:half]
                self.tick(f"write {path.name}")
                yield chunk[half:]

        return super().write(path, counted())

    def sync(self, descriptor: int) -> None:
        """Count, then do it."""
        self.tick(
            f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}" if sys.platform == "linux" else "sync"
        )
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Count before and after."""
        self.tick(f"rename {source.name} {target.name}")
        super().rename(source, target)
        self.tick("renamed")

    def remove(self, path: Path) -> None:
        """Remove a file, count, then remove the rest."""
        for file in [item for item in path.rglob("*") if item.is_file()][:1]:
            file.unlink()
        self.tick(f"remove {path.name}")
        super().remove(path)


def operations(folder: Path, state: CheckpointState, retention: Retention | None) -> list[str]:
    """Return what a write does, operation by operation."""
    files = Trapped(0, lambda: None)
    CheckpointWriter(folder, files).write(state, retention)
    return files.log


def in_a_child(action: Callable[[], None]) -> int:
    """Run `action` in a forked process and return how it ended, as `os.waitpid` says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child does nothing that a thread could hold
        child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(17)
    return os.waitpid(child, 0)[1]


def test_a_checkpoint_comes_back_whole(tmp_path: Path, state_of: StateOf) -> None:
    """Everything in a state comes back: tensors bitwise, tied ones as one, plain data as it was."""
    state = state_of(30)
    found = read_checkpoint(CheckpointWriter(tmp_path / "deep" / "checkpoints").write(state).path)
    for module, weights in state.weights.items():
        assert found.weights[module].keys() == weights.keys()
        assert all(torch.equal(found.weights[module][name], tensor) for name, tensor in weights.items())
    assert found.weights["decoder"]["weight"] is found.weights["encoder"]["weight"]
    assert state.optimizer is not None
    assert found.optimizer is not None
    for name, entries in state.optimizer.values.items():
        assert found.optimizer.values[name].keys() == entries.keys()
        assert all(torch.equal(found.optimizer.values[name][key], value) for key, value in entries.items())
    assert found.optimizer.shapes == state.optimizer.shapes
    assert [torch.equal(new["cpu"], old["cpu"]) for new, old in zip(found.rng, state.rng, strict=True)] == [True, True]
    assert found.rng[0]["python"] == [3, 1.5]
    for name in ("scaler", "step", "epoch", "micro_batch", "samples", "callbacks", "versions", "application", "graph"):
        assert getattr(found, name) == getattr(state, name)
    assert found.extra == state.extra


def test_a_state_without_optimizer_comes_back(tmp_path: Path) -> None:
    """What is not there is not there afterwards, and odd names of modules are no matter."""
    state = CheckpointState(weights={"a/b": {"w": torch.ones(2)}, "..": {"w": torch.zeros(0)}}, rng=[{}])
    found = read_checkpoint(CheckpointWriter(tmp_path).write(state).path)
    assert found.optimizer is None
    assert found.weights.keys() == state.weights.keys()
    assert found.rng == [{}]


def test_a_tied_weight_is_stored_once(tmp_path: Path) -> None:
    """Two modules that share a large weight take the room of one."""
    shared = torch.zeros(100_000)
    one = CheckpointWriter(tmp_path).write(CheckpointState(weights={"a": {"w": shared}, "b": {"v": shared}}))
    assert sum(file.stat().st_size for file in one.path.rglob("*") if file.is_file()) < 1.1 * 400_000


def test_everything_is_on_disk_before_the_name(tmp_path: Path, state_of: StateOf) -> None:
    """Each file is synced, the manifest comes last, then its directory is synced, then renamed, then the parent."""
    log = operations(tmp_path, state_of(5), None)
    written = [line.split()[1] for line in log if line.startswith("write")]
    assert written[-1] == "manifest.json"
    rename = log.index("rename .partial-000001-step-5 000001-step-5")
    if sys.platform == "linux":
        for name in {*written, "weights"}:
            assert f"sync {name}" in log[:rename]
        assert log[rename - 1] == "sync .partial-000001-step-5"
        assert log[rename + 1 :] == ["renamed", f"sync {tmp_path.name}"]


@pytest.mark.parametrize("keep", [1, 2])
def test_killed_anywhere_there_is_a_good_checkpoint(tmp_path: Path, state_of: StateOf, keep: int) -> None:
    """SIGKILL at each piece, sync, rename and removal: the newest checkpoint verifies, and loses at most one write."""
    retention = Retention(last=keep)
    start = tmp_path / "start"
    for step in (10, 20):
        CheckpointWriter(start).write(state_of(step), retention)
    new = state_of(30)
    total = len(operations(Path(shutil.copytree(start, tmp_path / "dry")), new, retention))
    assert total > 20
    seen = set()
    for at in range(1, total + 1):
        folder = Path(shutil.copytree(start, tmp_path / f"at-{at}"))
        files = Trapped(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        status = in_a_child(lambda folder=folder, files=files: CheckpointWriter(folder, files).write(new, retention))
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
        found = newest_checkpoint(folder)
        assert found is not None
        assert found.report == ()
        assert found.state.step in (20, 30)
        seen.add(found.state.step)
        # The next process goes on as if nothing had happened, and nothing is left of the dead one.
        CheckpointWriter(folder).write(state_of(40), retention)
        assert [read_checkpoint(path).step for path in complete_checkpoints(folder)][-1] == 40
        assert len(list(folder.iterdir())) == min(keep, 2 + (found.state.step == 30))
        shutil.rmtree(folder)
    assert seen == {20, 30}


def test_what_was_not_synced_may_be_lost(tmp_path: Path, state_of: StateOf) -> None:
    """When the machine dies at any operation and files not yet synced lose their content, the newest verifies."""

    class Losing(Trapped):
        """Empties every file that was not synced when the trap springs."""

        def __init__(self, at: int, root: Path) -> None:
            super().__init__(at, self.lose)
            self.root = root
            self.synced: set[int] = set()

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            self.synced.add(os.fstat(descriptor).st_ino)

        def lose(self) -> None:
            for file in self.root.rglob("*"):
                if file.is_file() and file.stat().st_ino not in self.synced:
                    file.write_bytes(b"")
            os.kill(os.getpid(), signal.SIGKILL)

    root = tmp_path / "checkpoints"
    total = len(operations(tmp_path / "dry", state_of(10), None))
    steps = []
    for at in range(1, total + 1):
        files = Losing(at, root)
        in_a_child(lambda files=files: CheckpointWriter(root, files).write(state_of(10)))
        found = newest_checkpoint(root)
        steps.append(None if found is None else found.state.step)
        shutil.rmtree(root, ignore_errors=True)
    assert set(steps) == {None, 10}
    assert steps == sorted(steps, key=lambda step: step is not None)


def test_a_full_disk_costs_the_attempt(tmp_path: Path, state_of: StateOf) -> None:
    """No space at any operation before the name is given: an error of ours, older ones intact, nothing left over."""

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = CheckpointWriter(tmp_path).write(state_of(10)).path
    total = len(operations(Path(shutil.copytree(tmp_path, tmp_path.parent / "dry")), state_of(20), None))
    for at in range(1, total - 1):  # the last two are after the rename
        with pytest.raises(CheckpointWriteError, match="step 20 could not be written: No space left on device"):
            CheckpointWriter(tmp_path, Trapped(at, full)).write(state_of(20))
        assert list(tmp_path.iterdir()) == [before]
        verify(before)
    with pytest.raises(CheckpointWriteError):  # named, but nobody knows whether the disk has its name
        CheckpointWriter(tmp_path, Trapped(total, full)).write(state_of(20))
    assert [read_checkpoint(path).step for path in complete_checkpoints(tmp_path)] == [10, 20]


def test_a_limit_on_files_costs_the_attempt(tmp_path: Path, state_of: StateOf) -> None:
    """The same with a real limit of the system: the process survives, and writes again when there is room."""
    before = CheckpointWriter(tmp_path).write(state_of(10)).path

    def limited() -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
        try:
            CheckpointWriter(tmp_path).write(state_of(20))
        except CheckpointWriteError:
            if [*tmp_path.iterdir()] == [before] and read_checkpoint(before).step == 10:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
                CheckpointWriter(tmp_path).write(state_of(20))
                os._exit(0)

    assert in_a_child(limited) == 0
    assert [read_checkpoint(path).step for path in complete_checkpoints(tmp_path)] == [10, 20]


def test_an_old_one_that_stays_is_reported(tmp_path: Path, state_of: StateOf) -> None:
    """A checkpoint that cannot be removed does not spoil the new one: it is told."""

    class Stuck(Files):
        def remove(self, path: Path) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    CheckpointWriter(tmp_path).write(state_of(10))
    written = CheckpointWriter(tmp_path, Stuck()).write(state_of(20), Retention(last=1))
    assert written.removed == ()
    assert len(written.problems) == 1
    assert "000001-step-10: this old checkpoint could not be removed: Permission denied" in written.problems[0]
    assert [path.name for path in complete_checkpoints(tmp_path)] == ["000002-step-20"]


def test_what_cannot_be_saved_leaves_nothing(tmp_path: Path) -> None:
    """A callback whose state is no plain data is named, and no half checkpoint stays."""
    with pytest.raises(CheckpointStateError, match=r"state\.callbacks\.mine\.best.*Tensor.*state\(\)"):
        CheckpointWriter(tmp_path).write(CheckpointState(callbacks={"mine": {"best": torch.ones(1)}}))
    assert list(tmp_path.iterdir()) == []


def test_the_newest_is_the_last_written(tmp_path: Path, state_of: StateOf) -> None:
    """A run that starts again in the same folder has the newest checkpoint, though an older run got further."""
    writer = CheckpointWriter(tmp_path)
    writer.write(state_of(1000), Retention(last=2))
    written = CheckpointWriter(tmp_path).write(state_of(5), Retention(last=2))
    again = CheckpointWriter(tmp_path).write(state_of(5), Retention(last=2))
    found = newest_checkpoint(tmp_path)
    assert found is not None
    assert found.path == again.path != written.path
    assert [path.name for path in complete_checkpoints(tmp_path)] == ["000002-step-5", "000003-step-5"]


def test_the_best_stay_beside_the_last(tmp_path: Path, state_of: StateOf) -> None:
    """Checkpoints with the best scores outlive newer ones; those without the score go by age."""
    retention = Retention(last=1, best=2, metric="dev.wer")
    for step, wer in enumerate([0.5, 0.1, None, 0.3, 0.2, 0.9, float("nan")]):
        state = state_of(step)
        state.scores = {} if wer is None else {"dev.wer": wer, "dev.cer": -wer}
        CheckpointWriter(tmp_path).write(state, retention)
    assert [verify(path).step for path in complete_checkpoints(tmp_path)] == [1, 4, 6]


def test_without_retention_everything_stays(tmp_path: Path, state_of: StateOf) -> None:
    """Nothing is removed that nobody asked to remove."""
    for step in range(5):
        CheckpointWriter(tmp_path).write(state_of(step))
    assert len(complete_checkpoints(tmp_path)) == 5


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path, state_of: StateOf) -> None:
    """What a user keeps beside the checkpoints is neither read nor removed."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "best").mkdir()
    for step in range(3):
        CheckpointWriter(tmp_path).write(state_of(step), Retention(last=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000003-step-2", "best", "notes.txt"]


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path, state_of: StateOf) -> None:
    """A file where the folder should be is told with its path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointWriteError, match="file/checkpoints"):
        CheckpointWriter(tmp_path / "file" / "checkpoints").write(state_of(1))
    with pytest.raises(CheckpointWriteError):
        CheckpointWriter(tmp_path / "file").write(state_of(1))


def test_an_interrupt_leaves_nothing(tmp_path: Path, state_of: StateOf) -> None:
    """Ctrl-C while writing goes on to the caller, and no half checkpoint stays."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CheckpointWriter(tmp_path, Trapped(8, interrupt)).write(state_of(1))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CheckpointDamagedError):
        read_checkpoint(tmp_path)


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path, state_of: StateOf) -> None:
    """The error names the tensor; the checkpoints of before stay, and nothing of the attempt is left."""
    writer = CheckpointWriter(tmp_path)
    before = writer.write(state_of(1)).path
    state = state_of(2)
    state.weights["decoder"]["bias"] = torch.tensor([0.0, float("nan")])

    with pytest.raises(NonFiniteWeightsError, match=r"decoder\.bias"):
        writer.write(state, Retention(last=1))

    assert list(tmp_path.iterdir()) == [before]
