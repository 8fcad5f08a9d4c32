"""The fold of one brand: many separate complaints about one thing are one incident.

It eats pulses (a brand's minutes, see `scoring.pulse`), so that what it holds is bounded by its
window. Complaints count once per author, text and conversation, whichever is fewest: a bot flood
of one text, one serial complainer and one long thread are no incident.
"""

import math
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from scoring import baseline, playbook, standing
from scoring.assessment import HOUR, explained, logistic
from scoring.baseline import Baseline
from scoring.bounded import Keys, key
from scoring.escalation import (
    CaseKind,
    Escalation,
    Signals,
    SpreadSummary,
    Status,
    Why,
    escalation_id,
    moment,
)
from scoring.headline import headline
from scoring.phrases import duration, phrase
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse, coherence, merged, unquoted
from scoring.standing import Said, Standing
from scoring.times import LONG_AGO

NEVER = float("inf")
_CHECK_EVERY_S = 600.0
_MOST_SEEN = 4096
_USUAL_AFTER_S = 24 * HOUR


class Incident(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of one brand; times in seconds, `started` 0 while there is no incident."""

    brand: str
    usual: Baseline
    minutes: tuple[Pulse, ...] = ()
    started: float = 0.0
    total: Pulse | None = None
    peak: float = 0.0
    spoke_at: float = 0.0
    standing: Standing = Standing()
    seen: Keys = ()
    clock: float = LONG_AGO


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
    kept = tuple(pulse for pulse in incident.minutes if pulse.at > at - rules.window_s)
    incident = replace(incident, minutes=kept)
    seen = _View(incident, at, policy)
    if not incident.standing.open and not (news and seen.opens()):
        return incident, []
    incident = replace(incident, peak=max(incident.peak, seen.rate))
    terms = seen.terms(incident.peak)
    score = logistic(rules.weights.baseline + sum(term.weight for term in terms))
    before = incident.standing
    state, said = standing.settle(before, score, seen.beyond(), at, policy, news=news)
    if said and not before.open:
        started = min((pulse.at for pulse in kept if pulse.complaints), default=at)
        incident = replace(incident, started=started, total=seen.window)
    incident = replace(incident, standing=state)
    if said is None:
        return incident, []
    message = _escalation(incident, said, seen, score, explained(terms), at, policy)
    if said.status is Status.RESOLVED:  # the next one is another incident, not another episode
        incident = replace(incident, standing=Standing(), started=0.0, total=None, peak=0.0)
    return incident, [message]


class _View:
    """The brand's window as it looks at one time."""

    def __init__(self, incident: Incident, at: float, policy: Policy) -> None:
        self.incident = incident
        self.at = at
        self.rules = policy.incident
        self.policy = policy
        window = Pulse(brand=incident.brand, at=at)
        for pulse in incident.minutes:
            window = merged(window, pulse)
        self.window = window
        self.hours = self.rules.window_s / HOUR
        self.people = min(len(window.authors), len(window.texts), len(window.threads))
        self.surprise = baseline.surprise(incident.usual, self.people, self.hours)
        self.rate = window.complaints / self.hours
        self.lang = "fr" if window.lang_fr * 2 > window.complaints else "en"
        began = incident.started or min((p.at for p in incident.minutes), default=at)
        self.silence_s = max(0.0, at - max(began, incident.spoke_at))

    def opens(self) -> bool:
        """Whether so many people complain at once that it is an incident at all."""
        return (
            self.people >= self.rules.opens_authors and self.surprise >= self.rules.opens_surprise
        )

    def beyond(self) -> bool:
        """Whether it has left the brand's own audience."""
        total = self.incident.total or self.window
        rules = self.policy.beyond
        return len(total.media) >= rules.media or len(total.influencers) >= rules.influencers

    def _mean(self, total: float) -> float:
        return total / self.window.complaints if self.window.complaints else 0.0

    def signals(self) -> Signals:
        window = self.window
        return Signals(
            anger=round(self._mean(window.anger), 3),
            objective_fact=round(self._mean(window.objective_fact), 3),
            corporate_denial=round(self.denial, 3),
            influencer_sharing=round(self._mean(window.influencer_sharing), 3),
        )

    @property
    def denial(self) -> float:
        """The brand's own words, or what complaints report of it on average (0 to 1)."""
        return max(self.window.brand_denial, self._mean(self.window.corporate_denial))

    def _term(self, name: str, amount: float, phrase_name: str = "", **values: object) -> Why:
        voice = self.window.voices[0] if self.window.voices else None
        quoted = voice if name in ("complainants", "objective_fact", "anger") else None
        return Why(
            signal=name,
            weight=round(getattr(self.rules.weights, name) * amount, 4),
            mention_id=quoted.mention_id if quoted else None,
            quote=(quoted.quote or None) if quoted else None,
            note=phrase(self.lang, phrase_name or name, **values),
        )

    def terms(self, peak: float) -> list[Why]:
        """The evidence, each term with its weight."""
        window = self.window
        total = self.incident.total or window
        anger, fact = self._mean(window.anger), self._mean(window.objective_fact)
        public = window.contented + window.complaints
        applause = min(1.0, 2 * window.contented / public) if public else 0.0
        presence = min(1.0, 5 * window.answers / max(1, window.complaints))
        denied = window.brand_denial
        hours = self.silence_s / HOUR
        fallen = min(6.0, math.log2(max(1.0, peak / max(self.rate, 1.0))))
        usual = baseline.usual(self.incident.usual, self.hours)
        alike = coherence(window)
        influencers, media = len(total.influencers), len(total.media)
        return [
            self._term("surprise", min(10.0, self.surprise), count=self.people, usual=usual),
            self._term(
                "complainants",
                min(6.0, max(0.0, math.log2(max(1, self.people) / 4))),
                count=self.people,
            ),
            self._term("anger", anger, value=anger),
            self._term("objective_fact", fact, value=fact),
            self._term("corporate_denial", self.denial, value=self.denial),
            self._term("coherence", alike, value=alike),
            self._term("influencer", min(3.0, math.log2(1 + influencers)), count=influencers),
            self._term("media_coverage", min(2.0, math.log2(1 + media)), count=media),
            self._term(
                "silence",
                min(4.0, math.log2(1 + hours / 0.5)),
                "silence_incident",
                hours=duration(hours),
            ),
            self._term("presence", presence * (1 - denied), count=window.answers),
            self._term("applause", applause, value=applause),
            self._term("decline", fallen, count=2**fallen),
        ]


def _escalation(
    incident: Incident,
    said: Said,
    seen: _View,
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
