"""The command line as a user meets it: results, mistakes, and the exit codes of both."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.config import Settings
from streams.kafka import clients, dead_letters, topics
from streams.kafka.topics import Topics
from tests.conftest import Cli

UNREACHABLE = "127.0.0.1:1"


def mention(number: int, at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"m-{number}",
        "brand": "skylark-air",
        "text": f"message {number}",
        "created_at": at.isoformat(),
        "channel": "forum",
    } | changes


def lines(*values: object) -> str:
    return "".join(v + "\n" if isinstance(v, str) else json.dumps(v) + "\n" for v in values)


START = datetime(2013, 9, 2, 12, tzinfo=UTC)


def received(settings: Settings, topic: str) -> list[Any]:
    """Every record of a topic, by time of arrival within each partition."""
    with clients.consumer(settings) as consumer:
        from kafka import TopicPartition

        parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        records: list[Any] = []
        while batches := consumer.poll(timeout_ms=1000):
            records += [record for batch in batches.values() for record in batch]
        return records


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert text.startswith("tocsin: "), text
    assert "Traceback" not in text
    return text


# How it starts


def test_help_is_quick_and_imports_nothing_heavy(cli: Cli) -> None:
    done = cli("--help")
    assert done.returncode == 0
    for name in ("topics", "replay", "dead-letters", "doctor"):
        assert f"  {name}  " in done.stdout
    code = (
        "import sys\n"
        "from streams.cli import main\n"
        "try: main(['--help'], prog_name='tocsin')\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'faust', 'kafka', 'transformers', 'rich', 'aiohttp'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    listed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert listed.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["topics", "--version"], ["dead-letters", "list", "--version"]],
)
def test_version_everywhere(cli: Cli, arguments: list[str]) -> None:
    done = cli(*arguments)
    assert done.returncode == 0
    assert done.stdout.split()[0] == "tocsin"
    assert done.stdout.split()[1][0].isdigit()


@pytest.mark.parametrize(
    ("arguments", "needle"),
    [
        (["topcs"], "did you mean 'topics'?"),
        (["qqqqq"], "`tocsin --help`"),
        (["--nope"], "--nope"),
        (["topics", "--partitions", "0"], "--partitions"),
        (["topics", "extra"], "extra"),
        (["replay"], "FILE"),
        (["replay", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["replay", "/"], "is a directory"),
        (["replay", "-", "--speed", "fast"], "60x, or max"),
        (["replay", "-", "--speed", "-2x"], "60x, or max"),
        (["replay", "-", "--speed", "nan"], "60x, or max"),
        (["replay", "-", "--loop", "0"], "--loop"),
        (["dead-letters", "list", "--limit", "0"], "--limit"),
        (["dead-letters", "show"], "ID"),
        (["dead-letters", "show", "seven"], "partition:offset"),
        (["dead-letters", "replay"], "--all"),
        (["dead-letters", "replay", "0:1", "--all"], "--all"),
    ],
)
def test_wrong_use_is_one_line_and_2(cli: Cli, arguments: list[str], needle: str) -> None:
    done = cli(*arguments)
    assert needle in one_line(done.stderr)
    assert done.returncode == 2


def test_no_arguments_show_the_help(cli: Cli) -> None:
    done = cli()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: tocsin")


def test_bad_configuration_is_one_line_and_2(cli: Cli) -> None:
    done = cli("topics", TOCSIN_WEB_PORT="http")
    assert "TOCSIN_WEB_PORT is 'http'" in one_line(done.stderr)
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [["topics"], ["dead-letters", "list"], ["replay", "-"]])
def test_broker_out_of_reach_is_one_line_and_3(cli: Cli, arguments: list[str]) -> None:
    done = cli(*arguments, TOCSIN_BROKER=UNREACHABLE)
    assert "set TOCSIN_BROKER" in one_line(done.stderr)
    assert done.returncode == 3


# Topics


def test_topics_are_shown_then_created(cli: Cli, settings: Settings) -> None:
    shown = cli("topics")
    assert shown.returncode == 0
    assert "missing" in shown.stdout
    assert "--create" in shown.stderr
    created = cli("topics", "--create", "--partitions", "2", "--json")
    rows = [json.loads(line) for line in created.stdout.splitlines()]
    assert {row["status"] for row in rows} == {"created"}
    assert {row["name"]: row["partitions"] for row in rows}[Topics.of(settings).mentions] == 2
    differing = cli("topics", "--create")
    assert differing.returncode == 0
    assert "2 partitions where 4 are expected" in differing.stderr


# Replay


def test_replay_keeps_bytes_and_keys_and_sends_bad_lines_too(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    good = mention(1, START, conversation_id="root", unknown="kept")
    done = cli("replay", "-", stdin=lines(good, "", "{nonsense", mention(2, START, text=3)))
    assert done.returncode == 0
    assert "line 3: not_json" in done.stderr
    assert "line 4: wrong_type" in done.stderr
    assert "sent 3 messages" in done.stderr
    assert "2 bad lines sent too" in done.stderr
    found = received(settings, Topics.of(settings).mentions)
    assert {r.value: r.key for r in found} == {
        json.dumps(good).encode(): b"skylark-air:root",
        b"{nonsense": None,
        json.dumps(mention(2, START, text=3)).encode(): None,
    }


def test_replay_can_leave_bad_lines_out(cli: Cli, settings: Settings, tmp_path: Path) -> None:
    topics.create(settings)
    file = tmp_path / "mentions.jsonl"
    file.write_bytes(lines(mention(1, START)).encode() + b"\xff\xfe\n" + b"x" * 2_000_000)
    done = cli("replay", str(file), "--skip-bad")
    assert done.returncode == 0
    assert "sent 1 message " in done.stderr
    assert "2 bad lines left out" in done.stderr
    assert len(received(settings, Topics.of(settings).mentions)) == 1


def test_line_too_large_for_the_topic_stops_nothing(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    done = cli("replay", "-", stdin=lines("x" * 2_000_000, mention(1, START)))
    assert done.returncode == 0
    assert "line 1: too large for the topic, left out" in done.stderr
    assert "sent 1 message " in done.stderr


def test_replay_at_a_pace(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    hour = [mention(n, START + timedelta(minutes=20 * n)) for n in range(4)]
    done = cli("replay", "-", "--speed", "3600x", stdin=lines(*hour))
    assert done.returncode == 0
    arrivals = sorted(r.timestamp for r in received(settings, Topics.of(settings).mentions))
    assert 950 <= arrivals[-1] - arrivals[0] <= 3000


def test_rebase_brings_the_last_to_the_present_and_none_beyond(
    cli: Cli, settings: Settings
) -> None:
    topics.create(settings)
    days = [mention(n, START + timedelta(days=n)) for n in (0, 2, 1)]
    before = datetime.now(UTC)
    assert cli("replay", "-", "--rebase", "now", stdin=lines(*days)).returncode == 0
    after = datetime.now(UTC)
    found = [json.loads(r.value) for r in received(settings, Topics.of(settings).mentions)]
    at = {row["id"]: datetime.fromisoformat(row["created_at"]) for row in found}
    assert before - timedelta(seconds=1) <= at["m-2"] <= after
    assert at["m-2"] - at["m-0"] == timedelta(days=2)
    assert at["m-2"] - at["m-1"] == timedelta(days=1)


def test_loop_repeats_with_ids_and_times_of_its_own(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    pair = [mention(1, START), mention(2, START + timedelta(seconds=9), parent_id="m-1")]
    assert cli("replay", "-", "--loop", "3", stdin=lines(*pair)).returncode == 0
    records = received(settings, Topics.of(settings).mentions)
    found = {json.loads(r.value)["id"]: (json.loads(r.value), r.key) for r in records}
    assert set(found) == {"m-1", "m-2", "m-1~2", "m-2~2", "m-1~3", "m-2~3"}
    repeated, key = found["m-2~3"]
    assert repeated["parent_id"] == "m-1~3"
    assert key == b"skylark-air:m-1~3"
    assert datetime.fromisoformat(repeated["created_at"]) == START + timedelta(seconds=29)


def test_replay_without_topics_says_how_to_make_them(cli: Cli) -> None:
    done = cli("replay", "-", stdin=lines(mention(1, START)))
    assert "tocsin topics --create" in one_line(done.stderr)
    assert done.returncode == 2


def test_interrupted_replay_ends_with_130(
    environment: dict[str, str], settings: Settings, until: Callable[..., None]
) -> None:
    topics.create(settings)
    slow = lines(mention(1, START), mention(2, START + timedelta(days=1)))
    with subprocess.Popen(
        [sys.executable, "-m", "streams", "replay", "-", "--speed", "1x"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(slow.encode())
        process.stdin.close()
        until(lambda: received(settings, Topics.of(settings).mentions))
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b"tocsin: interrupted\n"
        assert process.wait(20) == 130


# Dead letters


def bury(settings: Settings, *values: bytes, topic: str | None = None) -> None:
    names = Topics.of(settings)
    with clients.producer(settings) as producer:
        for number, value in enumerate(values):
            headers = dead_letters.build(
                reason="not_json" if number % 2 else "bad_date",
                detail=f"detail \x1b[31m{number}",
                topic=topic or names.mentions,
                partition=1,
                offset=100 + number,
                time=START + timedelta(minutes=number),
                original=[("source", b"firehose")],
            )
            producer.send(names.dead_letters, value=value, key=b"k", headers=headers).get(30)


def test_dead_letters_are_listed_and_shown(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    assert "no dead letters" in cli("dead-letters", "list").stderr
    bury(settings, b"{a", b"\xff\x1b]0;title\x07", b"{c")
    listed = cli("dead-letters", "list", "--json", "--limit", "2")
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["0:1", "0:2"]
    assert rows[0]["reason"] == "not_json"
    assert (rows[0]["partition"], rows[0]["offset"]) == (1, 101)
    assert rows[0]["time"] == "2013-09-02T12:01:00Z"
    by_reason = cli("dead-letters", "list", "--reason", "bad_date")
    assert [line.split()[0] for line in by_reason.stdout.splitlines()] == ["0:0", "0:2"]
    shown = cli("dead-letters", "show", "0:1").stdout
    assert "not_json" in shown
    assert "\\xff" in shown
    assert "\x1b" not in shown + by_reason.stdout


def test_dead_letters_are_sent_again_as_they_were(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    bury(settings, b"one", b"\xfftwo", b"three")
    done = cli("dead-letters", "replay", "0:1")
    assert done.returncode == 0
    assert "sent 1 dead letter again" in done.stderr
    (again,) = received(settings, Topics.of(settings).mentions)
    assert (again.value, again.key) == (b"\xfftwo", b"k")
    assert dict(again.headers) == {"source": b"firehose", "tocsin_replayed": b"0:1"}
    assert "sent 2 dead" in cli("dead-letters", "replay", "--reason", "bad_date").stderr
    assert "sent 3 dead" in cli("dead-letters", "replay", "--all", "--yes").stderr
    assert len(received(settings, Topics.of(settings).mentions)) == 6


def test_dead_letter_that_is_not_there_or_not_ours(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    bury(settings, b"one", topic="payments")
    absent = cli("dead-letters", "show", "0:9")
    assert "no dead letter 0:9" in one_line(absent.stderr)
    assert absent.returncode == 2
    foreign = cli("dead-letters", "replay", "0:0")
    assert "'payments'" in one_line(foreign.stderr)
    assert foreign.returncode == 2
    every = cli("dead-letters", "replay", "--all", "--yes")
    assert "left out" in every.stderr
    assert "sent 0 dead letters" in every.stderr


def test_reader_that_closes_the_pipe_is_no_error(
    environment: dict[str, str], settings: Settings
) -> None:
    topics.create(settings)
    bury(settings, *[b"x"] * 20)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "streams", "dead-letters", "list"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == 0


# Doctor


def doctor(cli: Cli, **variables: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = cli("doctor", "--json", **variables)
    assert "Traceback" not in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {row["check"]: row for row in rows if "check" in row}


def test_doctor_names_each_failure_and_how_to_mend_it(cli: Cli, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("levels = 3\n")
    blocked = tmp_path / "file"
    blocked.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = doctor(
            cli,
            TOCSIN_BROKER=UNREACHABLE,
            TOCSIN_POLICY=str(policy),
            TOCSIN_MODEL=str(tmp_path / "no-model"),
            TOCSIN_STATE_DIR=str(blocked / "state"),
            TOCSIN_WEB_PORT=str(taken.getsockname()[1]),
        )
    assert code == 1
    failed = {name for name, row in found.items() if row["outcome"] == "fail"}
    assert failed == {"policy", "broker", "model", "state"}
    assert found["web"]["outcome"] == "warn"
    assert all(row["mend"] for row in found.values() if row["outcome"] != "ok")
    assert "topics" not in found


def test_doctor_sees_the_topics(cli: Cli, settings: Settings) -> None:
    _, before = doctor(cli)
    assert before["topics"]["outcome"] == "fail"
    assert "topics --create" in before["topics"]["mend"]
    topics.create(settings)
    _, after = doctor(cli)
    for name in ("python", "settings", "policy", "broker", "topics", "state"):
        assert after[name]["outcome"] == "ok", after[name]
    _, wider = doctor(cli, TOCSIN_PARTITIONS="7")
    assert wider["topics"]["outcome"] == "fail"


def test_doctor_explains_a_bad_setting_and_hides_secrets(cli: Cli) -> None:
    code, found = doctor(cli, TOCSIN_TICK_S="often")
    assert code == 1
    assert "TOCSIN_TICK_S is 'often'" in found["settings"]["text"]
    shown = cli(
        "doctor",
        TOCSIN_BROKER=UNREACHABLE,
        TOCSIN_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        TOCSIN_SASL_USERNAME="reader",
        TOCSIN_SASL_PASSWORD="hunter2",
    )
    assert "hunter2" not in shown.stdout + shown.stderr
    assert "* TOCSIN_SASL_PASSWORD" in shown.stdout
    assert "***" in shown.stdout
