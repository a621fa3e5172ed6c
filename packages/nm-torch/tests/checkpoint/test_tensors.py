"""Our stream of a safetensors file, against the library that defines the format."""

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nm_torch.checkpoint import CheckpointStateError
from nm_torch.checkpoint.tensors import safetensors_chunks

TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8]
TYPES += [torch.uint8, torch.bool, torch.complex64]

shapes = st.lists(st.integers(0, 4), max_size=4)


def tensor_of(dtype: torch.dtype, shape: list[int]) -> torch.Tensor:
    """Return a tensor of random bits, not-a-numbers included."""
    if dtype == torch.bool:
        return torch.rand(shape) > 0.5
    width = torch.empty(0, dtype=dtype).element_size()
    return torch.randint(0, 256, [*shape, width], dtype=torch.uint8).view(dtype).reshape(shape)


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Tell whether type, shape and bits are the same."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return torch.equal(one.contiguous().flatten().view(torch.uint8), other.contiguous().flatten().view(torch.uint8))


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=8), st.tuples(st.sampled_from(TYPES), shapes), max_size=5))
def test_the_library_reads_what_we_write(kinds: dict[str, tuple[torch.dtype, list[int]]]) -> None:
    """Every type and shape, under any name, comes back bitwise through safetensors."""
    kinds.pop("__metadata__", None)
    tensors = {name: tensor_of(*kind) for name, kind in kinds.items()}
    found = safetensors.torch.load(b"".join(safetensors_chunks(tensors, "test")))
    assert found.keys() == tensors.keys()
    assert all(same_bits(found[name], tensor) for name, tensor in tensors.items())


def test_values_in_any_layout_are_written_in_order() -> None:
    """Transposed, sliced and expanded tensors are written as they read, not as they lie in memory."""
    base = torch.arange(24.0).reshape(4, 6)
    tensors = {
        "transposed": base.t(),
        "sliced": base[1::2, ::3],
        "expanded": base[:, :1].expand(4, 3),
        "parameter": torch.nn.Parameter(base),
        "conjugate": torch.tensor([1 + 2j], dtype=torch.complex64).conj(),
    }
    found = safetensors.torch.load(b"".join(safetensors_chunks(tensors, "test")))
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_a_large_tensor_comes_in_pieces_without_a_copy() -> None:
    """A tensor is handed over in pieces of its own memory."""
    large = torch.zeros(3 * 1024 * 1024)
    header, *pieces = safetensors_chunks({"large": large}, "test")
    assert [len(piece) for piece in pieces] == [4 * 1024 * 1024] * 3
    large.fill_(1.0)
    assert bytes(pieces[0][:4]) == b"\x00\x00\x80\x3f"
    assert int.from_bytes(header[:8], "little") == len(header) - 8


def test_what_the_format_lacks_is_named() -> None:
    """A tensor that safetensors cannot hold is an error with its name."""
    with pytest.raises(CheckpointStateError, match=r"optimizer: x/y is a .*complex128"):
        list(safetensors_chunks({"x/y": torch.zeros(1, dtype=torch.complex128)}, "optimizer"))
    with pytest.raises(CheckpointStateError, match="sparse"):
        list(safetensors_chunks({"x": torch.eye(3).to_sparse()}, "optimizer"))
