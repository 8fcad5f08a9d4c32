"""What a brand's last hours amount to: the evidence of an incident, and its terms in log-odds."""

import math
from typing import Any

import msgspec

from scoring import baseline
from scoring.assessment import HOUR, Term
from scoring.baseline import Baseline
from scoring.bounded import Keys
from scoring.escalation import Signals
from scoring.policy import Policy
from scoring.pulse import Pulse, coherence, merged
from scoring.standing import Standing
from scoring.times import LONG_AGO


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


class Surge:
    """The brand's window as it looks at one time."""

    def __init__(self, incident: Incident, at: float, policy: Policy) -> None:
        self.incident = incident
        self.at = at
        self.rules = policy.incident
        self.policy = policy
        self.window, self.hours, self.people, self.surprise = self._telling_window()
        self.rate = self.window.complaints / self.hours
        self.lang = "fr" if self.window.lang_fr * 2 > self.window.complaints else "en"
        self.began = incident.started or self._first_complaint()
        self.silence_s = max(0.0, at - max(self.began, incident.spoke_at))

    def _first_complaint(self) -> float:
        since = self.at - self.hours * HOUR
        complaining = (p.at for p in self.incident.minutes if p.complaints and p.at > since)
        return min(complaining, default=self.at)

    def _telling_window(self) -> tuple[Pulse, float, int, float]:
        """Of the windows, the one that surprises most: its sums, hours, people and surprise.

        A flood shows within an hour, a slow leak over several. Contented mentions stand for the
        volume of a launch or a show, which brings some complaints of its own.
        """
        minutes = sorted(self.incident.minutes, key=lambda pulse: -pulse.at)
        window = Pulse(brand=self.incident.brand, at=self.at)
        best: tuple[Pulse, float, int, float] | None = None
        taken = 0
        for span in sorted(self.rules.windows_s):
            while taken < len(minutes) and minutes[taken].at > self.at - span:
                window = merged(window, minutes[taken])
                taken += 1
            people = min(len(window.authors), len(window.texts), len(window.threads))
            brought = round(window.contented * self.rules.complaints_per_contented)
            found = baseline.surprise(self.incident.usual, people - brought, span / HOUR)
            if best is None or found > best[3]:
                best = window, span / HOUR, people, found
        assert best is not None  # the policy holds at least one window
        return best

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

    def _term(self, name: str, amount: float, phrase_name: str = "", **values: Any) -> Term:
        voice = self.window.voices[0] if self.window.voices else None
        quoted = voice if name in ("complainants", "objective_fact", "anger") else None
        weight = round(getattr(self.rules.weights, name) * amount, 4)
        return Term(name, weight, quoted, None, phrase_name or name, values)

    def terms(self, peak: float) -> list[Term]:
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
            self._term(
                "surprise",
                min(10.0, self.surprise),
                count=self.people,
                usual=usual,
                hours=self.hours,
            ),
            self._term(
                "complainants",
                min(6.0, max(0.0, math.log2(max(1.0, self.people - usual) / 4))),
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
                hours=hours,
            ),
            self._term("presence", presence * (1 - denied), count=window.answers),
            self._term("applause", applause, value=applause),
            self._term("decline", fallen, share=2**-fallen),
        ]
