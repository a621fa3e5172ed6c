"""Relations: how two names, two axes, two types relate, and in which order axes fit."""

from nm_types.relations.comparison import Comparison, compare, examine, refines
from nm_types.relations.matching import Permutation, orders_that_fit, the_one_order
from nm_types.relations.orders import EQUAL, GREATER, LESS, UNRELATED, order_of_axes, order_of_kinds

__all__ = [
    "Comparison",
    "compare",
    "examine",
    "refines",
    "Permutation",
    "orders_that_fit",
    "the_one_order",
    "EQUAL",
    "GREATER",
    "LESS",
    "UNRELATED",
    "order_of_axes",
    "order_of_kinds",
]
