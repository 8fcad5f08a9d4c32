"""What the partitions of conversations are told of a brand's incident."""

import msgspec


class IncidentNews(msgspec.Struct, frozen=True, kw_only=True, tag="incident"):
    """An incident as of `at` (seconds): `rank` as in Level.rank, the highest it had.

    It began at `since`; `until` is when it stops to matter, 0 while it is open. `topic` is a signed
    8-bit vector, the mean of its complaints'; empty when they have none.
    """

    brand: str
    case_id: str
    at: float
    since: float
    rank: int
    until: float = 0.0
    topic: bytes = b""


def mean_topic(total: list[int]) -> bytes:
    """A sum of signed 8-bit vectors, brought back to 8 bits; empty for none."""
    most = max(map(abs, total), default=0)
    if not most:
        return b""
    return bytes(round(value * 127 / most) & 0xFF for value in total)
