"""A backend in plain Python: lists for tensors, gradients by hand, one process.

It proves that nm-core needs no framework, and shows how little a backend is.
"""

from nm_core_reference.backend import ReferenceBackend, ReferenceSession
from nm_core_reference.data import Rows
from nm_core_reference.modules import Linear, ReferenceModule, SquaredError
from nm_core_reference.tensor import Tensor

__all__ = ["Linear", "ReferenceBackend", "ReferenceModule", "ReferenceSession", "Rows", "SquaredError", "Tensor"]
