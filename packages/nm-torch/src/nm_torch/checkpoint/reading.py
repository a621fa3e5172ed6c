"""Reading checkpoints: only what verifies is read, and what does not is named."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nm_torch.checkpoint import plain
from nm_torch.checkpoint.durable_files import Written
from nm_torch.checkpoint.errors import CheckpointDamagedError, CheckpointNotFoundError
from nm_torch.checkpoint.format import MANIFEST, Manifest, assemble, serial_of
from nm_torch.checkpoint.state import CheckpointState

__all__ = ["Restored", "complete_checkpoints", "newest_checkpoint", "read_checkpoint", "read_manifest", "verify"]

_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Restored:
    """A checkpoint that verified.

    Example:
        >>> import tempfile
        >>> from nm_torch.checkpoint import CheckpointWriter
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = CheckpointWriter(Path(folder)).write(CheckpointState(step=120))
        ...     newest_checkpoint(Path(folder)).state.step
        120

    Args:
        path: its directory.
        state: what it holds.
        report: one sentence for each newer checkpoint that was passed over, for the report of the run.
    """

    path: Path
    state: CheckpointState
    report: tuple[str, ...] = ()


def complete_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of ``folder``, oldest first; their names are read and their files are not verified."""
    if not folder.is_dir():
        return []
    serials = {path: serial_of(path) for path in folder.iterdir()}
    return sorted((path for path, serial in serials.items() if serial is not None), key=lambda path: serials[path] or 0)


def newest_checkpoint(folder: Path) -> Restored | None:
    """Read the newest checkpoint of ``folder`` that verifies, or return ``None`` where there are none at all.

    Raises:
        CheckpointDamagedError: there are checkpoints, and none of them verifies.
    """
    report: list[str] = []
    for path in reversed(complete_checkpoints(folder)):
        try:
            state = read_checkpoint(path)
        except CheckpointDamagedError as error:
            report.append(str(error))
        else:
            passed = tuple(f"{line}\n  Passed over; going on from the older {path.name}." for line in report)
            return Restored(path, state, passed)
    if report:
        lines = "".join(f"  {line}\n" for line in report)
        raise CheckpointDamagedError(
            f"{folder}: none of its {len(report)} checkpoints can be used.\n{lines}"
            "  Restore one from a backup, or start again with restart=True."
        )
    return None


def read_checkpoint(path: Path) -> CheckpointState:
    """Verify the checkpoint at ``path`` and return its state, all tensors on the CPU.

    Raises:
        CheckpointNotFoundError: there is no such directory.
        CheckpointDamagedError: a file is missing or not what was written; the message names it.
    """
    manifest = verify(path)
    tensors: dict[str, dict[str, Tensor]] = {}
    document: Any = None
    try:
        for name in manifest.files:
            if name.endswith(".json"):
                document = plain.decode((path / name).read_bytes())
            else:
                tensors[name] = safetensors.torch.load_file(path / name)
        return assemble(document, tensors)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OSError, SafetensorError) as error:
        # Every byte is as it was written, so another program wrote it, or the disk fails while it is read.
        raise _damage_error(path / MANIFEST, f"its files do not make a state: {error!r}") from error


def verify(path: Path) -> Manifest:
    """Compare every file of a checkpoint with the manifest, byte for byte, and return the manifest.

    Raises:
        CheckpointNotFoundError: there is no such directory.
        CheckpointDamagedError: a file is missing or not what was written; the message names it.
    """
    # All digests before any tensor is read: a damaged file must not reach the parsers.
    manifest = read_manifest(path)
    for name, expected in manifest.files.items():
        try:
            actual = _measure(path / name)
        except FileNotFoundError as error:
            raise _damage_error(path / name, "the file is missing") from error
        except OSError as error:
            raise _damage_error(path / name, f"it cannot be read: {error.strerror or error}") from error
        if actual.size != expected.size:
            raise _damage_error(path / name, f"it has {actual.size} bytes, and {expected.size} were written")
        if actual.sha256 != expected.sha256:
            raise _damage_error(path / name, "its content is not what was written (sha256 differs)")
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of the checkpoint at ``path``.

    Raises:
        CheckpointNotFoundError: there is no such directory.
        CheckpointDamagedError: the manifest is missing or not what was written.
    """
    if not path.is_dir():
        raise CheckpointNotFoundError(f"{path}: there is no checkpoint here.{_nearby(path)}")
    try:
        return Manifest.from_bytes((path / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        inside = complete_checkpoints(path) or complete_checkpoints(path / "checkpoints")
        hint = f". It holds checkpoints, though: name one, such as {inside[-1]}" if inside else ""
        raise _damage_error(
            path / MANIFEST, f"the file is missing, so this is not a complete checkpoint{hint}"
        ) from error
    except OSError as error:
        raise _damage_error(path / MANIFEST, f"it cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _damage_error(path / MANIFEST, str(error)) from error


def _measure(path: Path) -> Written:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Written(size, digest.hexdigest())


def _damage_error(path: Path, what: str) -> CheckpointDamagedError:
    return CheckpointDamagedError(f"{path}: this checkpoint is damaged: {what}.")


def _nearby(path: Path) -> str:
    names = [checkpoint.name for checkpoint in complete_checkpoints(path.parent)]
    return f" Next to it there are {', '.join(names)}." if names else ""
