"""The `commands` agent: what people decide about cases goes into the log that each is made from.

There it has its place among mentions and ticks, so that the same log gives the same escalations.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import cast

import faust
from faust.streams import Stream
from faust.types import EventT

from scoring.brands import brand_of
from scoring.command import Command, Order, decode_command
from scoring.errors import BadCommandError
from scoring.scored import encode_passed
from streams.worker import messages
from streams.worker.application import raw_topic
from streams.worker.boundary import Gate
from streams.worker.gaps import Gaps
from streams.worker.logfold import Tools
from streams.worker.output import Record
from streams.worker.taking import batches

log = logging.getLogger(__name__)

BAD_COMMAND = "bad_command"
"""Dead-letter reason of a record in `case-commands` that is no command."""


class CommandsAgent:
    """Offsets move only after the logs have acknowledged every command of a batch.

    A record's key does not matter: whoever sends commands may partition as he likes.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._gaps = Gaps(tools.app, tools.settings, keeps=True)
        self.gate = Gate()
        topic = raw_topic(tools.app, tools.topics.commands)
        tools.app.agent(topic, name="commands", concurrency=1)(self._run)

    async def _run(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        settings = self._tools.settings
        async for events in batches(stream, settings.batch_size, settings.batch_wait_s):
            if await self.gate.run(partial(self._batch, events)):
                for event in events:
                    await stream.ack(event)
                self._tools.progress.acknowledged(events)

    async def _batch(self, events: Sequence[EventT]) -> None:
        self._tools.progress.took(events)
        await self._gaps.check(events)
        await self._tools.output.send([self._record(event) for event in events])

    def _record(self, event: EventT) -> Record:
        message = event.message
        try:
            command = decode_command(message.value or b"")
        except BadCommandError as error:
            log.warning("dead letter: %s (%s)", BAD_COMMAND, error)
            self._tools.metrics.dead_letters.labels(self._tools.topics.commands, BAD_COMMAND).inc()
            return messages.dead_letter(self._tools.topics, message, BAD_COMMAND, str(error))
        return self._order(command, message.value or b"")

    def _order(self, command: Command, raw: bytes) -> Record:
        topics = self._tools.topics
        brand = brand_of(command.case_id)
        return Record(
            topic=topics.pulse if brand else topics.scored,
            key=(brand or command.case_id).encode(),
            value=encode_passed(Order(command=command), raw),
        )
