"""`tocsin sources` and `tocsin brands` as a newcomer runs them, mistakes included."""

import json
import tomllib
from pathlib import Path

import pytest

from streams import checks
from streams.config import Settings
from streams.errors import ConfigError
from streams.sources.settings import parse
from streams.sources.trial import doubts
from tests.conftest import Cli
from tests.streams.helpers import one_line

FILE = """
[brands.acme]
keywords = ["acme", "ac"]
handles = ["@acme"]

[brands.rival]
keywords = ["acme"]

[sources.log]
type = "file"
path = "{path}"

[sources.page]
type = "meta"
brand = "acme"
app_secret_env = "META_SECRET"
verify_token_env = "META_TOKEN"
"""
SECRETS = {"META_SECRET": "a", "META_TOKEN": "b"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    log = tmp_path / "log.jsonl"
    rows = [
        {
            "id": "1",
            "text": "Acme lost it",
            "created_at": "2026-11-20T10:00:00Z",
            "channel": "forum",
        },
        {"id": "2", "text": "nothing", "created_at": "2026-11-20T10:00:00Z", "channel": "forum"},
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = tmp_path / "sources.toml"
    made.write_text(FILE.format(path=log))
    return made


def test_check_says_what_is_doubtful_and_what_is_wrong(cli: Cli, file: Path) -> None:
    done = cli("sources", "check", str(file), **SECRETS)
    assert done.returncode == 0, done.stderr
    assert "'ac' is short" in done.stdout
    assert "'acme' is a keyword of acme too" in done.stdout
    assert "brands.rival: without handles" in done.stdout
    assert done.stdout.endswith("ok    2 brands, 2 sources\n")
    done = cli("sources", "check", str(file))
    assert done.returncode == 2
    assert (
        "sources.page: app_secret_env: the environment variable META_SECRET is not set"
        in one_line(done.stderr)
    )
    file.write_text(file.read_text().replace('"file"', '"fiel"'))
    done = cli("sources", "check", TOCSIN_SOURCES=str(file), **SECRETS)
    assert (done.returncode, "did you mean file?" in one_line(done.stderr)) == (2, True)
    file.write_text("[source.x]\n")
    assert "there is no such table" in one_line(cli("sources", "check", str(file)).stderr)
    file.write_text('[sources.x]\ntype = "bluesky"\n')
    assert "nothing says which brand" in one_line(cli("sources", "check", str(file)).stderr)
    file.write_text('[sources.x]\ntype = "bluesky"\nbrand = "acme"\nrole = "Medai"\n')
    assert "role is 'Medai': did you mean media?" in one_line(
        cli("sources", "check", str(file)).stderr
    )
    assert "set TOCSIN_SOURCES" in one_line(cli("sources", "list").stderr)


def test_check_sees_words_that_cannot_work() -> None:
    tables = {
        "acme": {"keywords": ["acme", "ok", "OK", "wide*"], "exclude": ["Acmé", "wide"]},
        "other": {"keywords": ["ACMÉ"], "cased": ["Fre*"]},
    }
    said = list(doubts(parse({"brands": tables})))
    assert [one for one in said if "'acme' is never found" in one]
    assert not [one for one in said if "'wide*' is never found" in one], "wider is"
    assert len([one for one in said if "is short" in one]) == 1
    assert [one for one in said if "'ACMÉ' is a keyword of acme too" in one]
    assert [one for one in said if "in `cased` a * is itself" in one]


def test_test_shows_mentions_and_sends_nothing(cli: Cli, file: Path) -> None:
    done = cli("sources", "test", "log", "--file", str(file))
    assert done.returncode == 0, done.stderr
    brands = [json.loads(line)["brand"] for line in done.stdout.splitlines()]
    assert brands == ["acme", "rival"]
    assert "log: 1 sent, 1 unmatched; nothing was sent" in done.stderr
    log = file.with_name("log.jsonl")
    before = log.read_text()
    log.write_text(before + '{"id": "3", "text": "acme"}\n')
    said = cli("sources", "test", "log", "--file", str(file)).stderr
    assert "log.jsonl, line 3: field `created_at` is required" in said
    log.write_text(before)
    done = cli("sources", "test", "lgo", "--file", str(file))
    assert (done.returncode, "did you mean log?" in one_line(done.stderr)) == (2, True)
    done = cli("sources", "test", "page", "--file", str(file))
    assert (done.returncode, "/sources/page" in one_line(done.stderr)) == (2, True)
    file.write_text(file.read_text().replace("log.jsonl", "gone.jsonl"))
    done = cli("sources", "test", "log", "--file", str(file))
    assert (done.returncode, "is not there" in one_line(done.stderr)) == (1, True)


def test_brands_are_tried_by_hand(cli: Cli, file: Path) -> None:
    done = cli("brands", "test", "l’ACME, encore", "--file", str(file))
    assert done.stdout.split() == ["acme", "keyword", "acme", "rival", "keyword", "acme"]
    done = cli("brands", "test", "hello", "--author", "@acme", "--file", str(file))
    assert "(the brand itself)" in done.stdout
    done = cli("brands", "test", "nothing", "--file", str(file))
    assert (done.returncode, "about no brand" in done.stderr) == (1, True)
    assert "2 brands, 4 words" in cli("brands", "check", str(file)).stdout
    file.write_text("")
    assert "no table [brands.NAME]" in one_line(cli("brands", "check", str(file)).stderr)
    listed = cli("sources", "list", "--file", str(file))
    assert (listed.returncode, "no sources" in listed.stderr) == (0, True)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('type = "mastodon"\ninstance = "https://m.example"', "token"),
        (
            'type = "mastodon-search"\ninstance = "https://m.example"\nqueries = ["acme"]',
            "token",
        ),
        (
            'type = "reddit"\nclient_id = "x"\nuser_agent = "a:b:1.0 (by /u/me)"\n'
            'queries = ["acme"]',
            "client_secret",
        ),
        ('type = "youtube"\nvideos = ["dQw4w9WgXcQ"]', "api_key"),
        ('type = "x"\nrules = ["acme"]', "bearer_token"),
        ('type = "meta"\nverify_token_env = "TOKEN"', "app_secret"),
        ('type = "zendesk"', "signing_secret"),
        ('type = "webhook"\nmapping = {text = "a", created_at = "b"}', "secret"),
    ],
)
def test_a_secret_that_is_not_named_or_twice_is_said(table: str, name: str) -> None:
    for more in ("", f'\n{name}_env = "SECRET"\n{name}_file = "/x"'):
        values = tomllib.loads(f'[sources.a]\nbrand = "acme"\n{table}{more}\n')
        with pytest.raises(ConfigError, match=f"sources.a: .*{name}_env and {name}_file"):
            parse(values)


def test_a_forgotten_secret_is_one_line_everywhere(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[sources.a]\nbrand = "acme"\ntype = "zendesk"\n')
    done = cli("sources", "check", str(file))
    assert (done.returncode, "signing_secret_env" in one_line(done.stderr)) == (2, True)
    said = checks.sources(Settings(sources=file))  # of `tocsin doctor`
    assert said.outcome is checks.Outcome.FAIL
    assert "signing_secret_env" in said.text
