"""Folds one scored mention into the evidence of its conversation."""

from typing import Any

from msgspec.structs import replace

from scoring import bounded, spread
from scoring.bounded import Voice
from scoring.evidence import (
    CONTENT,
    INFLUENCER_FOLLOWERS,
    LIKELY,
    MOST_AUTHORS,
    MOST_NAMED,
    MOST_VOICES,
    MOST_WAITING,
    MOST_WORDS,
    NEWEST_IDS,
    AuthorWords,
    BrandWord,
    Dated,
    Erasure,
    Evidence,
    Root,
)
from scoring.mention import AttachmentType, Kind, Mention, Role
from scoring.scored import Scored
from scoring.times import FOREVER, LONG_AGO

_SPEAKING = frozenset({Kind.POST, Kind.REPLY})
_ASKING = frozenset({Role.CUSTOMER, Role.UNKNOWN, Role.INFLUENCER})
_SHOWING = frozenset({AttachmentType.IMAGE, AttachmentType.VIDEO})


def absorb(evidence: Evidence, scored: Scored) -> Evidence:
    """The evidence with this mention in it; the order of calls does not matter."""
    kind = scored.mention.kind or Kind.POST
    if kind is Kind.DELETION:
        return _deletion(evidence, scored.mention)
    if kind is Kind.ENGAGEMENT:
        return _counters(evidence, scored.mention)
    if kind is Kind.EDIT:
        return _edit(evidence, scored)
    evidence = _presence(evidence, scored)
    if scored.mention.role is Role.BRAND:
        return _brand_word(evidence, scored)
    evidence = _audience(evidence, scored)
    evidence = _voices(evidence, scored)
    return _counters(_author_words(_waiting(evidence, scored), scored), scored.mention)


def author_key(mention: Mention) -> int:
    """The author's hash; an author who is not named counts as a new one each time."""
    return bounded.key(mention.channel, mention.author_id or mention.id)


def _presence(evidence: Evidence, scored: Scored) -> Evidence:
    mention, at = scored.mention, scored.mention.at
    candidate = Root(
        at=at,
        stands_in=0 if mention.id == mention.root_id else 2 if mention.kind is Kind.SHARE else 1,
        author=author_key(mention),
        mention_id=mention.id,
        complaint=scored.scores.complaint,
        role=mention.role,
        lang=scored.lang,
        url=mention.url,
        channel=mention.channel,
    )
    known = evidence.root
    dated = Dated(at, mention.id)
    public = mention.role is not Role.BRAND
    return replace(
        evidence,
        root=candidate if known is None or candidate.order < known.order else known,
        first_at=min(evidence.first_at, at) if evidence.mentions else at,
        last_at=max(evidence.last_at, at),
        last_public_at=max(evidence.last_public_at, at) if public else evidence.last_public_at,
        mentions=evidence.mentions + 1,
        newest=tuple(sorted((*evidence.newest, dated))[-NEWEST_IDS:]),
        model=max(evidence.model, Dated(at, scored.model)),
    )


def _brand_word(evidence: Evidence, scored: Scored) -> Evidence:
    mention = scored.mention
    word = BrandWord(mention.at, mention.id, scored.scores.corporate_denial)
    answer = max(evidence.answer, word) if evidence.answer else word
    return replace(
        _brand_voice(evidence, scored),
        answer=answer,
        answers=evidence.answers + 1,
        waiting=tuple(wait for wait in evidence.waiting if wait.at > answer.at),
    )


def _brand_voice(evidence: Evidence, scored: Scored) -> Evidence:
    mention, denial = scored.mention, scored.scores.corporate_denial
    words = _quote(evidence, scored, "corporate_denial")
    voice = Voice(denial, author_key(mention), _source(mention), words, mention.at)
    voices = bounded.with_voice(evidence.brand_denial, voice, MOST_VOICES)
    return replace(evidence, brand_denial=voices)


def _audience(evidence: Evidence, scored: Scored) -> Evidence:
    mention, scores = scored.mention, scored.scores
    author, share = author_key(mention), mention.kind is Kind.SHARE
    changes: dict[str, Any] = {
        "spread": spread.expose(evidence.spread, mention.at, mention.followers, share=share),
        "audience": bounded.with_weight(evidence.audience, author, mention.followers, MOST_AUTHORS),
    }
    if mention.kind is not Kind.SHARE and scores.complaint >= LIKELY:
        changes["complainants"] = bounded.with_key(evidence.complainants, author, MOST_AUTHORS)
    elif _contented(scored):
        changes["contented"] = bounded.with_key(evidence.contented, author, MOST_AUTHORS)
    dated = Dated(mention.at, mention.id)
    carries = share or _carries(scored)
    if mention.role is Role.MEDIA and carries:
        changes["media"] = bounded.with_key(evidence.media, author, MOST_NAMED)
        changes["medium"] = min(evidence.medium or dated, dated)
    elif carries and (mention.role is Role.INFLUENCER or mention.followers >= INFLUENCER_FOLLOWERS):
        changes["influencers"] = bounded.with_key(evidence.influencers, author, MOST_NAMED)
        changes["influencer"] = min(evidence.influencer or dated, dated)
    return replace(evidence, **changes)


def _contented(scored: Scored) -> bool:
    """Whether somebody speaks up and has nothing against the brand."""
    mention, scores = scored.mention, scored.scores
    hostile = max(scores.complaint, scores.anger, scores.corporate_denial, scores.objective_fact)
    return bool(mention.text) and mention.role in _ASKING and hostile < CONTENT


def _carries(scored: Scored) -> bool:
    """Whether the text passes the grievance on, rather than defending or joking about it."""
    scores = scored.scores
    return (
        max(
            scores.complaint,
            scores.objective_fact,
            scores.corporate_denial,
            scores.influencer_sharing,
            scores.anger,
        )
        >= LIKELY
    )


_SIGNAL_OF = {"reported_denial": "corporate_denial", "proof": "objective_fact"}
"""The signal whose words are quoted for evidence of another name."""


def _voices(evidence: Evidence, scored: Scored) -> Evidence:
    mention, scores = scored.mention, scored.scores
    if not mention.text:
        return evidence
    author, complaint = author_key(mention), scores.complaint
    strengths = {
        "anger": scores.anger,
        "objective_fact": scores.objective_fact * complaint,
        "reported_denial": scores.corporate_denial,
        "influencer_sharing": scores.influencer_sharing,
        "complaint": complaint,
    }
    if any(item.type in _SHOWING for item in mention.attachments or ()):
        strengths["proof"] = scores.objective_fact * complaint
    beginning = _quote(evidence, scored)
    quotes = {signal: _quote(evidence, scored, signal) for signal in scored.quotes}
    changes: dict[str, Any] = {}
    for name, value in strengths.items():
        words = quotes.get(_SIGNAL_OF.get(name, name), beginning)
        voice = Voice(value, author, _source(mention), words, mention.at)
        changes[name] = bounded.with_voice(getattr(evidence, name), voice, MOST_VOICES)
    if mention.promoted and complaint >= LIKELY:
        dated = Dated(mention.at, mention.id)
        changes["promoted"] = min(evidence.promoted or dated, dated)
    return replace(evidence, **changes)


def _waiting(evidence: Evidence, scored: Scored) -> Evidence:
    mention = scored.mention
    asks = scored.scores.complaint >= LIKELY or mention.id == mention.root_id
    if not _speaks(mention) or mention.role not in _ASKING or not asks:
        return evidence
    answered = evidence.answer.at if evidence.answer else LONG_AGO
    waits = (*evidence.waiting, Dated(mention.at, mention.id))
    open_waits = sorted(wait for wait in waits if wait.at > answered)
    return replace(evidence, waiting=tuple(open_waits[:MOST_WAITING]))


def _author_words(evidence: Evidence, scored: Scored) -> Evidence:
    mention, scores = scored.mention, scored.scores
    if not _speaks(mention):
        return evidence
    author, at = author_key(mention), mention.at
    others = tuple(words for words in evidence.words if words.author != author)
    known = next((words for words in evidence.words if words.author == author), None)
    words = known or AuthorWords(author, at)
    words = replace(words, since=min(words.since, at))
    if max(scores.complaint, scores.anger) < CONTENT:
        dated = Dated(at, mention.id)
        words = replace(words, content=max(words.content, dated) if words.content else dated)
    elif scores.complaint >= LIKELY:
        words = replace(
            words,
            complaints=words.complaints + 1,
            complained_at=max(words.complained_at, at),
        )
    kept = sorted((*others, words), key=lambda w: (w.since, w.author))
    return replace(evidence, words=tuple(kept[:MOST_WORDS]))


def _counters(evidence: Evidence, mention: Mention) -> Evidence:
    subject = mention.parent_id if mention.kind is Kind.ENGAGEMENT else mention.id
    shown = (mention.engagement.shares if mention.engagement else None) or 0
    if subject != mention.root_id or shown <= evidence.counted_shares:
        return evidence
    return replace(evidence, counted_shares=shown)


def _deletion(evidence: Evidence, mention: Mention) -> Evidence:
    if mention.role is not Role.BRAND:
        return _erase(evidence, mention.parent_id or "", FOREVER)
    deletions = sorted({*evidence.deletions, Dated(mention.at, mention.id)})
    return replace(
        evidence,
        deletions=tuple(deletions[:MOST_NAMED]),
        last_at=max(evidence.last_at, mention.at),
    )


_QUOTED = (
    "anger",
    "objective_fact",
    "reported_denial",
    "brand_denial",
    "influencer_sharing",
    "complaint",
    "proof",
)


def _edit(evidence: Evidence, scored: Scored) -> Evidence:
    """New words replace the old ones; what the old ones weighed stays, for they were read."""
    evidence = _erase(evidence, _source(scored.mention), scored.mention.at)
    if scored.mention.role is Role.BRAND:
        return _brand_voice(evidence, scored)
    return _voices(evidence, scored)


def _erase(evidence: Evidence, mention_id: str, until: float) -> Evidence:
    quotes = {
        name: bounded.without_quotes(getattr(evidence, name), mention_id, until) for name in _QUOTED
    }
    known = bounded.key(mention_id)
    until = max(until, _erased_until(evidence, known))
    others = (erasure for erasure in evidence.erased if erasure.mention != known)
    erased = sorted((*others, Erasure(known, until)))[:MOST_NAMED]
    return replace(evidence, erased=tuple(erased), **quotes)


def _erased_until(evidence: Evidence, known: int) -> float:
    return next((e.until for e in evidence.erased if e.mention == known), LONG_AGO)


def _source(mention: Mention) -> str:
    """Id of the mention whose words these are."""
    return (mention.parent_id if mention.kind is Kind.EDIT else None) or mention.id


def _speaks(mention: Mention) -> bool:
    return (mention.kind or Kind.POST) in _SPEAKING


def _quote(evidence: Evidence, scored: Scored, signal: str = "") -> str:
    mention = scored.mention
    if mention.at < _erased_until(evidence, bounded.key(_source(mention))):
        return ""
    return scored.quote(signal)
