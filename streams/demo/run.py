"""Starts the parts of the demo in order, lets them work, and ends them in order."""

import os
import secrets
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import msgspec

from streams.config import Settings
from streams.demo.ending import Ending
from streams.demo.listener import Listener
from streams.demo.player import Player
from streams.demo.ports import HOST
from streams.demo.process import WorkerProcess
from streams.demo.script import Script
from streams.demo.show import Show
from streams.demo.tally import Report, Tally
from streams.demo.watcher import Watcher
from streams.environment import PREFIX
from streams.errors import BrokerError
from streams.kafka import topics
from streams.kafka.embedded import EmbeddedBroker

PARTITIONS = 2
CHECK_S = 0.2
KEPT = ("MODEL", "POLICY", "SCORER_THREADS", "LOG_LEVEL")
"""Settings of the user's that the worker keeps; broker, topics and folders are the demo's own."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` in mentions a second, 0 for all at once; `seconds` 0: until told to end."""

    rate: float
    seconds: float
    ends_by_itself: bool
    port: int


def run(options: Options, script: Script, tally: Tally, show: Show) -> Report:
    """Runs the demo to its end. Raises TocsinError; whatever was started is ended all the same."""
    with Ending() as ending, ExitStack() as parts:
        if options.seconds:
            timer = threading.Timer(options.seconds, ending.event.set)
            timer.daemon = True
            timer.start()
            parts.callback(timer.cancel)
        show.phase("starting the broker")
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-demo-")))
        broker = parts.enter_context(EmbeddedBroker())
        settings = Settings(broker=broker.address, partitions=PARTITIONS)
        topics.create(settings)
        show.phase("starting the worker and loading its model")
        token = secrets.token_urlsafe(12)
        variables = _variables(settings, script, options.port, folder)
        variables["TOCSIN_WEB_TOKEN"] = token
        worker = parts.enter_context(WorkerProcess(variables, folder / "worker.log"))
        console = f"http://{HOST}:{options.port}/"
        if worker.wait(console, ending.event):
            show.broker(settings.broker)
            show.open(f"{console}#token={token}")  # browsers keep what follows # to themselves
            listener = Listener(settings, tally, show.said)
            player = Player(settings, script, tally, options.rate)
            for thread in (listener, Watcher(console, tally), player):
                thread.start()
                parts.callback(thread.end)
            while not ending.event.wait(CHECK_S):
                worker.check()
                _check(broker, player, listener)
                if tally.settled:
                    if options.ends_by_itself:
                        break
                    show.phase("everything is played; the console has the rest, until Ctrl-C")
        show.phase("ending")
        return tally.report(console, script.watched)


def _check(broker: EmbeddedBroker, player: Player, listener: Listener) -> None:
    if not broker.pid:
        raise BrokerError(f"the embedded broker ended by itself: see {broker.log_file}")
    if error := player.error or listener.error:
        raise error


def _variables(settings: Settings, script: Script, port: int, folder: Path) -> dict[str, str]:
    """The environment of the worker: nothing of an installation that the user may have."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in KEPT
    }
    return kept | {
        "TOCSIN_BROKER": settings.broker,
        "TOCSIN_PARTITIONS": str(PARTITIONS),
        "TOCSIN_SESSION_TIMEOUT_S": "6",
        "TOCSIN_WEB_HOST": HOST,
        "TOCSIN_WEB_PORT": str(port),
        "TOCSIN_STATE_DIR": str(folder / "state"),
        "TOCSIN_BRANDS": ",".join(script.brands),
        "TOCSIN_LOG_FORMAT": "text",
        # What torch leaves in there goes with the folder.
        "TMPDIR": str(folder),
    }
