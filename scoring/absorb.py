"""Folds one scored mention into the evidence of its conversation."""

from bisect import bisect_right
from copy import copy

from scoring import bounded, conduct, harm, spread
from scoring.bounded import Voice
from scoring.evidence import (
    CONTENT,
    INFLUENCER_FOLLOWERS,
    LEAST,
    LIKELY,
    MOST_ANGRY,
    MOST_AUTHORS,
    MOST_NAMED,
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
_SAID = 0.05
"""Of a signal that hardly anybody would see in them no words are kept: they are never shown."""
_SHOWING = frozenset({AttachmentType.IMAGE, AttachmentType.VIDEO})


def absorb(evidence: Evidence, scored: Scored) -> Evidence:
    """The evidence with this mention in it; the order of calls does not matter."""
    kind = scored.mention.kind or Kind.POST
    after = copy(evidence)  # nobody else holds it until it is returned: what follows writes to it
    if kind is Kind.DELETION:
        _deletion(after, scored.mention)
    elif kind is Kind.ENGAGEMENT:
        _counters(after, scored.mention)
    elif kind is Kind.EDIT:
        _edit(after, scored)
    else:
        _presence(after, scored)
        if scored.mention.role is Role.BRAND:
            _brand_word(after, scored)
        else:
            _audience(after, scored)
            _voices(after, scored)
            _waiting(after, scored)
            _author_words(after, scored)
            _counters(after, scored.mention)
    return after


def _presence(evidence: Evidence, scored: Scored) -> None:
    mention, at = scored.mention, scored.mention.at
    known = evidence.root
    order = (
        0 if mention.id == mention.root_id else 2 if mention.kind is Kind.SHARE else 1,
        at,
        mention.id,
    )
    if known is None or order < known.order:
        fact = _fact(scored)
        evidence.root = Root(
            at=at,
            stands_in=order[0],
            author=mention.author_key,
            mention_id=mention.id,
            complaint=scored.scores.complaint,
            role=mention.role,
            lang=scored.lang,
            url=mention.url,
            channel=mention.channel,
            fact=fact,
            proof=fact if _shows(mention) else 0.0,
            harm=harm.of(scored, fact),
        )
        if order[0] == 0:  # how others went on matters no more
            evidence.words = tuple(w for w in evidence.words if w.author == mention.author_key)
    evidence.first_at = min(evidence.first_at, at) if evidence.mentions else at
    evidence.last_at = max(evidence.last_at, at)
    if mention.role is not Role.BRAND:
        evidence.last_public_at = max(evidence.last_public_at, at)
    evidence.mentions += 1
    evidence.newest = bounded.with_item(evidence.newest, Dated(at, mention.id))[-NEWEST_IDS:]
    model = evidence.model
    if at > model.at or (at == model.at and scored.model > model.mention_id):
        evidence.model = Dated(at, scored.model)


def _brand_word(evidence: Evidence, scored: Scored) -> None:
    mention = scored.mention
    word = BrandWord(mention.at, mention.id, scored.scores.corporate_denial)
    answer = max(evidence.answer, word) if evidence.answer else word
    _brand_voice(evidence, scored)
    evidence.answer = answer
    evidence.answers += 1
    done = conduct.deed(scored)
    if done is not None:
        act = conduct.Act(done, mention.at, mention.id)
        evidence.acts = conduct.with_act(evidence.acts, act)
    if word.denial >= LIKELY:
        denied = Dated(mention.at, mention.id)
        evidence.denied = max(evidence.denied, denied) if evidence.denied else denied
    evidence.waiting = tuple(wait for wait in evidence.waiting if wait.at > answer.at)


def _brand_voice(evidence: Evidence, scored: Scored) -> None:
    denial = scored.scores.corporate_denial
    _hear(evidence, scored, "brand_denial", denial, "corporate_denial")


def _audience(evidence: Evidence, scored: Scored) -> None:
    mention, scores = scored.mention, scored.scores
    author, share, followers = mention.author_key, mention.kind is Kind.SHARE, mention.followers
    evidence.spread = spread.expose(evidence.spread, mention.at, followers, share=share)
    followed(evidence, author, followers)
    if not share and scores.complaint >= LIKELY:
        evidence.complainants = bounded.with_key(evidence.complainants, author, MOST_AUTHORS)
    elif _contented(scored):
        evidence.contented = bounded.with_key(evidence.contented, author, MOST_AUTHORS)
    if share or carries(scored):
        dated = Dated(mention.at, mention.id)
        named(evidence, author, mention.role, followers, dated)


def named(evidence: Evidence, author: int, role: Role, followers: int, dated: Dated) -> None:
    """Whoever has an audience and takes it further: media, and influencers."""
    if role is Role.MEDIA:
        evidence.media = bounded.with_key(evidence.media, author, MOST_NAMED)
        evidence.medium = min(evidence.medium or dated, dated)
    elif role is Role.INFLUENCER or followers >= INFLUENCER_FOLLOWERS:
        evidence.influencers = bounded.with_key(evidence.influencers, author, MOST_NAMED)
        evidence.influencer = min(evidence.influencer or dated, dated)


def followed(evidence: Evidence, author: int, followers: int) -> None:
    """The author in the audience of evidence that nobody else holds yet, and in its sum."""
    before = evidence.audience
    after = bounded.with_weight(before, author, followers, MOST_AUTHORS)
    if after is before:
        return
    known = bounded.weight_of(before, author)
    dropped = before[-1][1] if len(before) == MOST_AUTHORS and before[-1][0] != after[-1][0] else 0
    evidence.audience = after
    evidence.followers += followers - known - dropped


def _contented(scored: Scored) -> bool:
    """Whether somebody speaks up and has nothing against the brand."""
    mention, scores = scored.mention, scored.scores
    return (
        scores.complaint < CONTENT
        and scores.anger < CONTENT
        and scores.corporate_denial < CONTENT
        and scores.objective_fact < CONTENT
        and bool(mention.text)
        and mention.role in _ASKING
    )


def carries(scored: Scored) -> bool:
    """Whether the text passes the grievance on, rather than defending or joking about it."""
    scores = scored.scores
    return (
        scores.complaint >= LIKELY
        or scores.objective_fact >= LIKELY
        or scores.corporate_denial >= LIKELY
        or scores.influencer_sharing >= LIKELY
        or scores.anger >= LIKELY
    )


def _voices(evidence: Evidence, scored: Scored) -> None:
    mention, scores = scored.mention, scored.scores
    if not mention.text:
        return
    complaint = scores.complaint
    fact = _fact(scored)
    _hear(evidence, scored, "anger", scores.anger, "anger", MOST_ANGRY)
    _hear(evidence, scored, "objective_fact", fact, "objective_fact")
    _hear(evidence, scored, "reported_denial", scores.corporate_denial, "corporate_denial")
    _hear(evidence, scored, "influencer_sharing", scores.influencer_sharing, "influencer_sharing")
    _hear(evidence, scored, "complaint", complaint, "complaint")
    if fact >= bounded.strength(evidence.harm):  # looking for words costs more than the rest
        _hear(evidence, scored, "harm", harm.of(scored, fact), "objective_fact")
    if _shows(mention):
        _hear(evidence, scored, "proof", fact, "objective_fact")
    if mention.promoted and complaint >= LIKELY:
        dated = Dated(mention.at, mention.id)
        evidence.promoted = min(evidence.promoted or dated, dated)


def _fact(scored: Scored) -> float:
    """A fact counts as far as it is about something that went wrong."""
    scores = scored.scores
    own = scored.mention.text and scored.mention.role is not Role.BRAND
    return scores.objective_fact * scores.complaint if own else 0.0


def _shows(mention: Mention) -> bool:
    return any(item.type in _SHOWING for item in mention.attachments or ())


def _hear(
    evidence: Evidence, scored: Scored, name: str, value: float, signal: str, most: int = 1
) -> None:
    """The words that carried a signal, if they are among the strongest of `name`."""
    if value < LEAST and most == 1:
        return  # of the strongest voice alone nothing that is hardly there can count
    voices = getattr(evidence, name)
    if len(voices) >= most and value < voices[-1].value:
        return
    mention = scored.mention
    author = mention.author_key
    if bounded.heard(voices, value, author, most):
        words = _quote(evidence, scored, signal) if value >= _SAID else ""
        voice = Voice(value, author, _source(mention), words, mention.at)
        setattr(evidence, name, bounded.with_voice(voices, voice, most))


def _waiting(evidence: Evidence, scored: Scored) -> None:
    mention = scored.mention
    asks = scored.scores.complaint >= LIKELY or mention.id == mention.root_id
    if not asks or not _speaks(mention) or mention.role not in _ASKING:
        return
    answered = evidence.answer.at if evidence.answer else LONG_AGO
    if mention.at > answered:
        waits = bounded.with_item(evidence.waiting, Dated(mention.at, mention.id))
        evidence.waiting = waits[:MOST_WAITING]


def _author_words(evidence: Evidence, scored: Scored) -> None:
    mention, scores = scored.mention, scored.scores
    if not _speaks(mention):
        return
    author, at = mention.author_key, mention.at
    kept, root = evidence.words, evidence.root
    if root is not None and root.stands_in == 0:  # who began it is known: nobody else matters
        if author != root.author:
            evidence.words = tuple(held for held in kept if held.author == root.author)
            return
        kept = tuple(held for held in kept if held.author == author)
    known = next((words for words in kept if words.author == author), None)
    if known is None and len(kept) >= MOST_WORDS and (at, author) > kept[-1].order:
        return
    words = known or AuthorWords(author, at)
    since, content, complaints = min(words.since, at), words.content, words.complaints
    complained_at = words.complained_at
    if max(scores.complaint, scores.anger) < CONTENT:
        dated = Dated(at, mention.id)
        content = max(content, dated) if content else dated
    elif scores.complaint >= LIKELY:
        complaints += 1
        complained_at = max(complained_at, at)
    words = AuthorWords(author, since, complaints, complained_at, content)
    others = kept if known is None else tuple(held for held in kept if held is not known)
    place = bisect_right(others, words.order, key=_words_order)
    evidence.words = (*others[:place], words, *others[place:])[:MOST_WORDS]


def _words_order(words: AuthorWords) -> tuple[float, int]:
    return words.order


def _counters(evidence: Evidence, mention: Mention) -> None:
    if mention.engagement is None:
        return
    subject = mention.parent_id if mention.kind is Kind.ENGAGEMENT else mention.id
    if subject == mention.root_id:
        evidence.counted_shares = max(evidence.counted_shares, mention.engagement.shares or 0)


def _deletion(evidence: Evidence, mention: Mention) -> None:
    if mention.role is not Role.BRAND:
        _erase(evidence, mention.parent_id or "", FOREVER)
        return
    deletions = sorted({*evidence.deletions, Dated(mention.at, mention.id)})
    evidence.deletions = tuple(deletions[:MOST_NAMED])
    evidence.last_at = max(evidence.last_at, mention.at)


_QUOTED = (
    "anger",
    "objective_fact",
    "reported_denial",
    "brand_denial",
    "influencer_sharing",
    "complaint",
    "proof",
    "harm",
)


def _edit(evidence: Evidence, scored: Scored) -> None:
    """New words replace the old ones; what the old ones weighed stays, for they were read."""
    _erase(evidence, _source(scored.mention), scored.mention.at)
    if scored.mention.role is Role.BRAND:
        _brand_voice(evidence, scored)
    else:
        _voices(evidence, scored)


def _erase(evidence: Evidence, mention_id: str, until: float) -> None:
    for name in _QUOTED:
        held = getattr(evidence, name)
        setattr(evidence, name, bounded.without_quotes(held, mention_id, until))
    known = bounded.key(mention_id)
    until = max(until, _erased_until(evidence, known))
    others = (erasure for erasure in evidence.erased if erasure.mention != known)
    evidence.erased = tuple(sorted((*others, Erasure(known, until)))[:MOST_NAMED])


def _erased_until(evidence: Evidence, known: int) -> float:
    return next((e.until for e in evidence.erased if e.mention == known), LONG_AGO)


def _source(mention: Mention) -> str:
    """Id of the mention whose words these are."""
    carried = mention.kind in (Kind.EDIT, Kind.SHARE)  # a share with words repeats its parent's
    return (mention.parent_id if carried else None) or mention.id


def _speaks(mention: Mention) -> bool:
    return (mention.kind or Kind.POST) in _SPEAKING


def _quote(evidence: Evidence, scored: Scored, signal: str = "") -> str:
    mention = scored.mention
    erased = evidence.erased
    if erased and mention.at < _erased_until(evidence, bounded.key(_source(mention))):
        return ""
    return scored.quote(signal)
