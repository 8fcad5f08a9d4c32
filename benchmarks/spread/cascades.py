"""Recorded cascades: times and parents of shares, follower counts simulated."""

import gzip
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from models.errors import DataError

MEDIAN_FOLLOWERS, SIGMA_FOLLOWERS = 352.0, 1.23
"""Log-normal: fitted to the 359 accounts of a public sample of retweeters (evently, MIT)."""
MEDIAN_OF_ROOTS = 10_000.0
"""Assumed, of whoever starts a cascade; no source."""


class _Row(msgspec.Struct):
    id: str
    t_min: list[float]
    parent: list[int]


@dataclass(frozen=True)
class Cascade:
    """One root and its shares, in order of time.

    `times` in seconds after the root, shape (shares,), `parents` the number of what each share
    shares (0: the root, 1: the first share), `followers` of root and sharers, shape (1 + shares,);
    0 where they are unknown.
    """

    id: str
    times: np.ndarray
    parents: np.ndarray
    followers: np.ndarray

    @property
    def size(self) -> int:
        """The final number of shares."""
        return len(self.times)

    def blind(self) -> "Cascade":
        """The same with every follower count unknown."""
        return replace(self, followers=np.zeros_like(self.followers))

    def thinned(self, kept: float, seed: int) -> "Cascade":
        """Each share kept with probability `kept`: a smaller conversation of the same course.

        What it shares is then the root: parents may be gone.
        """
        rng = np.random.default_rng([seed, zlib.crc32(self.id.encode())])
        mask = rng.random(self.size) < kept
        followers = self.followers[np.concatenate([[True], mask])]
        return Cascade(self.id, self.times[mask], np.zeros(int(mask.sum()), int), followers)


def read(path: Path, seed: int) -> list[Cascade]:
    """The cascades of a JSON Lines file, plain or gzipped. Raises DataError.

    A line holds `id`, `t_min` (minutes after the root, which comes first) and `parent` (indices,
    -1 for the root). Negative delays count as none. Follower counts are simulated: log-normal,
    and independent of everything else, so that nothing of the future leaks through them.
    """
    try:
        raw = path.read_bytes()
        lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()
        rows = [msgspec.json.decode(line, type=_Row) for line in lines if line.strip()]
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise DataError(f"{path} holds no cascades (JSON Lines, .gz or plain): {error}") from error
    if not rows:
        raise DataError(f"{path} holds no cascades")
    return [_cascade(row, seed) for row in rows]


def _cascade(row: _Row, seed: int) -> Cascade:
    if len(row.t_min) != len(row.parent) or not row.t_min:
        raise DataError(f"cascade {row.id}: `t_min` and `parent` must be of one length, the root's")
    rng = np.random.default_rng([seed, zlib.crc32(row.id.encode())])
    times = np.maximum(np.array(row.t_min[1:], dtype=float), 0.0) * 60
    order = np.argsort(times, kind="stable")
    place = np.concatenate([[0], 1 + np.argsort(order)])  # of each node once sorted
    parents = place[np.maximum(np.array(row.parent[1:], dtype=int), 0)][order]
    followers = np.exp(rng.normal(np.log(MEDIAN_FOLLOWERS), SIGMA_FOLLOWERS, 1 + len(times)))
    followers[0] = np.exp(rng.normal(np.log(MEDIAN_OF_ROOTS), SIGMA_FOLLOWERS))
    return Cascade(row.id, times[order], parents, np.maximum(1, np.rint(followers)).astype(int))


def folds(cascades: Sequence[Cascade], number: int) -> np.ndarray:
    """The fold of each cascade, by the hash of its id; shape (cascades,)."""
    return np.array([zlib.crc32(f"fold {one.id}".encode()) % number for one in cascades])


def sizes(cascades: Iterable[Cascade]) -> np.ndarray:
    """Final numbers of shares; shape (cascades,)."""
    return np.array([one.size for one in cascades])
