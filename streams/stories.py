"""The case library: recorded stories with the outcome that must be seen."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

import msgspec

from scoring.decoding import decode
from scoring.escalation import CaseKind, Escalation, Status
from scoring.levels import Level
from scoring.mention import Mention


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be seen of one case; `before` and `open_after` name mentions of the story."""

    kind: CaseKind
    conversation_id: str | None = None
    reaches: Level | None = None
    before: str | None = None
    never: Level | None = None
    resolved: Literal[True] | None = None
    open_after: tuple[str, float] | None = None
    why: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The story told in words, and its expectations."""

    title: str
    year: int
    medium: str
    languages: tuple[str, ...]
    brand: str
    story: str
    expect: tuple[Expectation, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded case: its slug, its outcome, its mentions in order of time."""

    slug: str
    outcome: Outcome
    mentions: tuple[Mention, ...]

    def at(self, mention_id: str) -> datetime:
        """Event time of a mention of the story."""
        return next(m.created_at for m in self.mentions if m.id == mention_id)


def folder() -> Traversable:
    """Where the library's files are."""
    return resources.files("streams") / "library"


def slugs() -> list[str]:
    """Names of the stories."""
    names = (file.name for file in folder().iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load(slug: str) -> Story:
    """One story of the library."""
    toml = (folder() / f"{slug}.toml").read_bytes()
    lines = (folder() / f"{slug}.jsonl").read_bytes().splitlines()
    return Story(
        slug=slug,
        outcome=msgspec.toml.decode(toml, type=Outcome),
        mentions=tuple(decode(line) for line in lines),
    )


def unmet(story: Story, said: Iterable[Escalation]) -> Iterator[str]:
    """Each expectation of the story that the escalations do not meet, in words."""
    messages = list(said)
    for expected in story.outcome.expect:
        own = [message for message in messages if _about(message, expected, story)]
        yield from _unmet(story, expected, own)


def _about(message: Escalation, expected: Expectation, story: Story) -> bool:
    return (
        message.brand == story.outcome.brand
        and message.kind is expected.kind
        and expected.conversation_id in (None, message.conversation_id)
    )


def _unmet(story: Story, expected: Expectation, own: list[Escalation]) -> Iterator[str]:
    subject = expected.conversation_id or "incident"
    raised = [message for message in own if message.status is not Status.RESOLVED]
    if expected.reaches is not None:
        high = [m for m in raised if m.level.rank >= expected.reaches.rank]
        limit = story.at(expected.before) if expected.before else None
        if not high:
            yield f"{subject}: never reached {expected.reaches}"
        elif limit and high[0].at >= limit:
            yield f"{subject}: reached {expected.reaches} at {high[0].at}, not before {limit}"
    if expected.never and any(m.level.rank >= expected.never.rank for m in raised):
        yield f"{subject}: reached {expected.never}"
    if expected.resolved:
        yield from _unresolved(subject, own)
    if expected.open_after:
        mention_id, seconds = expected.open_after
        until = story.at(mention_id) + timedelta(seconds=seconds)
        before = [m for m in own if m.at <= until]
        if not before or before[-1].status is Status.RESOLVED:
            yield f"{subject}: not open {seconds:.0f} s after {mention_id}"
    shown = {term.signal for message in raised for term in message.why}
    for signal in expected.why:
        if signal not in shown:
            yield f"{subject}: `{signal}` is not among the reasons"


def _unresolved(subject: str, own: list[Escalation]) -> Iterator[str]:
    episodes = {(message.case_id, message.episode) for message in own}
    for case_id, episode in sorted(episodes):
        ended = [
            m
            for m in own
            if (m.case_id, m.episode) == (case_id, episode) and m.status is Status.RESOLVED
        ]
        if len(ended) != 1:
            yield f"{subject}: {len(ended)} `resolved` in episode {episode} of {case_id}"
    if not own:
        yield f"{subject}: nothing was said, so nothing was resolved"
