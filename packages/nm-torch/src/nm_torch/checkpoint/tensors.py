"""Tensors as a safetensors file, streamed tensor by tensor, so that writing needs no second copy of a model."""

import json
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from nm_torch.checkpoint.errors import CheckpointStateError

__all__ = ["safetensors_chunks"]

_CHUNK = 4 * 1024 * 1024
_CODES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.uint16: "U16",
    torch.uint32: "U32",
    torch.uint64: "U64",
    torch.bool: "BOOL",
    torch.complex64: "C64",
}


def safetensors_chunks(tensors: Mapping[str, Tensor], where: str) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a safetensors file with ``tensors`` in the order of their names.

    The format is a header's length (8 bytes, little-endian), the header (JSON: type, shape and place of each tensor)
    and the values, https://github.com/huggingface/safetensors. Tensors may lie on any device and in any layout of
    memory.

    Raises:
        CheckpointStateError: the format has no such type of values.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name in sorted(tensors):
        tensor = tensors[name]
        if tensor.dtype not in _CODES or tensor.layout != torch.strided:
            raise CheckpointStateError(
                f"{where}: {name} is a {tensor.layout} tensor of {tensor.dtype}, which safetensors cannot hold. "
                f"Keep it as one of {', '.join(str(dtype).removeprefix('torch.') for dtype in _CODES)}, strided."
            )
        end = start + tensor.numel() * tensor.element_size()
        shape = list(tensor.shape)
        header[name] = {"dtype": _CODES[tensor.dtype], "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # Values begin at a multiple of eight, as readers that map the file expect.
    yield len(text).to_bytes(8, "little") + text
    for name in sorted(tensors):
        # Conjugation and negation are flags of a view, which its bytes lack; numpy, without bfloat16, gets bytes.
        flat = tensors[name].detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
        data = flat.view(torch.uint8).numpy().data
        for first in range(0, len(data), _CHUNK):
            yield data[first : first + _CHUNK]
