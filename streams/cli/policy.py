"""`tocsin policy`: the policy in words, is it valid, and what a changed one would have changed."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from scoring import policy as policies
from scoring.escalation import Escalation
from scoring.history import History
from scoring.levels import Level
from scoring.mention import SLUG
from scoring.policy import Policy
from scoring.policy_changes import changes
from scoring.policy_words import words
from streams.cli.common import counted, no_cascade, note, settings, write_json
from streams.cli.group import Group
from streams.cli.progress import Progress
from streams.cli.summary import Summary
from streams.errors import CheckFailed, ConfigError, UsageError
from streams.lines import Lines, batched
from streams.sinks import reach
from streams.sinks import settings as sinks
from streams.sinks.doubts import doubts
from streams.sinks.kinds import kind
from streams.sinks.settings import Sink, Tickets

BATCH = 256
STAMP = "%Y-%m-%d %H:%M"
SHIPPED = "default"
Cases = dict[str, Summary]

policy_file = click.argument("policy", type=click.Path(path_type=Path), required=False)


@click.group(cls=Group)
def command() -> None:
    """Read, check and compare policies.

    A POLICY is a file (TOML); the word `default` is the one that ships.
    """


@command.command("explain")
@policy_file
@click.option("--brand", help="As it is for this brand.")
def explain(policy: Path | None, brand: str | None) -> None:
    """Say in words what POLICY does (else TOCSIN_POLICY, else the one that ships)."""
    chosen = _load(policy) if policy else policies.load(settings().policy)
    if brand and brand not in chosen.brands:
        note(_of_no_brand(chosen, brand))
    for line in words(chosen.for_brand(brand) if brand else chosen):
        click.echo(line)


@command.command("check")
@policy_file
@click.option(
    "--secrets",
    is_flag=True,
    help="End with 1 where a secret is not there, or a sink cannot be made with it.",
)
def check(policy: Path | None, secrets: bool) -> None:
    """Say whether POLICY is valid, and under which digest escalations will name it.

    Sinks and routes are checked too, and have no part in the digest. On standard error is said
    what is allowed and hardly meant, such as a route that never matches; and which variable or
    file of a sink is not there, or not fit for it: where a policy is checked, its secrets need not
    be.
    """
    file = policy if policy else settings().policy
    chosen = _load(policy) if policy else policies.load(file)
    brands = f", {counted(len(chosen.brands), 'brand')} of its own" if chosen.brands else ""
    tickets = _tickets(file)
    click.echo(
        f"{chosen.label} is valid{brands}"
        + (f", {counted(len(tickets.sinks), 'sink')}" if tickets.sinks else "")
        + (f", {counted(len(tickets.routes), 'route')}" if tickets.routes else "")
    )
    for line in doubts(tickets, chosen):
        note(f"warning: {line}")
    unfit = [line for sink in tickets.sinks.values() for line in _unfit(sink)]
    for line in unfit:
        note(f"warning: {line}")
    if unfit and secrets:
        are = "is" if len(unfit) == 1 else "are"
        raise CheckFailed(f"{counted(len(unfit), 'secret')} {are} not there or not fit: see above")


def _unfit(sink: Sink) -> list[str]:
    """Why the sink cannot be made with what is here, a line for each reason."""
    if absent := kind(sink.type).absent(sink.options):
        return [f"sinks.{sink.name}: {what}" for what in absent]
    try:
        reach.built(sink)
    except ConfigError as error:
        return [str(error)]
    return []


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON line per case that differs.")
@no_cascade
def diff(old: Path, new: Path, file: Path, as_json: bool, no_cascade: bool) -> None:
    """Show what policy NEW instead of OLD would have changed on the mentions of FILE.

    FILE is JSON Lines, as for `backtest`; each mention is scored once and decided upon twice.
    """
    before, after = _load(old), _load(new)
    chosen = settings()
    with Progress(0) as progress:
        lines = Lines(
            file, text=False, complain=lambda n, reason: progress.print(f"line {n}: {reason}")
        )
        from streams.scorer.reader import Reader

        reader = Reader(chosen.model, cascade=chosen.cascade and not no_cascade)
        progress.total(lines.size)
        histories = History(before), History(after)
        cases: tuple[Cases, Cases] = {}, {}
        for batch in batched(lines, BATCH):
            for scored in reader.read(batch):
                for history, found in zip(histories, cases, strict=True):
                    _add(found, history.add(scored))
            progress.reach(lines.read)
        for history, found in zip(histories, cases, strict=True):
            _add(found, history.finish())
    if as_json:
        for row in _rows(*cases):
            write_json(row)
    else:
        for line in (*_keys(before, after), "", *_counts(*cases), "", *_told(*cases)):
            click.echo(line)
    if lines.bad:
        note(counted(lines.bad, "bad line"))


def _load(path: Path) -> Policy:
    shipped = str(path) == SHIPPED and not path.exists()
    return policies.default() if shipped else policies.load(path)


def _of_no_brand(policy: Policy, brand: str) -> str:
    """What there is to know of a brand that the policy does not name. Raises UsageError."""
    if not re.match(SLUG, brand):
        raise UsageError(f"--brand {brand!r}: a brand is a slug such as acme-air")
    near = difflib.get_close_matches(brand, policy.brands, n=1)
    some = f"has some for {', '.join(sorted(policy.brands))}" if policy.brands else "has none"
    hint = f"did you mean {near[0]}? " if near else ""
    return f"no overrides for {brand}: {hint}{policy.name} {some}; what holds for every brand:"


def _tickets(path: Path | None) -> Tickets:
    if path is not None and not path.exists():
        return Tickets()  # the word `default`
    return sinks.load(path)


def _add(cases: Cases, said: Iterator[Escalation]) -> None:
    for escalation in said:
        cases.setdefault(escalation.case_id, Summary()).add(escalation)


def _keys(old: Policy, new: Policy) -> Iterator[str]:
    yield f"{old.label} -> {new.label}"
    for change in changes(old, new):
        yield f"  {change.key}: {_value(change.old)} -> {_value(change.new)}"


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)


def _counts(old: Cases, new: Cases) -> Iterator[str]:
    yield f"{'':<24}{'old':>8}{'new':>8}"
    yield f"{'cases':<24}{len(old):>8,}{len(new):>8,}"
    peaks = [Counter(summary.peak for summary in cases.values()) for cases in (old, new)]
    for level in Level:
        yield f"  {'highest: ' + level:<22}{peaks[0][level]:>8,}{peaks[1][level]:>8,}"
    sums = [sum(summary.total for summary in cases.values()) for cases in (old, new)]
    yield f"{'messages':<24}{sums[0]:>8,}{sums[1]:>8,}"


def _told(old: Cases, new: Cases) -> Iterator[str]:
    rows = list(_rows(old, new))
    if not rows:
        yield "no case would have gone differently"
    for row in rows:
        yield f"{row['case_id']}: {'; '.join(row['changes'])}"


def _rows(old: Cases, new: Cases) -> Iterator[dict[str, Any]]:
    """Each case that went differently, worst change first."""
    found = []
    for case_id in {**old, **new}:
        before, after = old.get(case_id), new.get(case_id)
        said = list(_differences(before, after))
        if said:
            moved = _rank(after) - _rank(before)
            found.append((-abs(moved), case_id, said, before, after))
    for _, case_id, said, before, after in sorted(found, key=lambda row: row[:2]):
        yield {
            "case_id": case_id,
            "changes": said,
            "old": before.row() if before else None,
            "new": after.row() if after else None,
        }


def _rank(summary: Summary | None) -> int:
    return summary.peak.rank if summary else 0


def _differences(before: Summary | None, after: Summary | None) -> Iterator[str]:
    if before is None or after is None:
        there = before or after
        assert there is not None
        yield ("opened" if after else "not opened any more") + f" ({_reached(there)})"
        return
    if before.peak is not after.peak:
        yield f"{before.peak} -> {after.peak}"
    for level in Level:
        was, now = before.reached.get(level), after.reached.get(level)
        if was and now and was != now:
            yield f"{level} {'later' if now > was else 'earlier'}: {now:{STAMP}} for {was:{STAMP}}"
        elif now and not was:
            yield f"{level} reached {now:{STAMP}}"
        elif was and not now:
            yield f"{level} not reached (was {was:{STAMP}})"
    if before.total != after.total:
        yield f"{before.total} -> {counted(after.total, 'message')}"


def _reached(summary: Summary) -> str:
    return f"{summary.peak} {summary.reached[summary.peak]:{STAMP}}"
