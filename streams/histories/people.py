"""Who takes part: handles, audiences with a heavy tail, brands."""

from functools import cache
from importlib import resources

import msgspec
import numpy as np

from scoring.mention import Author, Role

MEAN_FOLLOWERS = 740
"""About the mean of `followers`, whose median is 180; used to scale spread."""
_UNCOUNTED = frozenset({"forum", "review", "blog", "website", "news"})
"""Channels on which nobody sees how many follow an author."""


class Brand(msgspec.Struct, frozen=True):
    """A brand as it is tracked, written and tagged."""

    slug: str
    name: str
    handle: str


@cache
def brands() -> dict[str, tuple[Brand, ...]]:
    """Invented brands by sector."""
    raw = (resources.files("streams.histories") / "brands.toml").read_bytes()
    names = msgspec.toml.decode(raw, type=dict[str, list[str]])
    return {
        sector: tuple(
            Brand(name.lower().replace(" ", "-"), name, name.replace(" ", "")) for name in listed
        )
        for sector, listed in names.items()
    }


@cache
def names(which: str) -> tuple[str, ...]:
    """A list of `names.toml`."""
    raw = (resources.files("streams.histories") / "names.toml").read_bytes()
    return tuple(msgspec.toml.decode(raw, type=dict[str, str])[which].split(", "))


def followers(rng: np.random.Generator) -> int:
    """Of anybody: log-normal with a Pareto tail (one account in fifty), at most two million."""
    if rng.random() < 0.02:
        return min(2_000_000, int(4000 * (1 - rng.random()) ** (-1 / 1.2)))
    return int(rng.lognormal(5.2, 1.4))


def between(rng: np.random.Generator, least: float, most: float) -> int:
    """A number of followers, every order of magnitude as likely."""
    if most <= 0:
        return 0
    return int(np.exp(rng.uniform(np.log(max(1.0, least)), np.log(most))))


class Cast:
    """Draws people who have not taken part yet."""

    def __init__(self, rng: np.random.Generator, channel: str) -> None:
        """`channel` decides whether followers are seen."""
        self._rng = rng
        self._channel = channel
        self._handles: set[str] = set()

    def person(self, count: int | None = None, role: Role | None = None) -> Author:
        """Somebody; as a customer or of unknown role where none is given."""
        rng = self._rng
        if role is None:
            role = Role.CUSTOMER if rng.random() < 0.55 else Role.UNKNOWN
        count = followers(rng) if count is None else count
        handle = self._handle()
        famous = role in (Role.MEDIA, Role.INFLUENCER)
        return Author(
            id=f"u-{handle}",
            handle=handle,
            followers=count if famous or self._channel not in _UNCOUNTED else None,
            verified=True if role is Role.MEDIA else None,
            role=role,
        )

    def empty(self) -> Author:
        """An account made for the purpose."""
        handle = f"user{self._rng.integers(10_000_000, 99_999_999)}"
        return Author(id=f"u-{handle}", handle=handle, followers=int(self._rng.integers(0, 4)))

    def desk(self, brand: Brand) -> Author:
        """The brand itself."""
        return Author(
            id=f"b-{brand.slug}",
            handle=brand.handle,
            followers=40_000 + sum(map(ord, brand.slug)) * 13,
            verified=True,
            role=Role.BRAND,
        )

    def _handle(self) -> str:
        rng = self._rng
        while True:
            first, last, word = (
                pool[rng.integers(len(pool))]
                for pool in (names("first"), names("last"), names("handle"))
            )
            shape = rng.integers(5)
            number = int(rng.integers(1, 2000))
            handle = (
                f"{first}_{last}",
                f"{first}{last}{number % 100}",
                f"{word}{first}",
                f"{first}.{word}{number}",
                f"the{word}{last}{number % 10}",
            )[shape]
            if handle not in self._handles:
                self._handles.add(handle)
                return handle
