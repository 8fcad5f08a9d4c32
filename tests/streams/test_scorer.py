"""The scoring process: what it survives, and that it never outlives its worker."""

import asyncio
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from models.errors import ArtefactError
from scoring.mention import Mention
from scoring.scored import Scored, TextScores
from streams.scorer.process import Batch, ScoringError, ScoringProcess, load

pytestmark = pytest.mark.process

TIMEOUT_S = 2.0
DIES, HANGS = "dies", "hangs"


class Fragile:
    """A reader that one text kills and another hangs, as a fault in a native library would."""

    label = "fragile@1"

    def __init__(self) -> None:
        self.hits = self.misses = 0

    def read(self, mentions: Sequence[Mention]) -> list[Scored]:
        texts = {mention.text for mention in mentions}
        if DIES in texts:
            os._exit(1)
        if HANGS in texts:
            threading.Event().wait()
        self.misses += len(mentions)
        return [Scored(mention=mention, scores=TextScores()) for mention in mentions]


def fragile() -> Fragile:
    return Fragile()


def stillborn() -> Fragile:
    os._exit(1)


def slow_to_load(folder: Path) -> Fragile:
    """Loads for ever, until it is started for the third time."""
    number = len(list(folder.iterdir()))
    (folder / str(os.getpid())).touch()
    if number < 2:
        threading.Event().wait()
    return Fragile()


@pytest.fixture
def scorer() -> Iterator[ScoringProcess]:
    scorer = ScoringProcess(fragile, TIMEOUT_S)
    yield scorer
    scorer.stop()


def mentions(*texts: str) -> list[Mention]:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        Mention(id=f"{number}", brand="b", text=text, created_at=at, channel="forum")
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b", "c"],
        [DIES],
        ["a", "b", "c", DIES, "e"],
        [DIES, "b", "c", "d", "e", "f", "g", DIES],
        [HANGS, "b"],
    ],
)
def test_only_the_mention_that_kills_or_hangs_is_given_up(
    scorer: ScoringProcess, texts: list[str]
) -> None:
    asked = mentions(*texts)

    async def score() -> list[Scored | None]:
        await scorer.start()
        found = await scorer.score(asked)
        again = await scorer.score(mentions("fine"))
        assert again.scored[0] is not None
        assert found.misses == sum(text not in (DIES, HANGS) for text in texts)
        return found.scored

    found = asyncio.run(score())
    assert [scored and scored.mention.id for scored in found] == [
        None if mention.text in (DIES, HANGS) else mention.id for mention in asked
    ]
    guilty = sum(text in (DIES, HANGS) for text in texts)
    assert scorer.restarts <= guilty * (math.ceil(math.log2(len(texts))) + 2)


def test_killed_while_idle_it_is_replaced_and_no_mention_is_blamed(
    scorer: ScoringProcess,
) -> None:
    async def score() -> list[Scored | None]:
        await scorer.start()
        before = scorer.pid
        assert before is not None
        os.kill(before, 9)
        found = await scorer.score(mentions("alone"))
        assert scorer.pid != before
        return found.scored

    found = asyncio.run(score())
    assert found[0] is not None


def test_no_mentions_need_no_process(scorer: ScoringProcess) -> None:
    assert asyncio.run(scorer.score([])).scored == []
    assert scorer.pid is None


def test_process_that_dies_at_birth_again_and_again_restarts_the_worker() -> None:
    scorer = ScoringProcess(stillborn, TIMEOUT_S, again_s=(0.0, 0.0))
    with pytest.raises(ScoringError, match="3 times while it loaded the model") as raised:
        asyncio.run(scorer.start())
    assert raised.value.exit_code == 70
    assert scorer.restarts == 3
    scorer.stop()


def until_one_loads(folder: Path) -> None:
    while not list(folder.iterdir()):
        continue


def kill_what_loads(folder: Path, times: int) -> None:
    killed: set[str] = set()
    while len(killed) < times:
        for file in set(folder.iterdir()):
            if file.name not in killed:
                killed.add(file.name)
                os.kill(int(file.name), signal.SIGKILL)


def test_killed_while_it_loads_the_model_it_is_started_again(tmp_path: Path) -> None:
    scorer = ScoringProcess(partial(slow_to_load, tmp_path), TIMEOUT_S, again_s=(0.0, 0.0))

    async def start() -> Batch:
        loading = asyncio.create_task(scorer.start())
        await asyncio.to_thread(kill_what_loads, tmp_path, 2)
        await loading
        return await scorer.score(mentions("a"))

    assert asyncio.run(start()).scored[0] is not None
    assert (scorer.ready, scorer.restarts) == (True, 2)
    scorer.stop()


def test_told_to_stop_while_it_loads_it_is_not_started_again(tmp_path: Path) -> None:
    scorer = ScoringProcess(partial(slow_to_load, tmp_path), TIMEOUT_S, again_s=(0.0, 0.0))

    async def start_and_stop() -> None:
        loading = asyncio.create_task(scorer.start())
        await asyncio.to_thread(until_one_loads, tmp_path)
        scorer.stop()
        with pytest.raises(ScoringError):
            await loading

    asyncio.run(start_and_stop())
    assert len(list(tmp_path.iterdir())) == 1
    assert scorer.pid is None


def test_the_process_that_scores_does_without_what_trains() -> None:
    code = (
        "import sys; from streams.scorer.process import load; load(None, 1, True);"
        "print(sorted({'transformers', 'sklearn', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_model_that_is_not_there_is_told_as_the_model_tells_it(tmp_path: Path) -> None:
    scorer = ScoringProcess(partial(load, tmp_path / "nowhere", 1, True), TIMEOUT_S)
    with pytest.raises(ArtefactError, match="TOCSIN_MODEL"):
        asyncio.run(scorer.start())
    scorer.stop()
