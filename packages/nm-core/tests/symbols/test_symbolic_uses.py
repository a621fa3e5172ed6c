"""A symbolic tensor used as a value says what does the same in a graph."""

import copy
import pickle

import pytest

from nm_core import SymbolicAttributeError, SymbolicValueError, inputs
from nm_core.symbols.symbolic_uses import COMPARISONS, OPERATORS, UNARY

A, B = inputs(a="B T:t", b="B T:t")


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_is_refused_on_either_side(name: str) -> None:
    """The error names the operator and where values exist."""
    for method in (f"__{name}__", f"__r{name}__"):
        with pytest.raises(SymbolicValueError, match=r"factory\.infer"):
            getattr(A, method)(B)


@pytest.mark.parametrize("name", [*COMPARISONS, *UNARY])
def test_comparisons_and_signs_are_refused(name: str) -> None:
    """Nothing is computed, and nothing is compared by identity in silence."""
    with pytest.raises(SymbolicValueError, match="forward of a module of your own"):
        getattr(A, f"__{name}__")(*([B] if name in COMPARISONS else []))


def test_items_cannot_be_set() -> None:
    """Assigning to an item is refused as reading one is."""
    with pytest.raises(SymbolicValueError, match="no value to change"):
        A[0] = 1
    with pytest.raises(SymbolicValueError, match="no value to index"):
        A[0]


def test_equality_copies_and_plain_text_work() -> None:
    """What graphs need of their tensors is not touched: equality, hashes, copies, `str`, membership."""
    assert A in (B, A)
    assert len({A, B, A.call.tensor("a")}) == 2
    assert copy.copy(A) == A
    assert f"{A}" == str(A)
    assert not hasattr(A, "__index__")
    with pytest.raises(SymbolicAttributeError):
        A.ndim  # noqa: B018
    assert isinstance(pickle.loads(pickle.dumps(SymbolicAttributeError("x"))), AttributeError)
