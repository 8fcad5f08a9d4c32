"""What is sent: real conversations' shapes with the case library's words, and probes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scoring.mention import Author, Kind, Mention, Role
from streams import stories

CONVERSATION = 5
FILL = (
    " It has been going on like this for weeks, and I am told to wait, and then to wait some more."
)
PROBE = (
    "You lost my suitcase on 3 May, refused my 1,200 euro claim twice and deleted my post. "
    "Liars, this is a scandal! Reference {}."
)
AGAIN = (
    "Eleven hours stranded in Lyon, no food, no answer, and now no refund for flight {} either. "
    "Shameful company, you cheat your customers, never again!"
)
AUDIENCE = 50_000
PROBED = b"probed-"
"""How the key of a probe begins."""


def texts() -> list[str]:
    """Every distinct text of the case library."""
    told = (m.text for slug in stories.slugs() for m in stories.load(slug).mentions)
    return list(dict.fromkeys(text for text in told if text))


def mentions(
    count: int, *, repeats: float = 0.3, length: int = 0, begin: int = 0, seed: int = 5
) -> Iterator[Mention]:
    """`count` mentions a hundredth of a second apart, the share `repeats` of them with known texts.

    Other texts are the library's, each made one of a kind by a number; `length` characters of them
    if it is given. Repeats are among the fifty texts said first.
    """
    chance = random.Random(seed + begin)
    known = texts()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
    for number in range(begin, begin + count):
        text = known[number % len(known)]
        if length:
            text = (text + FILL * (length // len(FILL) + 1))[:length]
        text = known[number % 50] if chance.random() < repeats else f"{text} ({number})"
        root = number - number % CONVERSATION
        yield Mention(
            id=f"l-{number}",
            brand=f"brand-{root // CONVERSATION % 40}",
            text=text,
            created_at=start + timedelta(seconds=number / 100),
            channel="forum",
            kind=Kind.REPLY if number % CONVERSATION else Kind.POST,
            conversation_id=f"l-{root}",
            parent_id=f"l-{root}" if number % CONVERSATION else None,
            author=Author(
                id=f"a-{chance.randrange(100_000)}",
                followers=int(chance.lognormvariate(5.0, 1.6)),
                role=Role.CUSTOMER,
            ),
        )


def probe(number: int, at: datetime, *, again: bool = False) -> Mention:
    """Opens a case at once: of a brand of its own, lest it be linked to the others.

    `again` opens another of the same brand.
    """
    other = "again-" if again else ""
    return Mention(
        id=f"{other}probe-{number}",
        brand=f"probed-{number}",
        text=(AGAIN if again else PROBE).format(number),
        created_at=at,
        channel="twitter",
        promoted=True,
        author=Author(id=f"{other}loud-{number}", followers=AUDIENCE, role=Role.CUSTOMER),
    )
