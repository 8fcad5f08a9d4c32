"""Events of the log that decisions are made from: mentions, ticks, commands, news, echoes."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from scoring import masking
from scoring.command import Order
from scoring.mention import Mention
from scoring.news import CaseNews, Echo, IncidentNews
from scoring.times import Moment

MAX_QUOTE = 140
"""Characters of the words quoted for a signal."""
_MOST_NESTED = 200
"""Brackets in a message that is passed on as it came; decoders end at some 1,000 levels."""
Probability = Annotated[float, Meta(ge=0, le=1)]


class TextScores(msgspec.Struct, frozen=True, kw_only=True):
    """What the text says: calibrated probabilities, and the expected grade of anger (0 to 3).

    `answer` is the likeliest kind of a brand's answer (`denial`, `gesture`, `solution`,
    `request_details`, `hand_off`, `apology` or `other`), empty for other authors.
    """

    anger: Probability = 0.0
    anger_grade: Annotated[float, Meta(ge=0, le=3)] = 0.0
    objective_fact: Probability = 0.0
    corporate_denial: Probability = 0.0
    influencer_sharing: Probability = 0.0
    complaint: Probability = 0.0
    answer: str = ""


class Scored(msgspec.Struct, frozen=True, kw_only=True, tag="mention", omit_defaults=True):
    """A mention with its scores: what `mentions-scored` carries.

    `embedding` is a signed 8-bit vector of the text's topic, empty for an empty text;
    `quotes` holds, for each signal that the text is likely to hold, the words that carried it, with
    personal data masked; `arrived_at` is when the mention's record reached Kafka. One that is
    `ahead` came by the fast lane, and will come again in its turn.
    """

    mention: Mention
    scores: TextScores
    lang: str = "und"
    embedding: bytes = b""
    model: str = ""
    quotes: dict[str, str] = {}
    arrived_at: Moment | None = None
    ahead: bool = False

    def quote(self, signal: str = "") -> str:
        """One masked line: the words that carried a signal, else the beginning of the text."""
        words = self.quotes.get(signal) or self.mention.text
        return masking.quote(words, self.mention.brand)


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """The clock of a partition: its event time has reached `at`."""

    at: Moment


Event = Scored | Tick | Order | IncidentNews | CaseNews | Echo

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def decode_event(raw: bytes) -> Event:
    """An event of our own writing; msgspec.DecodeError when it is not one."""
    return _decoder.decode(raw)


def encode_event(event: Event) -> bytes:
    """JSON, UTF-8."""
    return _encoder.encode(event)


def encode_passed(event: Scored | Order, raw: bytes) -> bytes:
    """`event` as JSON, its mention or command in the bytes `raw` that it was decoded from.

    So fields that this release does not know reach whoever does. Bytes that are no UTF-8, or
    might be nested too deeply for others to read, are not passed on: what is known is.
    """
    if not _passes(raw):
        return _encoder.encode(event)
    own: Any = msgspec.Raw(raw)
    if isinstance(event, Order):
        return _encoder.encode(msgspec.structs.replace(event, command=own))
    return _encoder.encode(msgspec.structs.replace(event, mention=own))


def _passes(raw: bytes) -> bool:
    if raw.count(b"{") + raw.count(b"[") > _MOST_NESTED:
        return False
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
