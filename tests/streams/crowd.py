"""A crowd's mentions: recorded stories at one time, and many repeats of few texts around them."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from kafka.partitioner.default import murmur2

from scoring.mention import Author, Kind, Mention, Role
from streams import stories

STORIES = ("airline-2013", "bike-lock-2004", "energy-2011", "shoes-2011", "shop-2011")
TEXTS = (
    "Great service today, thank you!",
    "Does anyone know the opening hours on Sunday?",
    "Nothing works since this morning, and nobody answers. This is a disgrace.",
    "Bonjour, où en est ma commande ?",
    "Merci beaucoup, colis bien reçu.",
)
REST = timedelta(days=45)
"""Between the last mention and the closing ones: longer than any case stays open."""


def told(slugs: Sequence[str], tag: str) -> list[Mention]:
    """Stories that begin together, with ids of their own, the longest over before `REST`."""
    loaded = [stories.load(slug).mentions for slug in slugs]
    longest = max(story[-1].created_at - story[0].created_at for story in loaded)
    start = datetime.now(UTC).replace(microsecond=0) - longest - REST - timedelta(hours=1)
    found = [
        _moved(mention, start - story[0].created_at, tag) for story in loaded for mention in story
    ]
    return sorted(found, key=lambda mention: (mention.created_at, mention.id))


def crowd(size: int, slugs: Sequence[str] = STORIES, tag: str = "c") -> list[Mention]:
    """Stories and repeats, `size` in all, in order of event time; equal arguments, equal texts."""
    story = told(slugs, tag)
    chance = random.Random(size)
    first, last = story[0].created_at, story[-1].created_at
    repeats = [
        Mention(
            id=f"{tag}-r{number}",
            brand=f"calm-{number % 7}",
            text=TEXTS[number % len(TEXTS)],
            created_at=first + (last - first) * chance.random(),
            channel="forum",
            kind=Kind.REPLY if number % 10 else Kind.POST,
            conversation_id=f"{tag}-r{number - number % 10}",
            author=Author(id=f"a{number % 900}", followers=number % 300, role=Role.CUSTOMER),
        )
        for number in range(size - len(story))
    ]
    return sorted([*story, *repeats], key=lambda mention: (mention.created_at, mention.id))


def unlike(like: Mention, numbers: Sequence[int]) -> list[Mention]:
    """Long questions at one time, of which no two are the same."""
    return [
        Mention(
            id=f"unlike-{number}",
            brand=f"calm-{number % 7}",
            text=f"Order {number}: "
            + " ".join(f"is item {number * part} here?" for part in range(12)),
            created_at=like.created_at,
            channel="forum",
        )
        for number in numbers
    ]


def closing(mentions: Sequence[Mention], partitions: int) -> list[Mention]:
    """One mention for each partition, long after the others: it lets every deadline pass."""
    at = max(mention.created_at for mention in mentions) + REST
    wanted = dict.fromkeys(range(partitions))
    found: list[Mention] = []
    for number in range(1000):
        last = Mention(
            id=f"last-{number}", brand="closing", text=TEXTS[0], created_at=at, channel="forum"
        )
        if wanted.pop(partition_of(last, partitions), 0) is None:
            found.append(last)
    return found


def partition_of(mention: Mention, partitions: int) -> int:
    """The partition that Kafka's own partitioner gives."""
    return (murmur2(mention.partition_key.encode()) & 0x7FFFFFFF) % partitions


def bad(good: Mention, number: int) -> Iterator[tuple[str, bytes]]:
    """Reason and bytes of a message of each bad kind."""
    raw = msgspec.json.encode(msgspec.structs.replace(good, id=f"bad-{number}"))
    fields = msgspec.json.decode(raw)
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    depth = 20_000
    yield "not_json", b"{nonsense %d" % number
    yield "bad_utf8", raw.replace(b'"text":"', b'"text":"\xff\xfe')
    yield "missing_field", msgspec.json.encode({k: v for k, v in fields.items() if k != "brand"})
    yield "null_byte", raw.replace(b'"text":"', b'"text":"\\u0000')
    yield "future", msgspec.json.encode(fields | {"created_at": ahead})
    yield "too_deep", raw[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"


def _moved(mention: Mention, by: timedelta, tag: str) -> Mention:
    def own(name: str | None) -> str | None:
        return f"{tag}-{name}" if name else None

    return msgspec.structs.replace(
        mention,
        id=f"{tag}-{mention.id}",
        created_at=mention.created_at + by,
        conversation_id=own(mention.conversation_id),
        parent_id=own(mention.parent_id),
    )
