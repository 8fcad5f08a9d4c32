"""A dead letter in words. Whatever it holds strangers wrote, and a terminal obeys them."""

from collections.abc import Iterator
from datetime import datetime

from streams.kafka.dead_letters import DeadLetter, Replays

STAMP = "%Y-%m-%d %H:%M:%S"


def row(letter: DeadLetter, replays: Replays) -> dict[str, object]:
    """For JSON, all but its bytes; `replays` tells which were sent again, and when."""
    return {
        "id": letter.id,
        "time": letter.time,
        "reason": letter.reason,
        "detail": letter.detail,
        "topic": letter.origin_topic,
        "partition": letter.origin_partition,
        "offset": letter.origin_offset,
        **({"again": letter.again} if letter.again else {}),
        **({"replayed": replays[letter.id]} if letter.id in replays else {}),
        **({"sink": letter.sink} if letter.sink else {}),
        "key": _key(letter),
        "bytes": len(letter.value),
    }


def line(letter: DeadLetter, replays: Replays) -> str:
    """One line of a list."""
    again = f"(again, was {letter.again}) " if letter.again else ""
    again += f"(sent again {_at(replays[letter.id])}) " if letter.id in replays else ""
    detail = again + (f"{letter.sink}: {letter.detail}" if letter.sink else letter.detail)
    return printable(
        f"{letter.id:<8} {letter.time:{STAMP}}  {letter.reason:<14} {_origin(letter):<28} {detail}",
        keep="",
    )


def whole(letter: DeadLetter, replays: Replays) -> Iterator[str]:
    """What explains one, and its message."""
    for name, value in (
        ("id", letter.id),
        ("time", _at(letter.time)),
        ("reason", letter.reason),
        ("detail", letter.detail),
        ("from", _origin(letter)),
        *([("before", f"{letter.again}, which was sent again")] if letter.again else []),
        *([("replayed", _at(replays[letter.id]))] if letter.id in replays else []),
        *([("sink", letter.sink)] if letter.sink else []),
        ("key", _key(letter) or "none"),
        ("bytes", f"{len(letter.value):,}"),
    ):
        yield printable(f"{name:<10}{value}")
    yield ""
    yield printable(letter.value.decode("utf-8", "backslashreplace"))


def printable(text: str, keep: str = "\n\t") -> str:
    """The text with control characters escaped, but those of `keep`."""
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


def _at(time: datetime) -> str:
    return f"{time:{STAMP}} UTC"


def _key(letter: DeadLetter) -> str | None:
    return None if letter.key is None else letter.key.decode("utf-8", "backslashreplace")


def _origin(letter: DeadLetter) -> str:
    return f"{letter.origin_topic or '?'}:{letter.origin_partition}:{letter.origin_offset}"
