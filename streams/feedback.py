"""What people judged in the console, as recordings that `tocsin calibrate policy` reads.

A verdict is a field of a case command, so it lasts as long as the topic `case-commands`, and its
mentions as long as `mentions`: a week by default.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from scoring.brands import brand_of
from scoring.command import Command, Verdict, decode_command
from scoring.decoding import decode as decode_mention
from scoring.errors import BadCommandError, BadMentionError
from scoring.escalation import Escalation, decode
from scoring.levels import Level
from scoring.mention import Mention
from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients
from streams.kafka.topics import Topics, require

_BEFORE = timedelta(hours=6)
_AFTER = timedelta(days=3)
_SILENCE_MS = 5_000
_SLUG = re.compile(r"[^a-z0-9-]+")


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A case that somebody judged last in `command`, with what was said of it, in order."""

    command: Command
    said: tuple[Escalation, ...]

    @property
    def crisis(self) -> bool:
        """Whether it was one."""
        return self.command.verdict is Verdict.CRISIS

    @property
    def crisis_at(self) -> datetime:
        """When it was out: its first message at `crisis`, else its last one."""
        at_crisis = [one.at for one in self.said if one.level is Level.CRISIS]
        return at_crisis[0] if at_crisis else self.said[-1].at

    @property
    def name(self) -> str:
        """A name for files, the same each time."""
        first = self.said[0]
        digest = hashlib.sha256(first.case_id.encode()).hexdigest()[:8]
        return _SLUG.sub("-", f"{first.brand}-{first.opened_at:%Y%m%d}-{digest}")

    def holds(self, mention: Mention) -> bool:
        """Whether a mention belongs to it: to the conversation, or the brand's days around it."""
        first = self.said[0]
        if mention.brand != first.brand:
            return False
        if brand_of(first.case_id) is None:
            return mention.root_id == first.conversation_id
        return first.opened_at - _BEFORE <= mention.created_at <= self.said[-1].at + _AFTER


def judged(settings: Settings) -> list[Judged]:
    """The cases that people judged, in order of name. Raises BrokerError, ConfigError."""
    topics = Topics.of(settings)
    require(settings, [topics.commands, topics.escalations, topics.mentions])
    verdicts: dict[str, Command] = {}
    for raw in _values(settings, topics.commands):
        try:
            command = decode_command(raw)
        except BadCommandError:
            continue
        known = verdicts.get(command.case_id)
        if command.verdict is not None and (known is None or command.at >= known.at):
            verdicts[command.case_id] = command
    said: dict[str, dict[str, Escalation]] = {case_id: {} for case_id in verdicts}
    if verdicts:
        for raw in _values(settings, topics.escalations):
            try:
                one = decode(raw)
            except msgspec.DecodeError:
                continue
            if one.case_id in said:
                said[one.case_id][one.id] = one
    found = [
        Judged(command=verdicts[case_id], said=tuple(sorted(own.values(), key=lambda one: one.at)))
        for case_id, own in said.items()
        if own
    ]
    return sorted(found, key=lambda one: one.name)


def export(settings: Settings, folder: Path, tell: Callable[[str], None]) -> int:
    """Writes each judged case as NAME.jsonl and NAME.toml; how many had mentions left.

    Raises BrokerError, ConfigError, OSError.
    """
    cases = judged(settings)
    mentions: dict[str, dict[str, bytes]] = {one.name: {} for one in cases}
    if cases:
        for raw in _values(settings, Topics.of(settings).mentions):
            try:
                mention = decode_mention(raw)
            except BadMentionError:
                continue
            for one in cases:
                if one.holds(mention):
                    mentions[one.name].setdefault(mention.id, raw)
    written = 0
    folder.mkdir(parents=True, exist_ok=True)
    for one in cases:
        lines = mentions[one.name]
        if not lines:
            tell(f"{one.name}: its mentions are older than the topic keeps them; left out")
            continue
        compact = (msgspec.json.encode(msgspec.json.decode(line)) for line in lines.values())
        (folder / f"{one.name}.jsonl").write_bytes(b"".join(line + b"\n" for line in compact))
        (folder / f"{one.name}.toml").write_text(_label(one), "utf-8")
        written += 1
    return written


def _label(one: Judged) -> str:
    """The TOML beside a recording (streams.calibration.recorded)."""
    first = one.said[0]
    matter = "" if first.conversation_id is None else f"matter = {_text(first.conversation_id)}\n"
    at = one.crisis_at.isoformat().replace("+00:00", "Z")
    outcome = f"crisis_at = {at}" if one.crisis else 'permitted = "respond"'
    note = " ".join((one.command.note or "").split())
    about = f"# {note}\n" if note.isprintable() and note else ""
    return f"{about}{outcome}\n{matter}"


def _text(value: str) -> str:
    return f"[{msgspec.json.encode(value).decode()}]"


def _values(settings: Settings, topic: str) -> Iterator[bytes]:
    """The value of every record that a topic holds now. Raises BrokerError."""
    from kafka import TopicPartition

    with clients.consumer(settings) as consumer:
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        partitions = [TopicPartition(topic, number) for number in numbers]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        while any(consumer.position(p) < ends[p] for p in partitions):
            batches = consumer.poll(timeout_ms=_SILENCE_MS)
            if not batches:
                raise BrokerError(f"broker {settings.broker} does not send the rest of {topic}")
            for records in batches.values():
                yield from (record.value or b"" for record in records)
