"""The fold of one conversation: (state, event) to (state, escalations), pure and idempotent.

The clock is event time. What is due at a deadline is decided as of that deadline, so the result
does not depend on when or how often the clock is looked at.
"""

from collections.abc import Callable

import msgspec

from scoring import bounded, likeness, playbook, standing
from scoring import echo as echoes
from scoring.absorb import absorb
from scoring.assessment import HOUR, Assessment, assess
from scoring.bounded import Keys
from scoring.ceiling import unremarkable
from scoring.command import Action, Command
from scoring.escalation import CaseKind, Escalation, Status, escalation_id, moment
from scoring.evidence import LIKELY, Evidence
from scoring.headline import headline
from scoring.likeness import NOTHING, Marks, Sum
from scoring.mention import Kind, Mention, Role
from scoring.news import Echo
from scoring.orders import ordered, reopens
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.standing import Said, Standing
from scoring.times import LONG_AGO

MOST_SEEN = 1024
"""Ids remembered per conversation, so that a second arrival changes nothing."""

MOST_AHEAD = 1024
"""Mentions of a conversation that may come by the fast lane before their turn; more wait for it."""
MINUTE = 60.0
_CHECKPOINTS = tuple(HOUR * hours for hours in (1, 2, 4, 8, 16, 24, 36, 48, 72))
"""After the last mention: when silence or calm may have changed the standing."""

NEVER = float("inf")


class Case(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """State of one conversation; `clock` is the event time (seconds) decided up to."""

    case_id: str
    brand: str
    root_id: str
    evidence: Evidence = msgspec.field(default_factory=Evidence)
    standing: Standing = Standing()
    seen: Keys = ()
    clock: float = LONG_AGO
    still: bool = False
    """Whether time alone cannot make a case of it: only a mention can."""
    marks: Marks = ()
    """What it has in common with others, see `scoring.likeness`."""
    leader: str = ""
    """The older case that it is linked to, empty for none."""
    topic: bytes = b""
    """Embedding of its first grievance."""
    ahead: Keys = ()
    """Mentions that came by the fast lane and have yet to come in their turn."""
    subject: Sum = NOTHING
    """The sum of its complaints' embeddings."""


Outcome = tuple[Case, list[Escalation]]
Floor = Callable[[Case], int]
"""The rank up to which others speak for a case; asked only when there is something to say."""


def alone(case: Case) -> int:
    """The floor of a case for which nobody speaks."""
    return 0


def begin(mention: Mention) -> Case:
    """The empty state of the conversation that `mention` belongs to."""
    return Case(case_id=mention.case_id, brand=mention.brand, root_id=mention.root_id)


def fold(
    case: Case,
    scored: Scored,
    policy: Policy,
    *,
    late: bool = False,
    decided: float = LONG_AGO,
    floor: Floor = alone,
) -> Outcome:
    """The case with one more mention, and what is to be said.

    A mention seen before changes nothing. A `late` one, beyond the allowed lateness, is a fact
    that raises no alarm about the past: the time up to `decided` (seconds). Up to its `floor` the
    conversation opens no case of its own.
    """
    known = bounded.key(scored.mention.id)
    if known in case.seen:
        return case, []
    policy = policy.for_brand(case.brand)
    at = scored.mention.at
    case, due = advance(case, at, policy, floor)
    evidence = absorb(case.evidence, scored)
    still = not late and not _pending(case.standing) and unremarkable(evidence, policy)
    case = msgspec.structs.replace(
        case,
        evidence=evidence,
        seen=(*case.seen, known)[-MOST_SEEN:],
        clock=max(case.clock, at, decided) if late else max(case.clock, at),
        still=still,
        subject=_subject(case, scored),
    )
    if late or still:
        return case, due
    case, said = _decide(case, case.clock, policy, floor, news=True)
    return case, due + said


def _subject(case: Case, scored: Scored) -> Sum:
    mention = scored.mention
    speaks = mention.kind in (None, Kind.POST, Kind.REPLY) and mention.role is not Role.BRAND
    if not speaks or scored.scores.complaint < LIKELY:
        return case.subject
    return likeness.summed(case.subject, scored.embedding)


def hear(
    case: Case, echo: Echo, policy: Policy, *, late: bool = False, floor: Floor = alone
) -> Outcome:
    """The case after it heard of a linked conversation; an echo heard before changes nothing.

    `late` and `floor` as for `fold`.
    """
    known = bounded.key(echo.mention_id)
    if known in case.seen:
        return case, []
    policy = policy.for_brand(case.brand)
    case, due = advance(case, echo.at, policy, floor)
    case = msgspec.structs.replace(
        case,
        evidence=echoes.hear(case.evidence, echo, case.marks),
        seen=(*case.seen, known)[-MOST_SEEN:],
        clock=max(case.clock, echo.at),
        still=False,
    )
    if late:
        return case, due
    case, said = _decide(case, case.clock, policy, floor, news=True)
    return case, due + said


def order(
    case: Case, command: Command, now: float, policy: Policy, floor: Floor = alone
) -> Outcome:
    """The case after a person's command that is read at event time `now` (seconds).

    A command seen before changes nothing. `floor` as for `fold`.
    """
    known = bounded.key("command", command.id)
    if known in case.seen:
        return case, []
    policy = policy.for_brand(case.brand)
    again = reopens(case.standing, command)
    after = ordered(case.standing, command, now, policy)
    woken = command.action is Action.WAKE and after is not case.standing
    case = msgspec.structs.replace(
        case,
        standing=after,
        seen=(*case.seen, known)[-MOST_SEEN:],
    )
    if not (case.standing.dismissed or woken or again):
        return case, []
    case = msgspec.structs.replace(case, clock=max(case.clock, now))
    return _decide(case, case.clock, policy, floor, news=False, again=again)


def advance(case: Case, until: float, policy: Policy, floor: Floor = alone) -> Outcome:
    """The case with every deadline up to `until` (seconds) decided, each as of its own time."""
    policy = policy.for_brand(case.brand)
    said: list[Escalation] = []
    due = deadline(case, policy)
    while due <= until:
        case = msgspec.structs.replace(case, clock=due)
        case, more = _decide(case, due, policy, floor, news=False)
        said += more
        due = deadline(case, policy)
    return case, said


def deadline(case: Case, policy: Policy) -> float:
    """When the case must be looked at again (seconds), NEVER when nothing is to come."""
    policy = policy.for_brand(case.brand)
    evidence, state = case.evidence, case.standing
    if case.still and state.idle:
        return NEVER
    clock, last_at = case.clock, evidence.last_at
    waiting = standing.deadlines(state, policy)
    if not state.open and not waiting:
        if case.still or state.episode or evidence.grievance < LIKELY:
            return NEVER
    elif state.open:
        waiting.append(_rest_at(case, policy))
    waiting += [last_at + step for step in _CHECKPOINTS]
    none = clock + MINUTE if state.open else NEVER  # what is open is never left to itself
    return min((time for time in waiting if time > clock), default=none)


def forgotten(case: Case, at: float, policy: Policy) -> bool:
    """Whether the case may be dropped as of `at` (seconds)."""
    policy = policy.for_brand(case.brand)
    keep = policy.forget_case_after_s if case.standing.episode else policy.forget_after_s
    return not case.standing.open and at - max(case.evidence.last_at, case.clock) > keep


def _rest_at(case: Case, policy: Policy) -> float:
    """When an open case is over if nothing new comes, whatever its score."""
    newest = max(case.evidence.last_at, case.standing.said_at)
    return newest + policy.levels.resolve_after_s


def _pending(state: Standing) -> bool:
    """Whether something is open, or held back, or waits for a level to have lasted."""
    return not state.idle


def _decide(
    case: Case, at: float, policy: Policy, floor: Floor = alone, *, news: bool, again: bool = False
) -> Outcome:
    assessment = assess(case.evidence, at, policy)
    over = case.standing.open and not news and at >= _rest_at(case, policy)
    state, said = standing.settle(
        case.standing,
        assessment.score,
        assessment.beyond,
        at,
        policy,
        news=news,
        over=over,
        again=again,
    )
    if said and said.status is not Status.RESOLVED and state.rank <= floor(case):
        # Its leader speaks for it: what was said of it stands, and its clocks run on.
        had = case.standing
        if had.open:
            had = msgspec.structs.replace(had, below=state.below, reached=state.reached)
        return msgspec.structs.replace(case, standing=had, still=False), []
    still = not _pending(state) and not state.episode and not assessment.may_rise(policy)
    case = msgspec.structs.replace(case, standing=state, still=still)
    return case, [_escalation(case, said, assessment, at, policy)] if said else []


def _escalation(
    case: Case, said: Said, assessment: Assessment, at: float, policy: Policy
) -> Escalation:
    evidence = case.evidence
    root = evidence.root
    resolved = said.status is Status.RESOLVED
    return Escalation(
        id=escalation_id(case.case_id, said.episode, said.ordinal, said.status, said.level, at),
        case_id=case.case_id,
        conversation_id=case.root_id,
        episode=said.episode,
        kind=CaseKind.CONVERSATION,
        brand=case.brand,
        status=said.status,
        level=said.level,
        at=moment(at),
        opened_at=moment(evidence.first_at),
        score=assessment.score,
        signals=assessment.signals,
        spread=assessment.spread,
        silence_s=round(assessment.silence_s, 3),
        why=assessment.why,
        advice=() if resolved else playbook.advise(evidence, assessment, said.level),
        headline=headline(
            root.lang if root else "en",
            case.brand,
            said.status,
            said.level,
            assessment.score,
            assessment.why,
        ),
        url=root.url if root else None,
        mention_ids=tuple(dated.mention_id for dated in evidence.newest),
        model=evidence.model.mention_id,
        policy=policy.label,
    )
