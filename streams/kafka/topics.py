"""The topics of the stream: their names, their settings, and whether the broker has them so."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from streams.config import Settings
from streams.errors import BrokerError, ConfigError
from streams.kafka import clients

if TYPE_CHECKING:
    from kafka import KafkaAdminClient

DAY_MS = 86_400_000
CLEANUP = "cleanup.policy"
MENTION_BYTES = 1024 * 1024
"""Bytes of the largest record in `mentions`; scored, it has room for twice as much."""
TOPIC_EXISTS = 36
"""Kafka's error code TOPIC_ALREADY_EXISTS (https://kafka.apache.org/protocol#protocol_error_codes)."""


class Topics(msgspec.Struct, frozen=True, kw_only=True):
    """The full name of each topic, prefix included."""

    mentions: str
    scored: str
    escalations: str
    pulse: str
    dead_letters: str
    tickets_dead_letters: str
    commands: str
    timeline: str
    cases_state: str
    incidents_state: str
    tickets_state: str
    tickets_commands: str
    sources_state: str

    @property
    def folded(self) -> tuple[str, ...]:
        """Logs that are folded and the changelogs of what is folded from them.

        One worker must get the same partition of all, so their number is the same.
        """
        return (self.scored, self.pulse, self.cases_state, self.incidents_state)

    @property
    def delivered(self) -> tuple[str, ...]:
        """What is delivered to ticket systems, and the changelog of how far that is; as above."""
        return (self.escalations, self.tickets_commands, self.tickets_state)

    @staticmethod
    def of(settings: Settings) -> "Topics":
        """The names that `topic_prefix` gives."""
        prefix = settings.topic_prefix
        tables = application_id(settings, "cases")
        tickets = application_id(settings, "tickets")
        return Topics(
            mentions=prefix + "mentions",
            scored=prefix + "mentions-scored",
            escalations=prefix + "escalations",
            pulse=prefix + "brand-pulse",
            dead_letters=prefix + "mentions-dead-letters",
            tickets_dead_letters=prefix + "tickets-dead-letters",
            commands=prefix + "case-commands",
            timeline=prefix + "case-timeline",
            cases_state=f"{tables}-cases-changelog",
            incidents_state=f"{tables}-incidents-changelog",
            tickets_state=f"{tickets}-tickets-changelog",
            tickets_commands=prefix + "tickets-commands",
            sources_state=f"{application_id(settings, 'sources')}-changelog",
        )


def application_id(settings: Settings, role: str) -> str:
    """Name of a role's consumer group, and what Faust puts before its changelogs."""
    return f"{settings.group_prefix}-{settings.topic_prefix}{role}"


class Specification(msgspec.Struct, frozen=True, kw_only=True):
    """How a topic has to be."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]
    purpose: str


class Status(StrEnum):
    """Does the broker have the topic as specified."""

    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    CREATED = "created"


class TopicState(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as specified, and the number of partitions that the broker has (0: missing)."""

    specification: Specification
    status: Status
    partitions: int
    replicas: int = 0
    """Of the partition that has fewest, whether they keep up or not."""
    cleanup: str = ""
    """The broker's `cleanup.policy`, empty where it does not say."""

    @property
    def note(self) -> str:
        """What to do about it; empty when nothing."""
        wanted = self.specification
        if self.status is Status.MISSING:
            return "create it with `tocsin topics --create`"
        if self.status is not Status.DIFFERS:
            return ""
        if self.partitions != wanted.partitions:
            return (
                f"{self.partitions} partitions where {wanted.partitions} are expected: set "
                f"TOCSIN_PARTITIONS to what the topics have, or recreate the topic"
            )
        if not _compatible(self.cleanup, wanted):
            return (
                f"its {CLEANUP} is {self.cleanup} and has to be {wanted.configs[CLEANUP]}, or what "
                f"is stored in it is lost or grows for ever: alter it with your cluster's tools"
            )
        times = "once" if self.replicas == 1 else f"{self.replicas} times"
        return (
            f"kept {times} where TOCSIN_REPLICATION asks for {wanted.replication}: "
            f"a broker that is lost may take it along; reassign its partitions with your "
            f"cluster's tools, or set TOCSIN_REPLICATION to what the topics have"
        )


def plan(settings: Settings) -> list[Specification]:
    """Every topic as it has to be.

    All but the dead letters have the same number of partitions: a conversation's mentions, scores
    and commands must meet in one worker. Retention is what the docs promise about personal data.
    """
    topics = Topics.of(settings)

    def topic(
        name: str,
        purpose: str,
        days: int,
        max_bytes: int,
        partitions: int | None = None,
        cleanup: str = "delete",
    ) -> Specification:
        configs = {
            CLEANUP: cleanup,
            "retention.ms": str(days * DAY_MS),
            # A segment is only deleted once it is closed; the default closes it after a week.
            "segment.ms": str(DAY_MS),
            "max.message.bytes": str(max_bytes),
        }
        if settings.replication >= 3:
            # One replica may be down, and yet what is acknowledged survives another's loss.
            configs["min.insync.replicas"] = "2"
        return Specification(
            name=name,
            partitions=partitions or settings.partitions,
            replication=settings.replication,
            configs=configs,
            purpose=purpose,
        )

    def state(name: str, purpose: str) -> Specification:
        # Compacted: a key's newest value stays for ever, whatever `retention.ms` says.
        return topic(name, purpose, 7, clients.LARGEST_MESSAGE, cleanup="compact")

    return [
        topic(topics.mentions, "what people publish about a brand", 7, MENTION_BYTES),
        topic(
            topics.scored,
            "mentions with their signals, and the clock's ticks",
            7,
            2 * MENTION_BYTES,
        ),
        topic(topics.escalations, "every change of level of a case", 90, MENTION_BYTES),
        topic(topics.pulse, "per-minute summaries of a brand, for incidents", 2, MENTION_BYTES),
        topic(
            topics.dead_letters,
            "mentions that could not be used, with the reason",
            30,
            clients.LARGEST_MESSAGE,
            partitions=1,
        ),
        topic(
            topics.tickets_dead_letters,
            "escalations that no ticket system took, with the reason",
            30,
            clients.LARGEST_MESSAGE,
            partitions=1,
        ),
        topic(topics.commands, "acknowledge, assign, resolve, snooze a case", 7, MENTION_BYTES),
        topic(topics.timeline, "what happened in open cases, for people", 7, MENTION_BYTES),
        topic(
            topics.tickets_commands,
            "who has a case in hand, by case, for ticket systems",
            2,
            MENTION_BYTES,
        ),
        state(topics.cases_state, "what is known of each case, for recovery"),
        state(topics.incidents_state, "what is known of each brand, for recovery"),
        state(topics.tickets_state, "the tickets of each case, for recovery"),
        state(topics.sources_state, "how far each source is read, for recovery"),
    ]


def describe(settings: Settings) -> list[TopicState]:
    """Each topic as the broker has it. Raises BrokerError."""
    with clients.admin(settings) as client:
        found = {topic["name"]: topic["partitions"] for topic in client.describe_topics()}
        wanted = plan(settings)
        cleanup = _cleanup(client, [topic.name for topic in wanted if topic.name in found])
    return [
        _state(topic, found.get(topic.name, ()), cleanup.get(topic.name, "")) for topic in wanted
    ]


def _cleanup(client: "KafkaAdminClient", names: Sequence[str]) -> dict[str, str]:
    """The `cleanup.policy` of topics, of those whose settings we may see."""
    from kafka.admin import ConfigResource, ConfigResourceType
    from kafka.errors import AuthorizationError, UnsupportedVersionError

    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    try:
        found = client.describe_configs(asked, config_filter="all").get("topic", {})
    except (AuthorizationError, UnsupportedVersionError):
        return {}
    told = {name: configs.get(CLEANUP, {}).get("value") for name, configs in found.items()}
    return {name: value for name, value in told.items() if value}


def create(settings: Settings) -> list[TopicState]:
    """Creates the topics that are missing, leaves the others as they are. Raises BrokerError."""
    before = describe(settings)
    missing = [state.specification for state in before if state.status is Status.MISSING]
    if not missing:
        return before
    with clients.admin(settings) as client:
        answer = client.create_topics(
            {
                topic.name: {
                    "num_partitions": topic.partitions,
                    "replication_factor": topic.replication,
                    "configs": dict(topic.configs),
                }
                for topic in missing
            },
            raise_errors=False,
        )
        # Another process may have been faster: what exists now is what was asked for.
        refused = [t for t in answer["topics"] if t["error_code"] not in (0, TOPIC_EXISTS)]
        if refused:
            reason = refused[0].get("error_message") or f"error {refused[0]['error_code']}"
            raise BrokerError(f"broker does not create topic {refused[0]['name']}: {reason}")
        client.wait_for_topics([topic.name for topic in missing])
    created = {topic.name for topic in missing}
    return [
        msgspec.structs.replace(state, status=Status.CREATED)
        if state.specification.name in created and state.status is Status.OK
        else state
        for state in describe(settings)
    ]


def require(settings: Settings, names: Sequence[str]) -> None:
    """Raises ConfigError unless the broker has these topics (so that none is made by accident)."""
    with clients.admin(settings) as client:
        missing = sorted(set(names) - set(client.list_topics()))
    if missing:
        raise ConfigError(
            f"broker {settings.broker} has no topic {missing[0]}: "
            "run `tocsin topics --create`, or set TOCSIN_TOPIC_PREFIX"
        )


def _state(
    wanted: Specification, partitions: Sequence[Mapping[str, Any]], cleanup: str
) -> TopicState:
    replicas = min((len(one["replica_nodes"]) for one in partitions), default=0)
    good = (
        len(partitions) == wanted.partitions
        and _compatible(cleanup, wanted)
        and replicas >= wanted.replication
    )
    status = Status.OK if good else Status.DIFFERS
    return TopicState(
        specification=wanted,
        status=status if partitions else Status.MISSING,
        partitions=len(partitions),
        replicas=replicas,
        cleanup=cleanup,
    )


def _compatible(cleanup: str, wanted: Specification) -> bool:
    """Whether a topic is cleaned up as it must be, as far as the broker says."""
    return not cleanup or set(cleanup.split(",")) == {wanted.configs[CLEANUP]}
