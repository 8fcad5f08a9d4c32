"""`tocsin doctor`: each failure is named, with how to mend it."""

import json
import socket
from pathlib import Path

import pytest

from streams.config import Settings
from streams.kafka import topics
from tests.conftest import Cli
from tests.streams.helpers import UNREACHABLE
from tests.streams.small_disk import SmallDisk


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


def test_doctor_says_once_what_mends_several(cli: Cli) -> None:
    told = cli("doctor", timeout_s=180).stdout
    assert told.count(" is missing\n") == 13
    assert told.count("-> create it with `tocsin topics --create`") == 1
    last = told.rindex(" is missing\n")
    assert last < told.index("-> create it with") < told.index("  model ")


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


def test_doctor_says_when_rocksdb_has_no_room(cli: Cli, small: SmallDisk) -> None:
    pytest.importorskip("rocksdict", reason="pip install 'tocsin[rocksdb]'")
    folder = str(small.path / "state")

    def state(store: str) -> dict[str, str]:
        _, found = doctor(
            cli,
            TOCSIN_BROKER=UNREACHABLE,
            TOCSIN_STATE_DIR=folder,
            TOCSIN_STATE_STORE=store,
        )
        return found["state"]

    small.fill(left_mb=20)
    short = state("rocksdb")
    assert short["outcome"] == "fail"
    assert f"{folder} has no room for RocksDB" in short["text"]
    assert short["text"].endswith(" of 32 MB are free")
    assert "make room" in short["mend"]
    assert state("memory")["outcome"] == "ok"
    small.clear()
    assert state("rocksdb")["outcome"] == "ok"
