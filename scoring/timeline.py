"""Case timeline, version 1: what happened in a case, told after each batch that moved it.

Escalations tell when a case changes its level; these tell what people watch in between.
"""

import enum
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring import masking
from scoring.command import Action, Command, Verdict
from scoring.escalation import CaseKind, Share, SpreadSummary, Why
from scoring.evidence import CONTENT, LIKELY
from scoring.levels import Level
from scoring.mention import Kind, Role
from scoring.orders import SAME_CLOCK_S
from scoring.scored import Scored

MAX_WORDS = 480
"""Characters of a mention's words."""
MOST_ENTRIES = 100
"""Entries of one message; the others are counted."""

Seconds = Annotated[float, Meta(description="event time, seconds since 1970-01-01T00:00:00Z")]


class What(enum.StrEnum):
    """What an entry tells of; `voice` is what somebody said who does not complain."""

    COMPLAINT = "complaint"
    VOICE = "voice"
    DEFENCE = "defence"
    MEDIA = "media"
    SHARE = "share"
    ANSWER = "answer"
    DELETION = "deletion"
    EDIT = "edit"
    COMMAND = "command"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mention, or one decision of a person (`by`, `action`), at a time (seconds).

    `id` is the mention's or the command's; `words` are masked; `signals` holds what the text is
    likely to say, each 0.5 to 1, and `answer` the kind of a brand's answer. A `deletion` or `edit`
    names in `parent_id` what it changes. `linked` entries come from a conversation linked to it.
    A snooze lasts `for_s` seconds.
    """

    what: What
    at: Seconds
    id: str
    role: Role = Role.UNKNOWN
    channel: str = ""
    followers: int = 0
    words: str = ""
    url: str | None = None
    parent_id: str = ""
    promoted: bool = False
    proof: bool = False
    linked: bool = False
    signals: dict[str, float] = {}
    answer: str = ""
    by: str = ""
    action: Action | None = None
    assignee: str = ""
    for_s: float = 0.0
    verdict: Verdict | None = None
    note: str = ""


class Point(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a case amounts to at a time (seconds).

    `pace` is an incident's complaints an hour; the forecast has an 80 % interval; `waiting_since`
    is the time (seconds) of the oldest customer mention without an answer, 0 when none waits.
    """

    at: Seconds
    score: Share
    mentions: int = 0
    authors: int = 0
    shares: int = 0
    reach: int = 0
    reproduction: float = 0.0
    forecast_shares: float = 0.0
    forecast_low: float = 0.0
    forecast_high: float = 0.0
    pace: float = 0.0
    waiting_since: float = 0.0


class CaseTimeline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a batch did to one case: entries in no order, each repeated under the same `id`.

    `level` is null once the case is closed; `why` is as of `point`; `passed_over` counts entries
    that are not listed. `acknowledged` is the level up to which `owner` has it in hand, nobody is
    asked before `snooze_until`. The words of `erased` mentions are not to be shown any more,
    whichever case of the brand quotes them.
    """

    case_id: str
    brand: str
    kind: CaseKind = CaseKind.CONVERSATION
    episode: int = 0
    level: Level | None = None
    channel: str = ""
    entries: Annotated[tuple[Entry, ...], Meta(max_length=MOST_ENTRIES)] = ()
    passed_over: int = 0
    point: Point | None = None
    why: tuple[Why, ...] = ()
    owner: str = ""
    acknowledged: Level | None = None
    snooze_until: float = 0.0
    erased: tuple[str, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CaseTimeline)


def encode_timeline(told: CaseTimeline) -> bytes:
    """JSON, UTF-8."""
    return _encoder.encode(told)


def decode_timeline(raw: bytes) -> CaseTimeline:
    """A message of our own writing; msgspec.DecodeError when it is not one."""
    return _decoder.decode(raw)


def point(at: float, score: float, spread: SpreadSummary, waiting_since: float) -> Point:
    """The point of a conversation; times in seconds."""
    return Point(
        at=at,
        score=score,
        mentions=spread.mentions,
        authors=spread.authors,
        shares=spread.shares,
        reach=spread.reach,
        reproduction=spread.reproduction,
        forecast_shares=spread.forecast_shares,
        forecast_low=spread.forecast_low,
        forecast_high=spread.forecast_high,
        waiting_since=waiting_since,
    )


def of_mention(scored: Scored, *, linked: bool = False) -> Entry:
    """The entry of a mention, personal data masked."""
    mention, scores = scored.mention, scored.scores
    likely = {
        name: value
        for name in ("anger", "objective_fact", "corporate_denial", "influencer_sharing")
        if (value := getattr(scores, name)) >= LIKELY
    }
    return Entry(
        what=_what(scored),
        at=mention.at,
        id=mention.id,
        role=mention.role,
        channel=mention.channel,
        followers=mention.followers,
        words=masking.quote(mention.text, mention.brand, MAX_WORDS),
        url=mention.url,
        parent_id=mention.parent_id or "",
        promoted=bool(mention.promoted),
        proof=any(one.type in ("image", "video") for one in mention.attachments or ()),
        linked=linked,
        signals=likely,
        answer=scores.answer,
    )


def of_command(command: Command, at: float) -> Entry:
    """The entry of what a person decided, read at event time `at` (seconds).

    It stands at its own time: event time may lag behind where little is said. While a recording is
    played that is another clock.
    """
    decided = command.at.timestamp()
    lasts = (command.until - command.at).total_seconds() if command.until else 0.0
    return Entry(
        what=What.COMMAND,
        at=decided if abs(decided - at) <= SAME_CLOCK_S else at,
        id=command.id,
        by=command.by,
        action=command.action,
        assignee=command.assignee or "",
        for_s=lasts,
        verdict=command.verdict,
        note=command.note or "",
    )


def most_telling(entries: Iterable[Entry], most: int = MOST_ENTRIES) -> list[Entry]:
    """The entries that tell most: everything but shares, then the shares with most followers.

    Decisions of the same moment stay in their order.
    """
    return sorted(entries, key=_weight)[:most]


def _weight(entry: Entry) -> tuple[bool, int, float, str]:
    plain = entry.what in (What.SHARE, What.VOICE, What.DEFENCE)
    return plain, -entry.followers, entry.at, "" if entry.what is What.COMMAND else entry.id


def _what(scored: Scored) -> What:
    mention, scores = scored.mention, scored.scores
    match mention.kind or Kind.POST:
        case Kind.DELETION:
            return What.DELETION
        case Kind.EDIT:
            return What.EDIT
        case Kind.SHARE if mention.role is not Role.MEDIA:
            return What.SHARE
    if mention.role is Role.BRAND:
        return What.ANSWER
    if mention.role is Role.MEDIA:
        return What.MEDIA
    if scores.complaint >= LIKELY:
        return What.COMPLAINT
    return What.DEFENCE if max(scores.complaint, scores.anger) < CONTENT else What.VOICE
