"""Which conversations an open incident speaks for.

An incident is made of many conversations. While it is open, and for a while after, those that
belong to it open no case of their own up to its highest level: people get one case, not thirty.
"""

from scoring import likeness
from scoring.case import Case
from scoring.levels import Level
from scoring.news import IncidentNews

_ALIKE = 0.2
"""Cosine between a conversation's topic and the incident's from which it belongs: nine in ten of
the conversations of made-up incidents, one in two of those beside them (docs/decision.md)."""


def floor(case: Case, news: IncidentNews | None, at: float) -> int:
    """The rank up to which the incident speaks for the conversation at `at` (seconds).

    Of an older one that is open it speaks too: what is no news beside the incident goes unsaid.
    What is merely to be watched goes unsaid beside any incident of the brand, whatever its topic; a
    crisis is always said.
    """
    if news is None or at < news.at or 0 < news.until <= at:
        return 0
    before = case.evidence.mentions and case.evidence.first_at < news.since
    if before and not case.standing.open:
        return 0
    alike = likeness.cosine(case.topic, news.topic) >= _ALIKE
    return min(news.rank, (Level.ESCALATE if alike else Level.WATCH).rank)
