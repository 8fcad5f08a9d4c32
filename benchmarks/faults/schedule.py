"""What happens when, drawn from a seed: odd seeds one fault, even ones two or three together."""

import random
from collections.abc import Sequence
from importlib.util import find_spec

import msgspec

LOAD_S = 20.0
"""How long mentions come in."""
RATE = 45
"""Mentions per second: below what one worker can do, so that one can be missed."""
_SOON_S = 2.0
ROLES = ("", "", "cases,tickets")
"""Of the workers; the third decides and delivers, and has no model."""


ON_DISK = 0.3
"""Runs with state on disk, where no fault wants it there."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A fault, and when it begins (seconds after the first mention)."""

    name: str
    at_s: float


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run: its workers by role, its faults in order, and the mentions' own seed."""

    seed: int
    roles: tuple[str, ...]
    faults: tuple[Planned, ...]
    store: str = "memory"
    """Where the workers have their state: `TOCSIN_STATE_STORE`."""

    @property
    def full(self) -> bool:
        """Whether the disk of the state folders is to be filled."""
        return any(fault.name == "disk_full" for fault in self.faults)


def drawn(seed: int, names: Sequence[str]) -> Plan:
    """The plan of a seed; the same seed and names, the same plan."""
    chance = random.Random(seed)
    if seed % 2:
        chosen = [names[seed // 2 % len(names)]]
    else:
        chosen = [chance.choice(names) for _ in range(chance.choice((2, 2, 3)))]
    faults = [
        Planned(name=name, at_s=round(chance.uniform(_SOON_S, LOAD_S * 0.6), 2)) for name in chosen
    ]
    plan = Plan(
        seed=seed,
        roles=ROLES[: chance.choice((2, 3))],
        faults=tuple(sorted(faults, key=lambda fault: fault.at_s)),
    )
    on_disk = rocksdb() and (plan.full or chance.random() < ON_DISK)
    return msgspec.structs.replace(plan, store="rocksdb" if on_disk else "memory")


def rocksdb() -> bool:
    """Whether state can be kept on disk here."""
    return find_spec("rocksdict") is not None
