"""Ordinary traffic of a dozen brands, made up: scored mentions by the thousand, no model asked."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scoring.mention import Author, Kind, Mention, Role
from scoring.scored import Scored, TextScores

START = datetime(2024, 3, 4, tzinfo=UTC)
BRANDS = tuple(f"brand-{letter}" for letter in "abcdefghijkl")
CHANNELS = ("twitter", "facebook", "forum", "reddit", "instagram", "review")
QUIET = TextScores(anger=0.02, complaint=0.06, objective_fact=0.04)
GRUMBLE = TextScores(anger=0.3, complaint=0.82, objective_fact=0.35, influencer_sharing=0.05)
FURY = TextScores(anger=0.85, complaint=0.95, objective_fact=0.75, influencer_sharing=0.1)
_TALK = (
    "parcel order shop queue price screen train flight number advisor phone mail week refund "
    "again still never waiting love great thanks morning coffee colour size store app login "
    "update battery seat luggage invoice contract delivery driver box label return voucher"
)
WORDS = _TALK.split()


def mentions(
    count: int, per_conversation: float = 5.0, a_day: int = 40_000, seed: int = 4
) -> Iterator[Scored]:
    """`count` mentions in order of time, `a_day` of them, of about that many per conversation.

    One in eight complains, one in a hundred furiously; one in ten is a share, one in fourteen
    the brand's. Authors' followers are log-normal around 150.
    """
    chance = random.Random(seed)
    at = START
    roots: list[tuple[str, str, str]] = []
    for number in range(count):
        at += timedelta(seconds=round(chance.expovariate(a_day / 86_400), 3))
        ident = f"{seed}-{number:08d}-{chance.getrandbits(40):010x}"
        if not roots or chance.random() < 1 / per_conversation:
            root = (ident, chance.choice(BRANDS), chance.choice(CHANNELS))
            roots.append(root)
            del roots[:-2000]
            kind = Kind.POST
        else:
            root = roots[-1 - min(len(roots) - 1, int(chance.expovariate(1 / 40)))]
            kind = Kind.SHARE if chance.random() < 0.12 else Kind.REPLY
        yield _mention(chance, ident, root, kind, at)


def _mention(
    chance: random.Random, ident: str, root: tuple[str, str, str], kind: Kind, at: datetime
) -> Scored:
    root_id, brand, channel = root
    by_brand = kind is Kind.REPLY and chance.random() < 0.09
    mood = chance.random()
    scores = FURY if mood < 0.01 else GRUMBLE if mood < 0.125 else QUIET
    words = [] if kind is Kind.SHARE else chance.choices(WORDS, k=chance.randint(6, 30))
    if kind is Kind.SHARE or by_brand:
        scores = QUIET
    author = Author(
        id=f"{brand}-desk" if by_brand else f"user-{chance.randrange(2_000_000)}",
        followers=0 if by_brand else int(chance.lognormvariate(5.0, 1.6)),
        role=Role.BRAND if by_brand else Role.CUSTOMER,
    )
    what = Mention(
        id=ident,
        brand=brand,
        text=" ".join(words),
        created_at=at,
        channel=channel,
        kind=kind,
        conversation_id=root_id,
        parent_id=root_id if kind is not Kind.POST else None,
        author=author,
        lang="en",
    )
    said = scores is not QUIET
    return Scored(
        mention=what,
        scores=scores,
        lang="en",
        embedding=bytes(chance.getrandbits(8) for _ in range(32)) if said else b"",
        model="generated@0",
        quotes={"complaint": " ".join(words[:6])} if said else {},
    )
