"""What the demo plays: mentions of many stories, moved to the present and merged by event time."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from streams import stories
from streams.errors import UsageError
from streams.kafka.topics import MENTION_BYTES
from streams.recording import Recording, Shift

LARGEST_LINE = MENTION_BYTES - 2048
"""Bytes; the rest is for the record's key and frame."""
MOST_BRANDS = 100
"""Brands with a metric label of their own."""

Complain = Callable[[int, str], None]


class Line(msgspec.Struct, frozen=True):
    """One record to send; `at` is its event time (seconds since 1970), None for a bad line."""

    value: bytes
    key: bytes | None = None
    at: float | None = None


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Lines in the order of event time; `watched` maps each story (or brand) to its brand."""

    lines: tuple[Line, ...]
    brands: tuple[str, ...]
    watched: dict[str, str]

    @property
    def began(self) -> float:
        """Event time of the first valid line, 0 when there is none."""
        return next((line.at for line in self.lines if line.at is not None), 0.0)


def from_library(now: float | None = None, *, begun: bool = False) -> Script:
    """Every story of the library: all end at `now` (seconds), so that what is open is of today.

    Where they are `begun` together, that is when each begins.
    """
    library = [stories.load(slug) for slug in stories.slugs()]
    meets = now or time.time()
    pick = min if begun else max
    held = {story.slug: pick(m.at for m in story.mentions) for story in library}
    moved = [
        _moved(mention, meets + mention.at - held[story.slug])
        for story in library
        for mention in story.mentions
    ]
    return Script(
        lines=tuple(_line(mention) for mention in sorted(moved, key=lambda m: m.at)),
        brands=_brands(moved),
        watched={story.slug: story.outcome.brand for story in library},
    )


def from_file(path: Path, complain: Complain, now: float | None = None) -> Script:
    """The mentions of a file (JSON Lines), the last at `now` (seconds); bad lines as they are.

    `complain` is told the number of each bad line and the reason. A bad line follows the good one
    before it. Raises UsageError when the file cannot be read or holds no line.
    """
    recording = Recording.open(path, keep=True)
    span = recording.span()
    shift = Shift(by=(now or time.time()) - span[1] if span else 0.0)
    placed: list[tuple[float, Line]] = []
    good: list[Mention] = []
    at = float("-inf")
    for number, raw in recording.lines():
        line = Line(raw)
        try:
            moved = shift.apply(raw, decode(raw), 0)
            mention = decode(moved)
        except BadMentionError as error:
            complain(number, str(error))
        else:
            good.append(mention)
            at = mention.at
            line = Line(moved, mention.partition_key.encode(), at)
        if len(line.value) > LARGEST_LINE:
            complain(number, "too large for the topic, left out")
        else:
            placed.append((at, line))
    if not placed:
        raise UsageError(f"{path} holds no mentions: one JSON object a line is expected")
    brands = _brands(good)
    return Script(
        lines=tuple(line for _, line in sorted(placed, key=lambda pair: pair[0])),
        brands=brands,
        watched={brand: brand for brand in brands},
    )


def _moved(mention: Mention, at: float) -> Mention:
    return msgspec.structs.replace(mention, created_at=datetime.fromtimestamp(at, UTC))


def _line(mention: Mention) -> Line:
    return Line(msgspec.json.encode(mention), mention.partition_key.encode(), mention.at)


def _brands(mentions: Iterable[Mention]) -> tuple[str, ...]:
    counts = Counter(mention.brand for mention in mentions)
    return tuple(sorted(brand for brand, _ in counts.most_common(MOST_BRANDS)))
