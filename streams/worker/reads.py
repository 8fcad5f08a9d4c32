"""Which topics each role reads, and how many partitions the broker has of them."""

from streams.config import Settings
from streams.errors import ConfigError
from streams.kafka import topics as kafka_topics
from streams.kafka.topics import Topics
from streams.worker.application import Role

READ_BY = {
    Role.SCORE: ("mentions",),
    Role.CASES: ("scored", "pulse", "commands"),
    Role.TICKETS: ("escalations", "commands", "tickets_commands"),
}
"""Topics that each role reads, as fields of Topics."""
MEASURED_BY = READ_BY | {Role.TICKETS: ("escalations", "tickets_commands")}
"""Those whose offsets and stages it tells: commands are done when the role `cases` is done."""


def partitions(settings: Settings) -> dict[str, int]:
    """Number of partitions of each topic as the broker has it. Raises BrokerError, ConfigError."""
    states = kafka_topics.describe(settings)
    for state in states:
        if not state.partitions:
            name = state.specification.name
            raise ConfigError(f"topic {name} is missing; run `tocsin topics --create`")
    counts = {state.specification.name: state.partitions for state in states}
    names = Topics.of(settings)
    for together in (names.folded, names.delivered):
        for name in together:
            if counts[name] != counts[together[0]]:
                raise ConfigError(
                    f"topic {name} has {counts[name]} partitions and {together[0]} has "
                    f"{counts[together[0]]}: recreate one of them with the other's number"
                )
    return counts
