"""Dead letters from the topic to the terminal, sent again, and dead once more.

An input is a record: lines of `header=value` (null without the `=`), an empty line, then the
record's time, its key and its value, a line each.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec

from benchmarks.fuzz.targets import Target
from streams.cli import letter_text
from streams.kafka import dead_letters
from streams.kafka.dead_letters import DeadLetter, Replays
from streams.worker import output
from streams.worker.output import Record

AT = datetime(2026, 1, 1, tzinfo=UTC)
_TIME_DIGITS = 18
_REFUSED: dict[str, Any] = {
    "reason": "refused",
    "detail": "pager said 400",
    "topic": "escalations",
    "partition": 0,
    "offset": 1,
    "time": AT,
    "sink": "pager",
}
Headers = list[tuple[str, bytes | None]]


def every() -> Mapping[str, Target]:
    """The target by name."""
    return {"replay": Target("replay", 1, _seeds, _replay)}


def _replay(raw: bytes) -> None:
    """As `list`, `show` and `replay`, and the worker that sets aside what was sent again."""
    replays: Replays = {}
    headers, time, key, value = _parts(raw)
    dead_letters.parse(_record(_dead(headers, "")))
    found = dead_letters.sifted(_record(headers, time, key, value), replays)
    if found is None:
        assert replays, "a mark names what was sent again"
        msgspec.json.encode(replays)
        return
    sent = dead_letters.replayed(found)
    assert all(isinstance(value, bytes) for _, value in sent), "kafka-python sends no null"
    assert dead_letters.sifted(_record(dead_letters.mark(found, AT)), replays) is None
    assert replays == {found.id: AT}
    _printed(found, replays)
    again = dead_letters.parse(_record(_dead(sent, found.sink)))
    assert (again.again, again.sink, again.headers) == (found.id, found.sink, found.headers)


def _printed(letter: DeadLetter, replays: Replays) -> None:
    msgspec.json.encode(letter_text.row(letter, replays))
    line = letter_text.line(letter, replays)
    assert line.isprintable(), "a terminal obeys what is not"
    for part in letter_text.whole(letter, replays):
        assert part.replace("\n", "").replace("\t", "").isprintable()
        part.encode()


def _dead(headers: Any, sink: str) -> dead_letters.Headers:
    """What the worker makes of a message with these headers, in a batch as it is sent."""
    made = dead_letters.build(**_REFUSED | {"sink": sink}, original=headers)
    record = Record(topic="tickets-dead-letters", value=b"{}", key=b"k", headers=made)
    for batch in output.batches([record], 1):
        output.built(batch)
    return made


def _record(
    headers: Any, time: int = 0, key: bytes | None = None, value: bytes | None = b""
) -> Any:
    return SimpleNamespace(
        headers=headers, partition=2, offset=17, timestamp=time, key=key, value=value
    )


def _parts(raw: bytes) -> tuple[Headers, int, bytes | None, bytes | None]:
    head, _, rest = raw.partition(b"\n\n")
    headers: Headers = []
    for line in head.split(b"\n"):
        name, given, value = line.partition(b"=")
        headers.append((name.decode("utf-8", "replace"), value if given else None))
    time, key, value = [*rest.split(b"\n", 2), b"", b""][:3]
    digits = time[:_TIME_DIGITS]
    return headers, int(digits) if digits.isdigit() else -1, key or None, value or None


def _seeds() -> list[bytes]:
    first = dead_letters.parse(
        _record(
            dead_letters.build(
                reason="bad_date",
                detail="created_at is no date",
                topic="mentions",
                partition=3,
                offset=99,
                time=AT,
                original=[("source", b"firehose"), ("ce_id", b"a")],
            )
        )
    )
    sent = dead_letters.replayed(first)
    headers: list[Headers] = [
        [*dead_letters.build(**_REFUSED, original=sent)],
        [*dead_letters.build(**_REFUSED, original=[("source", None)]), ("null", None)],
        [*dead_letters.mark(first, AT)],
        [("other", b"x"), (dead_letters.TIME, b"0001-01-01T00:00:00+23:59")],
    ]
    return [_line(one) for one in headers]


def _line(headers: Headers) -> bytes:
    lines = [name.encode() + (b"" if value is None else b"=" + value) for name, value in headers]
    return b"\n".join(lines) + b'\n\n1767225600000\nacme:root\n{"id": "x"}'
