"""What goes on anyway: small talk around a history, and pools that all kinds of a split share."""

from functools import cache
from importlib import resources

import msgspec

from streams.histories.kinds import Lang, Pools, Split
from streams.histories.scene import Scene

_HOUR = 3600.0
_BEFORE_H = 8.0
_AFTER_H = 3.0
_REMARKS = (5, 12)


@cache
def pools(split: Split) -> dict[Lang, Pools]:
    """`smalltalk` about any brand, and `crowd`: what bystanders say of anything."""
    raw = (resources.files("streams.histories") / "ordinary" / f"{split}.toml").read_bytes()
    return msgspec.toml.decode(raw, type=dict[Lang, Pools])


def around(scene: Scene, first: float, last: float) -> None:
    """Adds small talk from some hours before `first` to some after `last` (seconds)."""
    begins, ends = first - _BEFORE_H * _HOUR, last + _AFTER_H * _HOUR
    for _ in range(int(scene.rng.integers(*_REMARKS))):
        at = scene.rng.uniform(begins, ends)
        scene.say(at, scene.cast.person(), "smalltalk")
