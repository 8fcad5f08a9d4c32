"""The job on quixstreams: `python -m benchmarks.stream.quix ROLE`, settings as for a worker.

As its documentation writes it: a dataframe, a function per message, state in its own store (which
has a changelog) for `cases`. It hands over one message at a time, so the model reads one at a time.
Partition-wide folds do not fit its state, which is by key: the fold is kept beside it, as by hand.
"""

import os
import sys
from typing import Any

import msgspec

from scoring import escalation, policy
from scoring.decoding import decode
from scoring.partition import Partition
from scoring.scored import Scored, decode_event, encode_event
from streams import config
from streams.kafka.topics import Topics, application_id
from streams.scorer.reader import Reader

_encoder = msgspec.msgpack.Encoder()


def main() -> None:
    """The role is the argument."""
    from quixstreams import Application

    settings, role = config.load(os.environ), sys.argv[1]
    topics = Topics.of(settings)
    app = Application(
        broker_address=settings.broker,
        consumer_group=application_id(settings, role),
        auto_offset_reset="earliest",
        commit_interval=1.0,
        auto_create_topics=role == "cases",
        state_dir=str(settings.state_dir / "quix"),
        consumer_extra_config={"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000},
        producer_extra_config={"linger.ms": 5, "enable.idempotence": False},
        loglevel="WARNING",
    )
    raw = {"key_serializer": "bytes", "value_serializer": "bytes"}
    read = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    if role == "score":
        reader = Reader()
        frame = app.dataframe(app.topic(topics.mentions, **read))
        frame = frame.apply(lambda value: encode_event(reader.read([decode(value)])[0]))
        frame.to_topic(app.topic(topics.scored, **raw))
    else:
        fold = Partition(policy.default())

        def decide(value: bytes, state: Any) -> list[bytes]:
            event = decode_event(value)
            if not isinstance(event, Scored):
                return []
            said, _ = fold.mention(event)
            for key in fold.changed:
                if key == event.mention.case_id and key in fold.cases:
                    state.set("case", _encoder.encode(fold.cases[key]).hex())
            fold.changed.clear()
            return [escalation.encode(one) for one in said]

        frame = app.dataframe(app.topic(topics.scored, **read))
        frame = frame.apply(decide, stateful=True, expand=True)
        frame.to_topic(app.topic(topics.escalations, **raw))
    print("ready", flush=True)
    app.run()


if __name__ == "__main__":
    main()
