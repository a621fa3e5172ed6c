"""Chosen sizes are distinct primes, and what is invented in them is what its kind means."""

from itertools import combinations

import torch
from hypothesis import given
from hypothesis import strategies as st
from nm_torch_liars import module_of

from nm_core.probing.size_choice import LONG_FROM, SizeNeeds, around_multiples, choose
from nm_core.probing.slots import Slot
from nm_torch import check_module
from nm_types import NeuralType

SIZES = ("t", "u", "2*t", "t+1", "(t+1)//2", "t//4", "u+2*t", "(u-1)//3+1", "7", "3")
KINDS = (
    "", " ; Features", " ; Logits", " ; LogProbs", " ; Probs", " ; Attention", " ; Mask", " ; Index", " ; Labels(n)",
    " ; TokenIds(9)", " ; Labels", " ; AudioSignal(8000)", " ; Loss",
)  # fmt: skip


def slots(*types: str) -> list[Slot]:
    """Return one slot for each type."""
    return [Slot(f"x{index}", f"x{index}", NeuralType(one)) for index, one in enumerate(types)]


def is_prime(number: int) -> bool:
    """Tell whether a number is prime."""
    return number > 1 and all(number % divisor for divisor in range(2, number))


@given(st.lists(st.sampled_from(SIZES), min_size=1, max_size=4), st.integers(0, len(LONG_FROM) - 1))
def test_names_get_primes_of_their_own_and_expressions_values_of_their_own(sizes: list[str], attempt: int) -> None:
    """So that a swapped axis has another size, whatever is made of the names."""
    asked = SizeNeeds.from_slots(slots("B", *(f"B T:{size}" for size in sizes)), [])

    chosen = choose(asked, {}, attempt)

    assert chosen is not None
    assert all(is_prime(value) for value in chosen.values())
    assert len(set(chosen.values())) == len(chosen)
    values = [size.evaluate(chosen) for size in asked.inputs]
    assert min(values) >= 1
    assert all(one != other for one, other in combinations(values, 2))


def test_numbers_with_a_meaning_are_avoided() -> None:
    """Those of the types, of the parameters and of the caller."""
    asked = SizeNeeds.from_slots(slots("B C:c T:29 Class:5"), [])

    assert choose(asked, {"c": 7}, 0, avoid=[3]) == {"B": 11, "c": 7}


def test_an_output_has_elements_too() -> None:
    """A size that is small enough for the input alone is not enough."""
    asked = SizeNeeds.from_slots(slots("B T:t"), [Slot("y", "y", NeuralType("B T:t-100"), is_output=True)])

    assert choose(asked, {}, 0) == {"B": 3, "t": 101}
    assert choose(SizeNeeds.from_slots(slots("T:t"), slots("T:3-t")), {}, 0) is None


def test_divided_sizes_are_tried_around_multiples() -> None:
    """Where formulas that agree on primes differ."""
    asked = SizeNeeds.from_slots(slots("B T:t"), slots("B T:(t-1)//8+1"))

    near = [sizes["t"] % 8 for sizes in around_multiples(asked, {"B": 3, "t": 29}, {})]

    assert near == [0, 1, 7]
    assert around_multiples(asked, {"B": 3, "t": 29}, {"t": 29}) == []


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(("B", "T:t", "Class:n", "C", "Token:u")), unique=True))
def test_what_is_invented_for_a_port_is_what_the_port_means(kind: str, axes: list[str]) -> None:
    """A module that gives back its input keeps its promise, whatever the type."""
    notation = f"{' '.join(axes)}{kind}".strip()
    if notation:
        module = module_of(lambda x: x, inputs={"x": notation}, outputs={"y": notation})

        assert check_module(module).runs


@given(st.sampled_from(("t", "t//2", "2*t-1")), st.integers(0, 50))
def test_one_sample_fills_the_axis_that_lengths_measure(size: str, seed: int) -> None:
    """And all fit; a mask of the same axis says the same."""
    lengths: list[torch.Tensor] = []
    module = module_of(
        lambda x, length, mask: lengths.append(length) or (length == mask.sum(1)),
        inputs={"x": "B T:t", "length": f"B ; Lengths({size})", "mask": f"B T:{size} ; Mask"},
        outputs={"same": "B ; Mask"},
    )

    runs = check_module(module, seed=seed).runs

    for run, length in zip(runs, lengths, strict=True):
        longest = NeuralType(f"T:{size}").axes[0].size.evaluate(run.sizes)
        assert length.max() == longest
        assert length.min() >= 1
    assert all(module(x=torch.ones(1, 9), length=torch.tensor([3]), mask=torch.ones(1, 3) > 0))
