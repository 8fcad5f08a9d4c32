"""The stories told apart from the fit: the streams are sound, and verdicts count what was said."""

import json
from datetime import datetime

import msgspec
import pytest

from benchmarks import told
from scoring.mention import Mention

STORIES = {story.name: story for story in told.stories()}
CRISIS = msgspec.structs.replace(
    next(iter(STORIES.values())), deadline=datetime.fromisoformat("2026-03-01T12:00:00Z")
)
CONTROL = msgspec.structs.replace(CRISIS, crisis=False, deadline=None, permitted="watch")


def said(at: str, level: str, status: str = "open", case: str = "b:1") -> dict[str, object]:
    return {
        "at": f"2026-03-01T{at}:00Z",
        "level": level,
        "status": status,
        "case_id": case,
        "episode": 1,
    }


def test_every_stream_is_listed() -> None:
    assert {path.stem for path in told.TOLD.glob("*.jsonl")} == set(STORIES)


@pytest.mark.parametrize("name", sorted(STORIES))
def test_streams_are_valid_and_reach_past_their_deadline(name: str) -> None:
    story = STORIES[name]
    rows = [json.loads(line) for line in story.path.read_text("utf-8").splitlines()]
    ids = [row["id"] for row in rows]
    times = [datetime.fromisoformat(row["created_at"]) for row in rows]
    for row in rows:
        msgspec.convert(row, Mention)
    assert len(set(ids)) == len(ids)
    assert {row["parent_id"] for row in rows if row.get("parent_id")} <= set(ids)
    assert times == sorted(times)
    if story.crisis:
        assert story.deadline is not None
        assert times[0] < story.deadline < times[-1]


@pytest.mark.parametrize(
    ("messages", "lead", "good"),
    [
        ([said("09:00", "respond"), said("10:30", "escalate", "update")], 1.5, True),
        ([said("12:30", "crisis")], -0.5, False),
        ([said("09:00", "respond")], None, False),
        ([], None, False),
    ],
)
def test_a_crisis_is_caught_at_escalate_before_its_deadline(messages, lead, good) -> None:
    verdict = told.judged(CRISIS, messages)
    assert (verdict.lead_h, verdict.good) == (lead, good)


@pytest.mark.parametrize(("level", "good"), [("watch", True), ("respond", False)])
def test_a_control_stays_within_its_level(level: str, good: bool) -> None:
    verdict = told.judged(CONTROL, [said("09:00", level), said("11:00", level, "resolved")])
    assert verdict.good is good
    assert verdict.resolved_once


def test_the_end_of_a_case_is_a_notification_too() -> None:
    messages = [said("09:00", "watch"), said("11:00", "watch", "resolved")]
    assert told.judged(CRISIS, messages).notifications == len(messages)


def test_a_case_that_never_ends_or_ends_twice_is_seen() -> None:
    ends = said("11:00", "watch", "resolved")
    assert not told.judged(CONTROL, [said("09:00", "watch")]).resolved_once
    assert not told.judged(CONTROL, [said("09:00", "watch"), ends, ends]).resolved_once


def test_the_summary_counts() -> None:
    early = told.judged(CRISIS, [said("10:00", "escalate"), said("11:00", "escalate", "resolved")])
    never = told.judged(CRISIS, [])
    calm = told.judged(CONTROL, [])
    assert told.summary([early, never, calm]) == (
        "1 of 2 crises in time; median lead 2.0 h; 1 of 1 controls within their level; "
        "at most 8 notifications for 2 of 2; every case resolved once in 3 of 3"
    )


def test_a_story_is_told_by_the_command_line() -> None:
    story = STORIES["allergen_snackbar"]
    messages = told.told(story)
    assert messages
    assert {message["brand"] for message in messages} == {
        json.loads(story.path.read_text("utf-8").splitlines()[0])["brand"]
    }
    with pytest.raises(RuntimeError, match="policy"):
        told.told(story, ["--policy=missing.toml"])


def test_a_policy_that_is_none_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        told.main(["--policy=missing.toml"])
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "missing.toml" in err
    assert err.count("\n") == 1
