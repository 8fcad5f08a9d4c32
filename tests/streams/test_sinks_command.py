"""`tocsin sinks`, `policy check` and `doctor`: what is configured, and a marked test ticket."""

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring import policy as policies
from streams.errors import ConfigError
from streams.sinks.doubts import doubts
from streams.sinks.settings import load, parse
from tests.conftest import Cli
from tests.streams.helpers import one_line
from tests.streams.vendors import PagerDutyVendor, Vendor


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
    rows = [json.loads(line) for line in cli("sinks", "list", "--json", **own).stdout.splitlines()]
    assert (rows[0]["sink"], rows[0]["type"]) == ("pager", "pagerduty")
    assert [(row["route"], row["continue"]) for row in rows[1:]] == [(0, False)]
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


WEBHOOK = """
[sinks.log]
type = "webhook"
url = "https://hooks.example/in"
secret_env = "HOOK_KEY"
[sinks.spare]
type = "webhook"
url = "https://hooks.example/in"
secret_env = "HOOK_KEY"
"""


def test_a_test_keeps_to_the_sinks_own_time(cli: Cli, policy: Path, pager: PagerDutyVendor) -> None:
    policy.write_text(policy.read_text().replace('"PAGER_KEY"', '"PAGER_KEY"\ntimeout_s = 0.3'))
    own = {"TOCSIN_POLICY": str(policy), "PAGER_KEY": pager.routing_key}
    pager.hold()
    done = cli("sinks", "test", "pager", **own)
    assert done.returncode == 1
    assert "not done within 0.3 s; it may take it later" in one_line(done.stderr)


def test_a_test_that_cannot_be_closed_says_so(
    cli: Cli, policy: Path, pager: PagerDutyVendor
) -> None:
    own = {"TOCSIN_POLICY": str(policy), "PAGER_KEY": pager.routing_key}
    pager.plan.extend([410])
    gone = cli("sinks", "test", "pager", **own)
    assert "a worker that is told so asks it again after a restart" in one_line(gone.stderr)


def test_a_test_names_the_member_that_is_away(
    cli: Cli, tmp_path: Path, pager: PagerDutyVendor
) -> None:
    file = tmp_path / "policy.toml"
    there = Vendor()
    with there.running():
        urls = f'["{there.url}", "http://127.0.0.1:1"]'
        file.write_text(
            f'[sinks.bell]\ntype = "alertmanager"\nurls = {urls}\n[[routes]]\nsinks = ["bell"]\n'
        )
        kept = cli("sinks", "test", "bell", "--keep", TOCSIN_POLICY=str(file))
        assert kept.returncode == 0
        assert kept.stdout.startswith("bell: created (member 127.0.0.1:1 is away: no connection: ")
        closed = cli("sinks", "test", "bell", TOCSIN_POLICY=str(file))
        assert closed.returncode == 1
        assert "then left open: member 127.0.0.1:1 is away" in one_line(closed.stderr)


def test_routes_are_listed_in_order_with_what_is_left_out(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        WEBHOOK + '[[routes]]\nbrand = "muted"\nsinks = []\n'
        '[[routes]]\nmin_level = "crisis"\nsinks = ["log"]\ncontinue = true\n'
        '[[routes]]\nsinks = ["log"]\n'
    )
    listed = cli("sinks", "list", TOCSIN_POLICY=str(file)).stdout.splitlines()
    assert [" ".join(line.split()) for line in listed] == [
        "log webhook",
        "spare webhook no route leads here",
        "",
        "routes: the first that matches is taken",
        "0 from watch, brand muted -> nobody",
        "1 from crisis -> log; then the next routes too (continue)",
        "2 from watch -> log",
    ]


def test_a_secret_that_is_not_fit_is_found_before_the_worker_starts(
    cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(WEBHOOK + '[[routes]]\nsinks = ["log", "spare"]\n')
    bad = cli("policy", "check", "--secrets", str(file), HOOK_KEY="whsec_zQ7xa")
    assert bad.returncode == 1
    assert "warning: sinks.log: secret: base64, with or without whsec_" in bad.stderr
    assert "zQ7x" not in bad.stderr
    good = cli("policy", "check", "--secrets", str(file), HOOK_KEY="whsec_MTIzNDU2Nzg5MDEyMzQ1Ng==")
    assert (good.returncode, good.stderr) == (0, "")


@pytest.mark.parametrize(
    "written",
    [
        'routing_key_env = "zQ7x-paste"',
        'routing_key_env = "zQ7xpaste0123456789abcdef0123456"',
        'routing_key_env = "ZQ7XPASTE0123456789ABCDEF0123456"',
        'routing_key_env = "K"\nhook_secret_env = ["K", "whsec_zQ7x+/=="]',
        'routing_key_file = "zQ7xpaste"',
        'routing_key_file = "zQ7x\\u0000paste"',
    ],
)
def test_a_secret_where_its_name_belongs_is_not_repeated(
    cli: Cli, tmp_path: Path, written: str
) -> None:
    file = tmp_path / "policy.toml"
    routes = '[[routes]]\nsinks = ["pager"]\n'
    file.write_text(f'[sinks.pager]\ntype = "pagerduty"\n{written}\n{routes}')
    for arguments in (("policy", "check", "--secrets"), ("sinks", "test", "pager")):
        done = cli(*arguments, TOCSIN_POLICY=str(file), K="k" * 8)
        assert done.returncode in (1, 2)
        assert "sinks.pager: " in done.stderr
        assert "zq7x" not in (done.stdout + done.stderr).lower()
        assert "Traceback" not in done.stderr


def doubted(text: str) -> list[str]:
    values = tomllib.loads(text)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        return list(doubts(parse(values), policies.load(Path(file.name))))


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ('lang = "french"\nsinks = ["log"]', "routes[0]: lang 'french' never matches"),
        ('lang = "FR"\nsinks = ["log"]', "routes[0]: lang 'FR' never matches"),
        ('brand = "Acme Air"\nsinks = ["log"]', "routes[0]: brand 'Acme Air' never matches"),
        ('brand = []\nsinks = ["log"]', "routes[0]: brand is empty and says nothing"),
        ('hours = "inside"\nsinks = ["log"]', "routes[0]: hours = 'inside' never matches"),
        ('hours = "outside"\nsinks = ["log"]', "routes[0]: hours = 'outside' always matches"),
        ('sinks = ["log"]\n[[routes]]\nsinks = []', "routes[1]: never reached: routes[0] takes"),
        ('sinks = []\ncontinue = true\n[[routes]]\nsinks = ["log"]', "it does nothing"),
    ],
)
def test_a_route_that_hardly_means_what_it_says_is_told(routes: str, said: str) -> None:
    own = WEBHOOK.partition("[sinks.spare]")[0]
    found = doubted(own + "[[routes]]\n" + routes)
    assert [line for line in found if said in line], found
    if "hours" in routes:
        quiet = '[[quiet_hours]]\nfrom = "22:00"\nuntil = "07:00"\n'
        assert doubted(quiet + own + "[[routes]]\n" + routes) == []


def test_a_sink_that_hardly_works_is_told() -> None:
    found = doubted(
        """
[sinks.issues]
type = "jira"
url = "http://jira.example"
project = "CARE"
token_env = "T"
[sinks.here]
type = "jira"
url = "http://127.0.0.1:8080"
project = "CARE"
token_env = "T"
edition = "data-center"
[sinks.bell]
type = "alertmanager"
urls = ["http://alertmanager:9093"]
[[routes]]
sinks = ["issues", "bell"]
"""
    )
    assert [line.partition(":")[0] for line in found] == ["sinks.issues"] * 2 + ["sinks.here"]
    assert "edition" in found[0]
    assert "jira.example is reached over http" in found[1]
    assert "no route leads here" in found[2]


def test_sinks_and_routes_have_no_part_in_the_digest(policy: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text('name = "acme"\n')
    assert policies.load(policy).label == policies.load(plain).label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sinks.a]\n", "sinks.a: type is missing"),
        ('[sinks.a]\ntype = "pagerdutty"\n', "did you mean pagerduty?"),
        (
            '[sinks.a]\ntype = "webhook"\nurl = "x"\nsecret_env = "K"\n',
            "sinks.a: url: an address such as",
        ),
        ('[sinks.a]\ntype = "alertmanager"\nurls = []\n', "urls: expected a list of at least 1"),
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
        (
            '[sinks.a]\ntype = "pagerduty"\nqueue = 0\n',
            "sinks.a: queue: expected a whole number from 1 to",
        ),
        ('[sinks."A b"]\ntype = "pagerduty"\n', "a slug"),
        ('[sinks.a]\ntype = "pagerduty"\n', "sinks.a: name the routing_key by one of"),
        ('[sinks.a]\ntype = "webhook"\nurl = "https://x"\n', "name a key for signing"),
        ("[sinks.a]\ntype = 3\n", "sinks.a: type is 3: one of pagerduty, "),
        ('[sinks.a]\ntype = "pagerduty"\nrate_per_sec = 1\n', "did you mean rate_per_s?"),
        ('[sinks.a]\ntype = "pagerduty"\nx = 1\n', "url, type, rate_per_s, parallel, queue,"),
        (
            '[sinks.a]\ntype = "webhook"\nurl = "https://u:p@x"\nsecret_env = "K"\n',
            "without a login or a query",
        ),
        (
            '[sinks.a]\ntype = "webhook"\nurl = "https://x"\nurl_env = "U"\nsecret_env = "K"\n',
            "name the url once",
        ),
        (
            '[sinks.a]\ntype = "email"\nhost = "smtp://x"\nsender = "a@b.c"\nto = ["a@b.c"]\n',
            "without smtp:// and port",
        ),
        ("[[routes]]\nsinks = []\nlang = 3\n", "routes[0]: lang: a word in quotes, or a list"),
        ('[[routes]]\nsinks = []\nhours = "night"\n', "expected one of inside, outside"),
        ('[sinks.a]\ntype = "webhook"\nsecret_env = "K"\n', "name the url by one of url_env"),
        ('[sinks.a]\ntype = "pagerduty"\nrouting_key_env = "K"\n', 'sinks = ["a"]'),
        ('[[routes]]\nsinks = ["b"]\n', "routes[0]: sinks: 'b' is none"),
        ("[[routes]]\nsinks = []\nlevel = 1\n", "routes[0]: level: there is no such key"),
        (
            '[[routes]]\nsinks = []\nmin_level = "x"\n',
            "min_level is 'x': expected one of watch, respond",
        ),
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
