"""Writes a file of records with the code that is checked out: `python -m tests.stored.make NAME`.

Run it once when a release is made, and commit the file. A worker of all roles reads two stories,
stops, is looked at, and reads their rest; a webhook stands for the ticket system.
"""

import base64
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from signal import SIGTERM

import msgspec

from scoring.command import Action, Command, encode_command
from scoring.mention import Mention
from streams import stories
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import Topics
from tests.streams.helpers import behind, eventually, publish, received
from tests.streams.running import Running

try:
    from tests.stored.records import FOLDER, PARTITIONS, PREFIX, Stored, save
except ImportError:  # run beside an older release, which has no such folder
    from records import FOLDER, PARTITIONS, PREFIX, Stored, save  # type: ignore[import-not-found,no-redef]

STORIES = ("shoes-2011", "phone-maker-2011")
READ = 0.6
PATIENCE_S = 300.0
_STATE = ("cases_state", "incidents_state", "tickets_state")
_POLICY = """
[sinks.hook]
type = "webhook"
url = "{url}"
secret_env = "HOOK_KEY"

[[routes]]
sinks = ["hook"]
"""


def main(name: str) -> None:
    """Makes `tests/stored/NAME.jsonl.xz`."""
    told = [stories.load(slug).mentions for slug in STORIES]
    first = [m for story in told for m in story[: int(len(story) * READ)]]
    rest = [m for story in told for m in story[int(len(story) * READ) :]]
    with EmbeddedBroker() as broker, hook() as url, tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            broker=broker.address,
            topic_prefix=PREFIX,
            group_prefix="stored",
            state_dir=Path(folder) / "state",
            partitions=PARTITIONS,
        )
        topics.create(settings)
        policy = Path(folder) / "policy.toml"
        policy.write_text(_POLICY.format(url=url))
        log = Path(folder) / "worker.log"
        names = Topics.of(settings)
        work(settings, first, log, policy)
        state = [record for field in _STATE for record in newest(settings, getattr(names, field))]
        logs = [field for field in names.__struct_fields__ if field not in _STATE]
        before = {f: records(settings, getattr(names, f)) for f in logs}
        work(settings, rest, log, policy)
        found = []
        for field in logs:
            after = records(settings, getattr(names, field))
            count = {n: sum(r.partition == n for r in before[field]) for n in range(PARTITIONS)}
            for record in after:
                count[record.partition] -= 1
                later = count[record.partition] < 0
                found.append(msgspec.structs.replace(record, later=later))
    save(FOLDER / f"{name}.jsonl.xz", state + found)


def work(settings: Settings, mentions: list[Mention], log: Path, policy: Path) -> None:
    """A worker reads these mentions, a message that is none, and a command; then it stops."""
    worker = Running(
        settings,
        log,
        TOCSIN_POLICY=str(policy),
        HOOK_KEY="whsec_" + base64.b64encode(b"k" * 24).decode(),
    )
    try:
        eventually(lambda: worker.ready, PATIENCE_S)
        publish(settings, mentions)
        with clients.producer(settings) as producer:
            producer.send(Topics.of(settings).mentions, value=b"not a mention", partition=0)
            producer.flush()
        eventually(lambda: behind(settings) == 0, PATIENCE_S)
        cases = worker.board["cases"]
        with clients.producer(settings) as producer:
            for case in cases[:1]:
                order = Command(
                    id=f"ack-{len(mentions)}",
                    action=Action.ACKNOWLEDGE,
                    case_id=case["case_id"],
                    at=datetime.now(UTC),
                    by="ana",
                )
                producer.send(Topics.of(settings).commands, value=encode_command(order))
            producer.flush()
        eventually(lambda: worker.metric("tocsin_case_commands_total") >= len(cases[:1]), 60)
        eventually(lambda: behind(settings) == 0, PATIENCE_S)
        assert worker.end(SIGTERM) == 0, worker.log
    finally:
        worker.clean()


def records(settings: Settings, topic: str) -> list[Stored]:
    """All of a topic."""
    return [
        Stored(
            topic=topic.replace(PREFIX, "", 1),
            partition=record.partition,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
        )
        for record in received(settings, topic)
    ]


def newest(settings: Settings, topic: str) -> list[Stored]:
    """What compaction leaves of a topic."""
    by_key = {(r.partition, r.key): r for r in records(settings, topic)}
    return [record for record in by_key.values() if record.value is not None]


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Takes everything."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def hook() -> Iterator[str]:
    """Address of a ticket system that takes everything."""
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
