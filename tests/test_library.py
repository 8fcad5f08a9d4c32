"""The case library, replayed with the shipped model and policy: every story ends as it did."""

from collections.abc import Iterator
from functools import cache

import pytest

from scoring.escalation import Escalation, Status
from scoring.history import replay
from scoring.levels import Level
from scoring.policy import default
from streams import stories
from streams.scorer.reader import Reader
from streams.stories import Story

MOST_ORDINARY_ESCALATED = 4
"""Conversations of the whole library that page somebody and are not what a story is about: the
four there are all threads of a story's own crisis (the brand's notices, the evening news)."""

Told = dict[str, tuple[Story, list[Escalation]]]


@pytest.fixture(scope="module")
def told() -> Told:
    """Each story, and what is said when it is replayed."""
    reader = Reader()
    found = {}
    for slug in stories.slugs():
        story = stories.load(slug)
        found[slug] = (story, list(replay(reader.read(story.mentions), default())))
    return found


@cache
def story(slug: str) -> Story:
    return stories.load(slug)


@pytest.mark.parametrize("slug", stories.slugs())
def test_the_story_is_told_as_it_was(slug: str, told: Told) -> None:
    assert list(stories.unmet(*told[slug])) == []


@pytest.mark.parametrize("slug", stories.slugs())
def test_the_files_hold_what_they_promise(slug: str) -> None:
    found = story(slug)
    times = [mention.created_at for mention in found.mentions]
    ids = {mention.id for mention in found.mentions}
    assert times == sorted(times)
    assert len(ids) == len(found.mentions) >= 100
    assert found.outcome.expect
    assert found.outcome.brand in {mention.brand for mention in found.mentions}
    for expected in found.outcome.expect:
        named = {expected.conversation_id, expected.before, *(expected.open_after or ())[:1]}
        assert named - {None} <= ids


def ordinary(told: Told, level: Level) -> Iterator[str]:
    """Cases that reach a level, of conversations (and incidents) that no story is about."""
    for found, said in told.values():
        named = {expected.conversation_id for expected in found.outcome.expect}
        kinds = {expected.kind for expected in found.outcome.expect}
        for message in said:
            raised = message.status is not Status.RESOLVED and message.level.rank >= level.rank
            told_of = message.conversation_id in named and message.kind in kinds
            if raised and not (told_of and message.brand == found.outcome.brand):
                yield message.case_id


def test_ordinary_conversations_seldom_page_anybody(told: Told) -> None:
    paged = set(ordinary(told, Level.ESCALATE))
    assert len(paged) <= MOST_ORDINARY_ESCALATED, sorted(paged)


def test_no_ordinary_conversation_is_called_a_crisis(told: Told) -> None:
    assert sorted(set(ordinary(told, Level.CRISIS))) == []


def test_nothing_stays_open(told: Told) -> None:
    for _, said in told.values():
        episodes = {(message.case_id, message.episode) for message in said}
        ended = [m for m in said if m.status is Status.RESOLVED]
        assert len(ended) == len(episodes)
        assert len({message.id for message in said}) == len(said)
