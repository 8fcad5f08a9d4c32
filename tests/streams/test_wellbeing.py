"""When a worker says that it is ready."""

import asyncio

import pytest

from streams.config import Settings
from streams.scorer.process import Reads, ScoringProcess
from streams.worker.folder import StateFolder
from streams.worker.lookout import Lookout
from streams.worker.output import Output
from streams.worker.wellbeing import Wellbeing


def never() -> Reads:
    raise AssertionError("nothing is scored here")


@pytest.mark.broker
def test_nobody_is_sent_to_a_worker_that_cannot_send_yet(settings: Settings) -> None:
    """A worker that has mentions over HTTP alone waits for no partitions, only for its producer."""

    async def whole() -> None:
        output = Output(settings)
        scorer = ScoringProcess(never, 1.0)
        folder, lookout = StateFolder(settings, [], []), Lookout(settings, [])
        well = Wellbeing({}, {}, scorer, output, None, lookout, folder, lambda: False)
        assert well.alive().ok
        assert well.ready().problems == ("not connected to the broker yet",)
        assert not well.began
        await output.start()
        try:
            assert well.ready().ok
            assert well.began
        finally:
            await output.stop()

    asyncio.run(whole())
