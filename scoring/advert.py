"""Adverts: what is paid for by the brand is no grievance against it, however it is worded.

A customer who pays to spread a complaint is another matter: the complaint is not disclosed as
paid. The words are those that the law has creators use (16 CFR 255 in the USA; in France law
2023-451, article 5: "publicité" or "collaboration commerciale"), their hashtags, and the codes
that they give.
"""

import re

from msgspec.structs import replace

from scoring.evidence import INFLUENCER_FOLLOWERS
from scoring.mention import Role
from scoring.scored import Scored, TextScores

_SILENT = TextScores()
_MOST_TEXT = 1000
_DISCLOSED = re.compile(
    r"#(?:ad|advert|pub|publicit[eé]|sponsor\w*|paid\w*|partenariat\w*|collab\w*|gifted|offert)\b|"
    r"\(sponsored\b|\bsponsored by\b|\bpaid (?:partnership|for by)\b|"
    r"\bin (?:paid )?partnership with\b|\bsponsoris[eé]e?s?\b|\bpay[eé]e?s? par\b|"
    r"\bcollab(?:oration)? (?:commerciale|r[eé]mun[eé]r[eé]e)\b|"
    r"\bpartenariat r[eé]mun[eé]r[eé]|\ben partenariat avec\b|\b(?:my|mon) code\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b[Cc]ode\s+:?\s*[A-Z]{3,}[A-Z0-9]*\b")


def is_advert(scored: Scored) -> bool:
    """Whether somebody with an audience, or a paid promotion, says that it is paid for."""
    mention = scored.mention
    public = mention.role is Role.INFLUENCER or mention.followers >= INFLUENCER_FOLLOWERS
    if not (public or mention.promoted) or mention.role in (Role.BRAND, Role.MEDIA):
        return False
    text = mention.text[:_MOST_TEXT]
    return bool(_DISCLOSED.search(text) or _CODE.search(text))


def heard(scored: Scored) -> Scored:
    """The mention as the decision hears it: an advert says nothing for or against."""
    return replace(scored, scores=_SILENT) if is_advert(scored) else scored
