"""Escalation, version 1: what is said about a case, to tickets, boards and people."""

import enum
import hashlib
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.levels import Level
from scoring.times import Moment

MAX_HEADLINE = 200
MAX_MENTION_IDS = 50
Share = Annotated[float, Meta(ge=0, le=1)]
Natural = Annotated[int, Meta(ge=0)]


class CaseKind(enum.StrEnum):
    """One conversation, or many separate mentions of one brand about one thing."""

    CONVERSATION = "conversation"
    INCIDENT = "incident"


class Status(enum.StrEnum):
    """What the message does to the case."""

    OPEN = "open"
    UPDATE = "update"
    RESOLVED = "resolved"


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """The case's present evidence from texts, each 0 to 1."""

    anger: Share
    objective_fact: Share
    corporate_denial: Share
    influencer_sharing: Share


class SpreadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts so far, and the forecast of the final number of shares with its 80 % interval.

    `reach` sums the followers of distinct authors; a `reproduction` of one or more is explosive.
    """

    mentions: Natural
    authors: Natural
    shares: Natural
    reach: Natural
    reproduction: Annotated[float, Meta(ge=0)]
    forecast_shares: Annotated[float, Meta(ge=0)]
    forecast_low: Annotated[float, Meta(ge=0)]
    forecast_high: Annotated[float, Meta(ge=0)]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One term of the sum: `weight` in log-odds, signed; `quote` with personal data masked."""

    signal: str
    weight: float
    mention_id: str | None = None
    quote: str | None = None
    note: str = ""


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """One message about a case; `id` is deterministic from the case and its transition."""

    id: str
    case_id: str
    conversation_id: str | None
    episode: Annotated[int, Meta(ge=1)]
    kind: CaseKind
    brand: str
    status: Status
    level: Level
    at: Moment
    opened_at: Moment
    score: Share
    signals: Signals
    spread: SpreadSummary
    silence_s: Annotated[float, Meta(ge=0)]
    why: tuple[Why, ...]
    advice: tuple[str, ...]
    headline: Annotated[str, Meta(max_length=MAX_HEADLINE)]
    url: str | None
    mention_ids: Annotated[tuple[str, ...], Meta(max_length=MAX_MENTION_IDS)]
    model: str
    policy: str


def escalation_id(
    case_id: str, episode: int, ordinal: int, status: Status, level: Level, at: float
) -> str:
    """Id of the `ordinal`-th message of an episode: the same however often it is said.

    The transition itself (status, level, event time in seconds) is part of it, so that another
    history of the same case can never reuse an id for other contents.
    """
    transition = f"{case_id}\0{episode}\0{ordinal}\0{status}\0{level}\0{round(at * 1000)}"
    return hashlib.sha256(transition.encode()).hexdigest()[:32]


def moment(seconds: float) -> datetime:
    """The UTC time `seconds` after the epoch, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Escalation)


def encode(escalation: Escalation) -> bytes:
    """JSON, UTF-8, keys in the order of the contract: the same message gives the same bytes."""
    return _encoder.encode(escalation)


def decode(raw: bytes) -> Escalation:
    """The escalation in `raw`; msgspec.DecodeError when it is not one."""
    return _decoder.decode(raw)
