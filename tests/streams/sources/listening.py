"""Workers of role sources for tests, and what they sent."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.kafka.topics import Topics
from tests.streams.helpers import Follower, following
from tests.streams.running import Running, Workers

TOKEN = "t0ken-of-a-source-1234"
BRANDS = """
[brands.skylark-air]
keywords = ["skylark"]
handles = ["@skylark", "did:plc:skylark"]
"""


class Listening:
    """A sources file, workers that read it, and the mentions that came of it."""

    def __init__(self, workers: Workers, folder: Path, mentions: Follower) -> None:
        self.workers = workers
        self.settings = workers.settings
        self._file = folder / "sources.toml"
        self._mentions = mentions

    def configure(self, sources: str, brands: str = BRANDS) -> Path:
        """Writes the file."""
        self._file.write_text(brands + sources)
        return self._file

    def start(self, **variables: str) -> Running:
        """A worker."""
        given = {"TOCSIN_SOURCE_TOKEN": TOKEN} | variables
        if self._file.exists():
            given["TOCSIN_SOURCES"] = str(self._file)
        return self.workers("--role", "sources", **given)

    def mentions(self) -> list[dict[str, Any]]:
        """Everything in the topic, by partition and order of arrival."""
        return [json.loads(record.value) for record in self._mentions.records()]

    def ids(self) -> list[str]:
        return [mention["id"] for mention in self.mentions()]


@contextmanager
def listening(workers: Workers, folder: Path) -> Iterator[Listening]:
    """For a fixture."""
    with following(workers.settings, Topics.of(workers.settings).mentions) as mentions:
        yield Listening(workers, folder, mentions)


def send(
    worker: Running,
    body: object,
    *,
    token: str = TOKEN,
    kind: str = "application/json",
    path: str = "/v1/mentions",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any, Mapping[str, str]]:
    """Status, JSON and headers of the answer to a POST."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": kind} | dict(headers or {})
    if token:
        given["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        f"http://{worker.address}{path}", data=content, headers=given, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _json(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read()), dict(error.headers)


def _json(body: bytes) -> Any:
    return json.loads(body) if body.strip()[:1] in (b"{", b"[") else None


def rows(*values: Mapping[str, Any]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(value) + "\n" for value in values)


def ids_of(values: Sequence[Mapping[str, Any]]) -> list[str]:
    return [value["id"] for value in values]
