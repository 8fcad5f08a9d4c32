"""The command line as a user meets it: results, mistakes, and the exit codes of both."""

import json
import subprocess
import sys

import pytest

from streams.config import Settings
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.helpers import UNREACHABLE, one_line


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
        (["policy", "expalin"], "did you mean 'explain'?"),
        (["dead-letters", "lst"], "did you mean 'list'?"),
        (["dead-letters", "qqqqq"], "`tocsin dead-letters --help`"),
        (["calibrate", "modle"], "did you mean 'model'?"),
        (["policy", "explain", "--brand", "Acme Air"], "a slug such as acme-air"),
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
    assert differing.returncode == 1
    assert differing.stderr.count("2 partitions where 4 are expected") == 1
    assert "topics of 13 not created as asked for" in differing.stderr
    assert cli("topics").returncode == 0
