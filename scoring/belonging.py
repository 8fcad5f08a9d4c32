"""Which conversations an open incident, or an open case of the brand, speaks for.

An incident is made of many conversations. While it is open, and for a while after, those that
belong to it open no case of their own up to its highest level: people get one case, not thirty.
Beside a customer's case at stake the press opens none of its own, as it writes about that one, and
nothing is said of what is merely to be watched.
"""

from collections.abc import Iterable

from scoring import likeness
from scoring.case import Case
from scoring.levels import Level
from scoring.mention import Role
from scoring.news import IncidentNews
from scoring.pulse import Stake

_ALIKE = 0.2
"""Cosine between a conversation's topic and the incident's from which it belongs: nine in ten of
the conversations of made-up incidents, one in two of those beside them (docs/decision.md)."""
_ONE_SUBJECT = 0.65
"""Cosine between what a case's complaints have in common and what an incident's do from which they
are the same matter: all of made-up crises of 33, of cases beside another matter one in twelve."""
_SUBJECT_OUTSIDE = 0.6
"""The same for the incident's complaints outside of open cases."""
ONE_TOPIC = 0.5
"""Cosine between two conversations' topics from which they are about one thing; set by hand."""


def floor(case: Case, news: IncidentNews | None, at: float) -> int:
    """The rank up to which the incident speaks for the conversation at `at` (seconds).

    Of an older one that is open it speaks too: what is no news beside the incident goes unsaid.
    What is merely to be watched goes unsaid beside any incident of the brand, whatever its topic; a
    crisis is always said.
    """
    if news is None or at < news.at or 0 < news.until <= at:
        return 0
    if news.silent and case.standing.episode:  # it is silent because such cases speak for it
        return 0
    before = case.evidence.mentions and case.evidence.first_at < news.since
    if before and not case.standing.open:
        return 0
    alike = likeness.cosine(case.topic, news.topic) >= _ALIKE
    return min(news.rank, (Level.ESCALATE if alike or _press(case) else Level.WATCH).rank)


def beside(case: Case, stakes: Iterable[tuple[int, bytes]]) -> int:
    """The rank up to which the brand's open cases of customers speak for the conversation.

    Of each, `stakes` holds the rank and the topic. The press seldom uses a customer's words, so
    that it writes while a case is at stake is enough; a crisis is always said.
    """
    most = 0
    for rank, topic in stakes:
        if rank >= Level.ESCALATE.rank:
            most = max(most, Level.ESCALATE.rank if _press(case) else Level.WATCH.rank)
        elif not most and likeness.cosine(case.topic, topic) >= ONE_TOPIC:
            most = Level.WATCH.rank
    return most


def spoken(stakes: Iterable[Stake], topic: bytes, outside: bytes) -> int:
    """The rank up to which the brand's open cases of customers speak for an incident about `topic`.

    What people complain of `outside` of these cases has to be the same matter too, as
    their own replies are part of the topic. That one of them became an incident is told once it is
    a crisis, whatever they are.
    """
    about = [
        stake.rank
        for stake in stakes
        if likeness.cosine(stake.subject, topic) >= _ONE_SUBJECT
        and likeness.cosine(stake.subject, outside) >= _SUBJECT_OUTSIDE
    ]
    return min(max(about, default=0), Level.ESCALATE.rank)


def _press(case: Case) -> bool:
    root = case.evidence.root
    return root is not None and root.role is Role.MEDIA
