"""What a policy made of a history: caught in time, left alone, too many words."""

from collections.abc import Sequence
from typing import NamedTuple

from scoring.escalation import CaseKind, Status
from scoring.levels import Level
from scoring.policy import Policy
from scoring.scored import Scored
from streams.calibration.looks import follow
from streams.histories.label import History


class Outcome(NamedTuple):
    """`caught`: paged no later than the deadline; `respected`: nothing above what is permitted.

    Both None where they do not apply. `alarms`: cases of an ordinary week that were paged,
    `mentions` of it; `messages` about the matter of a crisis.
    """

    caught: bool | None
    respected: bool | None
    alarms: int
    mentions: int
    messages: int


class Tally(NamedTuple):
    """Outcomes of many histories: shares from 0 to 1, alarms per 1,000 ordinary mentions."""

    caught: float
    respected: float
    alarms: float
    messages: float

    @property
    def worth(self) -> float:
        """What is wanted: crises caught and controls left alone, both alike, and no false alarm."""
        return self.caught + self.respected - max(0.0, self.alarms - 0.1)


def outcome(history: History, scored: Sequence[Scored], policy: Policy) -> Outcome:
    """The outcome of one history under a policy."""
    said = follow(scored, policy, (), lambda desk, at: None)
    raised = [message for message in said if message.status is not Status.RESOLVED]
    about = [
        message
        for message in said
        if message.kind is CaseKind.INCIDENT or message.conversation_id in history.matter
    ]
    paged = {m.case_id for m in raised if m.level.rank >= Level.ESCALATE.rank}
    caught = respected = None
    if history.deadline is not None:
        caught = any(
            m.level.rank >= Level.ESCALATE.rank and m.at <= history.deadline
            for m in about
            if m.status is not Status.RESOLVED
        )
    if history.permitted is not None:
        respected = all(m.level.rank <= history.permitted.rank for m in raised)
    ordinary = history.kind == "ordinary"
    return Outcome(
        caught=caught,
        respected=respected,
        alarms=len(paged) if ordinary else 0,
        mentions=len(history.mentions) if ordinary else 0,
        messages=len(about) if history.deadline is not None else 0,
    )


def tally(outcomes: Sequence[Outcome]) -> Tally:
    """The sums."""
    caught = [one.caught for one in outcomes if one.caught is not None]
    respected = [one.respected for one in outcomes if one.respected is not None]
    mentions = sum(one.mentions for one in outcomes)
    return Tally(
        caught=sum(caught) / max(1, len(caught)),
        respected=sum(respected) / max(1, len(respected)),
        alarms=1000 * sum(one.alarms for one in outcomes) / max(1, mentions),
        messages=sum(one.messages for one in outcomes) / max(1, len(caught)),
    )
