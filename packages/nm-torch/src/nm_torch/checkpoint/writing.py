"""Writing checkpoints: a directory that appears only when it is complete, and older ones that leave only after that."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nm_core.callbacks.retention import Retention
from nm_torch.checkpoint.durable_files import Files
from nm_torch.checkpoint.errors import CheckpointWriteError
from nm_torch.checkpoint.format import MANIFEST, Manifest, directory_name, serial_of, take_apart
from nm_torch.checkpoint.reading import complete_checkpoints, read_manifest
from nm_torch.checkpoint.state import CheckpointState
from nm_torch.weights import check_finite

__all__ = ["CheckpointWriter", "WrittenCheckpoint"]

_PARTIAL, _REMOVED = ".partial-", ".removed-"


@dataclass(frozen=True)
class WrittenCheckpoint:
    """A checkpoint that is complete on disk.

    Example:
        >>> WrittenCheckpoint(Path("runs/first/checkpoints/000007-step-120")).problems
        ()

    Args:
        path: its directory.
        removed: older checkpoints that are gone since.
        problems: one sentence for each thing that went wrong after it was complete.
    """

    path: Path
    removed: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


class CheckpointWriter:
    """Writes the checkpoints of one folder. Only one process (rank 0) writes a folder.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     CheckpointWriter(Path(folder)).write(CheckpointState(step=120)).path.name
        '000001-step-120'

    Args:
        folder: made when the first checkpoint is written.
        files: the file operations.
    """

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        self.folder = folder
        self._files = files or Files()

    def write(self, state: CheckpointState, retention: Retention | None = None) -> WrittenCheckpoint:
        """Write ``state`` as the newest checkpoint, then remove those that ``retention`` does not keep.

        Every file is synced, the manifest comes last, then the directory gets its name and its parent is synced. A
        process that is killed anywhere in here leaves the older checkpoints, or these and the new one.

        Args:
            state: read while writing; it must not change meanwhile.
            retention: what to keep; everything when not given.

        Raises:
            CheckpointWriteError: the disk is full, or refuses; nothing of the attempt is left.
            CheckpointStateError: something in ``state`` is neither a tensor nor plain data; nothing is left either.
            NonFiniteWeightsError: weights or buffers are infinite or not a number; older checkpoints are as they were.
        """
        check_finite(
            (f"{module}.{name}", tensor) for module, named in state.weights.items() for name, tensor in named.items()
        )
        partial = target = self.folder
        try:
            self._files.make_directory(self.folder)
            self._remove_remains()
            target = self.folder / directory_name(self._next_serial(), state.step)
            partial = self.folder / f"{_PARTIAL}{target.name}"
            self._fill(partial, state)
            self._files.rename(partial, target)
            self._files.sync_directory(self.folder)
        except BaseException as error:
            if partial != self.folder:
                self._give_up(partial)
            if isinstance(error, OSError):
                raise CheckpointWriteError(
                    f"{target}: the checkpoint of step {state.step} could not be written: {error.strerror or error}. "
                    "Older checkpoints are as they were; make room or choose another work_dir."
                ) from error
            raise
        removed, problems = self._prune(retention) if retention is not None else ((), ())
        return WrittenCheckpoint(target, removed, problems)

    def _fill(self, partial: Path, state: CheckpointState) -> None:
        self._files.make_directory(partial / "weights")
        files = {name: self._files.write(partial / name, chunks) for name, chunks in take_apart(state)}
        manifest = Manifest(files, state.step, state.epoch, state.samples, state.scores)
        self._files.sync_directory(partial / "weights")
        self._files.write(partial / MANIFEST, [manifest.to_bytes()])
        self._files.sync_directory(partial)

    def _next_serial(self) -> int:
        return 1 + max((serial_of(path) or 0 for path in self.folder.iterdir()), default=0)

    def _remove_remains(self) -> None:
        """Remove the remains of an earlier process that died while it wrote or removed."""
        for path in self.folder.iterdir():
            if path.name.startswith((_PARTIAL, _REMOVED)):
                self._files.remove(path)

    def _give_up(self, partial: Path) -> None:
        # The disk that refused a write may refuse this as well; the next attempt begins by clearing what is left.
        with contextlib.suppress(OSError):
            if partial.exists():
                self._files.remove(partial)

    def _prune(self, retention: Retention) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        removed, problems = [], []
        for path in _superfluous(complete_checkpoints(self.folder), retention):
            going = self.folder / f"{_REMOVED}{path.name}"
            try:
                self._files.rename(path, going)  # At once, so that no half removed checkpoint is ever seen.
                self._files.remove(going)
            except OSError as error:
                problems.append(f"{path}: this old checkpoint could not be removed: {error.strerror or error}.")
            else:
                removed.append(path)
        return tuple(removed), tuple(problems)


def _superfluous(checkpoints: Iterable[Path], retention: Retention) -> list[Path]:
    """Return those of ``checkpoints``, oldest first, that ``retention`` does not keep."""
    ordered = list(checkpoints)
    scores: dict[Path, float] = {}
    if retention.metric is not None:
        for path in ordered:
            with contextlib.suppress(ValueError, OSError):  # A damaged one has no score; it goes by its age.
                value = read_manifest(path).scores.get(retention.metric)
                if value is not None:
                    scores[path] = value
    return retention.superfluous(ordered, scores)
