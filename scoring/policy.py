"""The policy: one TOML file, typed, with a digest and overrides per brand."""

import difflib
import hashlib
import re
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from scoring import hush
from scoring.errors import PolicyError
from scoring.hush import Hush, Maintenance, QuietHours
from scoring.levels import Level
from scoring.mention import SLUG
from scoring.mistakes import told

Seconds = Annotated[float, Meta(gt=0)]
Chance = Annotated[float, Meta(gt=0, lt=1)]
Weight = Annotated[float, Meta(ge=-100, le=100)]


ELSEWHERE = ("sinks", "routes")
"""Tables of the file that say where escalations go; they decide nothing, so no digest has them."""


class LevelRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a level is reached: at `score`, and only beyond the brand's audience if asked.

    The score must have been there for `for_s` without a break: until then a lower level will do.
    """

    score: Chance
    for_s: Annotated[float, Meta(ge=0)] = 0.0
    beyond_audience: bool = False


class Levels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The four rules and how a level is left."""

    hysteresis: Annotated[float, Meta(ge=0, lt=1)]
    cool_down_s: Seconds
    quiet_s: Seconds
    resolve_after_s: Seconds
    watch: LevelRule
    respond: LevelRule
    escalate: LevelRule
    crisis: LevelRule

    def rule(self, level: Level) -> LevelRule:
        """The rule of one level."""
        return self.rules[level.rank - 1]

    @property
    def rules(self) -> tuple[LevelRule, ...]:
        """The rules from `watch` to `crisis`."""
        return self.watch, self.respond, self.escalate, self.crisis


class Beyond(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts as spreading beyond the brand's own audience; any one suffices."""

    media: Annotated[int, Meta(ge=1)]
    influencers: Annotated[int, Meta(ge=1)]
    reach: Annotated[int, Meta(ge=1)]


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Log-odds per unit of a conversation's evidence; units stand in `policy.toml`."""

    baseline: Weight
    anger: Weight
    objective_fact: Weight
    corporate_denial: Weight
    fact_denied: Weight
    influencer_sharing: Weight
    promotion: Weight
    proof: Weight
    harm: Weight = 0.0
    deletion: Weight
    hand_off: Weight
    out_of_sight: Weight
    contradiction: Weight
    silence: Weight
    persistence: Weight
    complainants: Weight
    audience: Weight
    influencer: Weight
    forecast: Weight
    explosive: Weight
    media_coverage: Weight
    defenders: Weight
    answer: Weight
    apology: Weight
    solution: Weight
    gesture: Weight
    satisfied: Weight
    calm: Weight


class IncidentWeights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Log-odds per unit of an incident's evidence; units stand in `policy.toml`."""

    baseline: Weight
    surprise: Weight
    one_sided: Weight
    complainants: Weight
    anger: Weight
    objective_fact: Weight
    corporate_denial: Weight
    coherence: Weight
    influencer: Weight
    media_coverage: Weight
    silence: Weight
    hollow: Weight
    evasion: Weight
    contradiction: Weight
    elsewhere: Weight
    presence: Weight
    amends: Weight
    applause: Weight
    decline: Weight


class IncidentRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a brand's complaints are one incident."""

    cool_down_s: Seconds
    windows_s: Annotated[tuple[Seconds, ...], Meta(min_length=1, max_length=8)]
    opens_authors: Annotated[int, Meta(ge=2)]
    opens_surprise: Annotated[float, Meta(ge=0, le=300)]
    prior_complaints_h: Annotated[float, Meta(gt=0)]
    prior_hours: Annotated[float, Meta(gt=0)]
    prior_share: Annotated[float, Meta(gt=0, lt=1)]
    complaints_per_contented: Annotated[float, Meta(ge=0, le=1)]
    weights: IncidentWeights


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides, but the model."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    allowed_lateness_s: Seconds
    repeat_interval_s: Seconds
    update_change: Chance
    forget_after_s: Seconds
    forget_case_after_s: Seconds
    snooze_at_most_s: Seconds
    timezone: str
    quiet_hours: Annotated[tuple[QuietHours, ...], Meta(max_length=20)]
    maintenance: Annotated[tuple[Maintenance, ...], Meta(max_length=1000)]
    levels: Levels
    beyond: Beyond
    weights: Weights
    incident: IncidentRules
    brands: dict[str, dict[str, Any]] = {}

    @property
    def label(self) -> str:
        """Name and digest of what decided, as escalations carry it."""
        return f"{self.name}@{_digest(self)}"

    def for_brand(self, brand: str) -> "Policy":
        """This policy with the brand's overrides."""
        return _for_brand(self, brand) if brand in self.brands else self

    def hush(self, at: float) -> Hush | None:
        """What quiet hours and maintenance leave unsaid at `at` (seconds)."""
        if not self.quiet_hours and not self.maintenance:
            return None
        return hush.planned(self.quiet_hours, self.maintenance, self.timezone, at)


def default() -> Policy:
    """The policy that ships."""
    return _default()


def load(path: Path | None) -> Policy:
    """The policy of a file, or the default; a file need only hold what differs from it.

    Raises PolicyError.
    """
    if path is None:
        return default()
    try:
        # Some editors begin a file with a byte order mark, which is no TOML.
        changes = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise PolicyError(
            f"policy {path}: no such file; correct the path (argument, --policy or TOCSIN_POLICY), "
            "or give none for the policy that ships"
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PolicyError(f"policy {path} cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(
            f"policy {path} is not UTF-8 from byte {error.start} on; save it as UTF-8"
        ) from error
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise PolicyError(f"policy {path} is no valid TOML: {error}") from error
    except RecursionError as error:
        raise PolicyError(f"policy {path} is nested too deeply") from error
    for table in ELSEWHERE:
        changes.pop(table, None)
    try:
        _check_keys(changes)
        policy = _convert(_merged(_default_values(), changes))
        for brand in policy.brands:
            if not re.match(SLUG, brand):
                raise PolicyError(f"brands.{brand}: a brand is a slug such as acme-air")
            policy.for_brand(brand)
    except PolicyError as error:
        raise PolicyError(f"policy {path}: {error}") from error
    return policy


def _check_keys(changes: dict[str, Any]) -> None:
    """The tables of `ELSEWHERE` are easily written in the singular, and no keys of the policy."""
    for key in changes:
        near = difflib.get_close_matches(key, [*Policy.__struct_fields__, *ELSEWHERE], n=1)
        if key not in Policy.__struct_fields__ and near and near[0] in ELSEWHERE:
            meant = "[[routes]]" if near[0] == "routes" else "[sinks.NAME]"
            raise PolicyError(f"{key}: there is no such key; did you mean {meant}?")


def _convert(values: dict[str, Any]) -> Policy:
    try:
        policy = msgspec.convert(values, Policy)
    except msgspec.ValidationError as error:
        raise PolicyError(told(str(error), Policy, "a table")) from error
    if not policy.name.isprintable():
        raise PolicyError("name holds a control character: a name in one line is wanted")
    scores = [rule.score for rule in policy.levels.rules]
    if scores != sorted(set(scores)):
        raise PolicyError("levels: the scores must rise from watch to crisis")
    if policy.levels.hysteresis >= policy.levels.watch.score:
        raise PolicyError("levels.hysteresis must be below levels.watch.score")
    if policy.levels.quiet_s < policy.levels.cool_down_s:
        raise PolicyError("levels.quiet_s must not be shorter than levels.cool_down_s")
    _check_times(policy)
    return policy


def _check_times(policy: Policy) -> None:
    try:
        hush.of_zone(policy.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise PolicyError(
            f"timezone is {policy.timezone!r}: a name such as Europe/Paris or UTC is wanted"
        ) from error
    for number, hours in enumerate(policy.quiet_hours):
        for key, value in (("from", hours.begin), ("until", hours.until)):
            try:
                hush.of_day(value)
            except ValueError as error:
                raise PolicyError(
                    f"quiet_hours[{number}].{key} is {value!r}: a time of day from 00:00 to 23:59 "
                    "is wanted"
                ) from error
    for number, window in enumerate(policy.maintenance):
        if window.until <= window.begin:
            raise PolicyError(f"maintenance[{number}].until must be after its `from`")


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _merged(old, value)
        merged[key] = value
    return merged


def _for_brand_uncached(policy: Policy, brand: str) -> Policy:
    values = msgspec.to_builtins(policy)
    overrides = values.pop("brands")[brand]
    if "brands" in overrides:
        raise PolicyError(f"brands.{brand} may not hold brands")
    try:
        return _convert(_merged(values, overrides))
    except PolicyError as error:
        raise PolicyError(f"brands.{brand}: {error}") from error


_brand_policies: dict[tuple[str, str], Policy] = {}


def _for_brand(policy: Policy, brand: str) -> Policy:
    key = (policy.label, brand)
    if key not in _brand_policies:
        _brand_policies[key] = _for_brand_uncached(policy, brand)
    return _brand_policies[key]


_digests: dict[int, tuple[Policy, str]] = {}


def _digest(policy: Policy) -> str:
    known = _digests.get(id(policy))
    if known is None or known[0] is not policy:
        encoded = msgspec.json.encode(policy, order="sorted")
        known = (policy, hashlib.sha256(encoded).hexdigest()[:12])
        _digests[id(policy)] = known
    return known[1]


@cache
def _default_values() -> dict[str, Any]:
    return tomllib.loads(resources.files("scoring").joinpath("policy.toml").read_text("utf-8"))


@cache
def _default() -> Policy:
    return _convert(_default_values())
