"""The cheap bound is never too low: what it passes over, no assessment would have raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.absorb import absorb
from scoring.assessment import assess
from scoring.ceiling import unremarkable
from scoring.evidence import Evidence
from scoring.scored import Scored
from tests.scoring.conversations import conversations
from tests.scoring.helpers import HOUR, POLICY, mention, policy_with, scored, scores

LATER = (0.0, 0.5, 2.0, 7.0, 24.0, 72.0, 240.0)


def evidence_of(events: list[Scored]) -> Evidence:
    evidence = Evidence()
    for event in events:
        evidence = absorb(evidence, event)
    return evidence


@given(conversations(), st.sampled_from([-4.6, -3.0, -6.5]), st.sampled_from([0.05, 0.2, 0.28]))
def test_what_is_unremarkable_reaches_no_level_now_or_later(
    events: list[Scored], baseline: float, watch: float
) -> None:
    policy = policy_with(
        weights__baseline=baseline, levels__watch__score=watch, levels__hysteresis=0.04
    )
    evidence = evidence_of(events)
    if unremarkable(evidence, policy):
        end = max(event.mention.at for event in events)
        assert max(assess(evidence, end + h * HOUR, policy).score for h in LATER) < watch


@given(conversations())
def test_what_time_alone_cannot_raise_stays_below(events: list[Scored]) -> None:
    evidence = evidence_of(events)
    end = max(event.mention.at for event in events)
    now = assess(evidence, end, POLICY)
    if not now.may_rise(POLICY):
        watch = POLICY.levels.watch.score
        assert max(assess(evidence, end + h * HOUR, POLICY).score for h in LATER) < watch


def test_ordinary_talk_needs_no_assessment_and_a_grave_complaint_does() -> None:
    assert unremarkable(evidence_of([scored(mention())]), POLICY)
    said = scores(complaint=0.99, anger=0.99, fact=0.99, denial=0.99, sharing=0.9)
    denied = scored(mention(), said)
    assert not unremarkable(evidence_of([denied]), POLICY)


@pytest.mark.parametrize("name", ["calm", "answer", "satisfied", "defenders"])
def test_where_calm_alarms_everything_is_assessed(name: str) -> None:
    policy = policy_with(**{f"weights__{name}": 0.1})
    assert not unremarkable(evidence_of([scored(mention())]), policy)
