"""Presets of published encoders as plain data: `blocks="quartznet_15x5"`, or a start for a list of your own."""

from collections.abc import Mapping
from typing import Any

Block = Mapping[str, Any]


def quartznet(blocks_per_width: int, *, repeat: int = 5) -> tuple[Block, ...]:
    """Return QuartzNet BxR (Kriman et al. 2019, arXiv 1910.10261): five widths, each ``blocks_per_width`` times."""
    widths = ((256, 33), (256, 39), (512, 51), (512, 63), (512, 75))
    middle = tuple(
        {"filters": filters, "kernel": kernel, "repeat": repeat, "separable": True, "residual": True}
        for filters, kernel in widths
        for _ in range(blocks_per_width)
    )
    first = {"filters": 256, "kernel": 33, "stride": 2, "separable": True}
    last = (
        {"filters": 512, "kernel": 87, "dilation": 2, "separable": True},
        {"filters": 1024, "kernel": 1},
    )
    return (first, *middle, *last)


def jasper(blocks_per_width: int, *, repeat: int = 5, dense: bool = True) -> tuple[Block, ...]:
    """Return Jasper (DR where ``dense``) BxR (Li et al. 2019, arXiv 1904.03288) with B = 5 * ``blocks_per_width``."""
    widths = ((256, 11, 0.2), (384, 13, 0.2), (512, 17, 0.2), (640, 21, 0.3), (768, 25, 0.3))
    middle = tuple(
        {"filters": filters, "kernel": kernel, "repeat": repeat, "residual": True, "dense": dense, "dropout": dropout}
        for filters, kernel, dropout in widths
        for _ in range(blocks_per_width)
    )
    first = {"filters": 256, "kernel": 11, "stride": 2, "dropout": 0.2}
    last = (
        {"filters": 896, "kernel": 29, "dilation": 2, "dropout": 0.4},
        {"filters": 1024, "kernel": 1, "dropout": 0.4},
    )
    return (first, *middle, *last)


QUARTZNET_5X5 = quartznet(1)
QUARTZNET_10X5 = quartznet(2)
QUARTZNET_15X5 = quartznet(3)
JASPER_5X3 = jasper(1, repeat=3)
JASPER_10X5 = jasper(2)

PRESETS: Mapping[str, tuple[Block, ...]] = {
    "quartznet_5x5": QUARTZNET_5X5,
    "quartznet_10x5": QUARTZNET_10X5,
    "quartznet_15x5": QUARTZNET_15X5,
    "jasper_5x3": JASPER_5X3,
    "jasper_10x5": JASPER_10X5,
}
