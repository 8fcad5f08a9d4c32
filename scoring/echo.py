"""What a case hears of a linked conversation: who else speaks of it, to whom, and where."""

from copy import copy

import msgspec

from scoring import bounded
from scoring.absorb import carries, followed, named
from scoring.evidence import LIKELY, NEWEST_IDS, Dated, Evidence
from scoring.mention import Role
from scoring.scored import Scored


class Echo(msgspec.Struct, frozen=True, kw_only=True, tag="echo"):
    """A mention of a linked conversation, without its words; `author` as in `author_key`."""

    brand: str
    case_id: str
    mention_id: str
    at: float
    author: int
    followers: int
    role: Role
    goes_on: bool = False
    """Whether it is the case's own author, who complains on another channel."""


def of(case_id: str, scored: Scored, author: int, *, goes_on: bool) -> Echo | None:
    """What the case `case_id` is told of this mention; None when it passes no grievance on."""
    mention = scored.mention
    if mention.role is Role.BRAND or not carries(scored):
        return None
    return Echo(
        brand=mention.brand,
        case_id=case_id,
        mention_id=mention.id,
        at=mention.at,
        author=author,
        followers=mention.followers,
        role=mention.role,
        goes_on=goes_on and scored.scores.complaint >= LIKELY,
    )


def hear(evidence: Evidence, echo: Echo) -> Evidence:
    """The evidence with an echo in it; the order does not matter.

    It brings audience, media and influencers, and its own author's persistence. Other people's
    copies are no further complainants: a flood of one text is one complaint.
    """
    after = copy(evidence)
    dated = Dated(echo.at, echo.mention_id)
    after.newest = bounded.with_item(after.newest, dated)[-NEWEST_IDS:]
    after.last_at = max(after.last_at, echo.at)
    after.last_public_at = max(after.last_public_at, echo.at)
    author = after.root.author if echo.goes_on and after.root else echo.author
    followed(after, author, echo.followers)
    named(after, author, echo.role, echo.followers, dated)
    if echo.goes_on:
        after.words = tuple(
            msgspec.structs.replace(
                words,
                complaints=words.complaints + 1,
                complained_at=max(words.complained_at, echo.at),
            )
            if words.author == author
            else words
            for words in after.words
        )
    return after
