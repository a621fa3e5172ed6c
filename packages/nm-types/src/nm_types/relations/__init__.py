"""Relations of names, axes and types, and the orders in which axes fit."""

from nm_types.relations.comparison import Comparison, compare, examine, refines
from nm_types.relations.matching import Permutation, orders_of_choices, orders_that_fit, unique_order
from nm_types.relations.orders import EQUAL, GREATER, LESS, UNRELATED, kind_sizes_clash, order_of_axes, order_of_kinds

__all__ = [
    "EQUAL",
    "GREATER",
    "LESS",
    "UNRELATED",
    "Comparison",
    "Permutation",
    "compare",
    "examine",
    "kind_sizes_clash",
    "order_of_axes",
    "order_of_kinds",
    "orders_of_choices",
    "orders_that_fit",
    "refines",
    "unique_order",
]
