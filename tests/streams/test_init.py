"""`tocsin init`: what it writes is valid, is never written over, and starts a worker."""

import json
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scoring import policy as policies
from streams import config
from streams.errors import UsageError
from streams.first import answers as asked
from streams.first.answers import LANGUAGES, Answers
from streams.first.files import FILES, secrets, written
from streams.sinks import settings as sinks
from streams.sources.brands import Matcher
from streams.sources.settings import load
from streams.worker.application import Role
from tests.conftest import ROOT, Cli
from tests.deploy.test_compose import COMPOSE
from tests.streams.helpers import one_line
from tests.streams.running import Running, own_settings

EVERY = list(product(LANGUAGES, asked.sinks()))


def answers(folder: Path, **changes: Any) -> Answers:
    given: dict[str, Any] = {
        "brands": asked.brands("Skylark Air, Café Élan"),
        "language": "en",
        "sink": "none",
        "broker": "localhost:9092",
        "folder": folder,
    }
    return Answers(**given | changes)


def variables(env: str) -> dict[str, str]:
    """As a shell reads the file."""
    script = f"set -a; {env}\nset +a; env -0"
    done = subprocess.run(
        ["sh", "-euc", script], env={}, capture_output=True, text=True, check=True
    )
    pairs = (line.partition("=") for line in done.stdout.split("\0") if line)
    return {name: value for name, _, value in pairs if name not in ("PWD", "SHLVL", "_", "OLDPWD")}


@pytest.mark.parametrize(("language", "sink"), EVERY)
def test_every_policy_is_valid(language: str, sink: str, tmp_path: Path) -> None:
    files = written(answers(tmp_path, language=language, sink=sink))
    assert [path.name for path in files] == list(FILES)
    policy = tmp_path / "policy.toml"
    policy.write_text(files[policy], "utf-8")
    assert policies.load(policy).name == "skylark-air"
    tickets = sinks.load(policy)
    assert [one.type for one in tickets.sinks.values()] == ([sink] if sink != "none" else [])
    assert "$" not in files[policy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_commented_out_is_valid_too(language: str, tmp_path: Path) -> None:
    text = written(answers(tmp_path, language=language))[tmp_path / "policy.toml"]
    keys: tuple[str, ...] = (
        "# [",
        "# score",
        "# timezone",
        "# from",
        "# until",
        "# unless",
        "# type",
        "# routing",
    )
    keys += ("# min_level", "# sinks")
    live = [line[2:] if line.startswith(keys) else line for line in text.splitlines()]
    policy = tmp_path / "policy.toml"
    policy.write_text("\n".join(live), "utf-8")
    found = policies.load(policy)
    assert found.quiet_hours
    assert found.levels == policies.default().levels
    assert list(sinks.load(policy).sinks) == ["pager"]


@pytest.mark.parametrize(("language", "sink"), EVERY)
def test_every_setting_is_one(language: str, sink: str, tmp_path: Path) -> None:
    given = answers(tmp_path, language=language, sink=sink, broker=asked.broker("a:1, b:2"))
    env = variables(written(given)[tmp_path / ".env.example"])
    own = {name: value for name, value in env.items() if name.startswith("TOCSIN_")}
    found = config.load(own)
    assert found.brokers == ("a:1", "b:2")
    assert found.brands == ("skylark-air", "cafe-elan")
    assert set(env) - set(own) == set(secrets(sink))


@pytest.mark.parametrize(("language", "sink"), EVERY)
def test_every_override_is_valid(language: str, sink: str, tmp_path: Path) -> None:
    given = answers(tmp_path / "a $b", language=language, sink=sink)
    text = written(given)[given.folder / "compose.override.yaml"]
    override = yaml.safe_load(text)
    assert set(override["services"]) <= set(COMPOSE["services"])
    for service in override["services"].values():
        assert service["environment"]["TOCSIN_BROKER"] == "kafka:19092"
        source, target = (service["volumes"][0][key] for key in ("source", "target"))
        assert source.endswith(f"/a $$b/{Path(target).name}")
    wanted = {name: f"${{{name}:-}}" for name in secrets(sink)}
    assert override["services"]["tickets"]["environment"].items() >= wanted.items()
    found = find_spec("check_jsonschema")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no compose specification: pip install check-jsonschema")
    file = Path(found.submodule_search_locations[0]) / "builtin_schemas/vendor/compose-spec.json"
    validator = jsonschema.Draft7Validator(json.loads(file.read_text()))
    assert [error.message for error in validator.iter_errors(override)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_brands_are_those_of_sources(language: str, tmp_path: Path) -> None:
    settings = pytest.importorskip("streams.sources.settings", reason="no role sources yet")
    file = tmp_path / "sources.toml"
    file.write_text(written(answers(tmp_path, language=language))[file], "utf-8")
    assert sorted(settings.load(file).brands) == ["cafe-elan", "skylark-air"]
    live = [
        line.removeprefix("# ") if "=" in line or "[s" in line else line
        for line in file.read_text("utf-8").splitlines()
        if "tocsin brands" not in line
    ]
    file.write_text("\n".join(live), "utf-8")
    assert len(settings.load(file).sources) == 2


def test_brands() -> None:
    assert asked.brands("Acme Air, acme-air,L'Été n°1") == (
        ("acme-air", "Acme Air", ("acme-air",)),
        ("lete-n1", "L'Été n°1", ()),
    )
    assert asked.brands("@acme, #acme,acme") == (("acme", "acme", ()),)
    for wrong in ("", " , ", "東京", "a\x07b", "x" * 101):
        with pytest.raises(UsageError):
            asked.brands(wrong)


def test_a_broker_of_this_machine_is_another_in_a_container(tmp_path: Path) -> None:
    file = tmp_path / "compose.override.yaml"
    for broker, said in (("127.0.0.1:50845", True), ("kafka.example:9092", False)):
        text = written(answers(tmp_path, broker=broker, brands=asked.brands("a,b,c,d")))[file]
        assert ("compose's own Kafka" in text) == said
        settings = yaml.safe_load(text)["x-settings"]
        assert settings["TOCSIN_BROKER"] == ("kafka:19092" if said else broker)
    policy = written(answers(tmp_path, brands=asked.brands("a,b,c,d")))[tmp_path / "policy.toml"]
    assert "a, b, c, ..." in policy


def test_every_name_that_is_given_is_looked_for(tmp_path: Path) -> None:
    names = "C&A,C-A,A*Teens,M**,Acme*,@zoo"
    file = tmp_path / "sources.toml"
    file.write_text(written(answers(tmp_path, brands=asked.brands(names)))[file], "utf-8")
    matcher = Matcher(load(file).brands)
    for text, brand in {
        "C&A": "c-a",
        "c-a": "c-a",
        "A*Teens": "a-teens",
        "M**": "m",
        "Acme*": "acme",
        "zoo": "zoo",
    }.items():
        assert matcher.brands_of(f"I like {text} !", "forum") == [brand]
    assert matcher.brands_of("acmeify", "forum") == []


def test_flags(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "acme"
    given = ("init", "--brand", 'A "quoted" brand \\ $x', "--output", str(folder))
    done = cli(*given, "--sink", "pagerduty")
    assert done.returncode == 0, done.stderr
    assert "fill in PAGERDUTY_ROUTING_KEY" in done.stdout
    checked = cli("policy", "check", str(folder / "policy.toml"))
    assert "is valid, 1 sink, 1 route" in checked.stdout
    (folder / "policy.toml").write_text("mine")
    again = cli(*given)
    assert again.returncode == 2
    assert "policy.toml, sources.toml, .env.example, compose.override.yaml already" in one_line(
        again.stderr
    )
    assert (folder / "policy.toml").read_text() == "mine"
    assert cli(*given, "--force").returncode == 0
    assert (folder / "policy.toml").read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "needle"),
    [
        ((), "--brand is missing"),
        (("--brand", "東京"), "no letter from a to z"),
        (("--brand", "a", "--broker", "nowhere"), "such as localhost:9092"),
        (("--brand", "a", "--sink", "pagerdutty"), "pagerduty"),
        (("--brand", "a", "--language", "de"), "'en', 'fr'"),
        (("--brand", "a", "--output", "/dev/null/x"), "cannot be written"),
    ],
)
def test_mistakes_are_one_line(cli: Cli, arguments: tuple[str, ...], needle: str) -> None:
    done = cli("init", *arguments)
    assert done.returncode == 2
    assert needle in one_line(done.stderr)


def test_five_questions(environment: dict[str, str], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    answered = "Skylark Air\n" + "fr\n" + "slak\nslack\n" + "here\nkafka:9092\n" + "\n"
    os.write(ours, answered.encode())
    done = subprocess.run(
        [sys.executable, "-m", "streams", "init"],
        stdin=theirs,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    for question in ("brands", "Language", "tickets", "Kafka", "Folder"):
        assert question in done.stderr
    assert "Error: 'here'" in done.stderr
    env = (tmp_path / "skylark-air" / ".env.example").read_text()
    assert "TOCSIN_BROKER=kafka:9092\n" in env
    assert "Réglages de Tocsin pour Skylark Air" in env
    assert "SLACK_TOKEN=\n" in env


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
def test_it_starts_a_worker(
    cli: Cli, broker: str, tmp_path: Path, until: Callable[..., None]
) -> None:
    settings = own_settings(broker, tmp_path)
    folder = tmp_path / "mine"
    given = ("--brand", "Skylark Air", "--broker", broker, "--sink", "webhook")
    done = cli("init", *given, "--output", str(folder))
    assert done.returncode == 0, done.stderr
    env = variables((folder / ".env.example").read_text())
    env["TICKETS_HOOK_URL"] = "http://127.0.0.1:9/hook"
    env["TICKETS_HOOK_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for name in {"TOCSIN_POLICY", "TOCSIN_SOURCES"} & set(env):
        env[name] = str(folder / env[name])
    own = {
        "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
        "TOCSIN_GROUP_PREFIX": settings.group_prefix,
    }
    created = cli("topics", "--create", **env | own)
    assert created.returncode == 0, created.stderr
    roles = ",".join(role for role in Role if role is not Role.SCORE)
    worker = Running(settings, tmp_path / "log", "--role", roles, **env)
    try:
        until(lambda: worker.ready, timeout_s=60)
    finally:
        worker.process.terminate()
        worker.process.wait(30)


def test_what_it_says_next_can_be_pasted(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    done = cli("init", "--brand", "a", "--output", str(folder))
    first = next(line for line in done.stdout.splitlines() if line.startswith("  cd "))
    assert shlex.split(first)[1] == str(folder)
    subprocess.run(["sh", "-euc", first], check=True, cwd=ROOT)
    assert (folder / ".env").exists()
