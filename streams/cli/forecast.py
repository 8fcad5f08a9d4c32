"""`tocsin forecast`: how far each conversation of a file was going, from what was known when."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from scoring.course import Course, Outlook
from scoring.mention import Mention
from streams.cli.common import counted, note, write_json
from streams.cli.progress import Progress
from streams.errors import CheckFailed
from streams.lines import Lines

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)
_LONGEST = 3_650 * 86_400.0


class _Ages(click.ParamType):
    """Ages such as `10m,1h,6h`, in seconds, rising."""

    name = "ages"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        ages = set()
        for part in str(value).lower().split(","):
            found = _AGE.fullmatch(part.strip())
            seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
            if not 0 < seconds <= _LONGEST:
                self.fail(f"{part.strip()!r} is no age: give 30s, 10m, 6h or 2d", param, ctx)
            ages.add(seconds)
        return tuple(sorted(ages))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--at",
    "ages",
    type=_Ages(),
    default="10m,1h,6h",
    metavar="AGES",
    show_default=True,
    help="How long after a conversation's first mention, each as 30s, 10m, 6h or 2d.",
)
@click.option("--strict", is_flag=True, help="Exit 1 when a line was bad.")
@click.version_option(package_name="tocsin")
def command(file: Path, ages: tuple[float, ...], strict: bool) -> None:
    """Forecast the shares of each conversation of FILE (JSON Lines; `-` is standard input).

    \b
      tocsin forecast mine.jsonl --at 10m,1h,6h

    One JSON line per conversation and age, from what had been published by then. Texts are not
    read, so no model is loaded. Bad lines are told on standard error as `line N: reason`.
    """
    with Progress(0) as progress:
        lines = Lines(
            file, text=False, complain=lambda n, reason: progress.print(f"line {n}: {reason}")
        )
        progress.total(lines.size)
        conversations = _gathered(_watched(lines, progress))
    for course in conversations:
        for seen in course.outlooks(ages):
            write_json(_row(course, seen))
    if not conversations and not lines.bad:
        note("no mentions to forecast from")
    if lines.bad:
        note(f"{counted(len(conversations), 'conversation')}, {counted(lines.bad, 'bad line')}")
        if strict:
            raise CheckFailed(f"{counted(lines.bad, 'bad line')} and --strict was asked for")


def _watched(lines: Lines, progress: Progress) -> Iterator[Mention]:
    for mention in lines:
        yield mention
        progress.reach(lines.read)


def _gathered(mentions: Iterable[Mention]) -> list[Course]:
    """The conversations, in the order in which they are met."""
    found: dict[str, Course] = {}
    for mention in mentions:
        found.setdefault(mention.case_id, Course(mention.root_id)).add(mention)
    return list(found.values())


def _row(course: Course, seen: Outlook) -> dict[str, object]:
    age = seen.age_s
    return {
        "conversation_id": course.root_id,
        "age_s": int(age) if age.is_integer() else age,
        "shares": seen.shares,
        "forecast_shares": seen.forecast.shares,
        "forecast_low": seen.forecast.low,
        "forecast_high": seen.forecast.high,
        "reproduction": seen.forecast.reproduction,
    }
