"""What a case hears of a linked conversation: who else speaks of it, to whom, and where."""

from copy import copy

import msgspec

from scoring import bounded, likeness
from scoring.absorb import carries, followed, named
from scoring.evidence import LIKELY, NEWEST_IDS, Dated, Evidence
from scoring.likeness import Marks
from scoring.mention import Role
from scoring.news import Echo
from scoring.scored import Scored


def of(case_id: str, scored: Scored) -> Echo | None:
    """What the case `case_id` is told of this mention; None when it passes no grievance on."""
    mention = scored.mention
    if mention.role is Role.BRAND or not carries(scored):
        return None
    return Echo(
        brand=mention.brand,
        case_id=case_id,
        mention_id=mention.id,
        at=mention.at,
        author=mention.author_key,
        followers=mention.followers,
        role=mention.role,
        channel=mention.channel,
        handle=next(iter(likeness.author(mention)), 0),
        complains=scored.scores.complaint >= LIKELY,
    )


def hear(evidence: Evidence, echo: Echo, marks: Marks) -> Evidence:
    """The evidence of a case that has `marks` with an echo in it; the order does not matter.

    It brings audience, media and influencers, and its own author's persistence, who goes on
    complaining on another channel. Other people's copies are no further complainants: a flood of
    one text is one complaint.
    """
    after = copy(evidence)
    dated = Dated(echo.at, echo.mention_id)
    after.newest = bounded.with_item(after.newest, dated)[-NEWEST_IDS:]
    after.last_at = max(after.last_at, echo.at)
    after.last_public_at = max(after.last_public_at, echo.at)
    root = after.root
    own = echo.complains and echo.handle in marks
    goes_on = own and root is not None and root.channel != echo.channel
    author = root.author if goes_on and root else echo.author
    followed(after, author, echo.followers)
    named(after, author, echo.role, echo.followers, dated)
    if goes_on:
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
