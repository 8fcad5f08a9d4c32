"""An escalation without what strangers wrote: what may be kept for long, and said again later.

A customer may take his words back. What is remembered of a case for the sake of later messages
must not bring them up again.
"""

from msgspec.structs import replace

from scoring.escalation import Escalation

_QUOTED = ' — "'
"""What `scoring.headline` puts before a quote, which ends the line."""


def bare(said: Escalation) -> Escalation:
    """Without quotes, and without the ids of all mentions but the case's root."""
    why = tuple(replace(term, quote=None, mention_id=None) for term in said.why)
    return replace(said, why=why, headline=unquoted(said.headline), mention_ids=())


def unquoted(headline: str) -> str:
    """The line up to its quote."""
    return headline.partition(_QUOTED)[0]
