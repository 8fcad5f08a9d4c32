"""A worker that cannot run says so in one line, with the exit code of the contract."""

import socket
from pathlib import Path

import pytest

from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.helpers import UNREACHABLE, one_line

pytestmark = [pytest.mark.process, pytest.mark.broker]


def test_broker_out_of_reach(cli: Cli) -> None:
    done = cli("worker", TOCSIN_BROKER=UNREACHABLE)
    assert done.returncode == 3
    assert UNREACHABLE in one_line(done.stderr)


def test_topics_are_missing(cli: Cli) -> None:
    done = cli("worker")
    assert done.returncode == 2
    assert "tocsin topics --create" in one_line(done.stderr)


def test_state_has_another_number_of_partitions(cli: Cli, settings: Settings) -> None:
    """Its owner would not be the owner of what is folded into it, and find nothing."""
    state = Topics.of(settings).cases_state
    with clients.admin(settings) as admin:
        admin.create_topics(
            {state: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True
        )
    topics.create(settings)
    done = cli("worker")
    assert done.returncode == 2
    assert f"{state} has 1 partitions" in one_line(done.stderr)


@pytest.mark.parametrize("role", ["scores", "", "score,", "score cases"])
def test_no_such_role(cli: Cli, role: str) -> None:
    done = cli("worker", "--role", role)
    assert done.returncode == 2
    assert "the roles are score, cases" in one_line(done.stderr)


def test_port_is_taken(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = cli("worker", TOCSIN_WEB_PORT=port)
    assert done.returncode == 2
    assert f"127.0.0.1:{port} is taken" in one_line(done.stderr)
    assert "TOCSIN_WEB_PORT" in done.stderr


@pytest.mark.parametrize(
    ("content", "needle"),
    [
        (None, "cannot be read"),
        ("[sources", "no valid TOML"),
        ('[sources.sky]\ntype = "blueski"\n', "did you mean bluesky"),
        (
            '[sources.tube]\ntype = "youtube"\nbrand = "acme"\nvideos = ["dQw4w9WgXcQ"]\n'
            'api_key_env = "NO_SUCH_KEY"\n',
            "sources.tube: api_key_env: the environment variable NO_SUCH_KEY is not set",
        ),
    ],
)
def test_sources_are_bad(
    cli: Cli, settings: Settings, tmp_path: Path, content: str | None, needle: str
) -> None:
    topics.create(settings)
    file = tmp_path / "sources.toml"
    if content is not None:
        file.write_text(content)
    done = cli("worker", "--role", "sources", TOCSIN_SOURCES=str(file), TOCSIN_WEB_PORT="0")
    assert done.returncode == 2
    assert needle in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_state_folder_cannot_be_written(cli: Cli, settings: Settings, tmp_path: Path) -> None:
    topics.create(settings)
    file = tmp_path / "file"
    file.touch()
    done = cli("worker", TOCSIN_STATE_DIR=str(file / "state"), TOCSIN_WEB_PORT="0")
    assert done.returncode == 2
    assert "TOCSIN_STATE_DIR" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("content", "needle"),
    [
        ("[levels\n", "TOML"),
        ("[levels]\nquiet_s = -1\n", "levels.quiet_s"),
        ("[levels]\nquite_s = 1\n", "quite_s"),
        (None, "no such file"),
    ],
)
def test_policy_is_bad(
    cli: Cli, settings: Settings, tmp_path: Path, content: str | None, needle: str
) -> None:
    topics.create(settings)
    file = tmp_path / "policy.toml"
    if content is not None:
        file.write_text(content)
    done = cli("worker", TOCSIN_POLICY=str(file), TOCSIN_WEB_PORT="0")
    assert done.returncode == 2
    assert needle in one_line(done.stderr)


def test_model_is_missing(cli: Cli, settings: Settings, tmp_path: Path) -> None:
    topics.create(settings)
    done = cli("worker", TOCSIN_MODEL=str(tmp_path / "nowhere"), TOCSIN_WEB_PORT="0")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("tocsin: no model at")
    assert "TOCSIN_MODEL" in last
    assert "Traceback" not in done.stderr
