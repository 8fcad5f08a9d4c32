"""What is open now, as the console, the metrics and the demo read it."""

from collections import Counter, deque
from datetime import UTC, datetime, timedelta

import msgspec

from scoring.escalation import Escalation, Status
from scoring.levels import Level, from_rank
from scoring.standing import Standing
from streams.console.erasing import without
from streams.metrics import Metrics

_NEWEST = 50


class OpenCase(msgspec.Struct, frozen=True, kw_only=True):
    """One open case by its newest message; `seen_at` is when this worker learnt of it.

    Somebody, `owner` where it is said, has it in hand up to the rank `acknowledged`. It has stood
    at its level, or a higher one, since `level_since`.
    """

    escalation: Escalation | None
    case_id: str
    brand: str
    level: Level
    seen_at: datetime
    level_since: datetime
    acknowledged: int = 0
    owner: str | None = None
    opening_score: float | None = None
    """Score of the message that opened it; None where another worker said that."""

    @property
    def taken(self) -> bool:
        """Whether somebody has it in hand at its present level."""
        return self.acknowledged >= self.level.rank


class Board:
    """Open cases and the newest escalations of the partitions of this worker."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._open: dict[str, OpenCase] = {}
        self.newest: deque[Escalation] = deque(maxlen=_NEWEST)

    @property
    def open_cases(self) -> list[OpenCase]:
        """Open cases, most urgent first: by level, then by score."""
        return sorted(self._open.values(), key=_urgency)

    def recover(self, case_id: str, brand: str, standing: Standing, watermark: float) -> None:
        """A case or incident recovered from state; its words come with its next message.

        What is known of its age is the event time (seconds) that passed from its last message to
        `watermark`.
        """
        level = from_rank(standing.rank)
        if level is not None:
            now = datetime.now(UTC)
            age = timedelta(seconds=max(0.0, watermark - standing.said_at))
            self._open[case_id] = OpenCase(
                escalation=None,
                case_id=case_id,
                brand=brand,
                level=level,
                seen_at=now,
                level_since=now - age,
                acknowledged=standing.acknowledged,
                owner=standing.owner or None,
            )

    def order(self, case_id: str, standing: Standing) -> None:
        """A person decided something about a case."""
        held = self._open.get(case_id)
        if held is not None:
            self._open[case_id] = msgspec.structs.replace(
                held, acknowledged=standing.acknowledged, owner=standing.owner or None
            )

    def level(self, case_id: str) -> Level | None:
        """The level of a case, None when it is not open here."""
        known = self._open.get(case_id)
        return known.level if known else None

    def say(self, said: Escalation, *, dismissed: bool = False) -> None:
        """A message that the broker has acknowledged; `dismissed` when a person ended the case."""
        self.newest.appendleft(said)
        known = self._open.get(said.case_id)
        if said.status is Status.RESOLVED:
            self._open.pop(said.case_id, None)
            if known is not None and known.opening_score is not None:
                outcome = _outcome(said, dismissed)
                tenth = self._metrics.tenth(known.opening_score)
                self._metrics.case_outcomes.labels(tenth, outcome).inc()
            return
        now = datetime.now(UTC)
        since = known.level_since if known and said.level.rank <= known.level.rank else now
        opening = said.score if said.status is Status.OPEN else None
        self._open[said.case_id] = OpenCase(
            escalation=said,
            case_id=said.case_id,
            brand=said.brand,
            level=said.level,
            seen_at=known.seen_at if known else now,
            level_since=since,
            acknowledged=known.acknowledged if known else 0,
            owner=known.owner if known else None,
            opening_score=opening if known is None else known.opening_score,
        )

    def erase(self, brand: str, mention_id: str) -> None:
        """A customer took a mention back: its words go from here too, whoever quotes them."""
        for case_id, held in self._open.items():
            if held.brand == brand and held.escalation is not None:
                clean = without(held.escalation, mention_id)
                self._open[case_id] = msgspec.structs.replace(held, escalation=clean)
        self.newest = deque(
            (without(said, mention_id) if said.brand == brand else said for said in self.newest),
            maxlen=_NEWEST,
        )

    def drop(self, case_ids: set[str]) -> None:
        """These cases belong to another worker now."""
        for case_id in case_ids:
            self._open.pop(case_id, None)

    def publish(self) -> None:
        """Sets the metrics of open cases."""
        metrics = self._metrics
        cases = self._open.values()
        counts = Counter((metrics.brand(c.brand), c.level) for c in cases)
        taken = Counter((metrics.brand(c.brand), c.level) for c in cases if c.taken)
        metrics.cases_open.clear()
        metrics.cases_acknowledged.clear()
        for brand in metrics.brands | {brand for brand, _ in counts}:
            for level in Level:
                metrics.cases_open.labels(brand, level).set(counts[brand, level])
                metrics.cases_acknowledged.labels(brand, level).set(taken[brand, level])
        now = datetime.now(UTC)
        for level in Level:
            ages = [
                (now - case.level_since).total_seconds()
                for case in cases
                if case.level is level and not case.taken
            ]
            metrics.unacknowledged.labels(level).set(max(ages, default=0.0))


def _outcome(said: Escalation, dismissed: bool) -> str:
    """One of streams.metrics.OUTCOMES."""
    if said.level is Level.CRISIS:
        return "crisis"
    return "dismissed" if dismissed else "calmed"


def _urgency(case: OpenCase) -> tuple[int, float, datetime, str]:
    score = case.escalation.score if case.escalation else 0.0
    return -case.level.rank, -score, case.seen_at, case.case_id
