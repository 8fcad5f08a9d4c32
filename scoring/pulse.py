"""A brand's minute: what one partition saw of it, summed so that partitions can be added up."""

import operator
from collections.abc import Collection
from typing import Any

import msgspec
from msgspec.structs import replace

from scoring import bounded, conduct, likeness, naming
from scoring.bounded import Keys, Voice, Voices
from scoring.evidence import CONTENT, INFLUENCER_FOLLOWERS, LIKELY
from scoring.mention import Kind, Role
from scoring.scored import Scored, Tick

MINUTE = 60.0
MOST_KEYS = 256
MOST_IDS = 10
_SILENT = frozenset({Kind.DELETION, Kind.EDIT, Kind.ENGAGEMENT})
_VOICES = 3
_FEWEST_OUTSIDE = 3
_HOLLOW = 10
"""Accounts with fewer followers than this may be made for the purpose; 0 is unknown."""


class Stake(msgspec.Struct, frozen=True, array_like=True):
    """An open case: its rank as in Level.rank, and what its complaints have in common.

    `subject` is the mean of their topic embeddings, a signed 8-bit vector.
    """

    rank: int
    subject: bytes


MOST_STAKES = 8


class Pulse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="pulse"):
    """Sums over one brand, one minute (`at`, seconds at its start) and one partition.

    `authors`, `texts` and `threads` hold hashes of those that complain, near-duplicate texts
    mostly the same one; `topic` is the sum of the
    complaints' embeddings, `topics` how many were summed. `erased` names mentions whose words are
    not to be repeated. `followed` counts complaints by accounts whose followers are known,
    `hollow` those of them that have hardly any. Of the brand's answers `amends` apologise, solve or
    make a gesture, `evasions` send the customer elsewhere. Of
    the complaints `own_named` name the brand; `names` counts the others that they name by hash.
    `stakes` are the brand's highest open cases of customers in this partition as the minute ended;
    `cased` counts the topics of complaints made within an open case, `cased_topic` is their sum.
    """

    brand: str
    at: float
    partition: int = 0
    mentions: int = 0
    complaints: int = 0
    contented: int = 0
    answers: int = 0
    anger: float = 0.0
    objective_fact: float = 0.0
    corporate_denial: float = 0.0
    influencer_sharing: float = 0.0
    brand_denial: float = 0.0
    reach: int = 0
    shares: int = 0
    authors: Keys = ()
    texts: Keys = ()
    threads: Keys = ()
    influencers: Keys = ()
    media: Keys = ()
    seen: Keys = ()
    voices: Voices = ()
    erased: tuple[str, ...] = ()
    mention_ids: tuple[str, ...] = ()
    topic: tuple[int, ...] = ()
    topics: int = 0
    lang_fr: int = 0
    model: str = ""
    followed: int = 0
    hollow: int = 0
    amends: int = 0
    evasions: int = 0
    own_named: int = 0
    names: tuple[int, ...] = ()
    stakes: tuple[Stake, ...] = ()
    cased: int = 0
    cased_topic: tuple[int, ...] = ()


PulseEvent = Pulse | Tick
"""What `brand-pulse` carries."""

_decoder: msgspec.json.Decoder[PulseEvent] = msgspec.json.Decoder(PulseEvent)


def decode_pulse(raw: bytes) -> PulseEvent:
    """A pulse or tick of our own writing; msgspec.DecodeError when it is not one."""
    return _decoder.decode(raw)


def minute_of(at: float) -> float:
    """Start of the minute (seconds) that a time falls in."""
    return at - at % MINUTE


def count(pulse: Pulse, scored: Scored, *, cased: bool = False) -> Pulse:
    """The pulse with one mention more; a mention counted before changes nothing.

    `cased` tells whether the mention's conversation is an open case.
    """
    mention, scores = scored.mention, scored.scores
    known = bounded.key(mention.id)
    kind = mention.kind or Kind.POST
    if kind in (Kind.DELETION, Kind.EDIT) and mention.role is not Role.BRAND:
        return forget(pulse, (mention.parent_id or "",))
    if bounded.holds(pulse.seen, known) or kind in _SILENT:
        return pulse
    changes: dict[str, Any] = {
        "mentions": pulse.mentions + 1,
        "seen": bounded.with_key(pulse.seen, known, MOST_KEYS * 4),
        "model": max(pulse.model, scored.model),
    }
    if mention.role is Role.BRAND:
        changes["answers"] = pulse.answers + 1
        changes["brand_denial"] = max(pulse.brand_denial, scores.corporate_denial)
        done = conduct.deed(scored)
        changes["amends"] = pulse.amends + (done in conduct.ADMITS)
        changes["evasions"] = pulse.evasions + (done in conduct.AVOIDS)
    elif kind is Kind.SHARE:
        changes["shares"] = pulse.shares + 1
    elif mention.role is Role.MEDIA:
        if max(scores.objective_fact, scores.complaint, scores.corporate_denial) >= LIKELY:
            changes["media"] = bounded.with_key(pulse.media, mention.author_key, MOST_KEYS)
    elif scores.complaint >= LIKELY:
        changes |= _complaint(pulse, scored, cased=cased)
    elif max(scores.complaint, scores.anger) < CONTENT:
        changes["contented"] = pulse.contented + 1
    return replace(pulse, **changes)


def forget(pulse: Pulse, mention_ids: Collection[str]) -> Pulse:
    """The pulse without the words of these mentions, now and in what is added to it."""
    erased = tuple(sorted({*pulse.erased, *mention_ids}))
    if erased == pulse.erased:
        return pulse
    return unquoted(replace(pulse, erased=erased[:MOST_KEYS]), erased)


def unquoted(pulse: Pulse, mention_ids: Collection[str]) -> Pulse:
    """The pulse without the words that it holds of these mentions."""
    voices = pulse.voices
    for voice in pulse.voices:
        if voice.quote and voice.mention_id in mention_ids:
            voices = bounded.without_quotes(voices, voice.mention_id)
    return pulse if voices is pulse.voices else replace(pulse, voices=voices)


def _complaint(pulse: Pulse, scored: Scored, *, cased: bool) -> dict[str, Any]:
    mention, scores = scored.mention, scored.scores
    author = mention.author_key
    words = "" if mention.id in pulse.erased else scored.quote("complaint")
    strength = (scores.anger + scores.objective_fact) / 2
    text = likeness.gist(mention.text)
    vector = memoryview(scored.embedding).cast("b") if scored.embedding else ()
    topic = pulse.topic or (0,) * len(vector)
    reply = mention.kind is Kind.REPLY or mention.parent_id is not None
    own, others = naming.named(mention.text, mention.brand, reply)
    changes: dict[str, Any] = {
        "complaints": pulse.complaints + 1,
        "own_named": pulse.own_named + own,
        "names": naming.with_names(pulse.names, others),
        "followed": pulse.followed + (mention.followers > 0),
        "hollow": pulse.hollow + (0 < mention.followers < _HOLLOW),
        "anger": pulse.anger + scores.anger,
        "objective_fact": pulse.objective_fact + scores.objective_fact,
        "corporate_denial": pulse.corporate_denial + scores.corporate_denial,
        "influencer_sharing": pulse.influencer_sharing + scores.influencer_sharing,
        "reach": pulse.reach + (0 if bounded.holds(pulse.authors, author) else mention.followers),
        "authors": bounded.with_key(pulse.authors, author, MOST_KEYS),
        "texts": bounded.with_key(pulse.texts, text, MOST_KEYS),
        "threads": bounded.with_key(pulse.threads, bounded.key(mention.root_id), MOST_KEYS),
        "voices": bounded.with_voice(
            pulse.voices, Voice(strength, author, mention.id, words), _VOICES
        ),
        "mention_ids": tuple(sorted((*pulse.mention_ids, mention.id))[:MOST_IDS]),
        "lang_fr": pulse.lang_fr + scored.lang.startswith("fr"),
    }
    if len(vector) == len(topic) and topic:
        changes["topic"] = tuple(map(operator.add, topic, vector))
        changes["topics"] = pulse.topics + 1
        if cased:
            before = pulse.cased_topic or (0,) * len(vector)
            changes["cased"] = pulse.cased + 1
            changes["cased_topic"] = tuple(map(operator.add, before, vector))
    if mention.role is Role.INFLUENCER or mention.followers >= INFLUENCER_FOLLOWERS:
        changes["influencers"] = bounded.with_key(pulse.influencers, author, MOST_KEYS)
    return changes


_SUMS = (
    "mentions",
    "complaints",
    "contented",
    "answers",
    "anger",
    "objective_fact",
    "corporate_denial",
    "influencer_sharing",
    "reach",
    "shares",
    "topics",
    "lang_fr",
    "followed",
    "hollow",
    "amends",
    "evasions",
    "own_named",
    "cased",
)
_KEYS = ("authors", "texts", "threads", "influencers", "media")


def merged(one: Pulse, other: Pulse) -> Pulse:
    """The sum of two pulses of a brand; `at` is the earlier one's."""
    changes: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in _SUMS}
    for name in _KEYS:
        changes[name] = _union(getattr(one, name), getattr(other, name))
    voices = one.voices
    for voice in other.voices:
        voices = bounded.with_voice(voices, voice, _VOICES)
    names = one.names or other.names
    if one.names and other.names:
        names = tuple(map(operator.add, one.names, other.names))
    total = replace(
        one,
        at=min(one.at, other.at),
        brand_denial=max(one.brand_denial, other.brand_denial),
        voices=voices,
        mention_ids=tuple((*one.mention_ids, *other.mention_ids)[-50:]),
        topic=_added(one.topic, other.topic),
        cased_topic=_added(one.cased_topic, other.cased_topic),
        names=names,
        model=max(one.model, other.model),
        seen=(),
        **changes,
    )
    return forget(replace(total, erased=()), {*one.erased, *other.erased})


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(operator.add, one, other)) if one and other else one or other


def outside_cases(pulse: Pulse) -> tuple[int, ...]:
    """The sum of the complaints' embeddings but those within open cases, where there are three."""
    if not pulse.cased_topic or pulse.topics - pulse.cased < _FEWEST_OUTSIDE:
        return pulse.topic
    return tuple(map(operator.sub, pulse.topic, pulse.cased_topic))


_FEW = 16


def _union(one: Keys, other: Keys) -> Keys:
    most = MOST_KEYS * 8
    if len(other) > _FEW:
        return tuple(sorted({*one, *other})[:most])
    for item in other:
        one = bounded.with_key(one, item, most)
    return one


def coherence(pulse: Pulse) -> float:
    """Mean cosine between the topics of different complaints, 0 to 1; 0 for fewer than three."""
    if pulse.topics < 3:
        return 0.0
    squared = sum(value * value for value in pulse.topic) / (127.0 * 127.0)
    pairs = pulse.topics * (pulse.topics - 1)
    return min(1.0, max(0.0, (squared - pulse.topics) / pairs))
