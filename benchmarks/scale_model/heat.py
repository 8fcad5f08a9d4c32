"""Hot brands and hot conversations: how unevenly partitions are loaded, drawn rather than guessed.

Brands' shares follow Zipf's law, sizes of conversations a power law, as both do in public data;
the key of a record is brand and conversation, so a brand spreads over all partitions and a
conversation never does.
"""

import msgspec
import numpy as np

SIZES = 1.4
"""Exponent of conversation sizes' tail (Cheng et al. 2014 and others find 1.2 to 2)."""
BRANDS = 1.05


class Heat(msgspec.Struct, frozen=True, kw_only=True):
    """Of a partition: the hottest beside the mean, and the share that is over twice the mean."""

    hottest: float
    over_twice: float
    top_brand: float
    """Share of the hottest brand in all mentions."""
    top_conversation: float


def draw(partitions: int, mentions: int, brands: int, viral: float = 0.0, seed: int = 1) -> Heat:
    """`mentions` of some minutes, shared out by key; one conversation has the share `viral`."""
    chance = np.random.default_rng(seed)
    sizes = np.minimum(np.ceil(chance.pareto(SIZES, mentions) + 0.2), mentions / 200)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), mentions * (1 - viral))) + 1]
    weights = 1 / np.arange(1, brands + 1) ** BRANDS
    brand = chance.choice(brands, size=len(sizes), p=weights / weights.sum())
    if viral:
        sizes, brand = np.append(sizes, mentions * viral), np.append(brand, 0)
    placed = chance.integers(0, partitions, len(sizes))
    load = np.bincount(placed, weights=sizes, minlength=partitions)
    by_brand = np.bincount(brand, weights=sizes, minlength=brands)
    total = sizes.sum()
    return Heat(
        hottest=float(load.max() / load.mean()),
        over_twice=float((load > 2 * load.mean()).mean()),
        top_brand=float(by_brand.max() / total),
        top_conversation=float(sizes.max() / total),
    )
