"""What one would do without Tocsin: rules of thumb, each an alarm at `escalate`."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from benchmarks.decision.alarms import Raised, Verdict
from scoring.levels import Level
from scoring.mention import Kind, Role
from scoring.scored import Scored
from streams.calibration.looks import HOUR
from streams.histories.label import History

_ALARM = Level.ESCALATE.rank
_SHARES = 20
_TIMES = 3.0
_USUAL_H = 24
_LEAST_VOLUME = 10
_QUIET_S = 6 * HOUR
_ANGRY = re.compile(
    r"\b(angry|furious|disgust\w*|disgrace\w*|shame\w*|worst|hate|awful|terrible|scam\w*|fraud|"
    r"thie(f|ves)|pathetic|useless|never again|rubbish|unbelievable|clowns?|ridiculous|wtf|ffs|"
    r"honte\w*|scandal\w*|furieu\w*|colère|nul(le)?s?|arnaque\w*|voleurs?|inadmissible|"
    r"incroyable|pire|déteste|hais|dégoût\w*|pitoyable|plus jamais|foutage|bordel|guignols?)\b",
    re.IGNORECASE,
)


class _Rule:
    """A rule that names alarms (time, case) as they come; each case alarms once."""

    name: str

    def judge(self, history: History, scored: Sequence[Scored]) -> Verdict:
        """Judge.judge."""
        verdict = Verdict()
        known: set[str] = set()
        for at, case in self.alarms(scored):
            if case not in known:
                known.add(case)
                about = case in history.matter or case.startswith("incident")
                (verdict.raised if about else verdict.beside).append(Raised(at, _ALARM, case))
                verdict.messages += about
        return verdict

    def alarms(self, scored: Sequence[Scored]) -> Iterator[tuple[float, str]]:
        """Time (seconds) and conversation of each alarm, or `incident` and a number."""
        raise NotImplementedError


class AngryWord(_Rule):
    """Somebody uses one of a list of angry words."""

    name = "any angry word"

    def alarms(self, scored: Sequence[Scored]) -> Iterator[tuple[float, str]]:
        for event in scored:
            if event.mention.role is not Role.BRAND and _ANGRY.search(event.mention.text):
                yield event.mention.at, event.mention.root_id


class Shares(_Rule):
    """A conversation is shared twenty times."""

    name = f"at least {_SHARES} shares"

    def alarms(self, scored: Sequence[Scored]) -> Iterator[tuple[float, str]]:
        seen: Counter[str] = Counter()
        for event in scored:
            mention = event.mention
            seen[mention.root_id] += mention.kind is Kind.SHARE
            shown = (mention.engagement.shares if mention.engagement else None) or 0
            if max(seen[mention.root_id], shown) >= _SHARES:
                yield mention.at, mention.root_id


class Volume(_Rule):
    """An hour brings three times what the day before did on average, and ten mentions at least."""

    name = f"volume {_TIMES:g} times the usual"

    def alarms(self, scored: Sequence[Scored]) -> Iterator[tuple[float, str]]:
        hour: deque[float] = deque()
        day: deque[float] = deque()
        since, number, until = scored[0].mention.at, 0, 0.0
        for event in scored:
            at = event.mention.at
            hour.append(at)
            day.append(at)
            while hour[0] <= at - HOUR:
                hour.popleft()
            while day[0] <= at - _USUAL_H * HOUR:
                day.popleft()
            before = len(day) - len(hour)
            hours = min(_USUAL_H - 1.0, max(1.0, (at - HOUR - since) / HOUR))
            if len(hour) >= max(_LEAST_VOLUME, _TIMES * before / hours):
                number += at > until
                until = at + _QUIET_S
                yield at, f"incident {number}"


class Anger(_Rule):
    """The model finds anger more likely than not."""

    name = "anger model alone"

    def alarms(self, scored: Sequence[Scored]) -> Iterator[tuple[float, str]]:
        for event in scored:
            if event.mention.role is not Role.BRAND and event.scores.anger >= 0.5:
                yield event.mention.at, event.mention.root_id


RULES = (AngryWord(), Shares(), Volume(), Anger())
