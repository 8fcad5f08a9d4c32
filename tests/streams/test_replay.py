"""`tocsin replay`: a file's mentions in Kafka, as they are or moved in time."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams import stories
from streams.config import Settings
from streams.kafka import topics
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.helpers import START, lines, mention, one_line, received


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
        waiting, ended = process.stderr.read().splitlines()
        assert waiting.startswith(b"line 2: waiting 24 hours, as its created_at (2013-09-03 ")
        assert ended == b"tocsin: interrupted"
        assert process.wait(20) == 130


def test_a_wait_that_nobody_can_mean_is_refused(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    for year in (2113, 9997):
        done = cli(
            "replay", "-", "--speed", "60x", stdin=lines(mention(1, START), mention(2, in_(year)))
        )
        assert done.returncode == 2
        assert f"the next mention, of {year}-09-02, is due in" in one_line(done.stderr)
        assert "give a higher --speed" in done.stderr


def test_mentions_from_the_future_are_told_once(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    far = lines(mention(1, in_(2113)), mention(2, in_(2113)))
    done = cli("replay", "-", stdin=far)
    assert done.returncode == 0
    assert done.stderr.count("created_at lies in the future") == 1
    assert "--rebase now" in done.stderr
    assert "; 2 mentions from the future" in done.stderr
    assert "future" not in cli("replay", "-", "--rebase", "now", stdin=far).stderr


def in_(year: int) -> datetime:
    return START.replace(year=year)


def test_replay_sends_the_library_as_one_recording(cli: Cli, settings: Settings) -> None:
    topics.create(settings)
    done = cli("replay", "--library")
    assert done.returncode == 0, done.stderr
    rows = (json.loads(r.value) for r in received(settings, Topics.of(settings).mentions))
    sent = {(row["brand"], row["id"]): row["created_at"] for row in rows}
    library = [stories.load(slug).mentions for slug in stories.slugs()]
    assert len(sent) == sum(len(mentions) for mentions in library)
    firsts = [min(mentions, key=lambda one: one.at) for mentions in library]
    begun = [datetime.fromisoformat(sent[one.brand, one.id]) for one in firsts]
    assert max(begun) - min(begun) < timedelta(seconds=1)


def test_replay_wants_a_file_or_the_library(cli: Cli) -> None:
    told = {(): "give a FILE, or --library", ("--library", "-"): "give either, not both"}
    for arguments, words in told.items():
        done = cli("replay", *arguments)
        assert done.returncode == 2
        assert words in one_line(done.stderr)
