"""The fold of one brand: many separate complaints about one thing are one incident.

It eats pulses (a brand's minutes, see `scoring.pulse`), so that what it holds is bounded by its
window. Complaints count once per author, text and conversation, whichever is fewest: a bot flood
of one text, one serial complainer and one long thread are no incident.
"""

from datetime import UTC, datetime

from msgspec.structs import replace

from scoring import baseline, belonging, likeness, playbook, standing, tone
from scoring.assessment import HOUR, Term, logistic
from scoring.bounded import Keys, key
from scoring.escalation import (
    CaseKind,
    Escalation,
    SpreadSummary,
    Status,
    Why,
    escalation_id,
    moment,
)
from scoring.headline import headline
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse, merged, outside_cases
from scoring.standing import Said, Standing
from scoring.surge import Incident, Stakes, Surge
from scoring.window import Window

NEVER = float("inf")
_CHECK_EVERY_S = 600.0
_MOST_SEEN = 1024
_USUAL_AFTER_S = 24 * HOUR

Outcome = tuple[Incident, list[Escalation]]


def begin(brand: str, policy: Policy) -> Incident:
    """A brand of which nothing is known."""
    rules = policy.for_brand(brand).incident
    return Incident(
        brand=brand,
        usual=baseline.begin(rules.prior_complaints_h, rules.prior_hours),
        tone=tone.begin(rules.prior_share),
    )


def window_of(incident: Incident, policy: Policy) -> Window:
    """The running sums over the brand's minutes; who folds often keeps them beside the state."""
    rules = policy.for_brand(incident.brand).incident
    return Window(incident.minutes, rules.windows_s, incident.seen)


def fold(incident: Incident, pulse: Pulse, policy: Policy, window: Window | None = None) -> Outcome:
    """The brand with one more pulse; a pulse seen before changes nothing.

    `window` is the incident's own and goes along with it; without one it is built anew.
    """
    policy = policy.for_brand(incident.brand)
    known = key(str(pulse.partition), str(pulse.at))
    window = window_of(incident, policy) if window is None else window
    if known in window.seen:
        return incident, []
    end = pulse.at + MINUTE
    incident, due = advance(incident, end, policy, window)
    window.put(replace(pulse, stakes=()) if pulse.stakes else pulse)
    incident = replace(
        incident,
        seen=_seen(incident, known, window),
        clock=max(incident.clock, end),
        spoke_at=max(incident.spoke_at, end) if pulse.answers else incident.spoke_at,
        total=merged(incident.total, pulse) if incident.total else None,
        stakes=_stakes(incident, pulse),
    )
    if not pulse.complaints and not incident.standing.open:  # nothing can come of it
        return _moved(incident, window, incident.clock), due
    incident, said = _decide(incident, window, incident.clock, policy, news=True)
    return incident, due + said


def _stakes(incident: Incident, pulse: Pulse) -> tuple[Stakes, ...]:
    """The brand's open cases, with what a partition told of its own."""
    held = incident.stakes
    if not held and not pulse.stakes:
        return held
    if any(own.partition == pulse.partition and own.at > pulse.at for own in held):
        return held
    others = [stakes for stakes in held if stakes.partition != pulse.partition]
    if pulse.stakes:
        others.append(Stakes(pulse.partition, pulse.at, pulse.stakes))
    return tuple(sorted(others, key=lambda stakes: stakes.partition))


def _seen(incident: Incident, known: int, window: Window) -> Keys:
    """The pulses seen, of which the newest are remembered."""
    window.seen.add(known)
    if len(incident.seen) < _MOST_SEEN:
        return (*incident.seen, known)
    window.seen.discard(incident.seen[0])
    return (*incident.seen[1:], known)


def advance(
    incident: Incident, until: float, policy: Policy, window: Window | None = None
) -> Outcome:
    """The brand with every check up to `until` (seconds) made, each as of its own time."""
    policy = policy.for_brand(incident.brand)
    said: list[Escalation] = []
    due = deadline(incident)
    if due > until:
        return incident, said
    window = window_of(incident, policy) if window is None else window
    while due <= until:
        incident, more = _decide(replace(incident, clock=due), window, due, policy, news=False)
        said += more
        due = deadline(incident)
    return incident, said


def deadline(incident: Incident) -> float:
    """When the brand must be looked at again (seconds), NEVER while nothing is open or held."""
    if incident.standing.open:
        return incident.clock + _CHECK_EVERY_S
    held = incident.standing.held_until
    return held if held > incident.clock else NEVER


def _moved(incident: Incident, window: Window, at: float) -> Incident:
    """The brand with its window moved to `at` (seconds).

    What is usual is learnt from minutes once no window holds them, so that nothing is measured
    against itself. An incident is not what is usual; what goes on for longer than a day is.
    """
    usual, had = incident.usual, incident.tone
    for pulse in window.move(at):
        within = incident.standing.open and pulse.at >= incident.started
        if (within and pulse.at - incident.started <= _USUAL_AFTER_S) or pulse.at < incident.ended:
            usual = baseline.skip(usual, pulse.at)
            continue
        people = min(len(pulse.authors), len(pulse.texts), len(pulse.threads))
        usual = baseline.learn(usual, pulse.at, people)
        had = tone.learn(had, pulse.at, people, pulse.contented)
    return replace(incident, minutes=tuple(window.minutes), usual=usual, tone=had)


def weighed(incident: Incident, seen: Surge, policy: Policy) -> tuple[float, list[Term]]:
    """Score of what is seen of a brand, and its terms, by the brand's own policy."""
    terms = seen.terms(max(incident.peak, seen.rate))
    return logistic(policy.incident.weights.baseline + sum(t.weight for t in terms)), terms


def _decide(
    incident: Incident, window: Window, at: float, policy: Policy, *, news: bool
) -> Outcome:
    rules = policy.incident
    incident = _moved(incident, window, at)
    people = window.people(-1)
    if not incident.standing.open:
        held = incident.standing.held_until
        if not (news or 0 < held <= at) or people < rules.opens_authors:
            return incident, []
    seen = Surge(incident, window, at, policy)
    if not incident.standing.open and not seen.opens():
        return incident, []
    incident = replace(incident, peak=max(incident.peak, seen.rate))
    score, terms = weighed(incident, seen, policy)
    before = incident.standing
    levels = replace(policy.levels, cool_down_s=rules.cool_down_s)
    rested = at >= before.said_at + policy.levels.resolve_after_s
    over = before.open and not news and rested and not window.sums[-1].complaints
    ruled = replace(policy, levels=levels)
    state, said = standing.settle(before, score, seen.beyond(), at, ruled, news=news, over=over)
    incident = replace(incident, standing=state)
    if not before.open and not state.open:
        return incident, []
    if not before.open:
        incident = replace(incident, started=seen.began, total=seen.whole(), silent=True)
    incident, said = _aloud(incident, before, said, score, seen, policy)
    messages = []
    if said is not None:
        why = seen.why(terms, seen.whole())
        messages = [_escalation(incident, said, seen, score, why, at, policy)]
    if not state.open:  # the next one is another incident, not another episode
        incident = replace(
            incident,
            standing=Standing(),
            started=0.0,
            total=None,
            peak=0.0,
            ended=at,
            silent=False,
        )
    return incident, messages


def _aloud(
    incident: Incident,
    before: Standing,
    said: Said | None,
    score: float,
    seen: Surge,
    policy: Policy,
) -> tuple[Incident, Said | None]:
    """What is said of the incident, of what there is to say.

    Up to the level of the brand's open cases of the same matter they speak for it. What goes unsaid
    is asked for again at the next check: once no case speaks for it, it is said. Of an incident
    that is silent so far the standing runs on, for the conversations that belong to it; its first
    message tells where it stands now. That one is over that was said is always said.
    """
    state, total = incident.standing, incident.total
    if not state.open:
        return incident, None if incident.silent else said
    if not incident.silent and said is None:
        return incident, said
    spoken = belonging.spoken(
        [case for stakes in incident.stakes for case in stakes.cases],
        likeness.narrowed(total.topic if total else ()),
        likeness.narrowed(outside_cases(total) if total else ()),
    )
    if incident.silent:
        rank = min(state.rank, standing.rank_of(score, seen.beyond(), policy))
        hush = standing.hushed(state, seen.at, policy)
        if rank <= spoken or (hush and rank < hush.passes):
            return incident, None
        state, said = standing.begun(state, rank, score, seen.at)
        return replace(incident, standing=state, silent=False), said
    if state.rank <= spoken:
        had = replace(before, below=state.below, reached=state.reached)
        return replace(incident, standing=had), None
    return incident, said


def _escalation(
    incident: Incident,
    said: Said,
    seen: Surge,
    score: float,
    why: tuple[Why, ...],
    at: float,
    policy: Policy,
) -> Escalation:
    total = incident.total or seen.whole()
    start = datetime.fromtimestamp(incident.started, UTC).strftime("%Y%m%dT%H%MZ")
    case_id = f"{incident.brand}:incident:{start}"
    resolved = said.status is Status.RESOLVED
    shares = total.shares
    return Escalation(
        id=escalation_id(case_id, 1, said.ordinal, said.status, said.level, at),
        case_id=case_id,
        conversation_id=None,
        episode=1,
        kind=CaseKind.INCIDENT,
        brand=incident.brand,
        status=said.status,
        level=said.level,
        at=moment(at),
        opened_at=moment(incident.started),
        score=score,
        signals=seen.signals(),
        spread=SpreadSummary(
            mentions=total.mentions,
            authors=len(total.authors),
            shares=shares,
            reach=total.reach,
            reproduction=0.0,
            forecast_shares=float(shares),
            forecast_low=float(shares),
            forecast_high=float(shares),
        ),
        silence_s=round(seen.silence_s, 3),
        why=why,
        advice=()
        if resolved
        else playbook.advise_incident(said.level, seen.silence_s, total.answers),
        headline=headline(seen.lang, incident.brand, said.status, said.level, score, why),
        url=None,
        mention_ids=total.mention_ids[-50:],
        model=total.model,
        policy=policy.label,
    )
