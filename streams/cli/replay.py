"""`tocsin replay`: sends a file's mentions to Kafka, as fast as can be or at a pace."""

import io
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from scoring.decoding import FUTURE_TOLERANCE, decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from streams.cli.common import counted, note, settings
from streams.cli.progress import Progress
from streams.kafka import clients
from streams.kafka.topics import MENTION_BYTES, Topics, require
from streams.recording import Pace, Recording, Shift, duration

IN_FLIGHT = 10_000
"""Messages that wait in memory for their acknowledgement, at most."""
LARGEST_LINE = MENTION_BYTES - 2048
"""Bytes; the rest is for the record's key and frame."""

FROM_THE_FUTURE = (
    "created_at lies in the future; it is sent, but a worker puts it aside as a dead letter "
    "(told once; --rebase now moves the whole file to the present)"
)


class _Speed(click.ParamType):
    """`max` (0) or a factor such as `60x`."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip().lower()
        if text in ("max", "0.0"):
            return 0.0
        try:
            factor = float(text.removesuffix("x"))
        except ValueError:
            factor = 0.0
        if not 0 < factor < 1e9:
            self.fail(f"{value!r} is no speed: give a factor such as 60x, or max", param, ctx)
        return factor


@click.command("replay")
@click.argument(
    "file",
    required=False,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option(
    "--library",
    is_flag=True,
    help="Instead of FILE: the recorded cases, begun together, shifted as by --rebase now.",
)
@click.option(
    "--speed",
    type=_Speed(),
    default="max",
    metavar="FACTOR|max",
    show_default=True,
    help="60x: an hour of created_at passes in a minute.",
)
@click.option(
    "--rebase",
    type=click.Choice(["now"]),
    help="Shift created_at so that the last mention is sent at its own time.",
)
@click.option(
    "--loop",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    show_default=True,
    help="So many times, each later in event time and with ids of its own.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out what is no valid mention.")
def command(
    file: Path | None,
    library: bool,
    speed: float,
    rebase: str | None,
    loop: int,
    skip_bad: bool,
) -> None:
    """Send the mentions of FILE (JSON Lines; - for standard input) to Kafka, in its order.

    Lines that are no valid mention are reported and sent all the same, for the stream to
    dead-letter, unless --skip-bad is given.
    """
    if library == (file is not None):
        raise click.UsageError(
            "--library replays the recorded cases instead of a FILE: give either, not both"
            if library
            else "give a FILE, or --library for the recorded cases"
        )
    config = settings()
    topic = Topics.of(config).mentions
    require(config, [topic])
    to_now = library or rebase is not None
    recording = Recording.open(file, keep=to_now or loop > 1) if file else _library()
    shift = Shift.over(recording, speed=speed, loops=loop, to_now=to_now)
    pace = Pace(speed)
    sent = bad = future = 0
    started = time.monotonic()
    failures: list[Exception] = []
    with clients.producer(config) as producer, Progress(recording.size * loop) as progress:
        for repetition in range(loop):
            for number, raw in recording.lines():
                progress.advance(len(raw) + 1)
                line, key = raw, None
                try:
                    mention = decode(raw)
                    if shift.changes(repetition):
                        line = shift.apply(raw, mention, repetition)
                        mention = decode(line)
                except BadMentionError as error:
                    bad += 1
                    if repetition == 0:
                        progress.print(f"line {number}: {error}")
                    if skip_bad:
                        continue
                else:
                    key = mention.partition_key.encode()
                    tell = partial(_tell_wait, progress, number, mention)
                    pace.wait(mention.at, flush=producer.flush, tell=tell)
                    if mention.created_at > datetime.now(UTC) + FUTURE_TOLERANCE:
                        future += 1
                        if future == 1:
                            progress.print(f"line {number}: {FROM_THE_FUTURE}")
                if len(line) > LARGEST_LINE:
                    progress.print(f"line {number}: too large for the topic, left out")
                    continue
                producer.send(topic, value=line, key=key).add_errback(failures.append)
                sent += 1
                if sent % IN_FLIGHT == 0:
                    producer.flush()
                if failures:
                    raise failures[0]
        producer.flush()
        if failures:
            raise failures[0]
    took = time.monotonic() - started
    rest = f"; {counted(bad, 'bad line')} {'left out' if skip_bad else 'sent too'}" if bad else ""
    rest += f"; {counted(future, 'mention')} from the future" if future else ""
    note(
        f"sent {counted(sent, 'message')} to {topic} in {took:.1f} s "
        f"({sent / max(took, 1e-3):,.0f}/s){rest}"
    )


def _tell_wait(progress: Progress, number: int, mention: Mention, wait_s: float) -> None:
    progress.print(
        f"line {number}: waiting {duration(wait_s)}, as its created_at "
        f"({mention.created_at:%Y-%m-%d %H:%M:%S}) asks at this speed; Ctrl-C ends it"
    )


def _library() -> Recording:
    from streams.demo import script

    merged = b"\n".join(line.value for line in script.from_library(begun=True).lines)
    return Recording(io.BytesIO(merged), len(merged))
