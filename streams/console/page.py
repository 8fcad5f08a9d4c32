"""One case as people see it: what was said of it last, how it went, what happened in it."""

from bisect import bisect_left

import msgspec

from scoring.escalation import CaseKind, Escalation, SpreadSummary, Status, Why
from scoring.levels import Level
from scoring.timeline import CaseTimeline, Entry, Point, What, most_telling, point
from streams.console.erasing import unquoted, without
from streams.console.languages import parted, told_in_each
from streams.console.order import Closing, closing_of, in_order, thinned
from streams.console.quoting import widened

MOST_ENTRIES = 300
MOST_POINTS = 400
MOST_SHARES = 1000
MOST_MESSAGES = 100
_TREND = 16


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One escalation as a mark on the timeline; `at` in seconds of event time."""

    id: str
    at: float
    status: Status
    level: Level
    score: float
    episode: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list; times in seconds of event time, `trend` its last scores, oldest first.

    `headline` is in the case's language; `reasons` are it in those that the console speaks, without
    the `quote`. `closed_at` is 0 while it is open; `closed_by` is empty when it ended by itself.
    """

    case_id: str
    brand: str
    kind: CaseKind
    level: Level
    open: bool
    episode: int
    score: float
    headline: str
    reasons: dict[str, str]
    quote: str
    channel: str
    opened_at: float
    at: float
    level_since: float
    waiting_since: float
    owner: str
    acknowledged: bool
    snooze_until: float
    verdict: str
    closed_at: float
    closed_by: str
    mentions: int
    authors: int
    shares: int
    reach: int
    reproduction: float
    forecast_shares: float
    trend: tuple[float, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A whole case; `shares` are pairs of time (seconds) and followers.

    `notes` are those of `why`, by language. `passed_over` counts the entries that are left out.
    """

    row: Row
    why: tuple[Why, ...]
    notes: list[dict[str, str]]
    advice: tuple[str, ...]
    signals: dict[str, float]
    spread: SpreadSummary | None
    pace: float
    url: str | None
    entries: list[Entry]
    passed_over: int
    shares: list[tuple[float, int]]
    points: list[Point]
    messages: list[Message]
    mention_ids: tuple[str, ...]
    model: str
    policy: str


class Page:
    """The state of one case, bounded; what comes twice changes nothing."""

    def __init__(self, case_id: str, brand: str, kind: CaseKind) -> None:
        self.case_id = case_id
        self.brand = brand
        self.kind = kind
        self.said: Escalation | None = None
        self.told: CaseTimeline | None = None
        self._live: Escalation | None = None
        self._closings: dict[int, Closing] = {}
        self._verdict = ""
        self._row: Row | None = None
        self._messages: dict[str, Message] = {}
        self._entries: dict[str, Entry] = {}
        self._shares: list[tuple[float, int]] = []
        self._points: list[Point] = []
        self._passed_over = 0

    @property
    def verdict(self) -> str:
        """What a person said that it was, empty for nothing."""
        return self._verdict

    @verdict.setter
    def verdict(self, verdict: str) -> None:
        self._verdict, self._row = verdict, None

    def say(self, said: Escalation) -> None:
        """An escalation about it."""
        self._row = None
        if said.id in self._messages:
            return
        at = said.at.timestamp()
        self._messages[said.id] = Message(
            id=said.id,
            at=at,
            status=said.status,
            level=said.level,
            score=said.score,
            episode=said.episode,
        )
        if len(self._messages) > MOST_MESSAGES:
            self._messages.pop(next(iter(self._messages)))
        if self.said is None or (said.episode, at) >= (self.said.episode, self.said.at.timestamp()):
            self.said = said
        live = self._live
        newer = live is None or (said.episode, at) >= (live.episode, live.at.timestamp())
        if said.status is not Status.RESOLVED and newer:
            self._live = said
        waiting_since = at - said.silence_s if said.silence_s else 0.0
        self._point(point(at, said.score, said.spread, waiting_since))

    def tell(self, told: CaseTimeline) -> None:
        """What a batch did to it."""
        self._row = None
        before = self.told.point if self.told else None
        if told.point and (before is None or told.point.at >= before.at):
            self.told = told
        for entry in told.entries:
            self._enter(entry)
        if told.level is None and told.episode:
            self._closings.setdefault(told.episode, closing_of(told))
        self._passed_over += told.passed_over
        if len(self._entries) > MOST_ENTRIES * 5 // 4:
            kept = most_telling(self._entries.values(), MOST_ENTRIES)
            self._passed_over += len(self._entries) - len(kept)
            self._entries = {entry.id: entry for entry in kept}
        if told.point:
            self._point(told.point)

    def erase(self, mention_id: str) -> bool:
        """Words that their author took back are forgotten; whether any were held."""
        self._row = None
        held = self._entries.get(mention_id)
        found = held is not None and bool(held.words)
        if held is not None:
            self._entries[mention_id] = msgspec.structs.replace(held, words="")
        if self.said is not None and (clean := without(self.said, mention_id)) != self.said:
            self.said, found = clean, True
        if self._live is not None:
            self._live = without(self._live, mention_id)
        if self.told is not None:
            self.told = msgspec.structs.replace(self.told, why=unquoted(self.told.why, mention_id))
        return found

    @property
    def open(self) -> bool:
        """Whether its present episode has not been resolved."""
        return self.said is not None and self.said.status is not Status.RESOLVED

    @property
    def at(self) -> float:
        """Event time (seconds) of the newest that is known of it."""
        return self._points[-1].at if self._points else 0.0

    def row(self) -> Row:
        """It in a list; the same object until something changes."""
        if self._row is None:
            self._row = self._made()
        return self._row

    def _made(self) -> Row:
        assert self.said is not None  # the book lists no case of which nothing was said
        said, now = self.said, self._points[-1]
        told = self.told if self.told and self.told.episode in (0, said.episode) else None
        level = said.level
        in_hand = told.acknowledged.rank if told and told.acknowledged else 0
        closed = not self.open
        headline = self._headline()
        waiting_since = 0.0 if closed else now.waiting_since
        reasons, quote = parted(headline, ticking=waiting_since > 0)
        quote = widened(quote, self._words_of(quote))
        ended = self._closings.get(said.episode, Closing(said.at.timestamp(), ""))
        return Row(
            case_id=self.case_id,
            brand=self.brand,
            kind=self.kind,
            level=level,
            open=self.open,
            episode=said.episode,
            score=said.score if closed else now.score,
            headline=headline,
            reasons=reasons,
            quote=quote,
            channel=told.channel if told else "",
            opened_at=said.opened_at.timestamp(),
            at=now.at,
            level_since=self._level_since(),
            waiting_since=waiting_since,
            owner=told.owner if told else "",
            acknowledged=in_hand >= level.rank,
            snooze_until=told.snooze_until if told and not closed else 0.0,
            verdict=self._verdict,
            closed_at=ended.at if closed else 0.0,
            closed_by=ended.by if closed else "",
            mentions=now.mentions,
            authors=now.authors,
            shares=now.shares,
            reach=now.reach,
            reproduction=now.reproduction,
            forecast_shares=now.forecast_shares,
            trend=tuple(round(point.score, 3) for point in thinned(self._points, _TREND)),
        )

    def story(self) -> Story:
        """All of it."""
        assert self.said is not None
        said, told = self.said, self.told
        newer = told and told.why and told.point and told.point.at >= said.at.timestamp()
        fresh = told if newer and self.open else None
        why = fresh.why if fresh else said.why
        return Story(
            row=self.row(),
            why=why,
            notes=[told_in_each(term.note) for term in why],
            advice=said.advice,
            signals=msgspec.to_builtins(said.signals),
            spread=said.spread,
            pace=self._points[-1].pace if self._points else 0.0,
            url=said.url,
            entries=in_order(self._entries.values()),
            passed_over=self._passed_over,
            shares=sorted(self._shares),
            points=list(self._points),
            messages=sorted(map(self._dated, self._messages.values()), key=lambda one: one.at),
            mention_ids=said.mention_ids,
            model=said.model,
            policy=said.policy,
        )

    def _headline(self) -> str:
        """What was said of it last while it was open, without level, brand and score."""
        said = self._live or self.said
        assert said is not None
        _, _, words = said.headline.partition("%: ")
        return words or said.headline

    def _words_of(self, quote: str) -> str:
        """The words of the mention that a headline quotes, empty when they are not known."""
        for term in self._live.why if self._live and quote else ():
            entry = self._entries.get(term.mention_id or "")
            if term.quote == quote and entry is not None:
                return entry.words
        return ""

    def _dated(self, message: Message) -> Message:
        """A message; the end of an episode stands after the decision that ended it."""
        ended = self._closings.get(message.episode)
        if message.status is not Status.RESOLVED or ended is None or ended.at < message.at:
            return message
        return msgspec.structs.replace(message, at=ended.at)

    def _level_since(self) -> float:
        assert self.said is not None
        since = self.said.at.timestamp()
        for message in sorted(self._messages.values(), key=lambda one: -one.at):
            if message.episode != self.said.episode or message.level.rank < self.said.level.rank:
                break
            since = message.at
        return since

    def _enter(self, entry: Entry) -> None:
        if entry.id in self._entries:
            return
        if entry.what is What.SHARE:
            self._shares.append((entry.at, entry.followers))
            if len(self._shares) > MOST_SHARES:  # the crowd is thinned, not the large accounts
                self._shares.sort(key=lambda share: -share[1])
                del self._shares[MOST_SHARES * 3 // 4 :]
        self._entries[entry.id] = entry

    def _point(self, new: Point) -> None:
        """Another point in its place: the two topics are read side by side, so some come late."""
        points = self._points
        place = bisect_left(points, new.at, key=lambda held: held.at)
        if place < len(points) and points[place].at == new.at:
            if new.mentions >= points[place].mentions:
                points[place] = new
            return
        points.insert(place, new)
        if len(points) > MOST_POINTS:
            half = len(points) // 2
            self._points = points[:half:2] + points[half:]
