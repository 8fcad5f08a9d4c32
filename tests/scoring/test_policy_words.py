"""The policy in words, and what differs between two."""

import math
from typing import Any

import pytest

from scoring.policy import default
from scoring.policy_changes import Change, changes
from scoring.policy_words import span, words
from tests.scoring.helpers import policy_with

BASELINE = default().weights.baseline
NIGHT = {"from": "22:00", "until": "07:00", "unless": "escalate"}
WINDOW = {
    "from": "2026-03-01T22:00:00+01:00",
    "until": "2026-03-02T04:00:00+01:00",
    "note": "new billing system",
}


def test_the_policy_that_ships_is_told_whole() -> None:
    told = "\n".join(words(default()))
    for weights in (default().weights, default().incident.weights):
        for name in type(weights).__struct_fields__:
            assert f"  {name} " in told or name == "baseline", name
    assert f"it begins at {1 / (1 + math.exp(-BASELINE)):.2%} (baseline {BASELINE:+g})" in told
    anger = default().weights.anger
    line = f"anger               {anger:+5.2f}  x{math.exp(anger):.3g}"
    assert any(line in said and "probability of clear anger" in said for said in told.split("\n"))
    assert "no quiet hours" in told.lower()
    assert told.endswith("It is the policy that ships.")


@pytest.mark.parametrize(
    ("changed", "needle"),
    [
        ({"levels__respond__for_s": 900}, "%, once it has lasted 15 minutes"),
        ({"levels__watch__score": 0.25}, "below 17.0%"),
        ({"quiet_hours": [NIGHT]}, "Quiet every day from 22:00 to 07:00 (UTC): what is below esc"),
        ({"quiet_hours": [NIGHT | {"days": ["sat", "sun"]}]}, "Quiet on sat, sun from"),
        ({"maintenance": [WINDOW]}, "Maintenance (new billing system) from 2026-03-01 22:00+01:00"),
        ({"repeat_interval_s": 5400}, "at most one message in 90 minutes"),
        ({"weights__deletion": 2.0}, "weights.deletion: 2.0 instead of "),
        ({"quiet_hours": [NIGHT]}, "quiet_hours[0].until: 07:00 instead of nothing"),
    ],
)
def test_what_is_different_is_said(changed: dict[str, Any], needle: str) -> None:
    assert needle in "\n".join(words(policy_with(**changed)))


def test_changes_are_named_by_key() -> None:
    old = policy_with(weights__anger=2.0)
    new = policy_with(weights__anger=3.0, brands={"tellow": {"levels": {"quiet_s": 90000}}})
    assert changes(old, new) == [
        Change("weights.anger", 2.0, 3.0),
        Change("brands.tellow.levels.quiet_s", None, 90000),
    ]
    assert changes(old, old) == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (300, "5 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86400, "1 day"),
        (216000, "60 hours"),
        (864000, "10 days"),
        (0.5, "0.5 seconds"),
    ],
)
def test_spans(seconds: float, told: str) -> None:
    assert span(seconds) == told
