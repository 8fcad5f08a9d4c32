"""The course of one conversation, kept whole, and what was to be expected of it at any age.

For recorded files: live, `scoring/absorb.py` folds the same facts into bounded evidence.
"""

from collections.abc import Iterable, Iterator

import msgspec

from scoring import prior
from scoring.mention import Kind, Mention, Role
from scoring.spread import Forecast, Spread, expose, forecast


class Event(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A publication at a time (seconds), or a counter of shares that was `shown` then."""

    at: float
    mention_id: str
    share: bool
    followers: int
    shown: int
    published: bool


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What was known at an age (seconds): shares, and the forecast from them."""

    age_s: float
    shares: int
    forecast: Forecast


class Course:
    """Mentions of one conversation, in any order; a second arrival of an id changes nothing."""

    def __init__(self, root_id: str) -> None:
        self.root_id = root_id
        self._events: dict[str, Event] = {}
        self._first: tuple[bool, float, str, str, Role] | None = None

    def add(self, mention: Mention) -> None:
        """Takes one mention. As in the stream, what the brand publishes exposes nobody."""
        if mention.id in self._events:
            return
        kind = mention.kind or Kind.POST
        changed = mention.parent_id if kind is Kind.ENGAGEMENT else mention.id
        shown = (mention.engagement.shares if mention.engagement else None) or 0
        published = kind in (Kind.POST, Kind.REPLY, Kind.SHARE) and mention.role is not Role.BRAND
        self._events[mention.id] = Event(
            at=mention.at,
            mention_id=mention.id,
            share=kind is Kind.SHARE,
            followers=mention.followers,
            shown=shown if changed == self.root_id else 0,
            published=published,
        )
        if published and kind is not Kind.SHARE:
            not_root = mention.id != self.root_id
            first = (not_root, mention.at, mention.id, mention.channel, mention.role)
            self._first = min(self._first or first, first)

    def outlooks(self, ages: Iterable[float]) -> Iterator[Outlook]:
        """What was to be expected at each of the rising ages, counted from the first mention."""
        events = sorted(self._events.values())
        spread, counted, done = Spread(), 0, 0
        for age in ages:
            until = events[0].at + age
            while done < len(events) and events[done].at <= until:
                event = events[done]
                counted = max(counted, event.shown)
                if event.published:
                    spread = expose(spread, event.at, event.followers, share=event.share)
                done += 1
            expected = forecast(spread, until, counted, self._prior(until))
            yield Outlook(age_s=age, shares=max(spread.shares, counted), forecast=expected)

    def _prior(self, until: float) -> float:
        if self._first is None or self._first[1] > until:
            return 0.0
        return prior.infectiousness(*self._first[3:])
