"""Asks a source once and maps what it gives; sends nothing and remembers nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any, cast

import msgspec

from scoring.mention import Mention
from streams.config import Settings
from streams.errors import ConfigError
from streams.sinks.runner import http_session
from streams.sources import files
from streams.sources.brands import Matcher
from streams.sources.folding import fold
from streams.sources.hooks import push_of
from streams.sources.intake import Intake, Taken
from streams.sources.known import Memory
from streams.sources.settings import Sources
from streams.sources.source import Batch
from streams.worker.sources import build


class Trial(msgspec.Struct, kw_only=True):
    """What came within the time: mentions, and what became of every item."""

    mentions: list[Mention] = msgspec.field(default_factory=list)
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)

    def add(self, taken: Taken, batch: Batch) -> None:
        self.mentions += taken.mentions
        self.notes += (*batch.why, *batch.notes)
        for outcome, number in (*taken.outcomes.items(), ("unreadable", batch.unreadable)):
            if number:
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
        for reason, number in taken.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + number


async def run(
    configured: Sources, name: str, settings: Settings, *, most: int, within_s: float
) -> Trial:
    """One look at a source, from its first start, until it has given `most` mentions.

    A stream is listened to for `within_s`. Raises ConfigError, Later, Refused, KafkaError.
    """
    source = configured.sources[name]
    if source.push:
        raise ConfigError(
            f"source {name} is not asked: {source.type} calls /sources/{name} of a worker; its "
            "settings are right"
        )
    memory = Memory()
    intake = Intake(Matcher(configured.brands), source.common, memory)
    trial = Trial()
    async with http_session() as session:
        made = build(source, session, settings)
        try:
            async with asyncio.timeout(within_s), aclosing(cast("Any", made.batches(None))) as all_:
                async for batch in all_:
                    trial.add(intake.take(batch.items), batch)
                    if len(trial.mentions) >= most:
                        break
        except TimeoutError:
            pass
        finally:
            await made.close()
    return trial


async def check(configured: Sources, settings: Settings) -> None:
    """Builds every source, and so reads every secret. Raises ConfigError."""
    async with http_session() as session:
        for source in configured.sources.values():
            if source.push:
                push_of(source)
            else:
                await build(source, session, settings).close()


def doubts(configured: Sources) -> Iterator[str]:
    """What is allowed and yet seldom meant, a line each."""
    owners: dict[str, str] = {}
    for name, brand in configured.brands.items():
        alone = msgspec.structs.replace(brand, context=(), handles=())
        for word in {fold(word): word for word in (*brand.keywords, *brand.cased)}.values():
            if len(word.strip("*")) < 3 and word.isascii():
                yield f"brands.{name}: {word!r} is short: does it mean nothing else?"
            other = owners.setdefault(fold(word), name)
            if other != name:
                yield f"brands.{name}: {word!r} is a keyword of {other} too: texts count for both"
            goes_on = word in brand.keywords and word.endswith("*")
            if brand.exclude and not goes_on and not Matcher({name: alone}).brands_of(word, ""):
                yield f"brands.{name}: {word!r} is never found: `exclude` takes it away"
            if word in brand.cased and word.endswith("*"):
                yield f"brands.{name}: {word!r}: in `cased` a * is itself; in keywords it is more"
        if not brand.handles:
            yield f"brands.{name}: without handles the brand's own answers are not known as such"
    for name, source in configured.sources.items():
        if source.type == "file":
            for path in files.find(source.options.path):
                if source.options.unmapped(path):
                    yield f"sources.{name}: {path} is left out: CSV needs a mapping"
        if source.common.brand and source.type in ("bluesky", "mastodon"):
            yield f"sources.{name}: with brand set, all that is written there counts for it"
        if (
            source.common.brand
            and configured.brands
            and source.common.brand not in configured.brands
        ):
            yield f"sources.{name}: brand {source.common.brand} has no table [brands.NAME]"
