"""What a brand's last hours amount to: the evidence of an incident, and its terms in log-odds."""

import math
from typing import Any

import msgspec
from msgspec.structs import replace

from scoring import baseline, naming, season
from scoring.assessment import HOUR, Term, explained
from scoring.baseline import Baseline
from scoring.bounded import Keys
from scoring.escalation import Signals, Why
from scoring.evidence import LIKELY
from scoring.policy import Policy
from scoring.pulse import Pulse, Stake, merged
from scoring.standing import Standing
from scoring.times import LONG_AGO
from scoring.tone import Tone, one_sided
from scoring.tone import usual as usual_share
from scoring.window import Sums, Window

_TELLING = 5
"""Complaints with known followers from which the share of hollow accounts tells something."""
_SPOKEN = ("complainants", "objective_fact", "anger")
"""Terms that quote somebody."""


class Stakes(msgspec.Struct, frozen=True, array_like=True):
    """Open cases in one partition as of a minute (`at`, seconds at its start)."""

    partition: int
    at: float
    cases: tuple[Stake, ...]


class Incident(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of one brand; times in seconds, `started` 0 while there is no incident."""

    brand: str
    usual: Baseline
    minutes: tuple[msgspec.Raw, ...] = ()
    """Pulses as they are stored, see `scoring.window`."""
    started: float = 0.0
    total: Pulse | None = None
    peak: float = 0.0
    spoke_at: float = 0.0
    standing: Standing = Standing()
    seen: Keys = ()
    clock: float = LONG_AGO
    tone: Tone = Tone()
    ended: float = 0.0
    """When the last incident was resolved; the next begins after it."""
    silent: bool = False
    """Whether nothing was said of the incident yet, as open cases speak for it."""
    stakes: tuple[Stakes, ...] = ()
    """The brand's open cases of customers, of each partition that has some."""


class Surge:
    """The brand's window as it looks at one time, to which the window has been moved."""

    def __init__(self, incident: Incident, window: Window, at: float, policy: Policy) -> None:
        self.incident = incident
        self.at = at
        self.rules = policy.incident
        self.policy = policy
        self._window = window
        self.sums, self.people, self.surprise = self._telling_window()
        self.hours = self.sums.span / HOUR
        self.rate = self.sums.complaints / self.hours
        self.one_sided = one_sided(incident.tone, self.people, self.sums.contented)
        self.lang = "fr" if self.sums.lang_fr * 2 > self.sums.complaints else "en"
        self.began = incident.started or max(self._first_complaint(), incident.ended)
        self.silence_s = max(0.0, at - max(self.began, incident.spoke_at))

    def _first_complaint(self) -> float:
        first = self._window.first_complaint(self.sums)
        return self.at if first is None else first

    def _telling_window(self) -> tuple[Sums, int, float]:
        """Of the windows, the one that surprises most: its sums, people and surprise.

        A flood shows within an hour, a slow leak over several. Contented mentions stand for the
        volume of a launch or a show, which brings some complaints of its own.
        """
        usual = self.incident.usual
        best: tuple[Sums, int, float] | None = None
        for place, sums in enumerate(self._window.sums):
            people = self._window.people(place)
            brought = round(sums.contented * self.rules.complaints_per_contented)
            hours = season.effective(usual.season, self.at, sums.span / HOUR)
            found = baseline.surprise(usual, people - brought, hours)
            if best is None or found > best[2]:
                best = sums, people, found
        assert best is not None  # the policy holds at least one window
        return best

    def whole(self) -> Pulse:
        """The telling window as one pulse, with its ids, voices and media."""
        window = Pulse(brand=self.incident.brand, at=self.at)
        for pulse in self._window.backwards(self.sums):
            window = merged(window, pulse)
        return window

    def opens(self) -> bool:
        """Whether so many people, and so few others, speak at once that it is an incident."""
        unusual = self.surprise + self.one_sided
        return self.people >= self.rules.opens_authors and unusual >= self.rules.opens_surprise

    def beyond(self) -> bool:
        """Whether it has left the brand's own audience."""
        influencers, media = self._amplifiers()
        rules = self.policy.beyond
        return media >= rules.media or influencers >= rules.influencers

    def _amplifiers(self) -> tuple[int, int]:
        """How many influencers and media take part: of the incident, else of the window."""
        total = self.incident.total
        if total is not None:
            return len(total.influencers), len(total.media)
        minutes = list(self._window.backwards(self.sums))
        influencers = {key for pulse in minutes for key in pulse.influencers}
        return len(influencers), len({key for pulse in minutes for key in pulse.media})

    def signals(self) -> Signals:
        """Means over the complaints."""
        sums = self.sums
        return Signals(
            anger=round(sums.mean("anger"), 3),
            objective_fact=round(sums.mean("objective_fact"), 3),
            corporate_denial=round(self.denial, 3),
            influencer_sharing=round(sums.mean("influencer_sharing"), 3),
        )

    @property
    def denial(self) -> float:
        """The brand's own words, or what complaints report of it on average (0 to 1)."""
        return max(self.sums.brand_denial, self.sums.mean("corporate_denial"))

    def _term(self, name: str, amount: float, phrase_name: str = "", **values: Any) -> Term:
        weight = round(getattr(self.rules.weights, name) * amount, 4)
        return Term(name, weight, None, None, phrase_name or name, values)

    def terms(self, peak: float) -> list[Term]:
        """The evidence, each term with its weight."""
        window = self.sums
        anger, fact = window.mean("anger"), window.mean("objective_fact")
        public = window.contented + window.complaints
        applause = min(1.0, 2 * window.contented / public) if public else 0.0
        presence = min(1.0, 5 * window.answers / max(1, window.complaints))
        denied = window.brand_denial
        most = max(window.names, default=0)
        share = most / max(1, window.complaints)
        elsewhere = naming.elsewhere(most, window.own_named, window.complaints)
        against = window.amends > 0 and denied >= LIKELY
        hours = self.silence_s / HOUR
        fallen = min(6.0, math.log2(max(1.0, peak / max(self.rate, 1.0))))
        known = self.incident.usual
        usual = baseline.usual(known, season.effective(known.season, self.at, self.hours))
        alike = window.coherence()
        hollow = window.hollow / window.followed if window.followed >= _TELLING else 0.0
        influencers, media = self._amplifiers()
        return [
            self._term(
                "surprise",
                min(10.0, self.surprise),
                count=self.people,
                usual=usual,
                hours=self.hours,
            ),
            self._term(
                "one_sided",
                min(10.0, self.one_sided),
                value=window.complaints / public if public else 0.0,
                usual=usual_share(self.incident.tone),
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
            self._term("evasion", min(3.0, math.log2(1 + window.evasions)), count=window.evasions),
            self._term("contradiction", float(against), "contradiction_incident"),
            self._term("hollow", hollow, value=hollow),
            self._term("elsewhere", elsewhere, value=share),
            self._term("presence", presence * (1 - denied), count=window.answers),
            self._term("amends", min(3.0, math.log2(1 + window.amends)), count=window.amends),
            self._term("applause", applause, value=applause),
            self._term("decline", fallen, share=2**-fallen),
        ]

    def why(self, terms: list[Term], whole: Pulse) -> tuple[Why, ...]:
        """The terms worth a line; the strongest voice speaks for the texts."""
        voice = whole.voices[0] if whole.voices else None
        lines = [replace(term, voice=voice) if term.signal in _SPOKEN else term for term in terms]
        return explained(lines, self.lang)
