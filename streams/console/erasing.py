"""Escalations without the words that somebody took back."""

import msgspec

from scoring.escalation import Escalation, Why


def unquoted(why: tuple[Why, ...], mention_id: str) -> tuple[Why, ...]:
    """The reasons without the words of a mention."""
    return tuple(
        msgspec.structs.replace(term, quote=None) if term.mention_id == mention_id else term
        for term in why
    )


def without(said: Escalation, mention_id: str) -> Escalation:
    """An escalation that does not quote a mention, in its reasons or its headline."""
    quotes = [term.quote for term in said.why if term.mention_id == mention_id and term.quote]
    if not quotes:
        return said
    headline = said.headline
    for quote in quotes:
        if quote[:20] in headline:
            headline = headline[: headline.index(quote[:20])].rstrip(' "—')
    return msgspec.structs.replace(said, why=unquoted(said.why, mention_id), headline=headline)


def wordless(said: Escalation) -> Escalation:
    """An escalation that quotes nobody."""
    for mention_id in {term.mention_id for term in said.why if term.quote and term.mention_id}:
        said = without(said, mention_id)
    return said
