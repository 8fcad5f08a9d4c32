"""`tocsin dead-letters`: listed, shown, and sent again as they were."""

import json
import os
import subprocess
import sys
from datetime import timedelta

from streams.config import Settings
from streams.kafka import clients, dead_letters, topics
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.helpers import START, one_line, received


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
    for unasked in (["--reason", "bad_date"], ["--all"]):
        asked = cli("dead-letters", "replay", *unasked)
        assert asked.returncode == 2
        assert "dead letters would be sent again; add --yes" in one_line(asked.stderr)
    assert "sent 2 dead" in cli("dead-letters", "replay", "--reason", "bad_date", "--yes").stderr
    none = cli("dead-letters", "replay", "--all", "--yes")
    assert none.returncode == 0
    assert "no dead letters to send; 3 sent again before: left out, see --once-more" in none.stderr
    all_of_them = cli("dead-letters", "replay", "--all", "--once-more", "--yes")
    assert "sent 3 dead" in all_of_them.stderr
    assert len(received(settings, Topics.of(settings).mentions)) == 6


def test_what_was_sent_again_is_marked(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    bury(settings, b"one", b"two", b"three")
    assert cli("dead-letters", "replay", "0:1").returncode == 0
    rows = [json.loads(row) for row in cli("dead-letters", "list", "--json").stdout.splitlines()]
    assert [row["id"] for row in rows if "replayed" in row] == ["0:1"]
    assert len(rows) == 3
    marked = cli("dead-letters", "list").stdout.splitlines()
    assert ["(sent again 20" in line for line in marked] == [False, True, False]
    left = cli("dead-letters", "list", "--left", "--limit", "2").stdout.splitlines()
    assert [line.split()[0] for line in left] == ["0:0", "0:2"]
    assert "replayed  20" in cli("dead-letters", "show", "0:1").stdout
    assert "replayed" not in cli("dead-letters", "show", "0:0").stdout
    bury(settings, b"four")
    newest = cli("dead-letters", "list", "--json", "--limit", "1").stdout
    assert json.loads(newest)["id"] == "0:4"  # the mark at 0:3 is none
    assert "sent 3 dead letters" in cli("dead-letters", "replay", "--all", "--yes").stderr
    assert len(received(settings, Topics.of(settings).mentions)) == 4


def test_what_comes_back_says_what_it_was(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    names = Topics.of(settings)
    headers = dead_letters.build(
        reason="refused",
        detail="HTTP 400",
        topic=names.escalations,
        partition=0,
        offset=3,
        time=START,
        sink="pager",
        original=[("tocsin_replayed", b"0:17"), ("tocsin_reason", b"gave_up"), ("ce_id", b"e")],
    )
    with clients.producer(settings) as producer:
        producer.send(names.tickets_dead_letters, value=b"{}", headers=headers).get(30)
    listed = cli("dead-letters", "list", "--of", "tickets")
    assert "(again, was 0:17) pager: HTTP 400" in listed.stdout
    row = json.loads(cli("dead-letters", "list", "--of", "tickets", "--json").stdout)
    assert (row["again"], row["reason"]) == ("0:17", "refused")


def test_a_reason_that_nobody_gives_is_a_mistake(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    bury(settings, b"one")
    for command in (["list"], ["replay", "--yes"]):
        typo = cli("dead-letters", *command, "--of", "tickets", "--reason", "overflown")
        assert typo.returncode == 2
        assert "did you mean overflow? there are disabled, failed, gave_up" in one_line(typo.stderr)
        known = cli("dead-letters", *command, "--reason", "not_json")
        assert known.returncode == 0
        assert "tocsin: no dead letters" in one_line(known.stderr)


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


def test_what_strangers_put_in_headers_reaches_no_terminal(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    topic = Topics.of(settings).dead_letters
    with clients.producer(settings) as producer:
        headers = [
            (dead_letters.REASON, b"\x1b[2J\x9bred"),
            (dead_letters.TOPIC, b"\x1b]0;owned\x07\n0:1 forged"),
        ]
        producer.send(topic, value=b"{}", key=b"\x1b[k", headers=headers).get(30)
    listed = cli("dead-letters", "list").stdout
    assert len(listed.splitlines()) == 1
    shown = cli("dead-letters", "show", "0:0").stdout
    wrong = cli("dead-letters", "list", "--reason", "nonsense").stderr
    for told in (listed, shown, wrong):
        assert "\\x1b[2J" in told
        assert "\x1b" not in told
    unknown = cli("dead-letters", "show", f"0:{'9' * 5000}")
    assert unknown.returncode == 2
    assert "is no ID of a dead letter" in one_line(unknown.stderr)
