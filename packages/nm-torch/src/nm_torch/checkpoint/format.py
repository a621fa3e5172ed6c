"""The form of a checkpoint on disk: the names, the manifest, and a `CheckpointState` as files of tensors and JSON.

::

    000007-step-120/
        manifest.json                 every other file with its size and sha256; written last, and sealed by its own
        state.json                    everything that is plain data
        weights/<module>.safetensors  one file per module
        optimizer.safetensors         "<parameter name>/<entry>"
        random.safetensors            "<rank>/<generator>"

Directories whose names begin with a dot are being written or removed; they are never read.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from torch import Tensor

from nm_torch.checkpoint import plain
from nm_torch.checkpoint.durable_files import Written
from nm_torch.checkpoint.state import CheckpointState
from nm_torch.checkpoint.tensors import safetensors_chunks
from nm_torch.optim.optimizer_state import OptimizerState

__all__ = ["FORMAT", "MANIFEST", "Manifest", "assemble", "directory_name", "serial_of", "take_apart"]

FORMAT = "nm-checkpoint/1"
MANIFEST = "manifest.json"
_NAME = re.compile(r"(\d{6,})-step-(\d+)")
_WEIGHTS, _SUFFIX = "weights/", ".safetensors"
_TENSOR_FIELDS = ("weights", "optimizer", "rng")

Chunks = Iterable[bytes | memoryview]


def directory_name(serial: int, step: int) -> str:
    """Return the name of the ``serial``-th checkpoint of its folder; the serial, not the step, orders checkpoints."""
    return f"{serial:06d}-step-{step}"


def serial_of(path: Path) -> int | None:
    """Return the serial of a checkpoint's directory, or ``None`` where the name is not that of a checkpoint."""
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else None


@dataclass(frozen=True)
class Manifest:
    """The list of files of a complete checkpoint, with their digests.

    Args:
        files: relative path to size and sha256 of each file but the manifest itself.
        step, epoch, samples, scores: those of the state, to choose among checkpoints without reading them.
    """

    files: Mapping[str, Written]
    step: int
    epoch: int
    samples: int
    scores: Mapping[str, float] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON, sealed by the digest of all the rest of it."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "step": self.step,
            "epoch": self.epoch,
            "samples": self.samples,
            "scores": dict(self.scores),
            "files": {name: written._asdict() for name, written in self.files.items()},
        }
        return plain.encode({**body, "seal": hashlib.sha256(plain.encode(body)).hexdigest()})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Read a manifest.

        Raises:
            ValueError: it is not one, byte for byte; the message says why.
        """
        body = plain.decode(data)
        if not isinstance(body, dict) or "format" not in body:
            raise ValueError("it is not a manifest of a checkpoint")
        if body["format"] != FORMAT:
            raise ValueError(f"its format is {body['format']!r}, and this version reads {FORMAT!r}")
        try:
            files = {name: Written(written["size"], written["sha256"]) for name, written in body["files"].items()}
            manifest = cls(files, body["step"], body["epoch"], body["samples"], dict(body["scores"]))
        except KeyError as error:
            raise ValueError(f"it lacks {error}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError("an entry of it is not of the form that is written") from error
        # Written again and compared byte for byte, so that the seal covers every character of the file.
        if manifest.to_bytes() != data:
            raise ValueError("its seal does not match its content")
        return manifest


def take_apart(state: CheckpointState) -> Iterator[tuple[str, Chunks]]:
    """Yield each file of ``state``: its path in the checkpoint and its bytes, piece by piece.

    Raises:
        CheckpointStateError: something is neither a tensor nor plain data.
    """
    document = {item.name: getattr(state, item.name) for item in fields(state) if item.name not in _TENSOR_FIELDS}
    document["modules"] = list(state.weights)
    document["aliases"] = aliases = _aliases(state.weights)
    optimizer, moments = _split_optimizer(state.optimizer)
    document["optimizer"] = optimizer
    random = {f"{rank}/{key}": value for rank, entries in enumerate(state.rng) for key, value in entries.items()}
    document["rng"] = [
        {key: value for key, value in entries.items() if not isinstance(value, Tensor)} for entries in state.rng
    ]
    aliased = {(module, name) for module, name, *_ in aliases}
    for module, weights in state.weights.items():
        unique = {name: tensor for name, tensor in weights.items() if (module, name) not in aliased}
        yield f"{_WEIGHTS}{quote(module, safe='')}{_SUFFIX}", safetensors_chunks(unique, f"weights of {module}")
    if state.optimizer is not None:
        yield f"optimizer{_SUFFIX}", safetensors_chunks(moments, "optimizer")
    tensors = {key: value for key, value in random.items() if isinstance(value, Tensor)}
    yield f"random{_SUFFIX}", safetensors_chunks(tensors, "random generators")
    yield "state.json", [plain.encode(document)]


def assemble(document: dict[str, Any], tensors: Mapping[str, dict[str, Tensor]]) -> CheckpointState:
    """Put a state together from its JSON document and its files of tensors, as ``take_apart`` made them.

    Raises:
        KeyError, TypeError, AttributeError, IndexError: they are not of the form that is written.
    """
    weights = {
        unquote(path.removeprefix(_WEIGHTS).removesuffix(_SUFFIX)): named
        for path, named in tensors.items()
        if path.startswith(_WEIGHTS)
    }
    weights = {module: dict(weights[module]) for module in document.pop("modules")}
    for module, name, first_module, first_name in document.pop("aliases"):
        weights[module][name] = weights[first_module][first_name]
    rng: list[dict[str, Any]] = document.pop("rng")
    for key, tensor in tensors[f"random{_SUFFIX}"].items():
        rank, _, name = key.partition("/")
        rng[int(rank)][name] = tensor
    optimizer = _join_optimizer(document.pop("optimizer"), tensors.get(f"optimizer{_SUFFIX}", {}))
    state = CheckpointState(weights=weights, optimizer=optimizer, rng=rng, **document)
    _check_form(state)
    return state


def _check_form(state: CheckpointState) -> None:
    """Compare the type of each entry with that of a state without content.

    Raises:
        TypeError: one differs.
    """
    form = vars(CheckpointState(application={}))
    for name, value in vars(state).items():
        expected = type(form[name])
        if name == "optimizer" or (name == "application" and value is None):
            continue
        if type(value) is not expected or (expected is int and value < 0):
            raise TypeError(f"{name} is {value!r:.40}")
    for name, entries in state.callbacks.items():
        if not isinstance(entries, dict):
            raise TypeError(f"the state of {name} is {entries!r:.40}")


def _aliases(weights: Mapping[str, Mapping[str, Tensor]]) -> list[list[str]]:
    """Return ``[module, name, first module, first name]`` for each tensor that shares the memory of an earlier one."""
    first: dict[tuple[object, ...], tuple[str, str]] = {}
    aliases = []
    for module, named in weights.items():
        for name, tensor in named.items():
            if tensor.numel() == 0:  # tensors without memory all have the address 0
                continue
            key = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
            if key in first:
                aliases.append([module, name, *first[key]])
            else:
                first[key] = (module, name)
    return aliases


def _split_optimizer(state: OptimizerState | None) -> tuple[dict[str, Any] | None, dict[str, Tensor]]:
    if state is None:
        return None, {}
    tensors = {
        f"{name}/{key}": value
        for name, entries in state.values.items()
        for key, value in entries.items()
        if isinstance(value, Tensor)
    }
    numbers = {
        name: {key: value for key, value in entries.items() if not isinstance(value, Tensor)}
        for name, entries in state.values.items()
    }
    return {"kind": state.kind, "groups": state.groups, "shapes": state.shapes, "values": numbers}, tensors


def _join_optimizer(document: dict[str, Any] | None, tensors: Mapping[str, Tensor]) -> OptimizerState | None:
    if document is None:
        return None
    state = OptimizerState(**document)
    for key, tensor in tensors.items():
        name, _, entry = key.rpartition("/")
        state.values[name][entry] = tensor
    return state
