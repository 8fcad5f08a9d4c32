"""From evidence to a probability: a sum of named terms in log-odds, written out."""

import math
from functools import cached_property
from typing import Any

import msgspec

from scoring import bounded, conduct, prior
from scoring.bounded import Voice, Voices
from scoring.ceiling import SILENCE, log_odds
from scoring.conduct import Deed
from scoring.escalation import Signals, SpreadSummary, Why
from scoring.evidence import LIKELY, Evidence
from scoring.mention import Role
from scoring.phrases import crowd, duration, phrase
from scoring.policy import Policy, Weights
from scoring.spread import Forecast, forecast
from scoring.times import LONG_AGO

HOUR = 3600.0
_EXPLOSIVE_SHARES = 10
_CERTAIN = 50.0
_SHOWN = 0.05  # terms that move the log-odds by less are not worth a line


class Term(msgspec.Struct, frozen=True, gc=False):
    """One term of the sum; its line of `why` is written only when a message asks for it."""

    signal: str
    weight: float
    voice: Voice | None
    mention_id: str | None
    phrase: str
    values: dict[str, Any]

    def written(self, lang: str) -> Why:
        """The line, `hours` among the values in words."""
        values = self.values
        if "hours" in values:
            values = {**values, "hours": duration(values["hours"])}
        voice = self.voice
        return Why(
            signal=self.signal,
            weight=self.weight,
            mention_id=self.mention_id or (voice.mention_id if voice else None),
            quote=(voice.quote or None) if voice else None,
            note=phrase(lang, self.phrase, **values),
        )


class Assessment:
    """What the evidence amounts to at one time; `silence_s` in seconds.

    Most assessments change nothing and are thrown away, so `signals`, `spread` and `why` are
    worked out when they are read.
    """

    def __init__(self, view: "_View", terms: list[Term]) -> None:
        self._view = view
        self._terms = terms
        self.score = logistic(view.weights.baseline + sum(term.weight for term in terms))
        self.beyond = view.beyond
        self.silence_s = view.silence_s

    def may_rise(self, policy: Policy) -> bool:
        """Whether time alone, with nothing new, may bring it to the lowest level: by silence."""
        weights, view = policy.weights, self._view
        said = sum(term.weight for term in self._terms if term.signal != "silence")
        silence = max(0.0, weights.silence) * SILENCE * view.grievance
        highest = weights.baseline + said + silence
        return weights.calm > 0 or highest >= log_odds(policy.levels.watch.score)

    def amounts(self) -> dict[str, float]:
        """The terms by name, in log-odds; under weights of one these are units of evidence."""
        return {term.signal: term.weight for term in self._terms}

    @property
    def signals(self) -> Signals:
        """The present evidence from texts."""
        return self._view.signals()

    @property
    def spread(self) -> SpreadSummary:
        """Counts and forecast."""
        return self._view.summary()

    @property
    def why(self) -> tuple[Why, ...]:
        """The terms worth a line, strongest first."""
        return explained(self._terms, self._view.lang)


def logistic(log_odds: float) -> float:
    """Probability, rounded to four decimals."""
    return round(1 / (1 + math.exp(-max(-_CERTAIN, min(_CERTAIN, log_odds)))), 4)


def explained(terms: list[Term], lang: str) -> tuple[Why, ...]:
    """The terms worth a line, strongest first."""
    shown = [term for term in terms if abs(term.weight) >= _SHOWN]
    shown.sort(key=lambda term: (-abs(term.weight), term.signal))
    return tuple(term.written(lang) for term in shown)


def assess(evidence: Evidence, at: float, policy: Policy) -> Assessment:
    """The probability of a crisis within 24 hours of `at` (seconds), and why."""
    seen = _View(evidence, at, policy)
    return Assessment(
        seen,
        [*seen.text_terms(), *seen.brand_terms(), *seen.crowd_terms(), *seen.calming_terms()],
    )


def _beyond(evidence: Evidence, outside_reach: int, policy: Policy) -> bool:
    rules = policy.beyond
    return (
        len(evidence.media) >= rules.media
        or len(evidence.influencers) >= rules.influencers
        or outside_reach >= rules.reach
    )


class _View:
    """Evidence as it looks at one time."""

    def __init__(self, evidence: Evidence, at: float, policy: Policy) -> None:
        self.evidence = evidence
        self.at = at
        self.weights: Weights = policy.weights
        self.lang = evidence.root.lang if evidence.root else "en"
        self._fact = bounded.strength(evidence.objective_fact)
        self._brand_denial = bounded.strength(evidence.brand_denial) if evidence.complaint else 0.0
        self._denial = max(self._brand_denial, bounded.strength(evidence.reported_denial))
        self._outside = evidence.outside_reach
        self.grievance = max(evidence.grievance, self._brand_denial) * evidence.backing
        self.beyond = _beyond(evidence, self._outside, policy)
        waiting = evidence.waiting_since
        self.silence_s = max(0.0, at - waiting.at) if waiting else 0.0

    @cached_property
    def forecast(self) -> Forecast:
        """How far it will go; looked at only where it counts."""
        evidence = self.evidence
        return forecast(evidence.spread, self.at, evidence.counted_shares, self._prior())

    def _prior(self) -> float:
        """Shares per exposure that the first words promise."""
        root = self.evidence.root
        return prior.infectiousness(
            root.channel if root else "",
            root.role if root else Role.UNKNOWN,
            anger=self._anger(),
            sharing=bounded.strength(self.evidence.influencer_sharing),
            proof=bounded.strength(self.evidence.proof),
        )

    def _anger(self) -> float:
        voices = self.evidence.anger
        return sum(voice.value for voice in voices) / len(voices) if voices else 0.0

    def signals(self) -> Signals:
        sharing = bounded.strength(self.evidence.influencer_sharing)
        return Signals(
            anger=round(self._anger(), 3),
            objective_fact=round(self._fact, 3),
            corporate_denial=round(self._denial, 3),
            influencer_sharing=round(sharing, 3),
        )

    def summary(self) -> SpreadSummary:
        evidence, expected = self.evidence, self.forecast
        return SpreadSummary(
            mentions=evidence.mentions,
            authors=evidence.authors,
            shares=evidence.shares,
            reach=evidence.reach,
            reproduction=expected.reproduction,
            forecast_shares=expected.shares,
            forecast_low=expected.low,
            forecast_high=expected.high,
        )

    def _term(
        self,
        name: str,
        amount: float,
        voices: Voices = (),
        mention_id: str | None = None,
        phrase_name: str | None = None,
        **values: Any,
    ) -> Term:
        weight = round(getattr(self.weights, name) * amount, 4) if amount else 0.0
        first = voices[0] if voices else None
        return Term(name, weight, first, mention_id, phrase_name or name, values)

    def _backed(self, strongest: float, first: float) -> float:
        """What the first words hold counts whole, of others' as far as the crowd shares it."""
        return max(first, strongest * self.evidence.backing)

    def text_terms(self) -> list[Term]:
        """What is said, weighed by whether it is a grievance at all."""
        evidence, heard = self.evidence, self.grievance
        anger, fact, denial, root = self._anger(), self._fact, self._denial, evidence.root
        by_brand = self._brand_denial >= bounded.strength(evidence.reported_denial)
        sharing = bounded.strength(evidence.influencer_sharing)
        return [
            self._term("anger", anger * heard, evidence.anger, value=anger),
            self._term(
                "objective_fact",
                self._backed(fact, root.fact if root else 0.0),
                evidence.objective_fact,
                value=fact,
            ),
            self._term(
                "corporate_denial",
                denial * heard,
                evidence.brand_denial if by_brand else evidence.reported_denial,
                phrase_name="corporate_denial_brand" if by_brand else None,
                value=denial,
            ),
            self._term("fact_denied", fact * denial * heard),
            self._term(
                "influencer_sharing", sharing * heard, evidence.influencer_sharing, value=sharing
            ),
        ]

    def brand_terms(self) -> list[Term]:
        """What was done about it: paid promotion, proof, deletions, silence, coming back."""
        evidence, heard = self.evidence, self.grievance
        root = evidence.root
        proof = self._backed(bounded.strength(evidence.proof), root.proof if root else 0.0)
        hurt = self._backed(bounded.strength(evidence.harm), root.harm if root else 0.0)
        deleted = len(evidence.deletions)
        hours = self.silence_s / HOUR
        waited = min(SILENCE, math.log2(1 + hours / 2)) * max(self._fact, self._denial)
        first = evidence.first_author
        again = max(0, first.complaints - 1) if first else 0
        waiting = evidence.waiting_since
        return [
            self._term(
                "promotion",
                heard if evidence.promoted else 0.0,
                mention_id=evidence.promoted.mention_id if evidence.promoted else None,
            ),
            self._term("proof", proof, evidence.proof),
            self._term("harm", hurt, evidence.harm),
            self._term(
                "deletion",
                math.log2(1 + deleted) * heard,
                mention_id=evidence.deletions[-1].mention_id if deleted else None,
                count=deleted,
            ),
            *self._evasions(),
            self._term(
                "silence",
                waited * heard,
                mention_id=waiting.mention_id if waiting else None,
                hours=hours,
            ),
            self._term("persistence", min(4.0, math.log2(1 + again)) * heard, count=again),
        ]

    def _evasions(self) -> list[Term]:
        acts, denied = self.evidence.acts, self.evidence.denied
        admitted = conduct.admitted(acts)
        against = admitted is not None and denied is not None and denied.at > admitted.at
        found = [
            self._term(kind.value, self.grievance, mention_id=act.mention_id)
            for kind in (Deed.HAND_OFF, Deed.OUT_OF_SIGHT)
            if (act := conduct.act(acts, kind))
        ]
        if against and denied:
            found.append(self._term("contradiction", self.grievance, mention_id=denied.mention_id))
        return found

    def _amends(self) -> list[Term]:
        """An apology, a solution, a gesture: what is admitted and then denied is none."""
        evidence = self.evidence
        denied = evidence.denied.at if evidence.denied else LONG_AGO
        return [
            self._term(
                act.deed.value,
                conduct.promptness(evidence.first_at, act.at) if act.deed is Deed.APOLOGY else 1.0,
                mention_id=act.mention_id,
                hours=max(0.0, act.at - evidence.first_at) / HOUR,
            )
            for act in evidence.acts
            if act.deed in conduct.ADMITS and act.at >= denied
        ]

    def crowd_terms(self) -> list[Term]:
        """Who takes it further, and how far it is going: of a grievance."""
        evidence, heard = self.evidence, self.grievance
        if not heard:
            return []
        expected = self.forecast
        complaining = len(evidence.complainants)
        outside = self._outside
        influencers, media = len(evidence.influencers), len(evidence.media)
        explosive = expected.reproduction >= 1 and evidence.shares >= _EXPLOSIVE_SHARES
        return [
            self._term(
                "complainants",
                min(6.0, math.log2(max(1, complaining))) * heard,
                count=complaining,
            ),
            self._term(
                "audience",
                min(4.0, max(0.0, math.log10(max(1, outside) / 1000))) * heard,
                count=crowd(outside),
            ),
            self._term(
                "influencer",
                min(3.0, math.log2(1 + influencers)) * heard,
                mention_id=evidence.influencer.mention_id if evidence.influencer else None,
                count=influencers,
            ),
            self._term(
                "forecast",
                math.log10(1 + expected.shares) * heard,
                count=expected.shares,
                low=expected.low,
                high=expected.high,
            ),
            self._term("explosive", heard if explosive else 0.0, value=expected.reproduction),
            self._term(
                "media_coverage",
                min(2.0, math.log2(1 + media)) * heard,
                mention_id=evidence.medium.mention_id if evidence.medium else None,
                count=media,
            ),
        ]

    def calming_terms(self) -> list[Term]:
        """What takes the heat out of it."""
        evidence = self.evidence
        answer = evidence.answer
        answered = answer is not None and answer.denial < LIKELY and evidence.waiting_since is None
        first = evidence.first_author
        helped = answer is not None and answer.denial < LIKELY
        content = first.content if first and helped else None
        satisfied = (
            content is not None
            and first is not None
            and answer is not None
            and content.at > max(first.complained_at, answer.at)
        )
        hours = max(0.0, self.at - evidence.last_public_at) / HOUR
        contented = len(evidence.contented)
        defended = math.log2(1 + contented / (1 + len(evidence.complainants)))
        return [
            self._term("defenders", min(3.0, defended), count=contented),
            self._term(
                "answer",
                1 - answer.denial if answered and answer else 0.0,
                mention_id=answer.mention_id if answer else None,
            ),
            *self._amends(),
            self._term(
                "satisfied",
                1.0 if satisfied else 0.0,
                mention_id=content.mention_id if content else None,
            ),
            self._term("calm", math.log2(1 + hours / 3), hours=hours),
        ]
