"""The language that a case is told in, read from what the escalation says."""

from scoring.escalation import Escalation
from scoring.phrases import spoken

_ENOUGH = 40
"""Characters of quotes below which another language than the phrases' is not believed."""


def of(said: Escalation) -> str:
    """Primary language tag.

    Notes and headline are in the case's language where Tocsin speaks it, else in English; what
    customers are quoted with tells the others.
    """
    told = spoken([term.note for term in said.why] or [said.headline.partition("%: ")[2]])
    quotes = " ".join(term.quote for term in said.why if term.quote)
    if told != "en" or len(quotes) < _ENOUGH:
        return told
    try:
        from streams.scorer.language import UNKNOWN, language
    except ModuleNotFoundError:  # the image without the model tells English and French alone
        return told
    found = language(quotes)
    return told if found in (UNKNOWN, "fr") else found
