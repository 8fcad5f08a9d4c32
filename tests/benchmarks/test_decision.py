"""The decision's benchmark: it judges as the stream does, and counts what it says it counts."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from benchmarks.decision.alarms import Decision, Look, Raised, Verdict, follow
from benchmarks.decision.figures import brier, highest, lead_s, measure, reliability
from benchmarks.decision.simple import Anger, AngryWord, Shares, Volume
from benchmarks.decision.without import SIGNALS, without
from scoring import policy as policies
from scoring.history import replay
from scoring.levels import Level
from scoring.mention import Kind, Role
from scoring.scored import Scored
from streams.calibration import kept
from streams.calibration.kept import Scores
from streams.calibration.looks import times
from streams.errors import UsageError
from streams.histories.label import History
from streams.histories.tell import tell
from tests.scoring.helpers import START, mention, scores

POLICY = policies.default()


def made_up(history: History) -> list[Scored]:
    """Scores that no model gave: customers complain with a fact, the brand denies."""
    return [
        Scored(
            mention=m,
            scores=scores(denial=0.8)
            if m.role is Role.BRAND
            else scores(complaint=0.9, anger=0.7, fact=0.8)
            if m.text
            else scores(),
            lang=history.lang,
        )
        for m in history.mentions
    ]


def labelled(*mentions: Scored, due_h: float | None = None) -> History:
    """A history of these mentions about the conversation `root`."""
    return History(
        name="told",
        kind="made-up",
        split="test",
        crisis=due_h is not None,
        permitted=None if due_h is not None else Level.WATCH,
        deadline=datetime.fromtimestamp(START.timestamp() + due_h * 3600, UTC) if due_h else None,
        brand="skylark-air",
        lang="en",
        sector="airline",
        channel="twitter",
        seed=1,
        matter=("root",),
        mentions=tuple(event.mention for event in mentions),
    )


@pytest.mark.parametrize("slug", ["whistleblower", "cancelled-orders", "giveaway"])
def test_what_is_said_is_what_a_backtest_says(slug: str) -> None:
    history = tell(slug, "en", 1)
    scored = made_up(history)
    said, seen = follow(scored, POLICY, times(history), set(history.matter))
    assert said == list(replay(scored, POLICY))
    assert said
    assert [at for at, _ in seen] == times(history)


def test_looking_changes_nothing() -> None:
    scored = made_up(tell("terms-change", "fr", 1))
    every = [scored[0].mention.at + 977.0 * step for step in range(60)]
    assert follow(scored, POLICY, every, set())[0] == follow(scored, POLICY, [], set())[0]


def test_a_crisis_that_was_foreseen_is_counted_with_its_lead() -> None:
    history = tell("store-incident", "en", 2)
    verdict = Decision("ours", POLICY).judge(history, made_up(history))
    lead = lead_s(history, verdict)
    assert lead is not None
    assert lead > 0
    assert all(ended == 1 for ended in verdict.ends)
    told = measure([(history, verdict)])
    assert (told.caught, told.crises, told.controls) == (1, 1, 0)


def test_only_alarms_in_time_at_escalate_or_above_count() -> None:
    history = labelled(Scored(mention=mention(), scores=scores()), due_h=2)
    start = START.timestamp()
    late = Verdict(raised=[Raised(start + 7201, 3, "root"), Raised(start, 2, "root")])
    assert lead_s(history, late) is None
    timely = Verdict(raised=[*late.raised, Raised(start + 3600, 3, "root")])
    assert lead_s(history, timely) == 3600
    assert lead_s(history, Verdict(beside=[Raised(start, 4, "other")])) is None


def test_a_control_answers_for_everything_that_was_raised() -> None:
    history = labelled(Scored(mention=mention(), scores=scores()))
    quiet = Verdict(raised=[Raised(0, 1, "root")])
    loud = Verdict(beside=[Raised(0, 3, "other")])
    assert [highest(verdict) for verdict in (Verdict(), quiet, loud)] == [0, 1, 3]
    assert measure([(history, quiet), (history, loud)]).respected == 1


def test_ordinary_alarms_are_counted_per_case_and_thousand_mentions() -> None:
    events = [Scored(mention=mention(f"m{n}", n), scores=scores()) for n in range(50)]
    week = msgspec.structs.replace(labelled(*events), kind="ordinary", permitted=None)
    twice = Verdict(beside=[Raised(1, 1, "a#1"), Raised(2, 3, "a#1"), Raised(3, 2, "b#1")])
    told = measure([(week, twice)])
    assert [told.per_thousand[level] for level in Level] == [40, 40, 20, 0]


def test_brier_and_reliability() -> None:
    looks = [Look(0.95, True), Look(0.95, True), Look(0.91, False), Look(0.1, False)]
    assert brier(looks) == pytest.approx((2 * 0.05**2 + 0.91**2 + 0.1**2) / 4)
    assert reliability(looks) == [
        (1, 0.1, 0.0),
        (3, pytest.approx(0.9367, abs=1e-3), pytest.approx(2 / 3)),
    ]


def test_the_rules_alarm_once_and_when_they_say() -> None:
    events = [
        Scored(mention=mention("root", 0, text="worst shop, thieves"), scores=scores(anger=0.9)),
        Scored(mention=mention("more", 60, text="furious"), scores=scores(anger=0.6)),
        *(
            Scored(
                mention=mention(f"s{n}", 100 + n, by=f"u{n}", kind=Kind.SHARE, text=""),
                scores=scores(),
            )
            for n in range(25)
        ),
    ]
    history, start = labelled(*events), START.timestamp()
    for rule, after in ((AngryWord(), 0), (Anger(), 0), (Shares(), 119)):
        verdict = rule.judge(history, events)
        assert [(raised.at - start, raised.rank) for raised in verdict.raised] == [(after, 3)]
        assert verdict.messages == 1
    assert Volume().judge(history, events).raised[0].at - start == 107


def test_a_steady_stream_is_no_volume() -> None:
    events = [
        Scored(mention=mention(f"m{n}", n * 240.0, thread=f"m{n}"), scores=scores())
        for n in range(15 * 48)
    ]
    raised = Volume().judge(labelled(*events), events).raised
    assert all(alarm.at - START.timestamp() < 2 * 3600 for alarm in raised)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_removed_signal_gives_no_reason(signal: str) -> None:
    deaf = without(POLICY, signal)
    held = {**msgspec.structs.asdict(deaf.weights), **msgspec.structs.asdict(deaf.incident.weights)}
    named = [name for name in SIGNALS[signal] if name in held]
    assert named
    assert all(held[name] == 0 for name in named)
    assert deaf.label != POLICY.label


def test_scores_are_kept_and_read_once(tmp_path: Path) -> None:
    mentions = [mention("a", text="They lost my case and deny it"), mention("b", text="merci !")]
    told: list[str] = []
    first = Scores(tmp_path, None)
    first.read([*mentions, mentions[0]], told.append)
    assert told == ["2 of 2 texts read"]
    again = Scores(tmp_path, None)
    again.read(mentions, told.append)
    assert len(told) == 1
    assert again.scored(mentions) == first.scored(mentions)
    with pytest.raises(KeyError):
        again.scored([mention("c", text="never read")])


def test_scores_of_an_earlier_reading_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    Scores(tmp_path, None).read([mention("a", text="merci")], told.append)
    monkeypatch.setattr(kept, "REVISION", kept.REVISION + 1)
    Scores(tmp_path, None).read([mention("a", text="merci")], told.append)
    assert told == ["1 of 1 texts read"] * 2


def test_scores_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    first = Scores(tmp_path, None)
    first.read([mention("a", text="merci")], lambda _: None)
    (held,) = tmp_path.iterdir()
    held.write_bytes(b"\x01")
    with pytest.raises(UsageError, match="delete it"):
        Scores(tmp_path, None)
