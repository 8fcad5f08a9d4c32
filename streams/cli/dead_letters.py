"""`tocsin dead-letters`: reads, explains and sends again what could not be used."""

import difflib
import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from scoring.decoding import REASONS
from streams.cli import letter_text
from streams.cli.common import counted, note, settings, write_json
from streams.cli.group import Group
from streams.config import Settings
from streams.errors import ConfigError, UsageError
from streams.kafka import clients, dead_letters
from streams.kafka.dead_letters import DeadLetter, Replays
from streams.kafka.topics import Topics, require
from streams.sinks import reasons

KNOWN = {
    "mentions": (
        *REASONS,
        "poison",
        "not_scored",
        "not_folded",
        "bad_command",
        dead_letters.UNKNOWN,
    ),
    "tickets": (*reasons.REASONS, dead_letters.UNKNOWN),
}
"""Every reason that there may be, by whose dead letters they are."""

of = click.option(
    "--of",
    type=click.Choice(["mentions", "tickets"]),
    default="mentions",
    show_default=True,
    help="Whose dead letters.",
)


@click.group("dead-letters", cls=Group)
def command() -> None:
    """Read, explain and send again what could not be used.

    A dead letter keeps the bytes of the message, the reason, and where it stood. Its ID is
    `partition:offset`.
    """


@command.command("list")
@of
@click.option("--reason", help="Only those with this reason, such as refused.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest so many.")
@click.option("--left", is_flag=True, help="Only those that were not sent again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def list_(of: str, reason: str | None, limit: int | None, left: bool, as_json: bool) -> None:
    """List the dead letters, oldest first; those that were sent again say when."""
    replays: Replays = {}
    found = _of_reason(settings(), of, reason, replays)
    # Whether one was sent again stands behind it: all are to be read before any is left out.
    kept = deque((one for one in list(found) if one.id not in replays) if left else found, limit)
    newest = sorted(kept, key=lambda letter: (letter.time, letter.offset))
    for letter in newest:
        if as_json:
            write_json(letter_text.row(letter, replays))
        else:
            click.echo(letter_text.line(letter, replays))
    if not newest and not as_json:
        note("no dead letters left" if left else "no dead letters")


@command.command("show")
@of
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As one JSON line.")
def show(of: str, id_: str, as_json: bool) -> None:
    """Explain one dead letter and show its message."""
    config = settings()
    replays: Replays = {}
    letter = _find(config, of, [id_], replays)[0]
    if as_json:
        write_json(
            letter_text.row(letter, replays)
            | {"value": letter.value.decode("utf-8", "backslashreplace")}
        )
        return
    for line in letter_text.whole(letter, replays):
        click.echo(line)


@command.command("replay")
@of
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were not sent again yet.")
@click.option("--reason", help="All with this reason, such as refused, not sent again yet.")
@click.option(
    "--once-more", is_flag=True, help="With --all or --reason: those too that were sent again."
)
@click.option(
    "--yes", is_flag=True, help="Do not ask; --all and --reason ask how many are to be sent."
)
def replay(
    of: str, ids: tuple[str, ...], every: bool, reason: str | None, once_more: bool, yes: bool
) -> None:
    """Send dead letters again: the same bytes and key, to the topic they came from.

    They stay in the dead-letter topic until it forgets them, and say there that they were sent
    again. Sending one twice does no harm, but one that is still bad comes back as a new dead
    letter, with the ID that it had: mend the cause first. Those that are not named by ID are
    counted, and sent when you say yes.
    """
    if bool(ids) == bool(every or reason):
        raise UsageError("name the dead letters to send again by ID, or give --all or --reason")
    config = settings()
    replays: Replays = {}
    before = 0
    if ids:
        letters = _find(config, of, list(ids), replays)
    else:
        found = list(_of_reason(config, of, reason, replays))
        letters = [one for one in found if once_more or one.id not in replays]
        before = len(found) - len(letters)
    left_out = f"{before} sent again before: left out, see --once-more"
    if not letters:
        why = f" to send; {left_out}" if before else ""
        note(f"no dead letters{f' with reason {reason}' if reason else ''}{why}")
        return
    if not ids and not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"{counted(len(letters), 'dead letter')} would be sent again; "
                "add --yes where nobody can be asked"
            )
        question = f"Send {counted(len(letters), 'dead letter')} again?"
        if not click.confirm(question, err=True):
            note("nothing was sent")
            return
    if before:
        note(left_out)
    skipped = _send(config, _topic(config, of), letters, strict=bool(ids))
    option = "" if of == "mentions" else f" --of {of}"
    note(
        f"sent {counted(len(letters) - skipped, 'dead letter')} again; what fails again is a new "
        f"one: `tocsin dead-letters list --left{option}`"
    )


def _of_reason(
    config: Settings, of: str, reason: str | None, replays: Replays
) -> Iterator[DeadLetter]:
    """The dead letters with a reason. Raises UsageError when nobody ever gives it."""
    seen = set()
    for letter in dead_letters.read(config, _topic(config, of), replays):
        seen.add(letter.reason)
        if reason in (None, letter.reason):
            yield letter
    known = {*KNOWN[of], *seen}
    if reason is not None and reason not in known:
        near = difflib.get_close_matches(reason, known, n=1)
        meant = f"did you mean {letter_text.printable(near[0], keep='')}? " if near else ""
        raise UsageError(
            f"--reason {reason!r} is none of {of}: {meant}there are "
            + letter_text.printable(", ".join(sorted(known)), keep="")
        )


def _send(config: Settings, topic: str, letters: list[DeadLetter], *, strict: bool) -> int:
    """Sends what has an origin among our own topics, and marks it; the number of others."""
    topics = Topics.of(config)
    ours = {
        topics.mentions,
        topics.scored,
        topics.pulse,
        topics.escalations,
        topics.commands,
    }
    strange = [letter for letter in letters if letter.origin_topic not in ours]
    for letter in strange:
        reason = f"dead letter {letter.id} names no topic of ours ({letter.origin_topic!r})"
        if strict:
            raise ConfigError(f"{reason}: it cannot be sent again")
        note(f"{reason}: left out")
    good = [letter for letter in letters if letter.origin_topic in ours]
    if good:
        require(config, [letter.origin_topic for letter in good])
        with clients.producer(config) as producer:
            sent = [
                producer.send(
                    letter.origin_topic,
                    value=letter.value,
                    key=letter.key,
                    headers=dead_letters.replayed(letter),
                )
                for letter in good
            ]
            for future in sent:
                future.get(60)
            # Not before: a mark says that the broker has it. Without one it is sent once more.
            now = datetime.now(UTC)
            marks = [
                producer.send(
                    topic,
                    value=b"",
                    key=letter.key,
                    partition=letter.partition,
                    headers=dead_letters.mark(letter, now),
                )
                for letter in good
            ]
            for future in marks:
                future.get(60)
    return len(strange)


def _find(config: Settings, of: str, ids: list[str], replays: Replays) -> list[DeadLetter]:
    for id_ in ids:
        partition, _, offset = id_.partition(":")
        if not (_is_number(partition) and _is_number(offset)):
            raise UsageError(f"{id_!r} is no ID of a dead letter: give partition:offset, as 0:17")
    wanted = dict.fromkeys(":".join(str(int(part)) for part in id_.split(":")) for id_ in ids)
    found = {
        letter.id: letter
        for letter in dead_letters.read(config, _topic(config, of), replays)
        if letter.id in wanted
    }
    if missing := [id_ for id_ in wanted if id_ not in found]:
        raise UsageError(
            f"there is no dead letter {missing[0]}: `tocsin dead-letters list` shows what there is"
        )
    return [found[id_] for id_ in wanted]


def _topic(config: Settings, of: str) -> str:
    topics = Topics.of(config)
    topic = topics.dead_letters if of == "mentions" else topics.tickets_dead_letters
    require(config, [topic])
    return topic


def _is_number(text: str) -> bool:
    """Of as many digits as an offset may have."""
    return text.isdecimal() and len(text) <= 19
