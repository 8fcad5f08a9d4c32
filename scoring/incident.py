"""The fold of one brand: many separate complaints about one thing are one incident.

It eats pulses (a brand's minutes, see `scoring.pulse`), so that what it holds is bounded by its
window. Complaints count once per author, text and conversation, whichever is fewest: a bot flood
of one text, one serial complainer and one long thread are no incident.
"""

from datetime import UTC, datetime

from msgspec.structs import replace

from scoring import baseline, playbook, standing
from scoring.assessment import HOUR, explained, logistic
from scoring.baseline import Baseline
from scoring.bounded import key
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
from scoring.pulse import MINUTE, Pulse, merged, unquoted
from scoring.standing import Said, Standing
from scoring.surge import Incident, Surge

NEVER = float("inf")
_CHECK_EVERY_S = 600.0
_MOST_SEEN = 4096
_USUAL_AFTER_S = 24 * HOUR

Outcome = tuple[Incident, list[Escalation]]


def begin(brand: str, policy: Policy) -> Incident:
    """A brand of which nothing is known."""
    rules = policy.for_brand(brand).incident
    return Incident(brand=brand, usual=baseline.begin(rules.prior_complaints_h, rules.prior_hours))


def fold(incident: Incident, pulse: Pulse, policy: Policy) -> Outcome:
    """The brand with one more pulse; a pulse seen before changes nothing."""
    policy = policy.for_brand(incident.brand)
    known = key(str(pulse.partition), str(pulse.at))
    if known in incident.seen:
        return incident, []
    end = pulse.at + MINUTE
    incident, due = advance(incident, end, policy)
    distinct = min(len(pulse.authors), len(pulse.texts), len(pulse.threads))
    incident = replace(
        incident,
        seen=(*incident.seen, known)[-_MOST_SEEN:],
        clock=max(incident.clock, end),
        minutes=_with_minute(incident.minutes, pulse),
        spoke_at=max(incident.spoke_at, end) if pulse.answers else incident.spoke_at,
        usual=_learnt(incident, pulse, distinct),
        total=merged(incident.total, pulse) if incident.total else None,
    )
    incident, said = _decide(incident, incident.clock, policy, news=True)
    return incident, due + said


def advance(incident: Incident, until: float, policy: Policy) -> Outcome:
    """The brand with every check up to `until` (seconds) made, each as of its own time."""
    policy = policy.for_brand(incident.brand)
    said: list[Escalation] = []
    due = deadline(incident)
    while due <= until:
        incident, more = _decide(replace(incident, clock=due), due, policy, news=False)
        said += more
        due = deadline(incident)
    return incident, said


def deadline(incident: Incident) -> float:
    """When the brand must be looked at again (seconds), NEVER while there is no incident."""
    return incident.clock + _CHECK_EVERY_S if incident.standing.open else NEVER


def weighed(incident: Incident, seen: Surge, policy: Policy) -> tuple[float, tuple[Why, ...]]:
    """Score of what is seen of a brand, and why, by the brand's own policy."""
    terms = seen.terms(max(incident.peak, seen.rate))
    score = logistic(policy.incident.weights.baseline + sum(term.weight for term in terms))
    return score, explained(terms)


def _learnt(incident: Incident, pulse: Pulse, distinct: int) -> Baseline:
    """An incident is not what is usual; what goes on for longer than a day is."""
    lasting = pulse.at - incident.started > _USUAL_AFTER_S
    if incident.standing.open and not lasting:
        return baseline.skip(incident.usual, pulse.at)
    return baseline.learn(incident.usual, pulse.at, distinct)


def _with_minute(minutes: tuple[Pulse, ...], pulse: Pulse) -> tuple[Pulse, ...]:
    same = next((held for held in minutes if held.at == pulse.at), None)
    if same is not None:
        minutes = tuple(merged(held, pulse) if held is same else held for held in minutes)
    else:
        minutes = tuple(sorted((*minutes, pulse), key=lambda held: held.at))
    erased = {mention_id for held in minutes for mention_id in held.erased}
    return tuple(unquoted(held, erased) for held in minutes)


def _decide(incident: Incident, at: float, policy: Policy, *, news: bool) -> Outcome:
    rules = policy.incident
    kept = tuple(pulse for pulse in incident.minutes if pulse.at > at - max(rules.windows_s))
    incident = replace(incident, minutes=kept)
    complaints = sum(pulse.complaints for pulse in kept)
    if not incident.standing.open and (not news or complaints < rules.opens_authors):
        return incident, []
    seen = Surge(incident, at, policy)
    if not incident.standing.open and not seen.opens():
        return incident, []
    incident = replace(incident, peak=max(incident.peak, seen.rate))
    score, why = weighed(incident, seen, policy)
    before = incident.standing
    levels = replace(policy.levels, cool_down_s=rules.cool_down_s)
    state, said = standing.settle(
        before, score, seen.beyond(), at, replace(policy, levels=levels), news=news
    )
    if said and not before.open:
        incident = replace(incident, started=seen.began, total=seen.window)
    incident = replace(incident, standing=state)
    if said is None:
        return incident, []
    message = _escalation(incident, said, seen, score, why, at, policy)
    if said.status is Status.RESOLVED:  # the next one is another incident, not another episode
        incident = replace(incident, standing=Standing(), started=0.0, total=None, peak=0.0)
    return incident, [message]


def _escalation(
    incident: Incident,
    said: Said,
    seen: Surge,
    score: float,
    why: tuple[Why, ...],
    at: float,
    policy: Policy,
) -> Escalation:
    total = incident.total or seen.window
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
