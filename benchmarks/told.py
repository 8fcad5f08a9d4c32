"""Crises told apart from the made-up histories, their generator and the fit.

A language model wrote each stream in `benchmarks/data/told`, text by text, from what crises are
like and from the public formats, without sight of code, weights, policy or histories, and set with
it when it is too late: a minute before the first media item or before the steepest hour begins.
Nothing is fitted on them; there are no controls yet, so nothing here tells of false alarms. The
program is driven as a user would, by `tocsin backtest`.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from scoring.escalation import Status
from scoring.levels import Level

TOLD = Path(__file__).parent / "data" / "told"
_HOUR = 3600.0
_NOBODY = "none"
_HEAD = """\
| story | language | told | hours before it was too late | its writer's | notifications |
|---|---|---|---|---|---|"""


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a stream: `deadline` and `when_known` are for crises alone.

    `when_known` is when its writer would have told the brand's owner; `permitted` is the highest
    level that a control may reach, a name of `Level` or "none".
    """

    name: str
    lang: str
    crisis: bool
    deadline: datetime | None
    when_known: datetime | None
    permitted: str
    what: str

    @property
    def path(self) -> Path:
        """The mentions, JSON Lines."""
        return TOLD / f"{self.name}.jsonl"


class Verdict(msgspec.Struct, frozen=True):
    """How one story went: `lead_h` are hours before the deadline, None below `escalate`.

    `notifications` are all messages, as `benchmarks decision` counts them: the end of a case, too.
    """

    story: Story
    highest: str
    lead_h: float | None
    notifications: int
    resolved_once: bool

    @property
    def good(self) -> bool:
        """A crisis was told in time; a control stayed within its permitted level."""
        if self.story.crisis:
            return self.lead_h is not None and self.lead_h >= 0
        return _rank(self.highest) <= _rank(self.story.permitted)


def stories() -> list[Story]:
    """All that are told, by name."""
    return msgspec.json.decode((TOLD / "index.json").read_bytes(), type=list[Story])


def judged(story: Story, said: Sequence[Mapping[str, Any]]) -> Verdict:
    """The verdict on a story of which these escalations were sent, in order."""
    loud = [message for message in said if message["status"] != Status.RESOLVED.value]
    highest = max((message["level"] for message in loud), key=_rank, default=_NOBODY)
    paged = [m for m in loud if _rank(m["level"]) >= _rank(Level.ESCALATE.value)]
    lead = None
    if paged and story.deadline:
        first = min(datetime.fromisoformat(message["at"]) for message in paged)
        lead = (story.deadline - first).total_seconds() / _HOUR
    opened = sorted((m["case_id"], m["episode"]) for m in said if m["status"] == Status.OPEN.value)
    closed = [(m["case_id"], m["episode"]) for m in said if m["status"] == Status.RESOLVED.value]
    return Verdict(story, highest, lead, len(said), opened == sorted(closed))


def _rank(level: str) -> int:
    return 0 if level == _NOBODY else Level(level).rank


def told(story: Story, options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What `tocsin backtest` says of a story; RuntimeError with its words where it does not end."""
    line = [sys.executable, "-m", "streams", "backtest", str(story.path), "--strict", *options]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{story.name}: {run.stderr.strip()}")
    return [json.loads(row) for row in run.stdout.splitlines()]


def main(arguments: Sequence[str] = ()) -> None:
    """Prints a line for each story, and what they amount to; the model is that of TOCSIN_MODEL."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks told")
    parser.add_argument("--policy", help="policy file; else as `backtest`")
    given = parser.parse_args(arguments)
    options = [f"--policy={given.policy}"] if given.policy else []
    verdicts: list[Verdict] = []
    for story in stories():
        try:
            said = told(story, options)
        except RuntimeError as error:
            parser.exit(2, f"{error}\n")
        verdict = judged(story, said)
        if not verdicts:
            print(_HEAD)
        verdicts.append(verdict)
        print(_row(verdict), flush=True)
    print()
    print(summary(verdicts))


def _row(verdict: Verdict) -> str:
    story, lead = verdict.story, verdict.lead_h
    own = None
    if story.deadline and story.when_known:
        own = (story.deadline - story.when_known).total_seconds() / _HOUR
    hours = ["–" if value is None else f"{value:.1f}" for value in (lead, own)]
    cells = (story.name, story.lang, verdict.highest, *hours, str(verdict.notifications))
    return f"| {' | '.join(cells)} |"


def summary(verdicts: Sequence[Verdict]) -> str:
    """One line: crises in time, the median lead of those, controls, notifications."""
    crises = [verdict for verdict in verdicts if verdict.story.crisis]
    controls = [verdict for verdict in verdicts if not verdict.story.crisis]
    leads = [verdict.lead_h for verdict in crises if verdict.good and verdict.lead_h is not None]
    few = sum(verdict.notifications <= 8 for verdict in crises)
    parts = [f"{len(leads)} of {len(crises)} crises in time"]
    if leads:
        parts.append(f"median lead {statistics.median(leads):.1f} h")
    if controls:
        kept = sum(verdict.good for verdict in controls)
        parts.append(f"{kept} of {len(controls)} controls within their level")
    parts.append(f"at most 8 notifications for {few} of {len(crises)}")
    once = sum(verdict.resolved_once for verdict in verdicts)
    parts.append(f"every case resolved once in {once} of {len(verdicts)}")
    return "; ".join(parts)
