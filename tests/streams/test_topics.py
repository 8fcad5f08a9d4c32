"""Topics: named with the prefix, created once, and never touched again."""

import msgspec
import pytest

from streams.config import Settings
from streams.errors import BrokerError, ConfigError
from streams.kafka import clients, topics
from streams.kafka.topics import Status, Topics


def statuses(states: list[topics.TopicState]) -> set[Status]:
    return {state.status for state in states}


def test_names_carry_the_prefix() -> None:
    names = Topics.of(Settings(topic_prefix="eu."))
    assert names.mentions == "eu.mentions"
    assert names.scored == "eu.mentions-scored"
    assert names.dead_letters == "eu.mentions-dead-letters"
    assert {spec.name for spec in topics.plan(Settings(topic_prefix="eu."))} == set(
        msgspec.structs.astuple(names)
    )


def test_dead_letters_hold_any_message_and_commands_meet_their_mentions() -> None:
    settings = Settings(partitions=6)
    names = Topics.of(settings)
    plan = {spec.name: spec for spec in topics.plan(settings)}
    assert plan[names.dead_letters].configs["max.message.bytes"] == str(16 * 1024 * 1024)
    assert plan[names.mentions].partitions == 6
    assert plan[names.commands].partitions == plan[names.scored].partitions
    assert all(int(spec.configs["retention.ms"]) > 0 for spec in plan.values())


def test_three_replicas_must_not_acknowledge_alone() -> None:
    assert "min.insync.replicas" not in topics.plan(Settings())[0].configs
    assert topics.plan(Settings(replication=3))[0].configs["min.insync.replicas"] == "2"


def test_created_once(settings: Settings) -> None:
    assert statuses(topics.describe(settings)) == {Status.MISSING}
    assert statuses(topics.create(settings)) == {Status.CREATED}
    assert statuses(topics.create(settings)) == {Status.OK}
    found = {state.specification.name: state.partitions for state in topics.describe(settings)}
    assert found[Topics.of(settings).mentions] == settings.partitions
    assert found[Topics.of(settings).dead_letters] == 1


def test_another_number_of_partitions_is_reported_and_left(settings: Settings) -> None:
    topics.create(settings)
    wider = msgspec.structs.replace(settings, partitions=9)
    states = {state.specification.name: state for state in topics.create(wider)}
    mentions = states[Topics.of(settings).mentions]
    assert mentions.status is Status.DIFFERS
    assert mentions.partitions == settings.partitions
    assert "4 partitions where 9 are expected" in mentions.note
    assert states[Topics.of(settings).dead_letters].status is Status.OK


def test_topics_kept_fewer_times_than_asked_are_reported(settings: Settings) -> None:
    topics.create(settings)
    safer = msgspec.structs.replace(settings, replication=3)
    states = topics.describe(safer)
    assert statuses(states) == {Status.DIFFERS}
    assert all("kept once where TOCSIN_REPLICATION asks for 3" in one.note for one in states)


def test_state_that_is_not_compacted_is_reported(settings: Settings) -> None:
    names = Topics.of(settings)
    configs = {"cleanup.policy": "delete"}
    with clients.admin(settings) as admin:
        admin.create_topics(
            {
                names.cases_state: {
                    "num_partitions": settings.partitions,
                    "replication_factor": 1,
                    "configs": configs,
                }
            },
            wait_for_metadata=True,
        )
    states = {state.specification.name: state for state in topics.create(settings)}
    assert states[names.cases_state].status is Status.DIFFERS
    assert "cleanup.policy is delete and has to be compact" in states[names.cases_state].note
    assert states[names.incidents_state].status is Status.CREATED


def test_what_is_missing_is_added(settings: Settings) -> None:
    names = Topics.of(settings)
    with clients.admin(settings) as admin:
        admin.create_topics(
            {names.mentions: {"num_partitions": settings.partitions, "replication_factor": 1}},
            wait_for_metadata=True,
        )
    states = {state.specification.name: state.status for state in topics.create(settings)}
    assert states.pop(names.mentions) is Status.OK
    assert set(states.values()) == {Status.CREATED}


def test_required_topics_are_named_when_missing(settings: Settings) -> None:
    with pytest.raises(ConfigError, match=r"mentions: run `tocsin topics --create`"):
        topics.require(settings, [Topics.of(settings).mentions])
    topics.create(settings)
    topics.require(settings, [Topics.of(settings).mentions])


def test_without_a_broker() -> None:
    with pytest.raises(BrokerError), clients.admin(Settings(broker="127.0.0.1:1"), timeout_s=0.3):
        pass
