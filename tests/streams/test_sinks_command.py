"""`tocsin sinks`, `policy check` and `doctor`: what is configured, and a marked test ticket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring import policy as policies
from streams.errors import ConfigError
from streams.sinks.settings import load
from tests.conftest import Cli
from tests.streams.helpers import one_line
from tests.streams.vendors import PagerDutyVendor


@pytest.fixture
def pager() -> Iterator[PagerDutyVendor]:
    vendor = PagerDutyVendor()
    with vendor.running():
        yield vendor


@pytest.fixture
def policy(pager: PagerDutyVendor, tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(
        f"""
        name = "acme"
        [sinks.pager]
        type = "pagerduty"
        url = "{pager.url}"
        routing_key_env = "PAGER_KEY"
        [[routes]]
        min_level = "escalate"
        lang = ["fr", "en"]
        hours = "inside"
        sinks = ["pager"]
        """
    )
    return file


def test_a_marked_test_is_opened_and_closed(cli: Cli, policy: Path, pager: PagerDutyVendor) -> None:
    own = {"TOCSIN_POLICY": str(policy), "PAGER_KEY": pager.routing_key}
    done = cli("sinks", "test", "pager", "--level", "crisis", "--lang", "fr", **own)
    assert (done.stdout, done.returncode) == ("pager: created, then resolved\n", 0), done.stderr
    first, last = (request.body for request in pager.requests)
    assert first["payload"]["summary"].startswith("[TEST, à ignorer] [CRISIS] test: ")
    assert (first["payload"]["severity"], first["payload"]["class"]) == ("critical", "test")
    assert (last["event_action"], last["dedup_key"]) == ("resolve", first["dedup_key"])


def test_a_sink_that_does_not_take_it_is_one_line(
    cli: Cli, policy: Path, pager: PagerDutyVendor
) -> None:
    own = {"TOCSIN_POLICY": str(policy)}
    done = cli("sinks", "test", "pager", PAGER_KEY="wrong", **own)
    assert done.returncode == 1
    assert "HTTP 400: " in one_line(done.stderr)
    assert "wrong" not in done.stderr
    pager.always = 503
    assert "later" in one_line(cli("sinks", "test", "pager", PAGER_KEY="k", **own).stderr)
    absent = cli("sinks", "test", "pager", **own)
    assert absent.returncode == 2
    assert (
        "sinks.pager: routing_key_env: the environment variable PAGER_KEY is not set"
        in one_line(absent.stderr)
    )
    unknown = cli("sinks", "test", "page", PAGER_KEY="k", **own)
    assert unknown.returncode == 2
    assert "did you mean pager?" in one_line(unknown.stderr)


def test_what_there_is(cli: Cli, policy: Path, environment: dict[str, str]) -> None:
    own = {"TOCSIN_POLICY": str(policy)}
    listed = cli("sinks", "list", **own).stdout
    assert "from escalate, lang fr or en, inside quiet hours" in listed
    row = json.loads(cli("sinks", "list", "--json", **own).stdout)
    assert (row["sink"], row["type"]) == ("pager", "pagerduty")
    assert "no sinks" in cli("sinks", "list").stderr
    assert cli("policy", "check", **own).stdout.endswith("is valid, 1 sink, 1 route\n")
    reports = [json.loads(line) for line in cli("doctor", "--json", **own).stdout.splitlines()]
    (sinks,) = [report for report in reports if report.get("check") == "sinks"]
    assert sinks["outcome"] == "fail"
    assert "PAGER_KEY is not set" in sinks["text"]
    reports = [
        json.loads(line)
        for line in cli("doctor", "--json", PAGER_KEY="k", **own).stdout.splitlines()
    ]
    assert [r["outcome"] for r in reports if r.get("check") == "sinks"] == ["ok"]


def test_a_policy_is_checked_without_its_secrets_and_says_so(cli: Cli, tmp_path: Path) -> None:
    key, empty = tmp_path / "key", tmp_path / "empty"
    key.write_text("psst")
    empty.write_text("")
    file = tmp_path / "policy.toml"
    file.write_text(
        f'''
[sinks.pager]
type = "pagerduty"
routing_key_file = "{key}"
hook_secret_env = ["HOOK_NEW", "HOOK_OLD"]
[sinks.mail]
type = "email"
host = "smtp.skylark.example"
sender = "tocsin@skylark.example"
to = ["crisis@skylark.example"]
user = "tocsin"
password_file = "{empty}"
ca_file = "/nowhere.pem"
[[routes]]
sinks = ["pager", "mail"]
'''
    )
    missing = [
        "sinks.pager: hook_secret_env: the environment variable HOOK_NEW is not set",
        "sinks.mail: ca_file: /nowhere.pem cannot be read",
        f"sinks.mail: password_file: {empty} is empty",
    ]
    done = cli("policy", "check", str(file), HOOK_OLD="old")
    assert (done.returncode, done.stdout.endswith("is valid, 2 sinks, 1 route\n")) == (0, True)
    said = done.stderr.splitlines()
    assert len(said) == len(missing)
    for line, wanted in zip(said, missing, strict=True):
        assert line.startswith(f"tocsin: warning: {wanted}")
    strict = cli("policy", "check", "--secrets", str(file), HOOK_OLD="old")
    assert strict.returncode == 1
    assert "3 secrets are not there" in strict.stderr
    file.write_text(file.read_text().replace("/nowhere.pem", "").replace(str(empty), str(key)))
    whole = cli("policy", "check", "--secrets", str(file), HOOK_OLD="old", HOOK_NEW="new")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "psst" not in done.stderr + strict.stderr


def test_sinks_and_routes_have_no_part_in_the_digest(policy: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text('name = "acme"\n')
    assert policies.load(policy).label == policies.load(plain).label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sinks.a]\n", "sinks.a: type is missing"),
        ('[sinks.a]\ntype = "pagerdutty"\n', "did you mean pagerduty?"),
        ('[sinks.a]\ntype = "webhook"\nurl = "x"\nsecret_env = "K"\n', "begins with https://"),
        ('[sinks.a]\ntype = "alertmanager"\nurls = []\n', "urls: expected `array` of length >= 1"),
        (
            '[sinks.a]\ntype = "alertmanager"\nurls = ["http://a:9093", "b:9093"]\n',
            "sinks.a: urls[1]: an address such as https://host is wanted, without",
        ),
        (
            '[sinks.a]\ntype = "zendesk"\ntoken_env = "T"\nurl = "x.zendesk.com"\n',
            "sinks.a: url: an address such as https://host is wanted, without a login or a query",
        ),
        ('[sinks.a]\ntype = "slack"\ntoken_env = "T"\nchannel = "#crisis"\n', "channel's id is"),
        ('[sinks.a]\ntype = "pagerduty"\nrouting = 1\n', "sinks.a: routing: there is no such key"),
        ('[sinks.a]\ntype = "pagerduty"\nqueue = 0\n', "sinks.a: queue: expected `int` >= 1"),
        ('[sinks."A b"]\ntype = "pagerduty"\n', "a slug"),
        ('[sinks.a]\ntype = "pagerduty"\n', "sinks.a: name the routing_key by one of"),
        ('[sinks.a]\ntype = "webhook"\nurl = "https://x"\n', "name a key for signing"),
        ('[sinks.a]\ntype = "webhook"\nsecret_env = "K"\n', "name the url by one of url_env"),
        ('[sinks.a]\ntype = "pagerduty"\nrouting_key_env = "K"\n', 'sinks = ["a"]'),
        ('[[routes]]\nsinks = ["b"]\n', "routes[0]: sinks: 'b' is none"),
        ("[[routes]]\nsinks = []\nlevel = 1\n", "routes[0]: level: there is no such key"),
        ('[[routes]]\nsinks = []\nmin_level = "x"\n', "routes[0]: min_level: invalid enum value"),
        ('[[routes]]\nsinks = []\nlabel = "delet"\n', "did you mean deletion?"),
        ("routes = 1\n", "a list of tables [[routes]]"),
    ],
)
def test_a_mistake_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(bad)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mistake_is_one_line(cli: Cli, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[[routes]]\nsinks = ["b"]\n')
    done = cli("policy", "check", str(bad))
    assert done.returncode == 2
    assert "routes[0]: sinks: 'b' is none" in one_line(done.stderr)
