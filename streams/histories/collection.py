"""The whole collection: so many histories of each kind, and the ordinary weeks."""

from collections.abc import Iterator

from streams.histories import kinds, week
from streams.histories.kinds import LANGS, Split
from streams.histories.label import History
from streams.histories.tell import tell

CRISES_OF_A_KIND = 5
CONTROLS_OF_A_KIND = 8


def collection(split: Split | None = None, seed: int = 1) -> Iterator[History]:
    """Histories of every kind of the split (both without one), in turn French and English.

    Any `seed` tells them all differently, of the same kinds and words.
    """
    for slug in kinds.slugs():
        kind = kinds.load(slug)
        if split in (None, kind.split):
            number = CRISES_OF_A_KIND if kind.crisis else CONTROLS_OF_A_KIND
            for turn in range(number):
                yield tell(slug, LANGS[(turn + len(slug)) % 2], seed * 1000 + turn)


def ordinary(split: Split | None = None, seed: int = 1) -> Iterator[History]:
    """A week of a dozen brands, six of either split."""
    if split in (None, "train"):
        yield from week.weeks("train", seed)
    if split in (None, "test"):
        yield from week.weeks("test", seed)
