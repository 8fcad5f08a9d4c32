"""`tocsin topics`: shows or creates the topics of the stream."""

import click
import msgspec

from streams.cli.common import counted, note, settings, write_json
from streams.errors import CheckFailed
from streams.kafka import topics
from streams.kafka.topics import Status, TopicState


@click.command("topics")
@click.option("--create", is_flag=True, help="Create those that are missing.")
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Instead of TOCSIN_PARTITIONS.",
)
@click.option(
    "--replication", type=click.IntRange(1, 100), metavar="N", help="Instead of TOCSIN_REPLICATION."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line per topic.")
def command(create: bool, partitions: int | None, replication: int | None, as_json: bool) -> None:
    """Show the topics and whether they are as they should be, or create them.

    Topics that exist are never changed: --create ends with 1 when one is not as it should be. To
    look without creating, and to end with 1 where something is amiss, there is `tocsin doctor`.
    """
    given = {"partitions": partitions, "replication": replication}
    wanted = msgspec.structs.replace(
        settings(), **{name: value for name, value in given.items() if value is not None}
    )
    states = topics.create(wanted) if create else topics.describe(wanted)
    width = max(len(state.specification.name) for state in states)
    for state in states:
        if as_json:
            write_json(_row(state))
        else:
            click.echo(_line(state, width))
    differing = [state for state in states if state.status is Status.DIFFERS]
    for told in dict.fromkeys(state.note for state in differing):
        names = [state.specification.name for state in differing if state.note == told]
        note(f"topic{'' if len(names) == 1 else 's'} {', '.join(names)}: {told}")
    if any(state.status is Status.MISSING for state in states):
        note("some topics are missing: create them with `tocsin topics --create`")
    if create and differing:
        raise CheckFailed(
            f"{counted(len(differing), 'topic')} of {len(states)} not created as asked for: "
            "they exist and are not as they should be, and what exists is never changed"
        )


def _line(state: TopicState, width: int) -> str:
    specification = state.specification
    count = state.partitions or specification.partitions
    days = f"{int(specification.configs['retention.ms']) // topics.DAY_MS} days"
    kept = "compacted" if specification.configs[topics.CLEANUP] == "compact" else days
    return (
        f"{specification.name:<{width}}  {state.status:<8}"
        f"{count:>6} partition{' ' if count == 1 else 's'}"
        f"{kept:>11}  {specification.purpose}"
    )


def _row(state: TopicState) -> dict[str, object]:
    specification = state.specification
    return {
        "name": specification.name,
        "status": state.status,
        "partitions": state.partitions,
        "expected_partitions": specification.partitions,
        "replication": state.replicas,
        "expected_replication": specification.replication,
        "configs": specification.configs,
        "purpose": specification.purpose,
    }
